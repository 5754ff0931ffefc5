#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""sbom.py TARBALL PACKAGE...: what is in a release, as SPDX 2.3 in JSON.

Each file of the tarball with its checksums and licence, each package that was built from it,
and what that needs to run. A file's licence is in its first lines, or else REUSE.toml has
it. The same for the same files: the time is that of SOURCE_DATE_EPOCH.
"""

import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import uuid


def tag(name):
    """Finds what a file says of itself, in a comment of any language."""
    return re.compile(rb"SPDX-%b: ([^\n]+?)[ \t]*(?:-->|\*/|#})?$" % name, re.MULTILINE)


LICENCE = tag(b"License-Identifier")
HOLDER = tag(b"FileCopyrightText")


class Reuse:
    """What REUSE.toml says of files that do not say it themselves. The last one counts."""

    def __init__(self, text):
        self.annotations = []
        for annotation in tomllib.loads(text)["annotations"]:
            paths = annotation["path"]
            for path in [paths] if isinstance(paths, str) else paths:
                pattern = re.escape(path).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
                self.annotations.append((re.compile(pattern), annotation))

    def of(self, path, key):
        """The value of that key, None if there is none."""
        values = [annotation[key] for pattern, annotation in self.annotations if pattern.fullmatch(path) and key in annotation]
        return values[-1] if values else None


def fail(message):
    """One sentence, and the end."""
    sys.exit(f"sbom: error: {message}")


def digest(algorithm, content):
    """As SPDX has it."""
    return {"algorithm": algorithm, "checksumValue": hashlib.new(algorithm.lower(), content).hexdigest()}


def names(expression):
    """The licences in it, each once."""
    return list(dict.fromkeys(word for word in re.findall(r"[\w.+-]+", expression) if word not in ("AND", "OR", "WITH")))


def read_tarball(path):
    """Paths, without the folder that all are in, with contents; in order."""
    with tarfile.open(path) as tarball:
        members = {member.name.partition("/")[2]: tarball.extractfile(member).read() for member in tarball if member.isfile()}
    return dict(sorted(members.items()))


def describe_files(members):
    """A file of SPDX for each. Its licence's text has to be there."""
    reuse = Reuse(members.get("REUSE.toml", b"annotations = []").decode())
    files = []
    for number, (path, content) in enumerate(members.items()):
        top = b"\n".join(content.split(b"\n")[:5])
        header, holder = LICENCE.search(top), HOLDER.search(top)
        licence = header[1].decode() if header else reuse.of(path, "SPDX-License-Identifier")
        holder = holder[1].decode() if holder else reuse.of(path, "SPDX-FileCopyrightText")
        if not licence or not holder:
            fail(f"nothing says what the licence of {path} is, or whose it is: have it say so in its first lines, or REUSE.toml")
        for name in names(licence):
            if f"LICENSES/{name}.txt" not in members:
                fail(f"{path} has the licence {name}, whose text is missing: put it into LICENSES/{name}.txt")
        files.append({
            "SPDXID": f"SPDXRef-File-{number}",
            "fileName": f"./{path}",
            "checksums": [digest("SHA1", content), digest("SHA256", content)],
            "licenseConcluded": licence,
            "licenseInfoInFiles": names(licence),
            "copyrightText": holder,
        })
    return files


def verification_code(files):
    """One value for all files, as SPDX defines it."""
    sums = sorted(file["checksums"][0]["checksumValue"] for file in files)
    return hashlib.sha1("".join(sums).encode()).hexdigest()


def ask(*command):
    """What a program says of a package."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_package(path):
    """(name, version, names of what it needs to run)."""
    if path.endswith(".deb"):
        name, version, needs = ask("dpkg-deb", "--show", "--showformat=${Package}\n${Version}\n${Depends}", path).split("\n", 2)
        # Of several that will do, the first.
        needs = [re.match(r"[^ (|:]+", need.strip())[0] for need in needs.split(",") if need.strip()]
    else:
        query = ("rpm", "--query", "--package", "--nosignature", "--queryformat")
        form = "%{NAME}\n%{VERSION}-%{RELEASE}\n%|SOURCERPM?{[%{REQUIRENAME}\n]}:{}|"
        name, version, *needs = ask(*query, form, path).splitlines()
        # libc.so.6(GLIBC_2.34)(64bit): the library.
        needs = [need.partition("(")[0] for need in needs if not need.startswith(("rpmlib(", "rtld("))]
    return name, version, sorted(set(needs) - {""})


def package(identifier, name, **more):
    """A package of SPDX; there is no address that it could be had from."""
    return {"SPDXID": identifier, "name": name, "downloadLocation": "NOASSERTION", "filesAnalyzed": False, **more}


def relation(one, kind, other):
    """One sentence of SPDX."""
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def describe_built(paths, common):
    """(packages, relations): those that were built, and what they need."""
    packages, relations, needed, ours = [], [], {}, {}
    read = [(path, *read_package(path)) for path in paths]
    for number, (path, name, version, _) in enumerate(read):
        identifier = f"SPDXRef-Built-{number}"
        ours[path[-4:], name] = identifier
        with open(path, "rb") as file:
            checksum = digest("SHA256", file.read())
        packages.append(package(identifier, name, versionInfo=version, packageFileName=path, checksums=[checksum], **common))
        relations += [relation("SPDXRef-DOCUMENT", "DESCRIBES", identifier), relation(identifier, "GENERATED_FROM", "SPDXRef-Source")]
    for number, (path, _, _, needs) in enumerate(read):
        for need in needs:
            other = ours.get((path[-4:], need)) or needed.setdefault(need, f"SPDXRef-Needed-{len(needed)}")
            relations.append(relation(f"SPDXRef-Built-{number}", "DEPENDS_ON", other))
    packages += [package(identifier, name) for name, identifier in needed.items()]
    return packages, relations


def main(tarball, *paths):
    """Prints it."""
    with open(tarball, "rb") as file:
        checksum = digest("SHA256", file.read())
    name, version = re.fullmatch(r"(.+)-(.+)\.tar\.gz", os.path.basename(tarball)).groups()
    created = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    members = read_tarball(tarball)
    files = describe_files(members)
    declared = re.search(rb"^License: *(.+)$", members[f"rpm/{name}.spec"], re.MULTILINE)[1].decode()
    holders = sorted({file["copyrightText"] for file in files})
    common = {
        "supplier": f"Organization: the {name} authors",
        "licenseConcluded": declared,
        "licenseDeclared": declared,
        "copyrightText": "\n".join(holders),
    }
    found = sorted({licence for file in files for licence in file["licenseInfoInFiles"]})
    source = package("SPDXRef-Source", name, versionInfo=version, packageFileName=tarball, checksums=[checksum], **common)
    source.update(filesAnalyzed=True, licenseInfoFromFiles=found,
                  packageVerificationCode={"packageVerificationCodeValue": verification_code(files)})
    packages, relations = describe_built(paths, common)
    json.dump({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        # Of its own for each content, and no place.
        "documentNamespace": uuid.uuid5(uuid.NAMESPACE_OID, checksum["checksumValue"]).urn,
        "creationInfo": {"created": created.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [common["supplier"], f"Tool: sbom.py-{version}"]},
        "packages": [source, *packages],
        "files": files,
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Source"), *relations,
                          *(relation("SPDXRef-Source", "CONTAINS", file["SPDXID"]) for file in files)],
    }, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
