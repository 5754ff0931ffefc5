#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""schema.py SCHEMA FILE...: is each file what the JSON Schema says? Says where it is not."""

import json
import sys

import jsonschema


def read(name):
    with open(name, encoding="utf-8") as file:
        return json.load(file)


def main():
    schema = read(sys.argv[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = [f"{name}: {error.json_path}: {error.message:.200}"
                for name in sys.argv[2:] for error in validator.iter_errors(read(name))]
    sys.exit("\n".join(problems) or len(sys.argv) < 3)


main()
