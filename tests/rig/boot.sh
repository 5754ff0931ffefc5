# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots a virtual host: the QEMU command for a scenario, its run, and what came
# of it. Source lib.sh and the other parts of the rig first.
#
# In the cache: logs/NAME/SCENARIO/console.log   the kernel's console
#               logs/NAME/SCENARIO/report.tap    what the programs said
#               logs/NAME/SCENARIO/qemu.log      what QEMU said

: "${RIG_CPU:=max}"
: "${RIG_QEMU_ARGS:=}"

boot_path() {
  printf '%s/logs/%s/%s\n' "$RIG_CACHE" "$1" "$2"
}

# boot_scenario NAME SCENARIO: runs its programs and prints what they said, a "not ok"
# line for whatever else is wrong, and "N passed, N failed" in the end.
boot_scenario() {
  local name=$1 scenario=$2 folder status=0 verdict trouble
  boot_prepare "$name" "$scenario"
  folder=$(boot_path "$name" "$scenario")
  root_enter timeout --signal=KILL "${RIG_TIMEOUT:-$SCENARIO_TIMEOUT}" "${QEMU[@]}" \
    -display none -monitor none -serial "file:$folder/console.log" -serial "file:$folder/report.tap" \
    </dev/null >"$folder/qemu.log" 2>&1 || status=$?
  rm --recursive --force "$folder/initrd" "$folder/files"
  if [ ! -s "$folder/console.log" ] && [ "$status" -ne 137 ]; then
    rig_die "QEMU could not start the virtual host: $(tail --lines=1 "$folder/qemu.log")"
  fi

  cat "$folder/report.tap"
  verdict=$(judge_report "$folder/report.tap" "${SCENARIO_RUN[@]}") || true
  trouble=$("$RIG_DIR/scan-console.sh" "$folder/console.log") ||
    verdict=$(boot_worsen "$verdict" "the kernel's console shows trouble: $(head --lines=1 <<<"$trouble")")
  if [ "$status" -eq 137 ]; then
    verdict=$(boot_worsen "$verdict" "the virtual host was still running after ${RIG_TIMEOUT:-$SCENARIO_TIMEOUT} s and was ended")
    rig_say "the end of $folder/console.log:"
    tail --lines=20 "$folder/console.log" | sed 's/^/  | /' >&2
  elif [ "$status" -ne 0 ]; then
    verdict=$(boot_worsen "$verdict" "QEMU ended with status $status: $(tail --lines=1 "$folder/qemu.log")")
  fi
  printf '%s\n' "$verdict"
  [[ $verdict =~ \ 0\ failed$ ]]
}

# boot_worsen VERDICT WHAT: the verdict with one more failure.
boot_worsen() {
  awk -v what="$2" '
    /^[0-9]+ passed, [0-9]+ failed$/ { print "not ok - " what; $3++ }
    { print }' <<<"$1"
}

# boot_shell NAME SCENARIO: the same host for a person, on this terminal.
boot_shell() {
  boot_prepare "$1" "$2" shell
  rig_say "Ctrl-A X ends the virtual host"
  root_enter "${QEMU[@]}" -nographic
}

# Everything that has to be there before a boot; the QEMU command is then in QEMU.
boot_prepare() {
  local name=$1 scenario=$2 kind=${3:-run} folder file
  kernel_column "$name" 1 >/dev/null
  file=$(scenario_file "$scenario")
  scenario_load "$file"
  build_kernel "$name"
  folder=$(boot_path "$name" "$scenario")
  rm --recursive --force "$folder"
  mkdir --parents "$folder"
  initrd_make "$name" "$scenario" "$folder" "$kind"
  boot_command "$name" "$folder"
}

# A GPU's memory that nobody has touched costs nothing, whatever its size. It is
# rounded out to whole 2 MiB, which is what QEMU asks of its address.
boot_command() {
  local name=$1 folder=$2 index slot base size end=0 slots=0 grain=$((2 << 20)) devices=()
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

  # shellcheck disable=SC2054,SC2206 # commas are QEMU's, and RIG_QEMU_ARGS is a list of words
  QEMU=(
    qemu-system-aarch64 -no-user-config -nodefaults -no-reboot
    -machine virt,gic-version=3,iommu=smmuv3,nvdimm=on
    -accel tcg,thread=multi -cpu "$RIG_CPU" -smp 2
    -m "$SCENARIO_MEMORY,slots=$((slots + 1)),maxmem=$(((end >> 30) + 8))G"
    # reading BAR0 while the GPU does not decode it is an abort, as on the real machine
    -global gpex-pcihost.allow-unmapped-accesses=off
    -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd
    -kernel "$(kernel_image "$name")" -initrd "$folder/initrd"
    # an oops ends the host: what came after it would prove nothing
    -append "console=ttyAMA0 printk.devkmsg=on oops=panic panic=-1"
    "${devices[@]}" $RIG_QEMU_ARGS
  )
}
