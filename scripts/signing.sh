# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scripts that sign with a GPG key share. Source packaging.sh first.
#
# KEY  a GPG key of which the secret part is there: id, fingerprint or address

: "${step:?}"

# One signing key by its fingerprint, in $key: rpm takes the first of several that fit a name.
find_key() {
  local keys
  [ -n "${KEY:-}" ] || die "whose signature? set KEY to the id of a GPG key: make $step KEY=…"
  keys=$(gpg --batch --with-colons --list-secret-keys "$KEY" 2>/dev/null |
    awk -F : '$1 == "sec" { main = 1 } $1 == "fpr" && main { print $10; main = 0 }') || true
  case $keys in
    '') die "gpg has no secret key '$KEY': import it, or set GNUPGHOME to where it is ('gpg --list-secret-keys' shows those there are)" ;;
    *$'\n'*) die "there are several secret keys '$KEY': set KEY to the fingerprint of one" ;;
  esac
  key=$keys
}

sign() {
  gpg --batch --yes --quiet --local-user "$key!" --digest-algo SHA512 "$@" ||
    die "gpg could not sign with the key $key: see above"
}
