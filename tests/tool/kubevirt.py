#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kubevirt.py SCHEMA FILE: is that what KubeVirt takes, by the schema and in itself?

Knows the keywords of JSON Schema that the schema has, and no other: one that it does not know is an
error, not passed over. In itself: what the instance asks for the cluster permits, and volumes,
disks and gates go together.
"""

import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
KEYWORDS = {
    "$comment", "$defs", "$ref", "type", "additionalProperties", "required", "properties", "const", "enum",
    "pattern", "minimum", "items", "prefixItems", "minItems", "uniqueItems",
}


class Wrong(Exception):
    """What is wrong, and where."""


def has_type(value, name):
    # To Python a boolean is a number.
    return isinstance(value, TYPES[name]) and (name == "boolean") == isinstance(value, bool)


def check_object(value, schema, root, path):
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            raise Wrong(f"{path} has no {name}")
    for name, child in value.items():
        if name in known:
            check(child, known[name], root, f"{path}.{name}")
        elif schema.get("additionalProperties", True) is False:
            raise Wrong(f"{path} has {name}, which is not known")


def check_array(value, schema, root, path):
    first = schema.get("prefixItems", [])
    if len(value) < schema.get("minItems", 0):
        raise Wrong(f"{path} is too short")
    if schema.get("uniqueItems") and len({json.dumps(item, sort_keys=True) for item in value}) < len(value):
        raise Wrong(f"{path} has something twice")
    for number, item in enumerate(value):
        rule = first[number] if number < len(first) else schema.get("items", True)
        if rule is False:
            raise Wrong(f"{path} is too long")
        if rule is not True:
            check(item, rule, root, f"{path}[{number}]")


def check(value, schema, root, path):
    unknown = set(schema) - KEYWORDS
    if unknown:
        raise Wrong(f"the schema of {path} has keywords that are not known here: {unknown}")
    if "$ref" in schema:
        check(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    if "type" in schema and not has_type(value, schema["type"]):
        raise Wrong(f"{path} is not of type {schema['type']}")
    if "const" in schema and (value != schema["const"] or isinstance(value, bool) != isinstance(schema["const"], bool)):
        raise Wrong(f"{path} is {value!r}, not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        raise Wrong(f"{path} is {value!r}, which is not known")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        raise Wrong(f"{path} is {value!r}, not of the form {schema['pattern']}")
    if "minimum" in schema and value < schema["minimum"]:
        raise Wrong(f"{path} is too small")
    if isinstance(value, dict):
        check_object(value, schema, root, path)
    if isinstance(value, list):
        check_array(value, schema, root, path)


def check_whole(cluster, instance):
    configuration = cluster["spec"]["configuration"]
    gates = configuration["developerConfiguration"]["featureGates"]
    permitted = {device["resourceName"] for device in configuration["permittedHostDevices"]["pciHostDevices"]}
    domain = instance["spec"]["domain"]
    wanted = {device["deviceName"] for device in domain["devices"]["hostDevices"]}
    disks = [disk["name"] for disk in domain["devices"].get("disks", [])]
    if wanted != permitted:
        raise Wrong(f"{wanted} are wanted, and {permitted} permitted")
    if disks != [volume["name"] for volume in instance["spec"].get("volumes", [])]:
        raise Wrong("disks and volumes do not go together")
    if len({"GraceIOVirtualization", "PCINUMAAwareTopology", "IOMMUFD"} & set(gates)) not in (0, 3):
        raise Wrong("gates that need each other are not all there")
    if "GraceIOVirtualization" in gates and "numa" not in domain["cpu"]:
        raise Wrong("the guest has no NUMA nodes of the host's, which GraceIOVirtualization needs")
    if "GraceIOVirtualization" not in gates and "numa" in domain["cpu"] and "hugepages" not in domain["memory"]:
        raise Wrong("guestMappingPassthrough without huge pages, which older versions refuse")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        value = json.load(file)
    try:
        check(value, schema, schema, "$")
        check_whole(*value["items"])
    except Wrong as wrong:
        sys.exit(f"{sys.argv[2]}: {wrong}")


main()
