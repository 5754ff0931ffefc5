#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build-shape.sh NAME HEADERS: builds the driver against kernel headers that are like the
# shape NAME of shapes.list says, and fails, with a line "shape: why", unless that ends as
# it says. Runs inside the root, in a mount namespace that goes away with it.

set -euo pipefail

name=$1 headers=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
work=/tmp/shape
mkdir --parents "$work/headers"
cp --recursive "$top/src" "$top/VERSION" "$work"

fail() {
  printf 'shape: %s: %s\n' "$name" "$*"
  exit 1
}

# What the headers of all flavours share is in a folder of its own.
common=$(sed --quiet 's,^include \(/.*\)/Makefile$,\1,p' "$headers/Makefile")

# Where the headers have that file.
header_file() {
  local folder
  for folder in "$headers" "$common"; do
    if [ -n "$folder" ] && [ -f "$folder/$1" ]; then
      printf '%s\n' "$folder/$1"
      return
    fi
  done
  fail "the kernel's headers have no file $1" >&2
}

# The copy is put in the place of the file, which other builds read, too.
edit() {
  local file copy
  file=$(header_file "$1")
  copy=$work/headers/${1//\//-}
  if [ ! -f "$copy" ]; then
    cp "$file" "$copy"
    mount --bind "$copy" "$file"
  fi
  cp "$copy" "$work/before"
  sed --regexp-extended "$2" "$work/before" >"$copy"
  ! cmp --quiet "$work/before" "$copy" || fail "nothing in $1 to change by: $2"
}

# One folder that looks like the kernel's source.
whole_tree() {
  local whole=$work/tree
  mkdir "$whole"
  cp --archive --symbolic-link "$common"/{arch,include,Makefile} "$whole"
  cp --archive --symbolic-link "$headers"/{arch,include,.config,Module.symvers} "$whole"
  ln --symbolic "$headers"/{scripts,tools} "$whole"
  headers=$whole
}

stops='' has=() edits=0
while read -r word rest; do
  case $word in
    edit)
      edit "${rest%% *}" "${rest#* }"
      edits=$((edits + 1))
      ;;
    whole)
      whole_tree
      edits=$((edits + 1))
      ;;
    has) read -r -a has <<<"$rest" ;;
    stops) stops=$rest ;;
  esac
done < <(awk -v name="$name" '$1 == "shape" { on = $2 == name } on && !/^ *#/' "$top/tests/shapes/shapes.list")

[ "$edits" -gt 0 ] || fail "shapes.list has no such shape, or nothing that makes it one"

status=0
"$top/tests/rig/compile.sh" --strict "$headers" "$work/src" >"$work/log" 2>&1 || status=$?
cat "$work/log"

if [ -n "$stops" ]; then
  [ "$status" -ne 0 ] || fail "the build did not stop"
  grep --quiet --fixed-strings "nvgrace-gpu-vfio-pci: error: " "$work/log" || fail "the build stopped without a sentence"
  grep --quiet --fixed-strings -- "$stops" "$work/log" || fail "the build does not say: $stops"
  ! grep --quiet '^ *CC \[M\]' "$work/log" || fail "the build stopped in the middle"
  exit 0
fi
[ "$status" -eq 0 ] || fail "$(grep --extended-regexp --max-count=1 'error|warning|ERROR|WARNING' "$work/log" || echo "the build failed")"
for feature in "${has[@]}"; do
  answer=yes
  [ "${feature#-}" = "$feature" ] || answer=no
  grep --quiet --extended-regexp "^${feature#-} +$answer " "$work/src/features.txt" ||
    fail "${feature#-} was to be '$answer'"
done
