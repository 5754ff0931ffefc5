# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# long: trixie
# minutes: 2
#
# A machine without compiler, headers and DKMS, whose kernel takes only modules with the
# site's key: one apt install brings a module that was built and signed elsewhere.

# shellcheck source-path=SCRIPTDIR source=lib/packages.sh
. "$SYSTEM_TESTS/lib/packages.sh"
# shellcheck source-path=SCRIPTDIR source=lib/trust.sh
. "$SYSTEM_TESTS/lib/trust.sh"

disk prebuilt
make_key
sign_gpu
enrol prebuilt "$SYSTEM_WORK/rig.pem"
rig_step "making the site's repository" root_enter --kernel "$(kernel_tree "$(system_kernel "$SYSTEM")")" \
  "$SYSTEM_TESTS/lib/make-site.sh" "$(rig_work)/packages/packages" "$SYSTEM_SHARE/site" \
  "$(kernel_headers "$(system_kernel "$SYSTEM")")" "$SYSTEM_WORK/rig"
boot prebuilt prebuilt "" module.sig_enforce=1
boot prebuilt trusted "" module.sig_enforce=1
