# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# KVM guests of a whole system, one at a time: started as an operator starts them. What
# runs in them is tests/abi/guest_init.c; its serial port is a pair of FIFOs here.

# shellcheck source-path=SCRIPTDIR source=checks.sh
. /rig/phases/checks.sh

# Emulation on a busy machine is slow.
patience=600
port=/run/guest
rm --force "$port.in" "$port.out"
mkfifo "$port.in" "$port.out"
exec {to_guest}<>"$port.in" {from_guest}<>"$port.out"

guest_kernel=/var/tmp/kernel
guest_initrd=/var/tmp/initrd
cp /rig/guest/kernel "$guest_kernel"
cp /rig/guest/initrd "$guest_initrd"
# A CPU in two emulations stands still for half a minute on a busy machine: that is no lockup.
guest_arguments="console=ttyAMA0 loglevel=5 panic=-1 watchdog_thresh=60"

# Its name as the kernel has it, which is there until all of it is gone: a process that
# ends has no command line any more, but still has the GPU.
qemu_comm=qemu-system-aar

# guide TEXT [BDF...]: runs the line of the operator's guide that begins so, with GPU 1 or
# these in the place of those that it names. Which lines were run is kept.
guide() {
  local text=$1 line
  shift
  line=$(guide_lines | grep --max-count=1 "^$text") || { echo "the guide has no line '$text'" && return 1; }
  printf '%s\n' "$line" >>/tmp/guide
  [ "$#" -gt 0 ] || set -- "$(bdf 1)"
  (cd /tmp && bash -c "${line//${guide_gpus:-0009:01:00.0}/$*}")
}

# Those of its section about four GPUs are for the host that has them: it sets guide_gpus.
guide_lines() {
  awk -v four="${guide_gpus:+1}" '/^## / { here = /four GPUs/ }
    here == four + 0 && sub(/^    /, "")' /rig/operating.md
}

all_of_guide_was_run() {
  diff <(guide_lines | sort --unique) <(sort --unique /tmp/guide)
}

# What a guest and QEMU say is in the kernel's log, so that it is judged with it.
copy_console() {
  tee /tmp/guest | sed --unbuffered --quiet 's/[^[:print:]]//g; s/./guest: &/p' >/dev/kmsg
}

guest_lives() {
  pgrep --exact "$qemu_comm" >/dev/null
}

# hear: the next line of the guest, in line; fails when there can be none any more.
hear() {
  local end=$((SECONDS + patience))
  until IFS= read -r -t 2 -u "$from_guest" line; do
    guest_lives || { echo "the guest is gone; it said:" && tail /tmp/guest; return 1; }
    [ "$SECONDS" -lt "$end" ] || { echo "the guest says nothing" && return 1; }
  done
}

# ask COMMAND...: has the guest run a command of its own, which must succeed.
ask() {
  local line=''
  echo "$*" >&"$to_guest"
  while [[ $line != ok* ]]; do
    hear || return
    echo "$line"
    [[ $line != "not ok"* ]] || return
  done
}

# guest_is_up GPU...: and knows what the scenario says of its GPUs. Firmware uses the port, too.
guest_is_up() {
  local line='' number
  while [[ $line != *up ]]; do
    hear || return
  done
  for number; do
    ask "$(sed --quiet '/^gpu/p' /rig/scenario | sed --quiet "${number}p")" || return
  done
}

# The guest and the host see the same memory. GPUs are numbered in the guest as here.
guest_uses_memory() {
  local number
  for number; do
    ask bars "$number" && /rig/programs/mark put "$number" 1 && ask check "$number" 1 &&
      ask put "$number" 2 && /rig/programs/mark check "$number" 2 || return
  done
}

guest_ends() {
  local end=$((SECONDS + patience))
  echo off >&"$to_guest"
  while guest_lives; do
    [ "$SECONDS" -lt "$end" ] || return
    sleep 0.5
  done
  # what it has said and nobody has heard
  while read -r -t 0.1 -u "$from_guest" _; do :; done
}

# As little of it as the virtual host has; the tool's numbers are there to be changed.
smaller() {
  sed "s/-smp [0-9]* -m [0-9]*G/-smp 1 -m 512M/; s/,size=[0-9]*G/,size=512M/; s/cpus=0-[0-9]*/cpus=0/
    s,<memory unit='GiB'>[0-9]*<,<memory unit='MiB'>512<,; s,<vcpu>[0-9]*<,<vcpu>1<,
    s/cpus='0-[0-9]*' memory='[0-9]*' unit='GiB'/cpus='0' memory='512' unit='MiB'/"
}

# start_qemu [no-firmware]: with GPU 1, by the line that the tool prints, and what to boot.
start_qemu() {
  guide "nvgrace-gpu qemu" && run_qemu "$@"
}

# run_qemu [no-firmware]: the line in /tmp/guest.sh.
# Without firmware a guest is up sooner, but knows nothing of ACPI, by which QEMU would tell it of errors.
run_qemu() {
  local command
  command=$(smaller </tmp/guest.sh)
  [ "$#" -eq 0 ] || command=$(sed '/^  -bios /d; s/,ras=on//' <<<"$command")
  rm --force /tmp/guest
  {
    bash -c "exec $command -kernel $guest_kernel -initrd $guest_initrd -append '$guest_arguments' -serial pipe:$port" \
      </dev/null 2>&1 | copy_console
  } >/dev/null 2>&1 &
  until guest_lives || [ -s /tmp/guest ]; do sleep 0.2; done
}
