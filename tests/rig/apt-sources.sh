# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Where packages come from: RIG_MIRROR, else the mirror this machine itself uses
# for Debian, else mmdebstrap's built-in default. No address is written here.
# Source lib.sh first.

# The mirror's URI, or nothing when there is none to be found.
apt_mirror() {
  local codename uri
  if [ -n "${RIG_MIRROR:-}" ]; then
    printf '%s\n' "$RIG_MIRROR"
    return
  fi
  # Only Debian's own entries count, and on Debian those carry the codename.
  codename=$(sed --quiet 's/^VERSION_CODENAME=//p' /etc/os-release)
  grep --quiet '^ID=debian$' /etc/os-release && [ -n "$codename" ] || return 0
  uri=$(apt_machine_entries | awk -v suite="$codename" '$2 == suite { print $1; exit }')
  case $uri in
    mirror+file:*) uri=$(awk '/^[a-z]+:/ { print $1; exit }' "/${uri#mirror+file:*/}") ;;
  esac
  printf '%s\n' "$uri"
}

# "URI SUITE" of every enabled binary entry of this machine, of both formats.
apt_machine_entries() {
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] || continue
    sed --quiet --regexp-extended 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+)[[:space:]]+([^[:space:]]+).*/\2 \3/p' "$file"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] || continue
    apt_deb822_entries "$file"
  done
}

apt_deb822_entries() {
  awk '
    function flush(   u, s, i, j, uris, suites) {
      if (field["enabled"] !~ /^[ \t]*no/ && " " field["types"] " " ~ /[ \t]deb[ \t]/) {
        u = split(field["uris"], uris); s = split(field["suites"], suites)
        for (i = 1; i <= u; i++) for (j = 1; j <= s; j++) print uris[i], suites[j]
      }
      split("", field)
    }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    /^[ \t]/ { field[name] = field[name] " " $0; next }
    { name = tolower($0); sub(/:.*/, "", name); value = $0; sub(/^[^:]*:/, "", value); field[name] = value }
    END { flush() }
  ' "$1"
}

# The lines of a sources.list for MIRROR, one suite each.
apt_sources() {
  local mirror=$1 suite
  shift
  for suite in "$@"; do
    printf 'deb %s %s main\n' "$mirror" "$suite"
  done
}

# apt.conf lines: this machine's proxy, if it has one, and what the rig needs.
apt_config() {
  # A mirror may be a snapshot frozen at a date, whose Release files have
  # expired since. Signatures are checked all the same.
  printf 'Acquire::Check-Valid-Until "false";\n'
  printf 'Acquire::Languages "none";\n'
  printf 'Acquire::Retries "3";\n'
  printf 'APT::Install-Recommends "false";\n'
  apt-config dump 2>/dev/null | grep --extended-regexp '^Acquire::https?::Proxy' || true
}
