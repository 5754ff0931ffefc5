#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""nova_takes.py FILE: does Nova take that file for nova.conf.d, and the commands in its comments?

Nova itself reads it: the GPUs that it may give away, and what the flavour wants of them for an image. Runs in a root that has
Nova, and nothing that is set up.
"""

import shlex
import ssl
import sys

# There are no certificates, which a library of Nova's loads at once; and no server is asked.
ssl.SSLContext.load_verify_locations = lambda *_, **__: None

# pylint: disable=wrong-import-position
import nova.conf
from nova import exception, objects
from nova.api.validation.extra_specs import validators
from nova.pci import request, whitelist
from nova.virt import hardware

# Nova takes others for tags of the site's own.
SPEC_KEYS = {"vendor_id", "product_id", "address", "managed"}


def die(text):
    sys.exit(f"{sys.argv[1]}: {text}")


def commands():
    """Their words, by what they are about."""
    with open(sys.argv[1], encoding="ascii") as file:
        lines = [shlex.split(line[1:]) for line in file if line.startswith("#   ")]
    return {words[1]: words for words in lines if words[0] == "openstack"}


def properties(words):
    values = [word.partition("=") for option, word in zip(words, words[1:]) if option == "--property"]
    return {name: value for name, _, value in values}


def number(words, option):
    return int(words[words.index(option) + 1])


def check_gpus(pci):
    """As Nova finds them on the host: how many there are of each product."""
    known = whitelist.Whitelist(pci.device_spec)
    found = {}
    for spec in known.specs:
        tags = spec.get_tags() | {key: None for key in ("vendor_id", "product_id", "address")}
        if set(tags) != SPEC_KEYS:
            die(f"device_spec has the keys {sorted(tags)}")
        found[spec.product_id] = found.get(spec.product_id, 0) + 1
    return found


def check_flavour(words, image, found):
    specs = properties(words)
    for name, value in specs.items():
        validators.validate(name, value)
    flavour = objects.Flavor(vcpus=number(words, "--vcpus"), memory_mb=number(words, "--ram"), extra_specs=specs)
    wanted = {spec["product_id"]: asked.count
              for asked in request.get_pci_requests_from_flavor(flavour).requests for spec in asked.spec}
    if wanted != found:
        die(f"the flavour wants {wanted}, and there are {found}")
    hardware.numa_get_constraints(flavour, objects.ImageMeta.from_dict({"properties": properties(image)}))


def main():
    objects.register_all()
    nova.conf.CONF([], project="nova", default_config_files=[sys.argv[1]])
    said = commands()
    try:
        check_flavour(said["flavor"], said["image"], check_gpus(nova.conf.CONF.pci))
    except exception.NovaException as error:
        die(error)


main()
