# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tool on GPUs in the states that a live system has: GPU 1 is bound at boot, GPU 2
# never was, and the firmware of GPU 3 leaves out a property. Source guests.sh first.
# shellcheck disable=SC2154 # it has what is not set here

controls=/sys/kernel/debug/virtual_gpu/$(bdf 2)

# said STATUS TEXT... -- COMMAND...: the command ends with that status, and says all that.
said() {
  local expected=$1 status=0 texts=()
  shift
  while [ "$1" != -- ]; do
    texts+=("$1")
    shift
  done
  shift
  "$@" >/tmp/said 2>&1 || status=$?
  [ "$status" -eq "$expected" ] || { echo "it ended with status $status" && cat /tmp/said && return 1; }
  says /tmp/said "${texts[@]}"
}

as_user() {
  runuser --user=nobody -- "$@"
}

binds_with_module_gone() {
  modprobe --remove "$module" && guide "nvgrace-gpu bind" && driver_is 1 "$driver" && override_is 1 "$driver"
}

bind_never_ready() {
  echo -1 >"$controls/link_ms"
  echo 1 >"$(gpu 2)/reset"
  said 1 "$(bdf 2): $driver refused it: GPU memory is not ready" "$(bdf 2): it has no driver again" -- nvgrace-gpu bind "$(bdf 2)" &&
    driver_is 2 none && override_is 2 "(null)"
}

bind_ready_again() {
  echo 0 >"$controls/link_ms"
  echo 1 >"$(gpu 2)/reset"
  nvgrace-gpu bind "$(bdf 2)" && driver_is 2 "$driver"
}

bind_refused() {
  said 1 "$(bdf 3): $driver refused it: firmware has the property nvidia,gpu-mem-size but not nvidia,gpu-mem-base-pa" \
    "$(bdf 3): it has no driver again" -- nvgrace-gpu bind "$(bdf 3)" && override_is 3 "(null)"
}

none_moves() {
  said 1 "refused it" "$(bdf 2): it has no driver again" -- nvgrace-gpu bind "$(bdf 2)" "$(bdf 3)" && driver_is 2 none
}

opts_out() {
  echo "SUBSYSTEM==\"pci\", KERNEL==\"$(bdf 1)\", ENV{NVGRACE_GPU_BIND}=\"no\"" >/etc/udev/rules.d/60-nvgrace-gpu.rules
  udevadm control --reload
  udevadm trigger --settle "$(gpu 1)"
}

persists() {
  guide "nvgrace-gpu bind --persist" && udevadm info --query=property "$(gpu 1)" | grep --quiet '^NVGRACE_GPU_BIND=yes$' &&
    lsinitramfs "/boot/initrd.img-$kernel" | grep --quiet "61-nvgrace-gpu-$(bdf 1).rules"
}

# What keeps the service from doing harm keeps it from seeing nothing.
metrics_by_timer() {
  local file=/var/lib/prometheus/node-exporter/nvgrace-gpu.prom
  mkdir --parents "${file%/*}"
  guide "systemctl enable --now nvgrace-gpu-metrics" && systemctl start nvgrace-gpu-metrics.service && systemctl disable --now nvgrace-gpu-metrics.timer &&
    says "$file" "nvgrace_gpu_open_processes{bdf=\"$(bdf 1)\",runs_guest=\"no\"} 1" '# EOF' && nvgrace-gpu metrics | diff - "$file"
}

tap_check "list: what each GPU has" said 0 "$(bdf 1)  GH200 120GB  driver $driver  group" "$(bdf 2)  GB200        driver none" -- guide "nvgrace-gpu list"
tap_check "list: as an ordinary user" said 0 "$(bdf 1)  GH200 120GB  driver $driver" -- as_user nvgrace-gpu list
tap_check "status: as an ordinary user" said 0 "usemem           1.5 GiB in BAR4 of 2 GiB" "readiness        ready (bar0)" -- \
  as_user nvgrace-gpu status "$(bdf 1)"
tap_check "doctor: as root, KVM answers" said 1 "KVM: kernel $kernel gives guests usemem as device memory" -- guide "nvgrace-gpu doctor"
tap_check "doctor: as an ordinary user" said 1 "/dev/kvm may not be opened by this user" "this user may lock 8 MiB" \
  "ACPI tables cannot be read: Permission denied (root can)" -- as_user nvgrace-gpu doctor
tap_check "bind: not as an ordinary user" said 1 "drivers cannot be changed: Permission denied (root can)" -- as_user nvgrace-gpu bind "$(bdf 2)"
tap_check "bind: loads the module" binds_with_module_gone
tap_check "bind: a property is missing" bind_refused
tap_check "doctor: a property is missing" said 2 "Begin with: Firmware: $(bdf 3): firmware has the property nvidia,gpu-mem-size" -- nvgrace-gpu doctor
tap_check "bind: all of them or none" none_moves
tap_check "bind: the GPU is not ready" bind_never_ready
tap_check "doctor: the GPU is not ready" said 2 "Link and training: $(bdf 2): GPU memory is not ready" -- nvgrace-gpu doctor
tap_check "bind: it is ready after a reset" bind_ready_again
tap_check "udev hears what an administrator has chosen" opts_out
tap_check "doctor: what an administrator has chosen" said 2 "$(bdf 1): a udev rule says NVGRACE_GPU_BIND=\"no\"" -- nvgrace-gpu doctor
tap_check "bind --persist: udev and the initramfs have it, whatever was chosen before" persists
rm /etc/udev/rules.d/60-nvgrace-gpu.rules "/etc/udev/rules.d/61-nvgrace-gpu-$(bdf 1).rules"
udevadm control --reload
udevadm trigger --settle "$(gpu 1)"
# What is left has no problem.
echo 1 >"$(gpu 3)/remove"
hold 1 >/tmp/hold
tap_check "status: in use" said 0 "$HOLD_PID (hold): /dev/vfio/" -- guide "nvgrace-gpu status"
tap_check "unbind: refused, with the process named" said 1 "process $HOLD_PID (hold) has it open" -- guide "nvgrace-gpu unbind"
tap_check "metrics: the timer writes what root sees" metrics_by_timer
let_go
tap_check "a reset leaves readiness to be seen" guide "echo 1 >"
tap_check "it has to be checked before the next access" said 0 pending -- guide "cat /sys"
