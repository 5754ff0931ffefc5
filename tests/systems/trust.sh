# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# systems: trixie
# minutes: 1
#
# A kernel that does not trust the key with which DKMS signs, and then does.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/trust.sh
. "$SYSTEM_TESTS/lib/trust.sh"

installed_disk trust
make_key
sign_gpu
enrol trust "$SYSTEM_WORK/rig.pem"
boot trust untrusted "" module.sig_enforce=1

root_enter openssl x509 -inform der -in "$SYSTEM_SHARE/dkms-key.der" -out "$SYSTEM_WORK/dkms.pem"
enrol trust "$SYSTEM_WORK/dkms.pem"
boot trust trusted "" module.sig_enforce=1
