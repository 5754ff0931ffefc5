#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""chosen.py MODULES.ALIAS MODALIAS: which VFIO driver is made for this device?

As those do it who give PCI devices to guests. Both take the lines of modules.alias that begin with
"alias vfio_pci:", compare them with the device's modalias field by field, and of those that fit
the one with the fewest fields that fit anything: libvirt from 10.0 on; go-nvlib, which is in
vfio-manager of NVIDIA's GPU operator and in its DRA driver. Where none fits, both take vfio-pci.

The driver has to have the name of its module: libvirt looks for it by no other, go-nvlib for one
with dashes in the place of underscores as well.
"""

import re
import sys

FIELDS = re.compile(r"v(.+?)d(.+?)sv(.+?)sd(.+?)bc(.+?)sc(.+?)i(.+)")


def fields(alias):
    """Vendor, device, their subsystem's, and the three parts of the class; None if that is not what it is."""
    match = FIELDS.fullmatch(alias.partition(":")[2])
    return match.groups() if match else None


def best(lines, device):
    """The module, as depmod writes it: with underscores."""
    chosen, fewest = None, len(device) + 1
    for line in lines:
        words = line.split()
        if len(words) != 3 or words[0] != "alias" or not words[1].startswith("vfio_pci:"):
            continue
        pattern = fields(words[1])
        if not pattern or any(p not in ("*", d) for p, d in zip(pattern, device)):
            continue
        if pattern.count("*") < fewest:
            chosen, fewest = words[2], pattern.count("*")
    return chosen


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        lines = file.readlines()
    device = fields(sys.argv[2])
    if not device:
        sys.exit(f"chosen.py: '{sys.argv[2]}' is no modalias of a PCI device")
    print(best(lines, device) or "vfio-pci")


main()
