#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""kubevirt.py FILE: does what KubeVirt is told agree with itself?

What the instance asks for the cluster permits, and volumes, disks and gates go together.
schema.py has told before that all of it is there.
"""

import json
import sys


class Wrong(Exception):
    """What is wrong."""


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
        value = json.load(file)
    try:
        check_whole(*value["items"])
    except Wrong as wrong:
        sys.exit(f"{sys.argv[1]}: {wrong}")


main()
