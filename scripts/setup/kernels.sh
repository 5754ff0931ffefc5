# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup: the kernels that are installed, and what they have.

: "${name:?}"
modules=/lib/modules

# is_in WORD LIST
is_in() {
  case " $2 " in
    *" $1 "*) ;;
    *) return 1 ;;
  esac
}

# Kernels have a folder of modules; what a removed one leaves behind does not count.
kernels() {
  for folder in "$modules"/*/kernel; do
    [ ! -d "$folder" ] || basename "${folder%/kernel}"
  done
}

has_headers() {
  [ -e "$modules/$1/build/include" ]
}

# has_module KERNEL: of this name, from wherever; depmod knows.
has_module() {
  modinfo -k "$1" "$name" >/dev/null 2>&1
}

# is_of_package FILE: of a deb or an rpm.
is_of_package() {
  dpkg-query --search "$1" >/dev/null 2>&1 || rpm --query --file "$1" >/dev/null 2>&1
}

# headers_command KERNEL: every flavour of Fedora's and RHEL's provides that name, such as
# kernel-64k-devel. SUSE's have the flavour at the kernel's end.
headers_command() {
  if command -v apt-get >/dev/null; then
    echo "apt install linux-headers-$1"
  elif command -v zypper >/dev/null; then
    echo "zypper install kernel-${1##*-}-devel"
  else
    echo "dnf install 'kernel-devel-uname-r = $1'"
  fi
}

# own_module KERNEL: whether that kernel came with a driver of this name.
own_module() {
  grep --quiet "/$name\.ko" "$modules/$1/modules.order" "$modules/$1/modules.builtin" 2>/dev/null
}

is_builtin() {
  grep --quiet "/$name\.ko" "$modules/$1/modules.builtin" 2>/dev/null
}

# has_egm KERNEL: whether its own driver gives guests EGM, as with NVIDIA's patches.
has_egm() {
  [ -z "$(find "$modules/$1/kernel" -name 'nvgrace-egm.ko*' 2>/dev/null)" ] || return 0
  find "$modules/$1/kernel" -name "$name.ko*" -exec modinfo --field depends {} + 2>/dev/null |
    tr ',' '\n' | grep --quiet '^nvgrace[-_]egm$'
}
