#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Whether JSON files are what a JSON Schema says.

valid_json.py SCHEMA FILE...: for each file that is not, says where, and ends with 1. It knows
the keywords that the tool's schema has, and no others: those are an error.
"""
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool,
         "null": type(None)}
WORDS = {"$schema", "$defs", "title", "description"}


class Invalid(Exception):
    """What is wrong, and where."""


def has_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def fits(value, schema, root, where):
    try:
        check(value, schema, root, where)
    except Invalid:
        return False
    return True


def check(value, schema, root, where):
    for keyword, wanted in schema.items():
        if keyword in WORDS:
            continue
        wrong = None
        if keyword == "$ref":
            check(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, where)
        elif keyword == "type":
            names = [wanted] if isinstance(wanted, str) else wanted
            wrong = not any(has_type(value, name) for name in names)
        elif keyword == "const":
            wrong = value != wanted
        elif keyword == "enum":
            wrong = value not in wanted
        elif keyword == "pattern":
            wrong = not re.search(wanted, value)
        elif keyword == "minimum":
            wrong = value < wanted
        elif keyword == "required":
            wrong = any(key not in value for key in wanted)
        elif keyword == "additionalProperties" and wanted is False:
            wrong = any(key not in schema["properties"] for key in value)
        elif keyword == "properties":
            for key in wanted.keys() & value.keys():
                check(value[key], wanted[key], root, f"{where}.{key}")
        elif keyword == "items":
            for index, item in enumerate(value):
                check(item, wanted, root, f"{where}[{index}]")
        elif keyword in ("oneOf", "anyOf"):
            count = sum(fits(value, one, root, where) for one in wanted)
            wrong = count != 1 if keyword == "oneOf" else not count
        else:
            raise SystemExit(f"the schema has the keyword {keyword}, which is not known here")
        if wrong:
            raise Invalid(f"{where}: {keyword} {wanted}: {value!r:.200}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    wrong = len(sys.argv) < 3
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            value = json.load(file)
        try:
            check(value, schema, schema, "")
        except Invalid as error:
            print(f"{name}{error}")
            wrong = True
    sys.exit(wrong)


main()
