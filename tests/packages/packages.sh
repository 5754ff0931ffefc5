# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of packages share: a scratch folder, copies of the project, keys.
# They run inside the rig's root, in a mount namespace of their own. Source tap.sh too.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # these are for those who source this
package=nvgrace-gpu-vfio-pci
version=$(cat "$top/VERSION")
# shellcheck disable=SC2034
next_version=$version.1
scratch=$(mktemp --directory)
trap 'rm --recursive --force --one-file-system "$scratch"' EXIT
chmod 755 "$scratch"
export GNUPGHOME=$scratch/gnupg
mkdir --mode=700 "$GNUPGHOME"

# build OUT TARGET... [VARIABLE=VALUE...]: of the project at hand.
build() {
  local out=$1
  shift
  make --silent --directory="${project:-$top}" OUT="$out" "$@"
}

# unpack OUT FOLDER: the tarball there, as the folder.
unpack() {
  mkdir --parents "$2"
  tar --extract --file="$(echo "$1"/*.tar.gz)" --directory="$2" --strip-components=1
}

# next_project FOLDER: a copy of the project, at the next version.
next_project() {
  build "$scratch/next.dist" dist >/dev/null
  unpack "$scratch/next.dist" "$1"
  rm --recursive "$scratch/next.dist"
  DEBFULLNAME="Somebody" DEBEMAIL="somebody@packages.invalid" "$1/scripts/new-version.sh" "$next_version" "Second version."
}

# make_key NAME: prints its fingerprint.
make_key() {
  gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@packages.invalid>" rsa3072 sign never 2>/dev/null
  gpg --batch --quiet --no-auto-check-trustdb --with-colons --list-secret-keys "$1@packages.invalid" | awk -F : '$1 == "fpr" { print $10; exit }'
}

# make_module NAME FOLDER [FIELD=VALUE...]: FOLDER/NAME.ko, one that depmod and modinfo can read.
make_module() {
  local name=$1 folder=$2 field
  shift 2
  for field in license=GPL "$@"; do
    printf '__asm__(".section .modinfo, \\"a\\"; .asciz \\"%s\\"; .previous");\n' "$field"
  done | aarch64-linux-gnu-gcc-14 -x c -c - -o "$folder/$name.ko"
}

# driver_ids: those of the driver, as they are in an alias.
driver_ids() {
  sed --quiet 's/.*DEVICE_VFIO(PCI_VENDOR_ID_NVIDIA, 0x\(....\)).*/\U\1/p' "$top/src/pci_driver.c"
}

# refused STEP SENTENCE COMMAND...: fails, with one error of that step that has SENTENCE
# (an extended regular expression) in it.
refused() {
  local step=$1 sentence=$2 output
  shift 2
  if output=$("$@" 2>&1); then
    echo "it did not fail"
    return 1
  fi
  printf '%s\n' "$output"
  [ "$(grep --count ': error: ' <<<"$output")" -eq 1 ] || { echo "not one error"; return 1; }
  grep --quiet --extended-regexp "^$step: error: .*($sentence)" <<<"$output" || { echo "not what was expected: $sentence"; return 1; }
}

same_files() {
  local first=$1 other
  shift
  for other; do
    cmp "$first" "$other" || return 1
  done
}

# expected_files LIST VERSION OUT: "MODE OWNER/GROUP PATH [-> TARGET]" of each file of
# that package: those in tests/packages/LIST.files, and, for DKMS, all of src in OUT's
# tarball.
expected_files() {
  local folder=/usr/src/$package-$2
  {
    sed --quiet "s/@VERSION@/$2/; /^[-dl]/p" "$top/tests/packages/$1.files"
    case $1 in
      deb | rpm)
        printf 'drwxr-xr-x root/root %s\n' "$folder/src" "$folder/src/compat"
        tar --list --file="$3/$package-$2.tar.gz" | sed --quiet "s,^$package-$2\(/src/.*[^/]\)$,-rw-r--r-- root/root $folder\1,p"
        ;;
    esac
  } | sort --key=3
}

# repo_of_two_versions OUT: this one and the next, packages and repositories, to be
# served from where tests put them.
repo_of_two_versions() {
  local key
  key=$(make_key one)
  next_project "$scratch/next"
  build "$1" deb rpm >/dev/null
  project=$scratch/next build "$1" deb rpm >/dev/null
  build "$1" repo KEY="$key" URL=file:///srv/repo >/dev/null
}
