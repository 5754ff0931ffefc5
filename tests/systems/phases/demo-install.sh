# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make demo, first boot: the package is installed as on any host.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

tap_check "$(sed --quiet 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), kernel $kernel, three GPUs" \
  driver_is 1 none
tap_check "apt: the repository is added" add_repository
tap_check "apt install $package" install_package "$current"
tap_check "DKMS: $(dkms status -m "$module")" dkms_has "$current" "$kernel"
tap_check "module signed by: $(modinfo --field signer "$module")" test -f "$(module_file "$kernel")"
tap_done
