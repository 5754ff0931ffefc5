#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make install, install-host and install-tools, and what takes each of them back; also in
# folders whose name has a space. Prints TAP. Runs inside the rig's root.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

# files_in FOLDER
files_in() {
  (cd "$1" && find . -printf '%M %P -> %l\n' | sort)
}

# make_here TARGET DESTDIR
make_here() {
  make --silent --directory="$top" "$1" DESTDIR="$2" OUT="$scratch/tools"
}

# with_space TARGET: the same files in a folder with a space, and none elsewhere.
with_space() {
  mkdir --parents "$scratch/$1/some where" "$scratch/$1/somewhere" && make_here "$1" "$scratch/$1/somewhere" &&
    make_here "$1" "$scratch/$1/some where" && [ -n "$(find "$scratch/$1/somewhere" -type f)" ] &&
    diff <(files_in "$scratch/$1/somewhere") <(files_in "$scratch/$1/some where") &&
    (cd "$scratch/$1" && echo *) | diff - <(echo "some where somewhere")
}

# takes_back TARGET: a neighbour's file stays.
takes_back() {
  local folder
  for folder in "$scratch/$1"/some*; do
    touch "$folder/usr/neighbour" && make_here "un$1" "$folder" && find "$folder" ! -type d | diff - <(echo "$folder/usr/neighbour") &&
      ! find "$folder" -name '*nvgrace*' | grep . || return 1
  done
}

for target in install-host install-tools; do
  tap_check "make $target: a folder with a space" with_space "$target"
  tap_check "make un$target: nothing of it is left, and all else is" takes_back "$target"
done
not_ours() {
  local mine=$scratch/kept/usr/src/$package-$version/src/mine
  make_here install-host "$scratch/kept" && touch "$mine" && make_here uninstall-host "$scratch/kept" &&
    find "$scratch/kept" ! -type d | diff - <(echo "$mine")
}
tap_check "make uninstall-host: a file of somebody's among ours stays" not_ours
nothing_there() {
  make_here uninstall-host "$scratch/kept" && mkdir "$scratch/empty" && make_here uninstall-host "$scratch/empty" && rmdir "$scratch/empty"
}
tap_check "make uninstall-host: where there is nothing (any more)" nothing_there

from_there() {
  build "$scratch/out" dist && unpack "$scratch/out" "$scratch/the project" && make --silent --directory="$scratch/the project" install-host DESTDIR="$scratch/from there" &&
    make_here install-host "$scratch/from here" && diff <(files_in "$scratch/from here") <(files_in "$scratch/from there")
}
tap_check "make install-host: the project in a folder with a space" from_there

# A kernel's headers that "build" and install as kbuild does.
kernel=6.12.0-test
headers=$scratch/headers
mkdir --parents "$headers/include/generated"
echo "#define UTS_RELEASE \"$kernel\"" >"$headers/include/generated/utsrelease.h"
cat >"$headers/Makefile" <<EOF
modules:
modules_install:
	install -D /dev/null "\$(INSTALL_MOD_PATH)/lib/modules/$kernel/\$(INSTALL_MOD_DIR)/$package.ko.xz"
EOF
make_module() {
  make --silent --directory="$top" "$1" KDIR="$headers" INSTALL_MOD_PATH="$scratch/a host"
}
module_goes() {
  local modules="$scratch/a host/lib/modules/$kernel"
  mkdir --parents "$modules/updates" && touch "$modules/updates/other.ko.xz" && make_module install && ls "$modules/updates/$package.ko.xz" &&
    rm --force "$modules/modules.dep" && make_module uninstall && (cd "$modules/updates" && echo *) | diff - <(echo other.ko.xz) &&
    ls "$modules/modules.dep"
}
tap_check "make uninstall: the module goes, and depmod knows" module_goes
no_packages() {
  KEY=$scratch/none OUT=$scratch/none make_module install && ls "$scratch/a host/lib/modules/$kernel/updates/$package.ko.xz" && [ ! -e "$scratch/none" ]
}
tap_check "make install: a KEY in the environment is none of its business" no_packages

tap_done
