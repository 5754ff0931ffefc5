# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Reads a scenario file (tests/scenarios/NAME.conf, one of tests/bench, or any by its path):
# what is in a virtual host, and which programs run there. The file is data, never run as shell.
# Source lib.sh first. After scenario_load FILE:
#   SCENARIO_ABOUT      one sentence
#   SCENARIO_MEMORY     RAM of the host, as QEMU writes it (3G)
#   SCENARIO_BIND       yes: bind every GPU to the driver before the programs run
#   SCENARIO_IN_KERNEL  yes: the kernel's own driver is there, too, if it has one
#   SCENARIO_SELFTESTS  yes: the kernel's own VFIO selftests are there
#   SCENARIO_PARAMETERS for its kernel's command line
#   SCENARIO_CLOCK      what its clock counts: time, or instructions
#   SCENARIO_TIMEOUT    seconds after which a boot is given up
#   SCENARIO_VIRTUALIZATION  yes: the host can start guests
#   SCENARIO_MODULES[]  folders with the source of a module, and parameters, in order
#   SCENARIO_RUN[]      programs with their arguments, in order
#   SCENARIO_NEEDS[]    options that have to be y or m in the kernel's configuration, and
#                       functions that it has for modules
#   SCENARIO_GPUS[]     the key=value words of each GPU, in slot order

SCENARIO_GPU_KEYS='base size id erratum ready cxl_timeout link_ms train_ms properties acpi_reset backing'

scenario_names() {
  find "$RIG_TOP/tests/scenarios" -name '*.conf' -printf '%f\n' | sed 's/\.conf$//' | sort
}

# scenario_file NAME: its path, or a sentence that lists the known ones. A name with a
# slash in it is a path.
scenario_file() {
  local file
  case $1 in
    */*)
      [ -f "$1" ] || rig_die "there is no scenario file $1"
      realpath "$1"
      return
      ;;
  esac
  for file in "$RIG_TOP/tests/scenarios/$1.conf" "$RIG_TOP/tests/bench/$1.conf"; do
    if [ -f "$file" ]; then
      printf '%s\n' "$file"
      return
    fi
  done
  rig_die "there is no scenario '$1'; the known ones are: $(scenario_names | paste --serial --delimiters=' ')"
}

# A host without GPUs.
# shellcheck disable=SC2034 # the SCENARIO_ variables are for whoever sources this
scenario_none() {
  SCENARIO_ABOUT='' SCENARIO_MEMORY=3G SCENARIO_BIND=no SCENARIO_TIMEOUT=900
  SCENARIO_IN_KERNEL=no SCENARIO_CLOCK=time SCENARIO_VIRTUALIZATION=no SCENARIO_SELFTESTS=no SCENARIO_PARAMETERS=
  SCENARIO_MODULES=() SCENARIO_RUN=() SCENARIO_NEEDS=() SCENARIO_GPUS=()
}

# shellcheck disable=SC2034
scenario_load() {
  local file=$1 line number=0 word rest options
  scenario_none
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    read -r word rest <<<"${line%%#*}" || true
    [ -n "$word" ] || continue
    case $word in
      about) SCENARIO_ABOUT=$rest ;;
      memory) SCENARIO_MEMORY=$rest ;;
      bind) SCENARIO_BIND=$rest ;;
      in-kernel) SCENARIO_IN_KERNEL=$rest ;;
      selftests) SCENARIO_SELFTESTS=$rest ;;
      parameters) SCENARIO_PARAMETERS=$rest ;;
      clock)
        [[ $rest =~ ^(time|instructions)$ ]] || rig_die "$file:$number: a clock counts time or instructions, not '$rest'"
        SCENARIO_CLOCK=$rest
        ;;
      timeout) SCENARIO_TIMEOUT=$rest ;;
      virtualization) SCENARIO_VIRTUALIZATION=$rest ;;
      module) SCENARIO_MODULES+=("$rest") ;;
      run) SCENARIO_RUN+=("$rest") ;;
      needs)
        [[ $rest =~ ^((CONFIG_[A-Z0-9_]+|[a-z0-9_]+) *)+$ ]] ||
          rig_die "$file:$number: what is needed are options of the kernel, CONFIG_KVM for one, and functions that it exports, not '$rest'"
        read -r -a options <<<"$rest"
        SCENARIO_NEEDS+=("${options[@]}")
        ;;
      gpu)
        scenario_check_gpu "$file:$number" "$rest"
        SCENARIO_GPUS+=("$rest")
        ;;
      *) rig_die "$file:$number: '$word' is not one of about, memory, bind, in-kernel, selftests, parameters, clock, timeout, virtualization, needs, module, gpu, run" ;;
    esac
  done <"$file"
  [ "${#SCENARIO_GPUS[@]}" -gt 0 ] || rig_die "$file: a scenario needs at least one gpu line"
}

scenario_check_gpu() {
  local where=$1 pair
  for pair in $2; do
    case " $SCENARIO_GPU_KEYS " in
      *" ${pair%%=*} "*) [ "$pair" != "${pair%%=*}" ] || rig_die "$where: '$pair' needs a value: $pair=VALUE" ;;
      *) rig_die "$where: a gpu has no '${pair%%=*}'; it has: $SCENARIO_GPU_KEYS" ;;
    esac
  done
}

# scenario_lacks NAME: what the scenario needs and kernel NAME does not have, in one line.
# Source kernel.sh, too.
scenario_lacks() {
  {
    kernel_lacks "$1" "${SCENARIO_NEEDS[@]}"
    [ "$SCENARIO_SELFTESTS" != yes ] || kernel_has_selftests "$1" || printf 'VFIO selftests of 7.0 or newer\n'
  } | paste --serial --delimiters=' '
}

# scenario_gpu INDEX KEY DEFAULT: one value of the INDEXth GPU, counted from 0.
scenario_gpu() {
  local pair
  for pair in ${SCENARIO_GPUS[$1]}; do
    if [ "${pair%%=*}" = "$2" ]; then
      printf '%s\n' "${pair#*=}"
      return
    fi
  done
  printf '%s\n' "$3"
}

# scenario_bytes SIZE: 95G, 512M, 0x17c0000000 or a plain number, in bytes.
scenario_bytes() {
  local digits=${1%[KMGT]} shift=0
  case $1 in
    *K) shift=10 ;;
    *M) shift=20 ;;
    *G) shift=30 ;;
    *T) shift=40 ;;
  esac
  [[ $digits =~ ^(0x[0-9a-fA-F]+|[0-9]+)$ ]] || rig_die "'$1' is not a size: write 95G, 512M, 4K, 0x1000 or bytes"
  printf '%d\n' "$((digits << shift))"
}
