# SPDX-License-Identifier: GPL-2.0-only
"""Why lines stay uncovered: tests/coverage/reasons.list, which explains itself."""

NO_CODE = "(whole file)"


class Reason:
    def __init__(self, line, number):
        place, arrow, self.text = line.partition(" => ")
        self.file, _, self.find = place.strip().partition(" ")
        self.find, self.text, self.number, self.used = self.find.strip(), self.text.strip(), number, False
        if not arrow or not self.find or not self.text:
            raise SystemExit(f"reasons.list:{number}: it is no line of the form FILE TEXT => REASON")

    def is_for(self, file):
        return file == self.file or (self.file.endswith("/") and file.startswith(self.file))


def read(path):
    with open(path, encoding="utf-8") as file:
        return [Reason(line, number) for number, line in enumerate(file, 1) if line.strip() and not line.startswith("#")]


def of_function(reasons, source, number):
    """The reason of a function that never runs, which a line is in."""
    for name, (first, last, times) in source.functions.items():
        if first <= number <= last and not times:
            for reason in reasons:
                if reason.find == name + "()":
                    return reason
    return None


def of_lines(reasons, source, text):
    """The uncovered lines of a file with the reason of each, or None. One that was found by its
    text goes on to the next line that is covered, or has a reason of its own.

    reasons: those for the file; text: its lines.
    """
    found, current = {}, None
    for number in sorted(source.lines):
        if source.lines[number]:
            current = None
            continue
        own = of_function(reasons, source, number) or next((reason for reason in reasons if reason.find in text[number - 1]), None)
        current = own or current
        if current:
            current.used = True
        found[number] = current
    return found
