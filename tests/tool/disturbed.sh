#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# bind and unbind while something else happens: others move the same GPU, signals come,
# writes fail, nobody listens. No GPU is left without a driver. Prints TAP.
#
# disturbed.sh TOOL PLAIN: the tool with fake_kernel.c; and without, and without sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
plain=${2:?the path of the tool without sanitizers}

SECOND=0019:01:00.0
DRIVERS=sys/bus/pci/drivers

# check NAME CHANGE COMMAND...: two GPUs that nvidia has, after CHANGE; a function.
check() {
  local name=$1 change=$2
  shift 2
  tree_new disturbed
  driver_add nvidia 570.1
  driver_add vfio-pci
  pci_add "$SECOND" 0x10de 0x2342 0x030200 13
  pci_unbind "$GPU"
  pci_bind "$GPU" nvidia
  pci_bind "$SECOND" nvidia
  "$change"
  tap_check "$name" "$@"
}
nothing() { :; }

# --- others

# both STATUS COMMAND -- STATUS COMMAND: at the same time.
both() {
  local first=() wanted=$1 other=0 status=0
  shift
  while [ "$1" != -- ]; do first+=("$1") && shift; done
  "$tool" --root "$tree" "${first[@]}" >"$scratch/first" 2>&1 &
  shift
  "$tool" --root "$tree" "${@:2}" >"$scratch/out" 2>&1 || status=$?
  wait $! || other=$?
  cat "$scratch/first" >>"$scratch/out"
  cat "$scratch/out"
  [ "$other $status" = "$wanted $1" ] || { echo "they ended with $other and $status"; return 1; }
}
slow() { touch "$tree/$DRIVERS/nvidia/slow" "$tree/$DRIVERS/$DRIVER/slow"; }
# moves NUMBER: so many times a GPU was taken from its driver.
moves() { [ "$(grep --count '^kernel: .*/unbind <-' "$scratch/out")" -eq "$1" ]; }
two_binds() { both 0 bind "$GPU" -- 0 bind "$GPU" && moves 1 && says "it has $DRIVER already" 'waiting for it' && has "$GPU" "$DRIVER" "$DRIVER"; }
check "two binds at once: the second sees what the first has done" slow two_binds
bind_and_unbind() { both 0 bind "$GPU" -- 0 unbind "$GPU" --to vfio-pci && moves 2 && has "$GPU" "$(basename "$(readlink "$tree/sys/bus/pci/devices/$GPU/driver")")" "$(cat "$tree/sys/bus/pci/devices/$GPU/driver_override")"; }
check "bind and unbind at once: one after the other" slow bind_and_unbind
overlapping() { both 0 bind "$GPU" "$SECOND" -- 0 bind "$SECOND" "$GPU" && moves 2 && has "$GPU" "$DRIVER" "$DRIVER" && has "$SECOND" "$DRIVER" "$DRIVER"; }
check "two binds of two GPUs at once, the other way round" slow overlapping
# One who waits for the lock can be interrupted.
waits() {
  local holder status=0
  flock "$tree/sys/bus/pci/drivers_probe" sleep 5 &
  holder=$!
  sleep 0.3
  timeout --signal=INT 1 "$tool" --root "$tree" bind "$GPU" >"$scratch/out" 2>&1 || status=$?
  kill "$holder"
  wait "$holder" || true
  [ "$status" -eq 124 ] && says 'another process moves GPUs: waiting for it' && ! grep '^kernel: ' "$scratch/out" && has "$GPU" nvidia "(null)"
}
check "waiting for another ends by a signal, with nothing changed" nothing waits
vanishes() { rm "$tree/sys/bus/pci/devices/$SECOND/driver_override"; }
check "a GPU whose driver_override cannot be written" vanishes run 1 bind "$GPU" "$SECOND"
given_back() { run 1 bind "$GPU" "$SECOND" && has "$GPU" nvidia "(null)" && [ -L "$tree/sys/bus/pci/devices/$SECOND/driver" ]; }
check "that, and the first goes back" vanishes given_back

# --- signals, while no driver has the GPU

# signals NUMBER BDF...: comes when nvidia has let go of one; they have it again.
signals() {
  local status=0 number=$1
  shift
  put "$DRIVERS/nvidia/signals" "$number"
  "$tool" --root "$tree" bind "$@" >"$scratch/out" 2>&1 || status=$?
  cat "$scratch/out"
  [ "$status" -eq $((128 + number)) ] || { echo "it ended with status $status"; return 1; }
  for bdf; do has "$bdf" nvidia "(null)" || return 1; done
}
for signal in INT TERM HUP PIPE QUIT; do
  check "SIG$signal in the middle: it is given back" nothing signals "$(kill -l "$signal")" "$GPU"
