#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make modules KEY=…: for each kernel whose headers are in KDIR, the module, built from
# OUT's tarball of this version, signed with KEY, in a package for that kernel. Prints
# the packages' paths. Elsewhere than on arm64 it is built across; ARCH, CROSS_COMPILE
# and CC are what kbuild takes them for.
#
# KEY     the private key: a PEM file, or a pkcs11: address; KBUILD_SIGN_PIN opens it
# CERT    its certificate (default: in KEY, too)
# FORMAT  deb, kmod (an rpm as on RHEL and Fedora) or kmp (as on SUSE); default: by the
#         place where each distribution has headers

step=modules
cd "$(dirname "$0")/.."
# shellcheck source-path=SCRIPTDIR
. scripts/packaging.sh

: "${KDIR:?}" "${KEY:?}" "${FORMAT:=}"
[ -n "${CERT:-}" ] || CERT=$KEY

# format_of HEADERS
format_of() {
  case $FORMAT:$(readlink --canonicalize "$1") in
    deb:* | kmod:* | kmp:*) echo "$FORMAT" ;;
    [!:]*) die "FORMAT is deb, kmod or kmp, not '$FORMAT'" ;;
    :*/linux-headers-*) echo deb ;;
    :/usr/src/kernels/*) echo kmod ;;
    :/usr/src/linux-*-obj/*) echo kmp ;;
    *) die "it cannot be told from $1 what package its kernel's distribution takes: set FORMAT to deb, kmod or kmp" ;;
  esac
}

release_of() {
  sed --quiet 's/.*UTS_RELEASE "\(.*\)".*/\1/p' "$1/include/generated/utsrelease.h" 2>/dev/null || true
}

# build HEADERS RELEASE: $module. No path of the build is left in it.
build() {
  local headers=$1 tree=$work/$2/source log=$work/$2/log
  mkdir --parents "$tree"
  tar --extract --file="$OUT/$name-$version.tar.gz" --directory="$tree" --strip-components=1 --no-same-owner
  # The rest comes from the environment or, by way of MAKEFLAGS, from who called make.
  make --directory="$headers" M="$tree/src" KCFLAGS="${KCFLAGS:-} -ffile-prefix-map=$tree/=" modules >"$log" 2>&1 || {
    cat "$log" >&2
    die "the module could not be built for kernel $2: see above"
  }
  module=$tree/src/$name.ko
  "${CROSS_COMPILE:-}strip" --strip-debug "$module"
}

# sign_module HEADERS: $module, with the kernel's own hash; the kernel's own program does
# it. That takes no GPG key, and so nothing of signing.sh.
sign_module() {
  local hash program=$1/scripts/sign-file
  hash=$(sed --quiet 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"/\1/p' "$1/.config")
  [ -x "$program" ] || die "$program is missing, with which modules are signed: the kernel was configured without CONFIG_MODULE_SIG"
  "$program" "${hash:-sha256}" "$KEY" "$CERT" "$module" || die "the module could not be signed with $KEY and $CERT: see above"
}

# fill FILE: one of those in scripts/modules, as the file at hand.
fill() {
  sed "s/@KERNEL@/$release/g; s/@VERSION@/$version/g; s/@PACKAGE@/$package/g; s/@DEPENDS@/${depends:-}/g" "scripts/modules/$1"
}

make_deb() {
  local package=$name-modules-$release tree=$work/$release/deb depends doc script
  # Names of packages are in small letters, without all of ASCII.
  package=$(tr 'A-Z_' 'a-z-' <<<"$package")
  doc=$tree/usr/share/doc/$package
  depends="$name-common (>= $version)"
  # Signed by the distribution, or not; Ubuntu's and Debian's names.
  case $(readlink --canonicalize "$1") in
    */linux-headers-"$release") depends="linux-image-$release | linux-image-$release-unsigned | linux-image-unsigned-$release, $depends" ;;
  esac
  install -D --mode=644 "$module" --target-directory="$tree/usr/lib/modules/$release/updates"
  install -D --mode=644 debian/copyright --target-directory="$doc"
  gzip --no-name --best <debian/changelog >"$doc/changelog.gz"
  mkdir "$tree/DEBIAN"
  fill control | sed "/^#/d" >"$tree/DEBIAN/control"
  (cd "$tree" && find usr -type f -print0 | LC_ALL=C sort --zero-terminated | xargs --null md5sum) >"$tree/DEBIAN/md5sums"
  for script in postinst postrm; do
    fill "$script" >"$tree/DEBIAN/$script"
    chmod 755 "$tree/DEBIAN/$script"
  done
  dpkg-deb --root-owner-group --build "$tree" "$OUT/${package}_${version}_arm64.deb" >/dev/null
  printf '%s\n' "$OUT/${package}_${version}_arm64.deb"
}

# make_rpm FORMAT
make_rpm() {
  local folder=$work/$release/rpm rpm package=$name
  mkdir --parents "$folder"
  cp "$module" LICENSE "$folder"
  # Its changelog is that of the other spec.
  { fill "$1.spec.in" && fill module.spec.in && sed '1,/^%changelog/d' "$work/$release/source/rpm/$name.spec"; } >"$folder/$name.spec"
  run_rpmbuild --define "_topdir $folder" --define "_tmppath $folder" --define "_sourcedir $folder" \
    --define "kernel $release" -bb "$folder/$name.spec"
  for rpm in "$folder"/RPMS/aarch64/*.rpm; do
    mv "$rpm" "$OUT"
    printf '%s\n' "$OUT/${rpm##*/}"
  done
}

make_out
make_work
version=$(version_of .)
SOURCE_DATE_EPOCH=$(changelog_epoch debian/changelog)
export SOURCE_DATE_EPOCH
if [ "$(uname -m)" != aarch64 ]; then
  export ARCH=${ARCH:-arm64} CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
fi
# kbuild runs elsewhere.
case $KEY in pkcs11:*) ;; *) KEY=$(readlink --canonicalize "$KEY") ;; esac
CERT=$(readlink --canonicalize "$CERT")
[ "${KEY#pkcs11:}" != "$KEY" ] || [ -r "$KEY" ] || die "the key $KEY cannot be read"
[ -r "$CERT" ] || die "the certificate $CERT cannot be read: set CERT to the file that has it"

for headers in $KDIR; do
  release=$(release_of "$headers")
  [ -n "$release" ] || die "$headers has no headers of a kernel: set KDIR to a folder like /lib/modules/RELEASE/build"
  format=$(format_of "$headers")
  scripts/needs.sh modules "in-$format"
  build "$headers" "$release"
  sign_module "$headers"
  case $format in
    deb) make_deb "$headers" ;;
    *) make_rpm "$format" ;;
  esac
done
