#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# results.sh KERNEL SCENARIO COMMAND...: runs the command, and keeps what came of it: a
# line in results/KERNEL of the cache, which takes the place of the scenario's last one.
# What the command prints goes through; "N passed, N failed" is its last line. SCENARIO
# "build" is the build, which passes if the command does. A scenario of one's own, with a
# slash in its path, is not kept. tests/rig/record-kernels.sh makes the table of them.
#
# A line, with tabs: date, release, pages, what the kernel has, scenario, passed, failed

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
for part in kernel build; do
  # shellcheck source=/dev/null
  . "$RIG_DIR/$part.sh"
done

kernel=$1 scenario=$2
shift 2

config_has() {
  grep --quiet --line-regexp "CONFIG_$1=y" "$(kernel_tree "$kernel")$(kernel_headers "$kernel")/.config"
}

pages() {
  local size
  for size in 4 16 64; do
    ! config_has "ARM64_${size}K_PAGES" || echo "${size}K"
  done
}

# As the build of the driver found it; and what is set in the config.
features() {
  local words=() found
  found=$(awk '$2 == "yes" { printf " %s ", $1 }' "$(build_path "$kernel")/src/features.txt" 2>/dev/null || true)
  [[ $found != *' VFIO_PCI_VMA_LIST '* ]] || words+=(zap=list)
  [[ $found != *' VFIO_DEVICE_INODE '* ]] || words+=(zap=file)
  ! config_has ARCH_SUPPORTS_HUGE_PFNMAP || words+=(huge)
  [[ $found != *' PFN_ADDRESS_SPACE '* ]] || words+=(poison)
  [[ $found != *' VFIO_PCI_OPS '* ]] || words+=(dma-buf)
  ! config_has PREEMPT_RT || words+=(rt)
  printf '%s\n' "${words[*]:--}"
}

# keep PASSED FAILED: of a kernel that could be had.
keep() {
  local file release
  file=$(rig_work)/results/$kernel
  release=$(kernel_release "$kernel" 2>/dev/null) || return 0
  mkdir --parents "${file%/*}"
  rig_lock "results-$kernel"
  {
    # Those of another release say nothing of this one.
    awk -F '\t' -v release="$release" -v scenario="$scenario" '$2 == release && $5 != scenario' "$file" 2>/dev/null || true
    printf '%s\t%s\t%s\t%s\t%s\t%d\t%d\n' "$(date --utc +%Y-%m-%d)" "$release" "$(pages)" "$(features)" "$scenario" "$1" "$2"
  } >"$file.new"
  mv "$file.new" "$file"
  rig_unlock "results-$kernel"
}

output=$(mktemp)
trap 'rm --force "$output"' EXIT
# Goes down with this script, whatever ends that.
setpriv --pdeathsig TERM "$@" | tee "$output" && status=0 || status=${PIPESTATUS[0]}
counts=$(tail --lines=1 "$output")
if [ "$scenario" = build ]; then
  keep $((status == 0)) $((status != 0))
elif [[ $scenario != */* ]]; then
  if [[ $counts =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    keep "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
  else
    keep 0 1
  fi
fi
exit "$status"