done
check "SIGTERM in the middle of the first of two" nothing signals 15 "$GPU" "$SECOND"
second_signals() { pci_unbind "$GPU"; pci_bind "$GPU" vfio-pci; }
first_goes_back() {
  put "$DRIVERS/nvidia/signals" 15
  local status=0
  "$tool" --root "$tree" bind "$GPU" "$SECOND" >"$scratch/out" 2>&1 || status=$?
  [ "$status" -eq 143 ] && says 'nvgrace-gpu: interrupted' && has "$GPU" vfio-pci vfio-pci && has "$SECOND" nvidia "(null)"
}
check "SIGTERM in the middle of the second: the first goes back, too" second_signals first_goes_back
other_signals() {
  put "$DRIVERS/nvidia/signals" "$1"
  # A tool that is stopped does not end.
  timeout --signal=KILL 2 "$tool" --root "$tree" bind "$GPU" >"$scratch/out" 2>&1 || true
  has "$GPU" "$DRIVER" "$DRIVER"
}
for signal in ALRM USR1 TSTP; do
  check "SIG$signal in the middle: it is bound first" nothing other_signals "$(kill -l "$signal")"
done

# --- a driver that waits for the memory by itself

driver_said() { printf '%s,900,900,-;%s %s: %s\n' "$1" "$DRIVER" "$GPU" "$2" >>"$tree/dev/kmsg"; }
not_yet() { touch "$tree/$DRIVERS/$DRIVER/refuses"; driver_said 6 "GPU memory is not ready yet: bound when it is"; }
# later COMMAND...: bind, and what comes while it waits.
later() {
  local status=0 tool_pid
  # What the test before has left there is not what this one waits for.
  : >"$scratch/out"
  "$tool" --root "$tree" bind "$GPU" >"$scratch/out" 2>&1 &
  tool_pid=$!
  until grep --quiet 'its memory is not ready yet: waiting for it' "$scratch/out"; do
    kill -0 "$tool_pid" || { cat "$scratch/out"; return 1; }
    sleep 0.1
  done
  "$@"
  wait "$tool_pid" || status=$?
  cat "$scratch/out"
  return "$status"
}
gets_ready() { pci_bind "$GPU" "$DRIVER"; driver_said 6 "GPU memory at 0x420000000000: usemem 94.5 GiB in a 128 GiB BAR4, no resmem"; }
is_bound_later() { later gets_ready && has "$GPU" "$DRIVER" "$DRIVER"; }
check "the memory is not ready yet: it is waited for" not_yet is_bound_later
stays_late() { driver_said 3 "GPU memory is not ready after 30 s: the C2C link is not up"; }
is_refused_later() { ! later stays_late && has "$GPU" nvidia "(null)" && says "refused it: GPU memory is not ready after 30 s"; }
check "it does not get ready: it is given back" not_yet is_refused_later
is_interrupted() { kill -TERM "$tool_pid"; }
ends_by_signal() { ! later is_interrupted && has "$GPU" nvidia "(null)"; }
check "SIGTERM while it is waited for: it is given back" not_yet ends_by_signal
is_called_off() { put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; }
ends_called_off() { ! later is_called_off && has "$GPU" nvidia "(null)"; }
check "another driver_override while it is waited for: it is given back" not_yet ends_called_off

# --- writes that fail, and nobody who listens

probe_fails() { touch "$tree/sys/bus/pci/drivers_probe.fails"; }
back() { run 1 bind "$GPU" && has "$GPU" nvidia "(null)" && says 'Input/output error' "$GPU: it has nvidia again"; }
check "drivers_probe cannot be written" probe_fails back
unbind_fails() { touch "$tree/$DRIVERS/nvidia/unbind.fails"; }
check "unbind cannot be written" unbind_fails back
bind_fails() { touch "$tree/$DRIVERS/nvidia/bind.fails" "$tree/$DRIVERS/$DRIVER/refuses"; put "sys/bus/pci/devices/$GPU/driver_override" nvidia; }
by_probe() { run 1 bind "$GPU" --force && has "$GPU" nvidia nvidia; }
check "its driver takes it back only when the kernel looks for one" bind_fails by_probe
closed_pipe() {
  local status
  { "$tool" --root "$tree" bind "$GPU" 2>&1 || true; } | true
  status=$(basename "$(readlink "$tree/sys/bus/pci/devices/$GPU/driver")")
  echo "it has $status"
  [ "$status" = nvidia ] || [ "$status" = "$DRIVER" ]
}
check "nobody reads what is said" nothing closed_pipe
refused() { touch "$tree/$DRIVERS/$DRIVER/refuses"; }
# Full from the start: what is said waits for ever.
stuck_reader() {
  local pid
  mkfifo "$scratch/pipe"
  sleep 5 <>"$scratch/pipe" &
  pid=$!
  dd if=/dev/zero of="$scratch/pipe" oflag=nonblock bs=4096 2>/dev/null || true
  timeout --signal=KILL 2 "$tool" --root "$tree" bind "$GPU" >/dev/null 2>"$scratch/pipe" || true
  rm "$scratch/pipe"
  kill "$pid"
  wait "$pid" || true
  [ -L "$tree/sys/bus/pci/devices/$GPU/driver" ]
}
check "who reads what is said does not go on: it has a driver meanwhile" refused stuck_reader

