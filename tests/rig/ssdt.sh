#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# ssdt.sh SCENARIO-FILE OUT.aml: the firmware of the GPUs of a scenario, as an
# ACPI table with a _DSD per GPU. Runs where iasl is: in the root. The virtual
# host loads the table from kernel/firmware/acpi/ in an uncompressed cpio archive
# in front of its initrd.
#
# Keys of a gpu line it looks at:
#   base, size    values of the two memory properties; any number is accepted, so
#                 unaligned, wrapping and zero ones can be tested
#   properties    both (default), none, base-only, size-only;
#                 string, package: both, but the size is a string, or two numbers;
#                 base-string, base-package: the same for the base
#   acpi_reset    fail: the node has a _RST method, and it always fails. The PCI core
#                 offers it as the reset method "acpi"

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR
. "$RIG_DIR/scenario.sh"

# The UUID says that a _DSD package holds device properties.
properties_uuid=daffd814-6eba-4d8c-8a91-bc9bbf4aa301

number() {
  printf '0x%X' "$(scenario_bytes "$1")"
}

property() {
  printf '            Package () { "nvidia,gpu-mem-%s", %s },\n' "$1" "$2"
}

# gpu_properties BASE SIZE WHICH: the lines of the _DSD package.
gpu_properties() {
  local base size
  base=$(number "$1")
  size=$(number "$2")
  case $3 in
    both) ;;
    base-only) size='' ;;
    size-only) base='' ;;
    string) size="\"$size\"" ;;
    package) size="Package () { $size, $size }" ;;
    base-string) base="\"$base\"" ;;
    base-package) base="Package () { $base, $base }" ;;
    *) rig_die "properties=$3 is not one of both, none, base-only, size-only, string, package, base-string, base-package" ;;
  esac
  [ -z "$base" ] || property base-pa "$base"
  [ -z "$size" ] || property size "$size"
}

# gpu_methods SLOT WHICH RESET: what goes into the node of the GPU.
gpu_methods() {
  [ "$2" = none ] || printf '            Method (_DSD, 0, Serialized) { Return (\\GPD%d) }\n' "$1"
  case $3 in
    none) ;;
    # The divisor is a variable, so the compiler cannot refuse it.
    fail) printf '            Method (_RST, 0, Serialized) { Local0 = Zero  Return (One / Local0) }\n' ;;
    *) rig_die "acpi_reset=$3 is not one of none, fail" ;;
  esac
}

# gpu_node INDEX: everything about one GPU. QEMU before 10.1 does not describe what
# is on its PCI buses: then the root port gets a node here too.
gpu_node() {
  local index=$1 slot=$(($1 + 1)) which reset path methods properties
  which=$(scenario_gpu "$index" properties both)
  reset=$(scenario_gpu "$index" acpi_reset none)
  path=$(printf '\\_SB.PCI0.S%02X' $((slot << 3)))
  methods=$(gpu_methods "$slot" "$which" "$reset")
  [ -n "$methods" ] || return 0

  if [ "$which" != none ]; then
    properties=$(gpu_properties "$(scenario_gpu "$index" base 64G)" "$(scenario_gpu "$index" size 95G)" "$which")
    cat <<EOF
    Name (\\GPD$slot, Package () {
        ToUUID ("$properties_uuid"),
        Package () {
$properties
        }
    })
EOF
  fi
  cat <<EOF
    External ($path, DeviceObj)
    External ($path.S00, DeviceObj)
    If (CondRefOf ($path.S00))
    {
        Scope ($path.S00)
        {
$methods
        }
    }
    Else
    {
        Scope (\\_SB.PCI0)
        {
            Device (RP0$slot)
            {
                Name (_ADR, $(printf '0x%08X' $((slot << 16))))
                Device (GPU0)
                {
                    Name (_ADR, Zero)
$methods
                }
            }
        }
    }
EOF
}

table() {
  local index
  printf 'DefinitionBlock ("", "SSDT", 2, "VGPU", "GPUMEM", 0x00000001)\n{\n'
  printf '    External (\\_SB.PCI0, DeviceObj)\n'
  for index in "${!SCENARIO_GPUS[@]}"; do
    gpu_node "$index"
  done
  printf '}\n'
}

[ "$#" -eq 2 ] || rig_die "usage: ssdt.sh SCENARIO-FILE OUT.aml"
command -v iasl >/dev/null || rig_die "iasl is not here: run this in the root (rig run tests/rig/ssdt.sh ...)"
scenario_load "$1"
source=${2%.aml}.asl
table >"$source"
messages=$(iasl -p "${2%.aml}" "$source" 2>&1) || rig_die "iasl refuses $source: $messages"
