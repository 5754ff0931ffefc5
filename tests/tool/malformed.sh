#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Every file of a recorded tree, broken in many ways: nothing crashes, and nothing of a
# name gets into a command. Prints TAP.
#
# malformed.sh TOOL: the tool, built with sanitizers.

# shellcheck disable=SC2016 # names of files that look like commands

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"
tree_new broken

# survives ARGUMENT...: an exit status of its own, no signal, no sanitizer, no endless loop.
survives() {
  local status=0
  timeout 20 "$tool" --root "$tree" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
  if [ "$status" -gt 2 ] || grep --quiet 'Sanitizer\|runtime error' "$scratch/err"; then
    printf '%s ended with %s\n' "$*" "$status"
    cat "$scratch/err"
    return 1
  fi
  # Whatever was in a file, the output is printable.
  ! LC_ALL=C grep --line-number '[^[:print:]]' "$scratch/out"
}

all_survive() {
  survives status "$GPU" && survives doctor && survives metrics
}

# break_as WAY FILE
break_as() {
  rm --recursive --force "$2"
  case $1 in
    missing) ;;
    empty) : >"$2" ;;
    binary) head --bytes=5000 /dev/urandom >"$2" ;;
    long) head --bytes=100000 /dev/zero | tr '\0' 9 >"$2" ;;
    numbers) printf -- '-1 0xffffffffffffffff 99999999999999999999\n' >"$2" ;;
    text) printf '%%s%%n$(reboot); `reboot`\e[31m\xff\n' >"$2" ;;
    folder) mkdir "$2" ;;
    fifo) mkfifo "$2" ;;
    loop) ln --symbolic "$(basename "$2")" "$2" ;;
    out) ln --symbolic /etc/passwd "$2" ;;
  esac
}

# One file at a time, for each way.
each_file() {
  local file
  rm --recursive --force "$scratch/copy"
  cp --archive "$tree" "$scratch/copy"
  while IFS= read -r file; do
    break_as "$1" "$tree/$file"
    all_survive || { echo "with $file"; return 1; }
    rm --recursive --force "${tree:?}/$file"
    cp --archive "$scratch/copy/$file" "$tree/$file"
  done < <(cd "$scratch/copy" && find . ! -type d ! -path './lib/modules/*')
}

# All at once.
every_file() {
  local file
  rm --recursive --force "$scratch/copy"
  cp --archive "$tree" "$scratch/copy"
  while IFS= read -r file; do
    break_as "$1" "$tree/$file"
  done < <(cd "$scratch/copy" && find . -type f ! -name vendor ! -name device)
  all_survive && survives list && survives qemu "$GPU" && survives libvirt "$GPU" || return 1
  rm --recursive "$tree"
  cp --archive "$scratch/copy" "$tree"
}

for way in missing text; do
  tap_check "one file $way, each in its turn" each_file "$way"
done
for way in missing empty binary long numbers text folder fifo loop out; do
  tap_check "every file $way" every_file "$way"
done

# A recorded tree is somebody else's: its links stay in it, its names are only names.
stays_inside() {
  rm "$tree/sys/class/dmi/id/product_name"
  echo "outside" >"$scratch/secret"
  ln --symbolic "$scratch/secret" "$tree/sys/class/dmi/id/product_name"
  survives doctor && ! grep outside "$scratch/out"
}
tap_check "an absolute link does not lead out of the tree" stays_inside
stays_below() {
  ln --symbolic --force ../../../../../../../../../../../../../../../../"$scratch/secret" "$tree/sys/class/dmi/id/product_name"
  survives doctor && ! grep outside "$scratch/out"
}
tap_check "nor does a relative one" stays_below
names_are_names() {
  pci_unbind "$GPU"
  ln --symbolic '../drivers/x;$(reboot)`reboot`' "$tree/sys/bus/pci/devices/$GPU/driver"
  survives doctor && survives status && ! grep '[;`$(]reboot' "$scratch/out" && grep "x??" "$scratch/out"
}
tap_check "a driver whose name is a command" names_are_names
odd_devices() {
  local name
  for name in '$(reboot)' '0009:01:00.0.0' '0009:01:00.9' '::.' $'\n' '-rf' 00090009:01:00.0; do
    ln --symbolic --no-target-directory ../../../devices/pci0009:00/$GPU "$tree/sys/bus/pci/devices/$name"
  done
  survives list && grep --count . "$scratch/out"
  [ "$(wc --lines <"$scratch/out")" -eq 1 ]
}
tap_check "folders of devices that are no addresses" odd_devices
many() {
  local i
  for i in {1..40}; do
    process "$((1000 + i))" "$(printf 'x%.0s' {1..200})" /dev/vfio/12
  done
  pci_unbind "$GPU"
  driver_add vfio-pci
  pci_bind "$GPU" vfio-pci
  survives status && [ "$(grep --count 'open in' "$scratch/out")" -eq 40 ]
}
tap_check "many processes with long names" many

tap_done
