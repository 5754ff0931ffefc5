#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""report.py TOP ROOMS REASONS REPORT NAME=FILE...: what of the sources in these rooms (src,tools) the tests cover.

NAME is what the tests are called in the report, FILE what they have counted (see counters.py).
REASONS is reasons.list. Writes REPORT, and prints TAP: a test for each source file, which has no uncovered line without a
reason, and for each reason, which is needed.
"""

import pathlib
import sys

import counters
import reasons as reasons_list


def percent(part):
    covered, all_of = part
    # 100 % is all.
    return f"{covered * 1000 // all_of / 10:.1f} %" if all_of else "–"


def added(parts):
    return tuple(map(sum, zip(*parts))) or (0, 0)


def row(name, cells):
    return f"| {name} | " + " | ".join(cells) + " |\n"


def spans(numbers):
    """3, 4, 5, 8: as 3-5, 8."""
    result = []
    for number in numbers:
        if result and result[-1][1] == number - 1:
            result[-1][1] = number
        else:
            result.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in result)


def table(names, kinds, total):
    """Lines in percent of all that any of the tests were built with, by each kind; and branches."""
    yield row("", ["lines", "covered", *kinds, "branches", "taken"])
    yield row("---", ["---"] * (4 + len(kinds)))

    def cells(some):
        lines = added(total[name].covered() for name in some)
        branches = added(total[name].branches_covered() for name in some)
        by_kind = ((sum(kinds[kind][name].covered()[0] for name in some if name in kinds[kind]), lines[1]) for kind in kinds)
        return [str(lines[1]), percent(lines), *map(percent, by_kind), str(branches[1]), percent(branches)]

    for room in sorted({name.split("/")[0] for name in names}):
        yield row(f"**{room}/**", cells([name for name in names if name.startswith(room + "/")]))
    for name in names:
        yield row(name, cells([name]))


def uncovered(name, lines, text):
    """A row for all lines that come one after the other and have the same reason."""
    yield f"\n### {name}\n\n"
    yield row("lines", ["source", "why not"])
    yield row("---", ["---"] * 2)
    numbers = sorted(lines)
    while numbers:
        count = 1
        while count < len(numbers) and lines[numbers[count]] is lines[numbers[0]] and numbers[count] - numbers[count - 1] < 4:
            count += 1
        source = text[numbers[0] - 1].strip().replace("|", "\\|")
        reason = lines[numbers[0]]
        yield row(spans(numbers[:count]), [f"`{source}`", reason.text if reason else "**no reason**"])
        numbers = numbers[count:]


def branches(names, total):
    for name in names:
        source = total[name]
        missed = [number for number in sorted(source.branches)
                  if source.lines.get(number) and counters.untaken(source.branches[number])]
        if missed:
            yield f"* {name}: {spans(missed)}\n"


def main():
    top, rooms, reasons_path, path, *inputs = sys.argv[1:]
    rooms = tuple(room + "/" for room in rooms.split(","))
    names = {name for name in counters.source_names(top) if name.startswith(rooms)}
    kinds = {kind: counters.read(file, names) for kind, file in (word.split("=", 1) for word in inputs)}
    total = {}
    for sources in kinds.values():
        for name, source in sources.items():
            total.setdefault(name, counters.Source()).merge(source)

    reasons = [reason for reason in reasons_list.read(reasons_path) if reason.file.startswith(rooms)]
    tests, listed = [], []
    for name in sorted(names):
        mine = [reason for reason in reasons if reason.is_for(name)]
        if name not in total:
            # A header may have nothing to run.
            whole = next((reason for reason in mine if reason.find == reasons_list.NO_CODE), None)
            if whole:
                whole.used = True
                listed.append(f"\n### {name}\n\nNot compiled here: {whole.text}\n")
            elif name.endswith(".c"):
                tests.append((name, ["it is not compiled here, and there is no reason"]))
            continue
        text = (pathlib.Path(top) / name).read_text(encoding="utf-8").splitlines()
        lines = reasons_list.of_lines(mine, total[name], text)
        if lines:
            listed.extend(uncovered(name, lines, text))
        tests.append((name, [f"{number}: {text[number - 1].strip()}" for number in lines if not lines[number]]))
    tests.extend((f"reasons.list:{reason.number}", [] if reason.used else ["no uncovered line has that text: " + reason.find])
                 for reason in reasons)

    known = sorted(total)
    with open(path, "w", encoding="utf-8") as report:
        report.write("# Coverage\n\n")
        report.writelines(table(known, kinds, total))
        report.write("\n## Lines that no test runs\n")
        report.writelines(listed or ["\nNone.\n"])
        report.write("\n## Lines that run, but not to all sides\n\n")
        report.writelines(branches(known, total))

    for number, (name, problems) in enumerate(tests, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print("#   " + problem)
    failed = sum(bool(problems) for _, problems in tests)
    print(f"1..{len(tests)}\n{len(tests) - failed} passed, {failed} failed")
    raise SystemExit(failed > 0)


main()
