#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# metrics, on recorded hosts: what it says, in which form, and how it gets into a file;
# units, alerts and patterns for the kernel's log that come with it. Prints TAP.
#
# metrics.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
watch=$folder/../../tools/watch
rules=$watch/nvgrace-gpu.rules.yml
every=$scratch/every-metric
: >"$every"

# As node_exporter reads it, and as OpenMetrics has it.
well_formed() {
  promtool check metrics <"$1" && python3 -c 'import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
list(text_string_to_metric_families(sys.stdin.read()))' <"$1"
}

# measures LINE...: all of them, without "nvgrace_gpu_"; those behind "-" are none of its
# metrics, or samples of them.
measures() {
  local line
  run 0 metrics >/dev/null && well_formed "$scratch/out" || return 1
  sed --quiet 's/^\(nvgrace_gpu_[a-z_]*\).*/\1/p' "$scratch/out" >>"$every"
  while [ "$#" -gt 0 ] && [ "$1" != - ]; do
    grep --line-regexp --fixed-strings -e "nvgrace_gpu_$1" "$scratch/out" || { echo "there is no $1"; return 1; }
    shift
  done
  for line in "${@:2}"; do
    ! grep --fixed-strings -e "nvgrace_gpu_$line" "$scratch/out" || { echo "there is $line"; return 1; }
  done
}

# --- values

of="bdf=\"$GPU\""
check "all is well" nothing measures 'devices 1' \
  "info{$of,product=\"GH200 120GB\",driver=\"$DRIVER\",driver_version=\"0.1.0\",readiness_method=\"bar0\"} 1" \
  "driver_bound{$of,origin=\"package\"} 1" "driver_bound{$of,origin=\"none\"} 0" \
  "readiness{$of,state=\"ready\"} 1" "readiness{$of,state=\"timed-out\"} 0" \
  "usemem_size_bytes{$of} 101468602368" "usemem_bar_size_bytes{$of} 137438953472" \
  "resmem_size_bytes{$of} 1073741824" "resmem_bar_size_bytes{$of} 1073741824" "mig_erratum{$of} 1" \
  "open_processes{$of,runs_guest=\"yes\"} 0" "open_processes{$of,runs_guest=\"no\"} 0" \
  "host_info{kernel=\"$RELEASE\",next_kernel=\"$RELEASE\",loaded_version=\"0.1.0\",installed_version=\"0.1.0\",tool_version=\"$(cat "$folder/../../VERSION")\"} 1" \
  'module_loaded 1' 'module_current 1' "next_kernel_has_module{kernel=\"$RELEASE\"} 1" 'module_trusted 1' \
  'doctor_findings{check="iommu",result="ok"} 1' 'doctor_findings{check="iommu",result="problem"} 0' \
  - lost_pages resets_total reset_failures_total readiness_timeouts_total last_ready_seconds

# counters LOST RESETS FAILED LATE MS: of a driver that has them.
counters() {
  local attributes=sys/bus/pci/devices/$GPU/nvgrace_gpu
  put "$attributes/lost_pages" "$1"
  put "$attributes/resets" "$2"
  put "$attributes/reset_failures" "$3"
  put "$attributes/readiness_timeouts" "$4"
  put "$attributes/last_ready_ms" "$5"
}
counting() { counters 512 18446744073709551615 2 1 31207; }
check "a driver that counts" counting measures "lost_pages{$of} 512" "resets_total{$of} 18446744073709551615" \
  "reset_failures_total{$of} 2" "readiness_timeouts_total{$of} 1" "last_ready_seconds{$of} 31.207"
ready_soon() { counters 0 0 0 0 7; }
check "a memory that is ready after 7 ms" ready_soon measures "lost_pages{$of} 0" "last_ready_seconds{$of} 0.007"
no_number() { counters '' -1 many 18446744073709551616 ' '; }
check "what is no number is left out" no_number measures - lost_pages resets_total reset_failures_total readiness_timeouts_total last_ready_seconds

two() { pci_add 0019:01:00.0 0x10de 0x2941 0x030200 13; counters 1 2 3 4 5; }
check "two GPUs, of which one has no driver" two measures 'devices 2' "driver_bound{$of,origin=\"package\"} 1" \
  'driver_bound{bdf="0019:01:00.0",origin="none"} 1' "lost_pages{$of} 1" "resets_total{$of} 2" \
  'info{bdf="0019:01:00.0",product="GB200",driver="",driver_version="",readiness_method=""} 1' \
  'doctor_findings{check="driver",result="ok"} 1' 'doctor_findings{check="driver",result="unknown"} 1' \
  - 'readiness{bdf="0019' 'usemem_size_bytes{bdf="0019'
