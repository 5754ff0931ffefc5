# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A guest with an emulated SMMU for its other devices. Source guests.sh first.

start_with_smmu() {
  nvgrace-gpu qemu --smmu emulated --network user "$(bdf 1)" >/tmp/guest.sh && run_qemu
}

tap_check "an SMMU is emulated, on request" start_with_smmu
tap_check "such a guest starts" guest_is_up 1
tap_check "the network is behind its SMMU, the GPU is not" ask smmu 1
tap_check "guest and host see the same GPU memory then" guest_uses_memory 1
tap_check "that guest goes off" guest_ends
