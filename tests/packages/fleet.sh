#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is in fleet/. The Ansible role runs for real, from a machine with Ansible on another
# that only looks like a Grace Hopper host: packages and repository are this project's, the
# kernel's headers a stand-in, and doctor looks at a recorded tree. Prints TAP. Runs inside the
# rig's root, where the root "fleet" has been made.

# What a recorded tree is changed by runs where the tree is made.
# shellcheck disable=SC2031
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fake.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fleet-hosts.sh"

fleet_make

# --- Ansible

role=$top/fleet/ansible/roles/nvgrace_gpu
rules_file=$root/etc/udev/rules.d/60-nvgrace-gpu-fleet.rules

tap_check "ansible-lint finds no fault in the role, by its strictest profile" \
  in_controller ansible-lint --offline --strict --profile production --project-dir "$top/fleet/ansible" "$top/fleet/ansible/site.yml" "$role"
tap_check "the playbook can be read" in_controller ansible-playbook --syntax-check --inventory grace, "$top/fleet/ansible/site.yml"

# Another driver has the GPU, and a boot gives it to ours.
before_boot() { pci_unbind "$GPU"; nvidia_has "$GPU" 3; process 4711 nvidia-persiste /dev/nvidia3; put dev/nvidia3 195:3; process_of 4711 /system.slice/nvidia-persistenced.service; }
doctors_host now before_boot
doctors_host booted :

first_run() {
  play 0 && ran reboot 1 && ran update-initramfs 1 && has_module "$running" && ran_package linux-headers-"$running" && ran_package nvgrace-gpu-tools
}
tap_check "a bare host: packages, module, initramfs, one reboot, and doctor is content" first_run
rules_say() {
  diff <(grep '^SUBSYSTEM' "$rules_file") - <<'EOF'
SUBSYSTEM=="pci", KERNEL=="0019:01:00.0", ENV{NVGRACE_GPU_BIND}="no"
SUBSYSTEM=="pci", ATTR{vendor}=="0x10de", ATTR{device}=="0x2941", ENV{NVGRACE_GPU_BIND}="yes"
EOF
}
tap_check "udev is told which GPUs" rules_say
second_run() { play 0 && changed 0 && ran reboot 0 && ran update-initramfs 0; }
tap_check "once more: nothing is changed" second_run
other_choice() { play 0 '{"nvgrace_gpu_bind": {"all": false}}' && changed 2 && ran update-initramfs 1 && ran reboot 0 && play 0; }
tap_check "another choice of GPUs: the initramfs is made anew, a host that is well is not rebooted" other_choice

doctors_host now before_boot
just_said() { play 2 '{"nvgrace_gpu_reboot": false}' && ran reboot 0 && said "$GPU: nvidia has it"; }
tap_check "where no reboot is permitted, it fails with what doctor has found" just_said
long_up 5
no_use() { play 2 && ran reboot 0 && said "$GPU: nvidia has it"; }
tap_check "a host that has been booted since the last change is not rebooted again" no_use
long_up 100000
not_built() { before_boot; rm --recursive "$tree/lib/modules/$RELEASE/updates"; modules_list "$RELEASE"; }
doctors_host now not_built
no_module() { play 2 && ran reboot 0 && said "$GPU: nvidia has it"; }
tap_check "what no boot mends does not reboot it" no_module
left_alone() { before_boot; put "run/udev/data/+pci:$GPU" $'I:1\nE:NVGRACE_GPU_BIND=no\nG:systemd'; rm --recursive --force "$tree/proc/4711"; }
doctors_host now left_alone
not_chosen() { play 0 && ran reboot 0; }
tap_check "a GPU that is left alone is not the role's to judge" not_chosen

tap_done