timed_out() { put "sys/bus/pci/devices/$GPU/nvgrace_gpu/readiness" timed-out; }
check "not ready after a reset" timed_out measures "readiness{$of,state=\"timed-out\"} 1" "readiness{$of,state=\"ready\"} 0" \
  'doctor_findings{check="readiness",result="problem"} 1'
foreign() { pci_unbind "$GPU"; driver_add nvidia '570 "x\y"'; pci_bind "$GPU" nvidia; }
check "another driver has it, whose version has to be escaped" foreign measures "driver_bound{$of,origin=\"other\"} 1" \
  "info{$of,product=\"GH200 120GB\",driver=\"nvidia\",driver_version=\"570 \\\"x\\\\y\\\"\",readiness_method=\"\"} 1" \
  'doctor_findings{check="driver",result="problem"} 1' - readiness usemem
none() { rm --recursive "$tree/sys/bus/pci/devices"; mkdir "$tree/sys/bus/pci/devices"; }
check "no GPU" none measures 'devices 0' 'doctor_findings{check="gpu",result="problem"} 1' - driver_bound open_processes
held() { process 4711 hold /dev/vfio/12; process 4712 hold /dev/vfio/12; process 4713 qemu /dev/vfio/12; ln --symbolic anon_inode:kvm-vm "$tree/proc/4713/fd/9"; }
check "held by two processes that run no guest, and one that does" held measures \
  "open_processes{$of,runs_guest=\"no\"} 2" "open_processes{$of,runs_guest=\"yes\"} 1"
hidden() { put proc/4713/fd "a folder that cannot be opened"; }
check "who has it open cannot be seen" hidden measures - open_processes

off_bus() { printf '\xff\xff\xff\xff' >"$tree/sys/bus/pci/devices/$GPU/config"; put etc/driverctl.d/pci-0029:01:00.0 "$DRIVER"; }
check "one is off the bus, and one is not there" off_bus measures "present{$of} 0" 'present{bdf="0029:01:00.0"} 0'
check "it answers" nothing measures "present{$of} 1"

upgraded() { put "sys/module/$DRIVER/version" 0.0.9; }
check "an older version is loaded" upgraded measures 'module_loaded 1' 'module_current 0'
not_loaded() { unload; }
check "no version is loaded" not_loaded measures 'module_loaded 0' - module_current
own() { rm --recursive "$tree/lib/modules/$1/updates"; modules_list "$1"; }
next_without() { modules_install 6.19.2-arm64; own 6.19.2-arm64; }
check "the next kernel has no module" next_without measures 'next_kernel_has_module{kernel="6.19.2-arm64"} 0'
next_own() { modules_install 6.19.2-arm64; cp "$scratch/modules/updates/dkms/$MODULE.ko" "$tree/lib/modules/6.19.2-arm64/kernel"; own 6.19.2-arm64; }
check "the next kernel has its own module" next_own measures 'next_kernel_has_module{kernel="6.19.2-arm64"} 1'
next_other() { modules_install 6.19.2-arm64; make_module "$tree/lib/modules/6.19.2-arm64/updates/dkms/$MODULE.ko" "vermagic=6.18.9-arm64 SMP"; }
check "the next kernel has another one's module" next_other measures 'next_kernel_has_module{kernel="6.19.2-arm64"} 0'
this_without() { own "$RELEASE"; }
check "the kernel that runs is the next, and has no module" this_without measures "next_kernel_has_module{kernel=\"$RELEASE\"} 0"
not_listed() { : >"$tree/lib/modules/$RELEASE/modules.dep"; }
check "whether there is a module cannot be seen" not_listed measures - next_kernel_has_module module_current
locked() { unload; put sys/kernel/security/lockdown "none [integrity] confidentiality"; put proc/keys "1a I--- 1 perm 1f030000 0 0 asymmetri $1: aa: X509.rsa []"; }
not_enrolled() { locked "Debian Secure Boot CA"; }
check "the key is not enrolled" not_enrolled measures 'module_trusted 0'
enrolled() { locked "DKMS module signing key"; }
check "the key is enrolled" enrolled measures 'module_trusted 1'
keys_unseen() { locked x; rm "$tree/proc/keys"; }
check "whether the key is enrolled cannot be seen" keys_unseen measures - module_trusted

# --- the file

prom=$scratch/textfile/gpu.prom
old() {
  rm --recursive --force "$scratch/textfile"
  mkdir "$scratch/textfile"
  echo "old 1" >"$prom"
}

