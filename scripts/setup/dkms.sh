# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup: building by DKMS, and what it says when that fails.

: "${name:?}" "${DKMS_CONFIG:?}" "${modules:?}"

# Where DKMS keeps what it builds: its configuration is shell.
dkms_tree() (
  set +eu
  dkms_tree=/var/lib/dkms
  for file in "$DKMS_CONFIG/framework.conf" "$DKMS_CONFIG"/framework.conf.d/*.conf; do
    # shellcheck disable=SC1090 # DKMS's own
    [ ! -r "$file" ] || . "$file" >/dev/null 2>&1
  done
  echo "$dkms_tree"
)
: "${DKMS_TREE:=$(dkms_tree)}"

# What dkms.conf looks for.
keep_egm=$DKMS_CONFIG/$name.keep-egm

have_dkms() {
  ! command -v dkms >/dev/null || return 0
  warn "there is no dkms to build the module with: install the package dkms"
  return 1
}

# versions: that DKMS has, also where their source is gone.
versions() {
  for folder in "$DKMS_TREE/$name"/*/source; do
    if [ -L "$folder" ] || [ -e "$folder" ]; then
      basename "${folder%/source}"
    fi
  done
}

newest_version() {
  versions | sort --version-sort | tail -n 1
}

is_installed() {
  dkms status -m "$name" -v "$1" -k "$2" 2>/dev/null | grep --quiet ': installed'
}

# is_packaged VERSION: its source came in a package; or it came, and is gone.
is_packaged() {
  source=$(readlink -f "$DKMS_TREE/$name/$1/source") || return 0
  [ -d "$source" ] || return 0
  is_of_package "$source"
}

# forget_ours [VERSION]: all versions of the package, and that one; not what an
# administrator has added.
forget_ours() {
  for old in $(versions); do
    [ "$old" = "${1:-}" ] || is_packaged "$old" || continue
    dkms remove -m "$name" -v "$old" --all ||
      warn "DKMS could not remove version $old: see above; what is left is in $DKMS_TREE/$name/$old"
  done
}

add() {
  dkms add -m "$name" -v "$1" && return
  tell_full_disk
  return 1
}

# dkms_build VERSION KERNEL: 0 done, 1 not built, 2 not a kernel for this module, 3 not
# installed.
dkms_build() {
  status=0
  dkms build -m "$name" -v "$1" -k "$2" || status=$?
  # What a BUILD_EXCLUSIVE line in dkms.conf leads to; 9 before DKMS 3.
  case $status in
    0) ;;
    9 | 77) return 2 ;;
    *) return 1 ;;
  esac
  # Even if the kernel has a module of this name and a higher version.
  dkms install -m "$name" -v "$1" -k "$2" --force || return 3
}

# take_back KERNEL: what DKMS has built for it. Not "remove": with the last kernel, that
# forgets the module, which nothing would be built from again.
take_back() {
  for version in $(versions); do
    ! is_installed "$version" "$1" || dkms unbuild -m "$name" -v "$version" -k "$1" || true
  done
}

# A build needs some 10 MiB.
tell_full_disk() {
  [ -d "$DKMS_TREE" ] || return 0
  if [ "$(df -P "$DKMS_TREE" | awk 'NR == 2 { print $4 }')" -lt 16384 ]; then
    warn "the disk of $DKMS_TREE is full: free some space"
  fi
}

# tell_not_built VERSION KERNEL: and why, if the build's log knows.
tell_not_built() {
  log=$DKMS_TREE/$name/$1/build/make.log
  if [ -s "$log" ]; then
    grep --max-count=3 --extended-regexp 'error:|Error [0-9]|No space left' "$log" >&2 || true
    warn "the module could not be built for kernel $2, which has none now: the log is $log"
    ! grep --quiet "this kernel has " "$log" || warn "a newer version of this package may know that kernel"
  else
    warn "the module could not be built for kernel $2, which has none now: see above"
  fi
  tell_full_disk
}

# tell_egm VERSION KERNEL: that it is lost there, and how to keep it.
tell_egm() {
  warn "kernel $2's own driver gives guests EGM (/dev/egmN, by the module nvgrace-egm), and this package's, which takes its place, does not"
  warn "to keep the own driver of kernels with EGM, now and after upgrades, run: touch $keep_egm && $0 configure $1"
}

# build_for VERSION KERNEL: adds it to $built, $kept or $failed, if to any.
build_for() {
  if is_prebuilt "$2"; then
    say "not built for kernel $2, which has the module from another package"
    return
  fi
  if ! has_headers "$2"; then
    warn "not built for kernel $2, whose headers are missing; install them and it is built: $(headers_command "$2")"
    return
  fi
  ! is_builtin "$2" || warn "kernel $2 has a driver of this name built in: that one is used"
  # Before DKMS puts that driver aside.
  egm=no
  ! has_egm "$2" || egm=yes
  status=0
  dkms_build "$1" "$2" || status=$?
  case $status in
    0)
      built="$built $2"
      ! own_module "$2" || say "kernel $2 has a driver of this name of its own: this package's is used instead"
      [ "$egm" = no ] || tell_egm "$1" "$2"
      ;;
    2)
      if [ "$egm" = yes ] && [ -e "$keep_egm" ]; then
        kept="$kept $2"
        say "kernel $2 keeps its own driver, which has EGM, as $keep_egm asks for"
      else
        say "not built for kernel $2: it is not for arm64, has no VFIO for PCI, or is too old"
      fi
      ;;
    3)
      failed="$failed $2"
      warn "the module is built for kernel $2 and could not be installed in $modules/$2: see above"
      ;;
    *)
      failed="$failed $2"
      tell_not_built "$1" "$2"
      ;;
  esac
}
