# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian root that holds every tool the rig uses, and how to run things in it.
# Source lib.sh and apt-sources.sh first.

RIG_ROOT_SUITE=trixie
# Suites the root knows: tools come from the first and from its backports (QEMU),
# kernels from any of them.
RIG_SUITES=("$RIG_ROOT_SUITE" "$RIG_ROOT_SUITE-backports" bookworm bookworm-updates sid)

# In the root: when its package lists were last brought up to date.
RIG_LISTS_UPDATED=var/lib/apt/lists/.rig-updated

root_path() {
  printf '%s/root\n' "$RIG_CACHE"
}

# How much of the root is needed: all, or boot, what a virtual host takes.
: "${RIG_ROOT_PART:=all}"

# root_tools PART: the packages of that part, one a line.
root_tools() {
  awk -v part="[$1]" '/^\[/ { here = $1 == part } here && !/^[[#]/ && NF { print $1 }' "$RIG_DIR/tools.list"
}

# root_stamp PART...: what a root with these parts is made from; another value means it has
# to be made again.
root_stamp() {
  local part
  {
    printf '%s\n' "${RIG_SUITES[@]}"
    cat "$RIG_DIR/root-tools.sh"
    for part; do root_tools "$part"; done
  } | sha256sum | cut --delimiter=' ' --fields=1
}

# root_has PART...: these are what it has.
root_has() {
  [ "$(cat "$(root_path)/.rig-stamp" 2>/dev/null)" = "$(root_stamp "$@")" ]
}

root_is_current() {
  root_has boot all || { [ "$RIG_ROOT_PART" = boot ] && root_has boot; }
}

# Makes the root unless it is there already; it stays as it is as long as this process
# runs, whoever asks for it again.
root_setup() {
  rig_need_root
  rig_need_cache
  rig_made root root_is_current root_make
}

root_make() {
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
    rig_die "the rig cross-compiles on an amd64 Debian-like machine, which this is not"
  rig_need_space 5000 "the Debian root with the tools"
  root_has boot || root_make_first
  [ "$RIG_ROOT_PART" = boot ] || root_make_rest
}

root_make_first() {
  local new
  new=$(root_path).new
  command -v mmdebstrap >/dev/null || root_install_mmdebstrap
  rm --recursive --force --one-file-system "$new" "$(root_path)"
  rig_step "making a Debian $RIG_ROOT_SUITE root" root_bootstrap "$new"
  root_write_apt "$new"
  rig_step "installing what a virtual host takes in it" root_install "$new" boot
  touch "$new/$RIG_LISTS_UPDATED"
  root_stamp boot >"$new/.rig-stamp"
  mv "$new" "$(root_path)"
}

# As long as it is not whole it is none: what ends this has it made anew.
root_make_rest() {
  local new
  new=$(root_path).new
  rm --recursive --force --one-file-system "$new"
  mv "$(root_path)" "$new"
  root_write_apt "$new"
  rig_step "installing the other tools in it" root_install "$new" all
  root_stamp boot all >"$new/.rig-stamp"
  mv "$new" "$(root_path)"
}

# root_install ROOT PART
root_install() {
  root_enter_at "$1" - "$RIG_DIR/root-tools.sh" "$(root_tools "$2")"
}

root_install_mmdebstrap() {
  command -v apt-get >/dev/null ||
    rig_die "mmdebstrap is missing and there is no apt-get to install it with: install mmdebstrap"
  rig_step "installing mmdebstrap" root_apt_install_mmdebstrap
}

root_apt_install_mmdebstrap() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends install mmdebstrap
}

root_bootstrap() {
  local new=$1 options=() line mirror
  while IFS= read -r line; do
    options+=("--aptopt=$line")
  done < <(apt_config)
  mirror=$(apt_mirror)
  # Without an address mmdebstrap uses its own default, and writes it into the root.
  root_isolated mmdebstrap --mode=root --variant=apt --architectures=amd64,arm64 "${options[@]}" \
    "$RIG_ROOT_SUITE" "$new" ${mirror:+"$mirror"}
}

# The mirror is looked up afresh each time: it may have changed since the root was made.
root_write_apt() {
  local root=$1 mirror
  mirror=$(apt_mirror)
  [ -n "$mirror" ] || mirror=$(awk '$1 == "deb" { print $2; exit }' "$root/etc/apt/sources.list")
  apt_sources "$mirror" "${RIG_SUITES[@]}" >"$root/etc/apt/sources.list"
  apt_config >"$root/etc/apt/apt.conf.d/50rig"
  cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
  cat >"$root/etc/apt/preferences" <<EOF
Package: *
Pin: release n=$RIG_ROOT_SUITE
Pin-Priority: 900

Package: qemu-* src:qemu
Pin: release n=$RIG_ROOT_SUITE-backports
Pin-Priority: 950

Package: *
Pin: release n=sid
Pin-Priority: 50
EOF
}

# root_enter [--kernel TREE] COMMAND...: run a command in the root.
root_enter() {
  local tree=-
  if [ "$1" = --kernel ]; then
    tree=$2
    shift 2
  fi
  root_enter_at "$(root_path)" "$tree" "$@"
}

root_enter_at() {
  local root=$1 tree=$2 name environment=()
  shift 2
  for name in http_proxy https_proxy no_proxy TERM FUZZ_SECONDS $(compgen -e RIG_); do
    [ -z "${!name:-}" ] || environment+=("$name=${!name}")
  done
  root_isolated "$RIG_DIR/enter-root.sh" "$root" "$RIG_CACHE" "$tree" \
    env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "${environment[@]}" "$@"
}

# Own mount and process namespaces, and a kill that comes with the parent's end:
# nothing stays mounted or running, whatever ends this, SIGKILL included.
root_isolated() {
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child=KILL --propagation private "$@"
}
