#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""log_patterns.py CONFIG SRC TABLE: are node-problem-detector's patterns those of the driver's messages?

Every error that the driver can log is matched by one pattern, every pattern matches one, and
none matches what is no error. And the table of messages in the document has those there are,
with "…" for each value.
"""

import glob
import json
import re
import sys

PREFIX = "nvgrace_gpu_vfio_pci 0009:01:00.0: "
VALUES = {"%s": "nvidia,gpu-mem-size", "%u": "30", "%d": "-16", "%zd": "-5", "%#llx": "0x420000000000"}
# The driver tells of this failure by a lower level: what a guest does can bring it about.
FAILURES = ("runtime resume failed",)
ORDINARY = [
    PREFIX + "PCIe Bus Error: severity=Uncorrectable (Fatal), type=Transaction Layer, (Requester ID)",
    PREFIX + "probe with driver nvgrace_gpu_vfio_pci failed with error -22",
    PREFIX + "enabling device (0000 -> 0002)",
    PREFIX + "reset done",
    "vfio-pci 0009:01:00.0: GPU memory is not ready after 30 s: the C2C link is not up",
    "nvidia 0009:01:00.0: GPU memory at 0x420000000000 is lost: memory error",
    "Memory failure: 0x42000000: recovery action for dax page: Recovered",
    "nvgrace_gpu_vfio_pci: loading out-of-tree module taints kernel.",
]


def messages(folder):
    """(level, format) of each call that logs."""
    call = re.compile(r'\b(?:pci|dev|pr)_(emerg|alert|crit|err|warn|notice|info)(?:_ratelimited|_once)?\('
                      r'[^";]*((?:"(?:[^"\\]|\\.)*"\s*)+)')
    for path in sorted(glob.glob(folder + "/*.c")):
        with open(path, encoding="utf-8") as file:
            for level, literals in call.findall(file.read()):
                yield level, "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)).removesuffix("\\n")


def fill(text, value):
    """A format with something in the place of each conversion."""
    return re.sub(r"%[#0-9.]*[a-z]+", lambda found: value(found.group()), text)


def differences(logged, path):
    """What the table of messages does not have, or should not have."""
    with open(path, encoding="utf-8") as file:
        table = re.findall(r"^\| (\w+) \| `(.*)` \| .+ \|$", file.read(), re.MULTILINE)
    for row in sorted(set(table) ^ {(level, fill(text, lambda _: "…")) for level, text in logged}):
        yield f"only in {path if row in table else 'the source'}: {row[0]}: {row[1]}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        config = json.load(file)
    wrong = []
    conditions = {condition["type"] for condition in config["conditions"]}
    for rule in config["rules"]:
        if (rule["type"] == "permanent") != ("condition" in rule) or rule.get("condition") not in conditions | {None}:
            wrong.append("condition of " + rule["reason"])
    unused = [rule["pattern"] for rule in config["rules"]]
    formats = list(messages(sys.argv[2]))
    wrong += differences(formats, sys.argv[3])
    logged = [(level, fill(text, VALUES.__getitem__)) for level, text in formats]
    errors = [text for level, text in logged if level not in ("notice", "info") or text.startswith(FAILURES)]
    for text in errors + ORDINARY + [text for _, text in logged if text not in errors]:
        line = text if text in ORDINARY else PREFIX + text
        # node-problem-detector wants a pattern to match up to the end.
        found = [rule["pattern"] for rule in config["rules"] if re.search("(?:" + rule["pattern"] + r")\Z", line)]
        unused = [pattern for pattern in unused if pattern not in found]
        if len(found) != (text in errors):
            wrong.append(f"matched by {len(found)}: {line}")
    wrong += ["matches nothing: " + pattern for pattern in unused]
    print(f"{len(logged)} messages, {len(errors)} of them errors", *wrong, sep="\n")
    return bool(wrong) or len(errors) < 10


sys.exit(main())
