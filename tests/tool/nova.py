#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""nova.py FILE: is that a file for nova.conf.d, as oslo.config reads it, with commands that go with it?

Sections, "name = value", options that are there several times, comments. Values are JSON with the
keys that Nova knows and no other. The commands are those in the comments.
"""

import json
import re
import shlex
import sys

KEYS = {
    "device_spec": {
        "vendor_id": r"10de",
        "product_id": r"[0-9a-f]{4}",
        "address": r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]",
        "managed": r"no",
    },
    "alias": {
        "name": r"[a-z0-9-]+",
        "vendor_id": r"10de",
        "product_id": r"[0-9a-f]{4}",
        "device_type": r"type-PCI|type-PF",
        "numa_policy": r"preferred|required",
    },
}
FLAVOUR = {
    r"hw:cpu_policy": r"dedicated",
    r"hw:numa_nodes": r"[1-9][0-9]*",
    r"hw:numa_cpus\.[0-9]+": r"[0-9]+-[0-9]+",
    r"hw:numa_mem\.[0-9]+": r"[1-9][0-9]*",
    r"hw:mem_page_size": r"[1-9][0-9]*",
    r"pci_passthrough:alias": r"[a-z0-9-]+:[1-9][0-9]*(,[a-z0-9-]+:[1-9][0-9]*)*",
}
IMAGE = {"hw_firmware_type": "uefi", "hw_machine_type": "virt"}


def die(text):
    sys.exit(f"{sys.argv[1]}: {text}")


def read(lines):
    """Values of each option in [pci], and commands."""
    options, commands, section = {}, [], None
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("#"):
            commands += [line[1:]] if line.startswith("#   ") else []
        elif re.fullmatch(r"\[[a-z_]+\]", line):
            section = line[1:-1]
        elif line:
            # A space in front would make it a part of the line above.
            match = re.fullmatch(r"([a-z_]+) = (\S.*)", line)
            if not match or section != "pci":
                die(f"neither a section nor an option of [pci]: {line}")
            options.setdefault(match[1], []).append(json.loads(match[2]))
    return options, commands


def check_keys(name, value):
    if set(value) != set(KEYS[name]):
        die(f"{name} has the keys {sorted(value)}, not {sorted(KEYS[name])}")
    for key, text in value.items():
        if not re.fullmatch(KEYS[name][key], text):
            die(f"{key} of {name} is {text!r}")


def properties(words):
    values = [word.partition("=") for option, word in zip(words, words[1:]) if option == "--property"]
    return {name: value for name, _, value in values}


def check_flavour(words, options):
    wanted = properties(words)
    for name, value in wanted.items():
        rules = [rule for pattern, rule in FLAVOUR.items() if re.fullmatch(pattern, name)]
        if not rules or not re.fullmatch(rules[0], value):
            die(f"the flavour's property {name}={value}")
    products = {alias["name"]: alias["product_id"] for alias in options["alias"]}
    counts = dict(pair.split(":") for pair in wanted["pci_passthrough:alias"].split(","))
    there = {name: sum(spec["product_id"] == product for spec in options["device_spec"]) for name, product in products.items()}
    if {name: int(count) for name, count in counts.items()} != there:
        die(f"the flavour wants {counts}, and there are {there}")
    memory = [int(value) for name, value in wanted.items() if name.startswith("hw:numa_mem.")]
    ram = int(words[words.index("--ram") + 1])
    if memory and sum(memory) != ram:
        die(f"nodes with {memory} MiB, and {ram} MiB in all")


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        options, commands = read(file)
    if set(options) != set(KEYS):
        die(f"options {sorted(options)}")
    for name, values in options.items():
        for value in values:
            check_keys(name, value)
    commands = [shlex.split(command) for command in commands]
    if [command[:3] for command in commands] != [["openstack", "flavor", "create"], ["openstack", "image", "set"]]:
        die("the commands are not one for a flavour and one for an image")
    check_flavour(commands[0], options)
    if properties(commands[1]) != IMAGE:
        die(f"the image's properties {properties(commands[1])}")


main()