# --- closed standard files

live_new() {
  live_tool "$plain"
  : >"$tree/sys/bus/pci/drivers_probe"
  put "etc/driverctl.d/pci-$GPU" nvidia
  pci_unbind "$SECOND"
  pci_bind "$SECOND" "$DRIVER"
}
with_null() { live_new; mknod --mode=666 "$tree/dev/null" c 1 3; }
# Neither what is said nor what is refused gets into a file.
nothing_is_written() {
  chroot "$tree" /bin/nvgrace-gpu bind "$SECOND" >&- || true
  chroot "$tree" /bin/nvgrace-gpu unbind "$GPU" 2>&- || true
  chroot "$tree" /bin/nvgrace-gpu unbind "$GPU" <&- >&- 2>&- || true
  chroot "$tree" /bin/nvgrace-gpu doctor <&- >&- || true
  [ ! -s "$tree/sys/bus/pci/drivers_probe" ] || { cat "$tree/sys/bus/pci/drivers_probe"; return 1; }
}
check "closed stdout and stderr: nothing of it gets into a file of sysfs" with_null nothing_is_written
check "the same where there is no /dev/null" live_new nothing_is_written
status_stays() { chroot "$tree" /bin/nvgrace-gpu bind "$SECOND" <&- >&-; }
check "closed stdin and stdout: the exit status is that of the move" with_null status_stays

# --- --all

host_uses_one() { pci_unbind "$SECOND"; pci_bind "$SECOND" vfio-pci; }
leaves_host() { run 0 unbind --all && has "$GPU" nvidia "(null)" && has "$SECOND" none "(null)" && says "$GPU: left out: nvidia has it"; }
check "unbind --all: what the host uses stays" host_uses_one leaves_host
unbinds_named() { run 0 unbind "$GPU" && has "$GPU" none "(null)"; }
check "unbind: named, it does not" host_uses_one unbinds_named
leaves_all() { run 0 unbind --all && has "$GPU" nvidia "(null)" && has "$SECOND" nvidia "(null)" && ! grep '^kernel: ' "$scratch/out"; }
check "unbind --all: nothing is for guests" nothing leaves_all
free() { pci_unbind "$GPU"; put "sys/bus/pci/devices/$GPU/driver_override" "$DRIVER"; }
clears() { run 0 unbind --all && has "$GPU" none "(null)" && has "$SECOND" nvidia "(null)"; }
check "unbind --all: driver_override for guests, without the driver" free clears
chosen() { put "etc/driverctl.d/pci-$GPU" nvidia; }
leaves_chosen() { run 0 bind --all && has "$GPU" nvidia "(null)" && has "$SECOND" "$DRIVER" "$DRIVER"; }
check "bind --all: leaves out what driverctl has" chosen leaves_chosen
overridden() { put "sys/bus/pci/devices/$GPU/driver_override" vfio-pci; pci_unbind "$SECOND"; pci_bind "$SECOND" "$DRIVER"; }
leaves_overridden() { run 0 bind --all && has "$GPU" nvidia vfio-pci; }
check "bind --all: leaves out what somebody has set driver_override of" overridden leaves_overridden
chosen_in_use() { chosen; put "proc/driver/nvidia/gpus/$GPU/information" $'Device Minor: \t3'; process 815 python3 /dev/nvidia3; }
refuses_in_use() { run 1 bind --all --force && says 'process 815 (python3) has it open' && ! grep '^kernel: ' "$scratch/out"; }
check "bind --all --force: in use is a failure, whoever has chosen what" chosen_in_use refuses_in_use
no_gpu() { rm "$tree/sys/bus/pci/devices/"*; }
none_there() { run 1 bind --all && says 'no GPU that the driver knows' && run 1 unbind --all && says 'no GPU that the driver knows'; }
check "--all: there is no GPU" no_gpu none_there
override_only() { pci_unbind "$GPU"; pci_bind "$GPU" "$DRIVER"; put "sys/bus/pci/devices/$GPU/driver_override" "(null)"; process 4711 qemu /dev/vfio/12; }
sets_override() { run 0 bind "$GPU" && has "$GPU" "$DRIVER" "$DRIVER" && moves 0; }
check "bind: only driver_override is missing, and a guest goes on" override_only sets_override

tap_done