# to_file STATUS: it is complete, or the old one; nothing else is there.
to_file() {
  run "$1" metrics --output "$prom" || return 1
  if [ "$1" -eq 0 ]; then
    [ ! -s "$scratch/out" ] && well_formed "$prom" || return 1
  else
    [ "$(cat "$prom")" = "old 1" ] || return 1
  fi
  [ "$(ls --almost-all "$scratch/textfile")" = gpu.prom ]
}
# Who has the old one open goes on reading that.
replaced() {
  ln "$prom" "$scratch/opened" && (umask 077 && to_file 0) && [ "$(cat "$scratch/opened")" = "old 1" ] && [ "$(stat --format=%a "$prom")" = 644 ]
}
check "--output puts a new file in the place of the old" old replaced
created() { rm "$prom" && to_file 0; }
check "--output makes the file" old created
same() { to_file 0 && run 0 metrics >/dev/null && diff "$prom" "$scratch/out"; }
check "the file has what is printed without --output" old same
# Ended by a signal in the middle of it: what is left has no name that node_exporter reads.
ended() {
  local status=0
  (ulimit -f 1 && exec "$tool" --root "$tree" metrics --output "$prom") 2>/dev/null || status=$?
  [ "$status" -eq $((128 + $(kill -l XFSZ))) ] && [ "$(cat "$prom")" = "old 1" ] && [ "$(find "$scratch/textfile" -name '*.prom')" = "$prom" ] &&
    [ -n "$(find "$scratch/textfile" -name 'gpu.prom.?*' -size -3)" ]
}
check "ended in the middle: the old file stays" old ended
full() {
  mount --types tmpfs --options size=8k none "$scratch/textfile" && echo "old 1" >"$prom"
  to_file 1 && says "'$prom' cannot be written: No space left on device"
  local status=$?
  umount "$scratch/textfile"
  return "$status"
}
check "on a full disk: the old file stays" old full
no_bus() { old; rm --recursive "$tree/sys/bus"; }
check "PCI devices cannot be listed: the old file stays" no_bus to_file 1
no_folder() { rm --recursive "$scratch/textfile"; run 1 metrics --output "$prom" && says 'No such file or directory'; }
check "there is no such folder" old no_folder
# refuses PATH: it is left as it is.
refuses() { run 1 metrics --output "$1" && says "something is there that is not a file" && [ "$(stat --format=%i "$1")" = "$2" ]; }
special() { mkfifo "$scratch/textfile/fifo" && refuses "$scratch/textfile/fifo" "$(stat --format=%i "$scratch/textfile/fifo")"; }
check "what is no file is not replaced" old special
linked() { ln --symbolic gpu.prom "$scratch/textfile/link" && refuses "$scratch/textfile/link" "$(stat --format=%i "$scratch/textfile/link")"; }
check "a link is not replaced" old linked
to_full() { ! "$tool" --root "$tree" metrics >/dev/full 2>"$scratch/out" && says 'No space left'; }
check "output that cannot be written" nothing to_full
check "--output of another command" nothing run 64 list --output "$prom"
check "it takes no address" nothing run 64 metrics "$GPU"

# --- units, alerts, patterns

# The program is not installed here.
units() {
  mkdir --parents "$scratch/units"
  cp "$watch"/*.timer "$scratch/units"
  sed "s,^ExecStart=nvgrace-gpu ,ExecStart=$tool ," "$watch/nvgrace-gpu-metrics.service" >"$scratch/units/nvgrace-gpu-metrics.service"
  systemd-analyze verify --man=no "$scratch"/units/* && systemd-analyze security --offline=yes --threshold=40 --no-pager "$scratch/units/nvgrace-gpu-metrics.service"
}
tap_check "systemd takes the units, and finds the service locked up" units
tap_check "promtool takes the alerts" promtool check rules --lint-fatal "$rules"
tap_check "alerts fire when they should" promtool test rules "$folder/alerts.test.yml"
alerts() { sed --quiet "s/.*$2: *\(Nvgrace[A-Za-z]*\).*/\1/p" "$1" | sort --unique; }
tap_check "every alert is tested" diff <(alerts "$rules" alert) <(alerts "$folder/alerts.test.yml" alertname)
known_metrics() {
  local used
  used=$(grep --only-matching 'nvgrace_gpu_[a-z_]*' "$rules" | sort --unique)
  [ "$(wc --lines <<<"$used")" -ge 9 ] && ! comm -23 - <(sort --unique "$every") <<<"$used" | grep .
}
tap_check "alerts are on metrics that there are" known_metrics
tap_check "patterns match what the driver logs, and nothing else; the table of messages has it" \
  "$folder/log_patterns.py" "$watch/nvgrace-gpu-monitor.json" "$folder/../../src" "$folder/../../docs/driver.md"

tap_done
