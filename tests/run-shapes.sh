#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds the driver for every shape of tests/shapes/shapes.list: a line for each, and
# "N passed, N failed" in the end.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/rig/lib.sh"
for part in apt-sources root kernel sources kernel-source jobs; do
  # shellcheck source=/dev/null
  . "$RIG_DIR/$part.sh"
done

SHAPES=$RIG_TOP/tests/shapes/shapes.list

usage() {
  cat <<EOT
run-shapes.sh [--shape NAME]... [--jobs N]

  --shape NAME  only this one (default: all)
  --jobs N      builds at once (default: RIG_JOBS, else one for each core)

shapes: $(shape_names | paste --serial --delimiters=' ')
EOT
}

shape_names() {
  awk '$1 == "shape" { print $2 }' "$SHAPES"
}

shape_kernel() {
  awk -v name="$1" '$1 == "shape" && $2 == name { print $3 }' "$SHAPES"
}

shapes=()
jobs=${RIG_JOBS:-$(jobs_default 1)}
while [ "$#" -gt 0 ]; do
  case $1 in
    --help) usage && exit ;;
    --shape | --jobs) [ "$#" -gt 1 ] || rig_die "$1 needs a value: see $0 --help" ;;
    *) rig_die "there is no option '$1': see $0 --help" ;;
  esac
  case $1 in
    --shape)
      [ -n "$(shape_kernel "$2")" ] || rig_die "there is no shape '$2'; the known ones are: $(shape_names | paste --serial --delimiters=' ')"
      shapes+=("$2")
      ;;
    --jobs) jobs=$2 ;;
  esac
  shift 2
done
[ "${#shapes[@]}" -gt 0 ] || mapfile -t shapes < <(shape_names)
jobs_begin "$jobs"

rig_need_root
rig_need_cache
mkdir --parents "$RIG_CACHE/logs/shapes"
for kernel in $(for shape in "${shapes[@]}"; do shape_kernel "$shape"; done | sort --unique); do
  kernel_fetch "$kernel"
done
for shape in "${shapes[@]}"; do
  jobs_run "shape $shape" "$RIG_CACHE/logs/shapes/$shape.log" "$RIG_TOP/tests/shapes/shape.sh" "$shape" "$(shape_kernel "$shape")"
done
jobs_end
