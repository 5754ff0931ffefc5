# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The virtual machine: QEMU's arguments for a host with the GPUs of a scenario, its
# run, and what came of it, whatever it boots. Source lib.sh, root.sh, scenario.sh
# and judge.sh first.

: "${RIG_QEMU_ARGS:=}"

# machine_command ARGUMENT...: the QEMU command is then in QEMU.
machine_command() {
  local slots end devices clock cpu virtualization=off
  # Emulated a quarter faster than max, which has pointer authentication.
  cpu=neoverse-n1
  # Guests need a host that runs at EL2, and KVM maps memory that is no RAM cacheable only
  # on a CPU with DIC.
  [ "$SCENARIO_VIRTUALIZATION" != yes ] || cpu=max virtualization=on
  machine_devices
  machine_clock
  # shellcheck disable=SC2054,SC2206 # commas are QEMU's, and RIG_QEMU_ARGS is a list of words
  QEMU=(
    qemu-system-aarch64 -no-user-config -nodefaults -no-reboot
    -machine virt,gic-version=3,iommu=smmuv3,nvdimm=on,ras=on,virtualization=$virtualization
    "${clock[@]}" -cpu "${RIG_CPU:-$cpu}" -smp "${RIG_SMP:-2}"
    -m "$SCENARIO_MEMORY,slots=$((slots + 1)),maxmem=$(((end >> 30) + 8))G"
    # reading BAR0 while the GPU does not decode it is an abort, as on the real machine
    -global gpex-pcihost.allow-unmapped-accesses=off
    "${devices[@]}" "$@" $RIG_QEMU_ARGS
  )
}

# Into the caller's clock. One that counts instructions moves on by a nanosecond with each,
# and at once to the next timer when there is nothing to do: what has to run takes as
# long in each run, whatever else the machine does. It stands only one thread.
# shellcheck disable=SC2054 # commas are QEMU's
machine_clock() {
  clock=(-accel tcg,thread=multi)
  [ "$SCENARIO_CLOCK" = time ] || clock=(-accel tcg,thread=single -icount shift=0,sleep=off)
}

# The GPUs, into the caller's devices, slots and end (of their memory). Memory that
# nobody has touched costs nothing, whatever its size. It is rounded out to whole
# 2 MiB, which is what QEMU asks of its address.
machine_devices() {
  local index slot base size grain=$((2 << 20))
  slots=0 end=0 devices=()
  for index in "${!SCENARIO_GPUS[@]}"; do
    slot=$((index + 1))
    # See tests/rig/gpu/main.c: three functions that become one with three BARs,
    # and a second way to the first one's memory.
    devices+=(
      -object "memory-backend-file,id=bar$slot,mem-path=/tmp/bar$slot,size=16M,share=on"
      -object "memory-backend-file,id=alias$slot,mem-path=/tmp/bar$slot,size=16M,share=on"
      -object "memory-backend-ram,id=bar2-$slot,size=64M,reserve=off"
      -object "memory-backend-ram,id=bar4-$slot,size=32M,reserve=off"
      -device "pcie-root-port,id=port$slot,bus=pcie.0,addr=$(printf %x "$slot").0,chassis=$slot"
      -device "ivshmem-plain,memdev=bar$slot,bus=port$slot,addr=0.0,multifunction=on"
      -device "ivshmem-plain,memdev=bar2-$slot,bus=port$slot,addr=0.1"
      -device "ivshmem-plain,memdev=bar4-$slot,bus=port$slot,addr=0.2"
      -device "ivshmem-plain,memdev=alias$slot,bus=pcie.0,addr=$(printf %x $((slot + 16))).0"
    )
    [ "$(scenario_gpu "$index" backing yes)" = yes ] || continue
    base=$(scenario_bytes "$(scenario_gpu "$index" base 64G)")
    size=$(scenario_bytes "$(scenario_gpu "$index" size 95G)")
    size=$(((base + size + grain - 1) / grain * grain - base / grain * grain))
    base=$((base / grain * grain))
    devices+=(
      -object "memory-backend-ram,id=memory$slot,size=$size,reserve=off"
      -device "nvdimm,memdev=memory$slot,addr=$base"
    )
    slots=$((slots + 1))
    [ "$end" -gt $((base + size)) ] || end=$((base + size))
  done
}

# machine_run FOLDER TIMEOUT PROGRAM-LINE...: runs QEMU with its logs in FOLDER, prints
# what the programs said, a "not ok" line for whatever else is wrong, and
# "N passed, N failed" in the end.
machine_run() {
  local folder=$1 timeout=$2 status=0 verdict trouble
  shift 2
  root_enter timeout --signal=KILL "$timeout" "$RIG_DIR/qmp.sh" "$folder" "${QEMU[@]}" \
    -display none -monitor none -serial "file:$folder/console.log" -serial "file:$folder/report.tap" \
    </dev/null >"$folder/qemu.log" 2>&1 || status=$?
  rm --force "$folder/qmp.in" "$folder/qmp.out"
  if [ ! -s "$folder/console.log" ] && [ "$status" -ne 137 ]; then
    rig_die "QEMU could not start the virtual host: $(tail --lines=1 "$folder/qemu.log")"
  fi

  cat "$folder/report.tap"
  verdict=$(judge_report "$folder/report.tap" "$@") || true
  trouble=$("$RIG_DIR/scan-console.sh" "$folder/console.log") ||
    verdict=$(machine_worsen "$verdict" "the kernel's console shows trouble: $(head --lines=1 <<<"$trouble")")
  if [ "$status" -eq 137 ]; then
    verdict=$(machine_worsen "$verdict" "the virtual host was still running after $timeout s and was ended")
    rig_say "the end of $folder/console.log:"
    tail --lines=20 "$folder/console.log" | sed 's/^/  | /' >&2
  elif [ "$status" -ne 0 ]; then
    verdict=$(machine_worsen "$verdict" "QEMU ended with status $status: $(tail --lines=1 "$folder/qemu.log")")
  fi
  printf '%s\n' "$verdict"
  [[ $verdict =~ \ 0\ failed$ ]]
}

# machine_worsen VERDICT WHAT: the verdict with one more failure.
machine_worsen() {
  awk -v what="$2" '
    /^[0-9]+ passed, [0-9]+ failed$/ { print "not ok - " what; $3++ }
    { print }' <<<"$1"
}
