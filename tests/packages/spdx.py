#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""spdx.py DOCUMENT FOLDER: is it SPDX 2.3, and does it say what is in that folder?

What the standard asks for, and that each checksum is the one of the file. Prints what is
wrong, a line each, and fails.
"""

import hashlib
import json
import pathlib
import re
import sys
import tarfile

IDENTIFIER = r"SPDXRef-[a-zA-Z0-9.-]+"
LICENCE = r"[\w.+-]+( (AND|OR) [\w.+-]+)*"
DOCUMENT = {
    "spdxVersion": r"SPDX-2\.3", "dataLicense": r"CC0-1\.0", "SPDXID": "SPDXRef-DOCUMENT", "name": ".+",
    "documentNamespace": r"[a-z][a-z0-9+.-]*:[^#]+", "creationInfo": "", "packages": "", "files": "", "relationships": "",
}
PACKAGE = {"SPDXID": IDENTIFIER, "name": ".+", "downloadLocation": "NOASSERTION|NONE|[a-z]+://.+"}
MADE = {
    "versionInfo": ".+", "packageFileName": ".+", "supplier": "(Person|Organization): .+", "licenseConcluded": LICENCE,
    "licenseDeclared": LICENCE, "copyrightText": ".+", "checksums": "",
}
FILE = {
    "SPDXID": IDENTIFIER, "fileName": r"\./.+", "licenseConcluded": LICENCE, "licenseInfoInFiles": "", "copyrightText": ".+", "checksums": "",
}
problems = []


def expect(good, problem):
    """Goes on to the next one all the same."""
    if not good:
        problems.append(problem)


def has(thing, fields, what):
    """The fields are there, and texts are as these expressions."""
    for field, form in fields.items():
        value = thing.get(field)
        expect(value and (not form or re.fullmatch(form, value, re.DOTALL)), f"{what}: {field} is {value!r}")


def sums(thing, content, algorithms, what):
    """The checksums are those, and of that content."""
    said = {one.get("algorithm"): one.get("checksumValue") for one in thing.get("checksums", [])}
    expect(said == {name: hashlib.new(name.lower(), content).hexdigest() for name in algorithms}, f"{what}: other checksums")


def check_source(document, source, tarball):
    """Each file of the tarball, and no other."""
    with tarfile.open(tarball) as archive:
        members = {"./" + member.name.partition("/")[2]: archive.extractfile(member).read() for member in archive if member.isfile()}
    expect(sorted(members) == sorted(file.get("fileName") for file in document["files"]), "other files than in the tarball")
    for file in document["files"]:
        what = file.get("fileName")
        has(file, FILE, what)
        sums(file, members.get(what, b""), ("SHA1", "SHA256"), what)
    code = "".join(sorted(hashlib.sha1(content).hexdigest() for content in members.values()))
    expect(source.get("packageVerificationCode") == {"packageVerificationCodeValue": hashlib.sha1(code.encode()).hexdigest()},
           "another packageVerificationCode")
    expect(source.get("filesAnalyzed") is True and source.get("licenseInfoFromFiles"), "the source's files are not analysed")
    contained = {(line["spdxElementId"], line["relatedSpdxElement"]) for line in document["relationships"] if line["relationshipType"] == "CONTAINS"}
    expect(contained == {(source["SPDXID"], file["SPDXID"]) for file in document["files"]}, "the source contains other files")


def check(document, folder):
    """All of it."""
    has(document, DOCUMENT, "document")
    created = document["creationInfo"]
    expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created.get("created", "")), "no time of creation")
    expect(created.get("creators") and all(re.match("(Person|Organization|Tool): .", one) for one in created["creators"]), "no creators")
    for package in document["packages"]:
        has(package, PACKAGE, package.get("name"))
    made = {package["packageFileName"]: package for package in document["packages"] if "packageFileName" in package}
    there = {path.name for path in folder.iterdir() if path.suffix in (".deb", ".rpm", ".gz")}
    expect(set(made) == there, f"other packages than {sorted(there)}")
    for name in set(made) & there:
        has(made[name], MADE, name)
        sums(made[name], (folder / name).read_bytes(), ("SHA256",), name)
        if name.endswith(".gz"):
            check_source(document, made[name], folder / name)
    known = [document["SPDXID"], *(thing["SPDXID"] for thing in document["packages"] + document["files"])]
    expect(len(known) == len(set(known)), "an SPDXID is there twice")
    described = set()
    for line in document["relationships"]:
        ends = (line["spdxElementId"], line["relatedSpdxElement"])
        expect(set(ends) <= set(known), f"no {ends[0]} or no {ends[1]}")
        if line["relationshipType"] == "DESCRIBES" and ends[0] == document["SPDXID"]:
            described.add(ends[1])
    expect(described == {package["SPDXID"] for package in made.values()}, "the document describes other packages")


with open(sys.argv[1], encoding="utf-8") as text:
    check(json.load(text), pathlib.Path(sys.argv[2]))
print("\n".join(problems))
sys.exit(bool(problems))
