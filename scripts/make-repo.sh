#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make repo: OUT/repo, to be served as it is by any web server: repositories for apt
# and for dnf of all packages in OUT, signed with KEY. Versions that are there already
# stay, so that hosts can go back to one. Prints what a host has to do.
#
# KEY  a GPG key of which the secret part is there: id, fingerprint or address
# URL  where the folder will be served (default: the folder itself)

step=repo
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh
# shellcheck source-path=SCRIPTDIR
. scripts/signing.sh

sign_rpm() {
  rpmsign --define "_gpg_name $key" --addsign "$1" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die "rpmsign could not sign ${1##*/} with the key $key: see above"
  }
}

# same_package A B: but for signatures, which are in an rpm itself.
same_package() {
  case $1 in
    *.rpm) [ "$(rpm_hash "$1")" = "$(rpm_hash "$2")" ] ;;
    *) cmp --silent "$1" "$2" ;;
  esac
}

rpm_hash() {
  rpm --query --package --nosignature --queryformat '%{SHA256HEADER}' "$1" 2>/dev/null
}

# add_packages FOLDER FILE...: what hosts may have downloaded never changes.
add_packages() {
  local folder=$1 file there
  shift
  mkdir --parents "$folder"
  for file; do
    there=$folder/${file##*/}
    if [ ! -e "$there" ]; then
      install --mode=644 "$file" "$there"
      case $file in *.rpm) sign_rpm "$there" ;; esac
    elif ! same_package "$file" "$there"; then
      die "${file##*/} is not the same as the one of that name in $OUT/repo: make a new version, with scripts/new-version.sh"
    fi
  done
}

# Packages of no architecture are listed for arm64 too: apt asks for its own. The suite has
# a name of its own: as "stable" it would be what APT::Default-Release and pins mean by
# Debian's.
index_apt() {
  local arch folder file
  for arch in arm64 all; do
    folder=dists/$name/main/binary-$arch
    mkdir --parents "$folder/by-hash/SHA256"
    apt-ftparchive --arch "$arch" packages pool >"$folder/Packages"
    gzip --no-name --keep --force "$folder/Packages"
    # Those of before stay, for a host that has the Release of before.
    for file in "$folder"/Packages*; do
      cp "$file" "$folder/by-hash/SHA256/$(sha256sum "$file" | cut --delimiter=' ' --fields=1)"
    done
  done
  rm --force dists/"$name"/*Release*
  apt-ftparchive \
    --option APT::FTPArchive::MD5=false --option APT::FTPArchive::SHA1=false --option APT::FTPArchive::SHA512=false \
    --option APT::FTPArchive::Release::Acquire-By-Hash=yes \
    --option "APT::FTPArchive::Release::Origin=$name" \
    --option "APT::FTPArchive::Release::Label=$name" \
    --option "APT::FTPArchive::Release::Suite=$name" \
    --option "APT::FTPArchive::Release::Codename=$name" \
    --option "APT::FTPArchive::Release::Architectures=arm64 all" \
    --option APT::FTPArchive::Release::Components=main \
    release "dists/$name" >"$work/Release"
  mv "$work/Release" "dists/$name/Release"
  sign --clearsign --output "dists/$name/InRelease" "dists/$name/Release"
  sign --detach-sign --armor --output "dists/$name/Release.gpg" "dists/$name/Release"
}

# gzip is what every dnf and zypper can read.
index_rpm() {
  createrepo_c --quiet --general-compress-type=gz .
  sign --detach-sign --armor --output repodata/repomd.xml.asc repodata/repomd.xml
}

# What a host's apt and dnf have to know. The files do not change with versions.
describe() {
  gpg --batch --armor --export "$key" >"$name.asc"
  {
    printf '%s\n' "Types: deb" "URIs: $URL/apt" "Suites: $name" "Components: main" "Architectures: arm64" "Signed-By:"
    # As a field's further lines: an empty one is a dot.
    sed 's/^$/./; s/^/ /' "$name.asc"
  } >"$name.sources"
  printf '%s\n' "[$name]" "name=$name" "baseurl=$URL/rpm" "enabled=1" "gpgcheck=1" "repo_gpgcheck=1" \
    "gpgkey=$URL/$name.asc" >"$name.repo"
}

find_key
make_out
make_work
shopt -s nullglob
debs=("$OUT/$name"-*_all.deb)
rpms=("$OUT/$name"-*.noarch.rpm)
# The tool, and modules that are built already.
arm64_debs=("$OUT"/nvgrace-gpu-*_arm64.deb)
arm64_rpms=("$OUT"/{,kmod-}nvgrace-gpu-*.aarch64.rpm)
[ "${#debs[@]}" -gt 0 ] || die "there is no Debian package in $OUT: make it with 'make deb'"
[ "${#rpms[@]}" -gt 0 ] || die "there is no RPM package in $OUT: make it with 'make rpm'"
: "${URL:=file://$OUT/repo}"

# Made beside, then renamed: what is served is either the old one or the new one.
new=$OUT/.repo.new
trap 'rm --recursive --force "$work" "$new"' EXIT
# Where a run before this was interrupted between the two renamings.
[ -d "$OUT/repo" ] || [ ! -d "$OUT/.repo.old" ] || mv "$OUT/.repo.old" "$OUT/repo"
rm --recursive --force "$new" "$OUT/.repo.old"
mkdir "$new"
[ ! -d "$OUT/repo" ] || cp --archive --no-target-directory "$OUT/repo" "$new"
add_packages "$new/apt/pool" "${debs[@]}" "${arm64_debs[@]}"
add_packages "$new/rpm" "${rpms[@]}" "${arm64_rpms[@]}"
(cd "$new/apt" && index_apt)
(cd "$new/rpm" && index_rpm)
(cd "$new" && describe)
[ ! -d "$OUT/repo" ] || mv "$OUT/repo" "$OUT/.repo.old"
mv "$new" "$OUT/repo"
rm --recursive --force "$OUT/.repo.old"

cat <<EOF
$OUT/repo

Debian:  sudo curl --fail --output /etc/apt/sources.list.d/$name.sources $URL/$name.sources
         sudo apt update && sudo apt install $name-dkms
Fedora:  sudo curl --fail --output /etc/yum.repos.d/$name.repo $URL/$name.repo
         sudo dnf install $name-dkms
SUSE:    sudo zypper addrepo $URL/$name.repo
         sudo zypper install $name-dkms
EOF
