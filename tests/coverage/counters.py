# SPDX-License-Identifier: GPL-2.0-only
"""What gcov says, of one kind of tests or of several, as one picture of each source file."""

import json
import pathlib


class Source:
    """A file: how often its lines ran, its branches, and its functions."""

    def __init__(self):
        self.lines = {}      # number: times
        self.branches = {}   # number: times of each
        self.functions = {}  # name: [first line, last line, times]

    def add(self, found):
        """One object's part of a document of gcov's."""
        for function in found["functions"]:
            known = self.functions.setdefault(function["demangled_name"], [function["start_line"], function["end_line"], 0])
            known[2] += function["execution_count"]
        branches = {}
        for line in found["lines"]:
            number = line["line_number"]
            self.lines[number] = self.lines.get(number, 0) + line["count"]
            branches.setdefault(number, []).extend(branch["count"] for branch in line["branches"])
        self.add_branches(branches)

    def add_branches(self, branches):
        """Of another build, where the compiler may have made other branches of a line: the better ones."""
        for number, counts in branches.items():
            known = self.branches.get(number, [])
            if len(known) == len(counts):
                counts = [a + b for a, b in zip(known, counts)]
            elif known and untaken(known) <= untaken(counts):
                counts = known
            self.branches[number] = counts

    def merge(self, other):
        """Other tests of the same file."""
        for number, times in other.lines.items():
            self.lines[number] = self.lines.get(number, 0) + times
        self.add_branches(other.branches)
        for name, (first, last, times) in other.functions.items():
            self.functions.setdefault(name, [first, last, 0])[2] += times

    def covered(self):
        return sum(times > 0 for times in self.lines.values()), len(self.lines)

    def branches_covered(self):
        counts = [count for counts in self.branches.values() for count in counts]
        return sum(count > 0 for count in counts), len(counts)


def untaken(counts):
    return sum(count == 0 for count in counts) / len(counts) if counts else 0


def source_names(top):
    """What is to be covered: files of C in src/ and tools/, by their path in the project."""
    return {str(path.relative_to(top)) for room in ("src", "tools") for path in (pathlib.Path(top) / room).rglob("*.[ch]")}


def name_of(path, names):
    """That of a path which gcov says, of a build that may have been elsewhere; None if it is no file of ours."""
    parts = path.parts
    for begin in range(len(parts)):
        for name in ("/".join(parts[begin:]), "tools/" + "/".join(parts[begin:])):
            if name in names:
                return name
    return None


def read(path, names):
    """Sources by name, from a file with a document in each line."""
    sources = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            document = json.loads(line)
            for found in document["files"]:
                name = name_of(pathlib.PurePath(document["current_working_directory"]) / found["file"], names)
                if name:
                    sources.setdefault(name, Source()).add(found)
    return sources
