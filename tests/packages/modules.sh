#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make modules KEY=…: modules built and signed for kernels, in packages of their own;
# installed where there is neither a compiler nor headers, and beside DKMS. Prints TAP.
# Runs inside the rig's root, where the kernels have to be.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"

two_kernels
out=$scratch/out

# make_site_key NAME
make_site_key() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/$1.key" -out "$scratch/$1.crt" -days 3650 -subj "/CN=$1" 2>/dev/null
}

# deb_of RELEASE, rpm_of RELEASE
deb_of() {
  echo "$out/$package-modules-$1_${version}_arm64.deb"
}
rpm_of() {
  echo "$out/kmod-$package-$version-1.${1//[-+]/_}.aarch64.rpm"
}

# --- made on a machine that has headers

make_site_key site
make_site_key other
native_make "${kernels[@]}"
for kernel in "${kernels[@]}"; do
  native_headers "$kernel"
done
build "$out" deb rpm >/dev/null
unpack "$out" "$root/srv/one"
cp "$scratch"/{site,other}.{key,crt} "$root/srv"
both=("/lib/modules/$first_release/build" "/lib/modules/$second_release/build")

# make_modules FOLDER [VARIABLE=VALUE...]: of the project in that folder of the machine.
make_modules() {
  says make --silent --directory="/srv/$1" modules OUT=/srv/out CERT=/srv/site.crt "KDIR=${both[*]}" KEY=/srv/site.key "${@:2}"
}

makes_packages() {
  local kernel
  make_modules one && make_modules one FORMAT=kmod && cp "$root"/srv/out/*arm* "$out" || return 1
  for kernel in "$first_release" "$second_release"; do
    ls "$(deb_of "$kernel")" "$(rpm_of "$kernel")" || return 1
  done
}
tap_check "make modules: a deb and a kmod for each of two kernels" makes_packages

# Elsewhere, later.
same_again() {
  mv "$root/srv/out" "$root/srv/out.before" && mkdir --parents "$root/srv/some/other" && mv "$root/srv/one" "$root/srv/some/other/place" &&
    says faketime '2031-05-06 07:08:09' make --silent --directory=/srv/some/other/place modules OUT=/srv/out \
      KDIR="${both[1]}" KEY=/srv/site.key CERT=/srv/site.crt && same_files "$(deb_of "$second_release")" "$root/srv/out/$(basename "$(deb_of "$second_release")")" &&
    make_modules some/other/place FORMAT=kmod && same_files "$(rpm_of "$first_release")" "$root/srv/out/$(basename "$(rpm_of "$first_release")")"
}
tap_check "make modules: the same bytes years later, elsewhere" same_again

# A KMP's name and version have the flavour and the kernel's version in them.
makes_kmp() {
  make_modules some/other/place FORMAT=kmp && rpm --query --package --nosignature --list --requires --enhances \
    "$root/srv/out/$package-kmp-arm64-${version}_k${first_release%-arm64}-1.aarch64.rpm" >"$scratch/kmp" || return 1
  grep --line-regexp "/lib/modules/$first_release/updates/$package.ko" "$scratch/kmp" && grep --line-regexp "kernel-arm64 >= ${first_release%-arm64}" "$scratch/kmp" &&
    grep --line-regexp kernel-arm64 "$scratch/kmp"
}
tap_check "make modules: a KMP" makes_kmp

fails_with() {
  refused modules "$1" make_modules some/other/place "${@:2}"
}
tap_check "make modules: a key that is not there" fails_with 'the key /srv/none cannot be read' KEY=/srv/none
tap_check "make modules: another key's certificate" fails_with 'could not be signed with /srv/site.key and /srv/other.crt' CERT=/srv/other.crt
tap_check "make modules: no headers" fails_with '/srv has no headers of a kernel' KDIR=/srv
tap_check "make modules: no such format" fails_with "FORMAT is deb, kmod or kmp, not 'tar'" FORMAT=tar

# --- what is in them

# module_in DEB FILE
module_in() {
  dpkg-deb --fsys-tarfile "$1" | tar --extract --to-stdout --wildcards "*/updates/$package.ko" >"$2"
}

# verifies FILE KEY-NAME: the signature at the module's end: a CMS message, its length in the
# last four of twelve bytes, a line.
verifies() {
  local size signature
  size=$(stat --format=%s "$1")
  [ "$(tail --bytes=28 "$1")" = "~Module signature appended~" ] || { echo "not signed"; return 1; }
  signature=$((0x$(tail --bytes=32 "$1" | head --bytes=4 | od --address-radix=n --format=x1 | tr --delete ' ')))
  tail --bytes=$((signature + 40)) "$1" | head --bytes="$signature" >"$scratch/signature"
  head --bytes=$((size - signature - 40)) "$1" >"$scratch/signed"
  openssl cms -verify -binary -inform DER -in "$scratch/signature" -content "$scratch/signed" -certfile "$scratch/$2.crt" -CAfile "$scratch/$2.crt" \
    -purpose any -out /dev/null
}
signed_by_site() {
  module_in "$(deb_of "$1")" "$scratch/module.ko" && verifies "$scratch/module.ko" site && ! verifies "$scratch/module.ko" other &&
    echo x | dd of="$scratch/module.ko" bs=1 seek=5000 conv=notrunc status=none && ! verifies "$scratch/module.ko" site
}
tap_check "the module for $first_release is signed by the site's key" signed_by_site "$first_release"
tap_check "the module for $second_release is signed by the site's key" signed_by_site "$second_release"

# expected_modules KIND RELEASE
expected_modules() {
  sed --quiet "s/@KERNEL@/$2/; /^[-dl]/p" "$top/tests/packages/modules-$1.files"
}
files_of_deb() {
  dpkg-deb --contents "$(deb_of "$1")" | awk '{ sub(/^\./, "", $6); sub(/\/$/, "", $6); if (/^-/ || $6 ~ /nvgrace-gpu/) print $1, $2, $6 }' |
    LC_ALL=C sort --key=3 | diff <(expected_modules deb "$1") -
}
tap_check "files of the deb" files_of_deb "$first_release"
files_of_rpm() {
  rpm --query --package --nosignature --queryformat '[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\n]' "$(rpm_of "$1")" |
    LC_ALL=C sort --key=3 | diff <(expected_modules rpm "$1") -
}
tap_check "files of the kmod" files_of_rpm "$first_release"
depends() {
  dpkg-deb --field "$(deb_of "$first_release")" Depends Provides | diff - <(
    echo "Depends: linux-image-$first_release | linux-image-$first_release-unsigned | linux-image-unsigned-$first_release, $package-common (>= $version)"
    echo "Provides: $package-modules (= $version)"
  ) && rpm --query --package --nosignature --requires "$(rpm_of "$first_release")" | grep --invert-match '^rpmlib\|^/bin' | LC_ALL=C sort --unique |
    diff - <(printf '%s\n' "kernel-uname-r >= $first_release" kmod "$package-common" "$package-common >= $version")
}
tap_check "what they depend on" depends
lintian_clean() {
  lintian --allow-root --pedantic --display-info --display-experimental --fail-on error "$(deb_of "$first_release")" "$(deb_of "$second_release")" >"$scratch/lintian" 2>&1
  cat "$scratch/lintian"
  [ ! -s "$scratch/lintian" ]
}
tap_check "lintian: nothing to say" lintian_clean
rpmlint_clean() {
  rpmlint --config "$top/rpm/rpmlint.toml" "$root"/srv/out/*.rpm 2>&1 | tee "$scratch/rpmlint" | grep ' 4 packages and 0 specfiles checked; 0 errors, 0 warnings,' ||
    { cat "$scratch/rpmlint" && return 1; }
}
tap_check "rpmlint: nothing to say, of kmods and KMPs" rpmlint_clean

# --- installed where there is no compiler

build "$out" repo KEY="$(make_key one)" URL=file:///srv/repo >/dev/null

# fake_image RELEASE: a package of that name; the kernel itself is there.
fake_image() {
  mkdir --parents "$scratch/image/DEBIAN"
  printf '%s\n' "Package: linux-image-$1" "Version: 1" "Architecture: arm64" "Maintainer: x <x@packages.invalid>" "Description: x" >"$scratch/image/DEBIAN/control"
  dpkg-deb --build "$scratch/image" "$root/tmp/image.deb" >/dev/null
  native_run dpkg --install /tmp/image.deb >/dev/null
}

# site_machine: with the repository, kernels, and no more.
site_machine() {
  native_make "${kernels[@]}"
  fake_image "$first_release"
  fake_image "$second_release"
  cp --recursive "$out/repo" "$root/srv/repo"
  rm --force "$root/etc/apt/sources.list" "$root/etc/apt/preferences"
  cp "$out/repo/$package.sources" "$root/etc/apt/sources.list.d"
  native_run apt-get --quiet --error-on=any update >/dev/null
  # It tells what it was asked for.
  printf '#!/bin/sh\necho "update-initramfs $*"\n' >"$root/usr/sbin/update-initramfs"
  touch "$root/boot/initrd.img-$first_release"
}

apt() {
  says apt-get --yes --quiet=2 --option Dpkg::Use-Pty=0 "$@"
}

# comes_from RELEASE FOLDER: depmod's choice; and libvirt finds the driver by its alias.
comes_from() {
  local alias="alias vfio_pci:v000010DEd00002342sv\*sd\*bc\*sc\*i\* nvgrace_gpu_vfio_pci"
  native_run modinfo --set-version "$1" --field filename "$package" | grep "/lib/modules/$1/$2/$package.ko" &&
    grep "$alias" "$root/usr/lib/modules/$1/modules.alias"
}

site_machine
rm --force "$root"/usr/bin/*gcc* "$root"/usr/bin/*clang* "$root"/usr/bin/make "$root/usr/sbin/dkms"
remember
installs() {
  apt install "$package-modules-$first_release" && comes_from "$first_release" updates && said "update-initramfs -u -k $first_release" &&
    verifies "$root/usr/lib/modules/$first_release/updates/$package.ko" site && [ ! -e "$root/usr/src/$package-$version" ]
}
tap_check "without a compiler: apt install brings the module and what is common" installs
installs_second() {
  apt install "$package-modules-$second_release" && comes_from "$second_release" updates && comes_from "$first_release" updates
}
tap_check "and that of another kernel" installs_second
removes() {
  apt purge "$package-common" && is_there_not
}
is_there_not() {
  native_files | diff "$machine/before" - && ! grep --recursive "nvgrace.gpu" "$root/usr/lib/modules" --include='modules.*' &&
    [ -z "$(native_run dpkg-query --show "$package*" 2>/dev/null)" ]
}
tap_check "what is common goes, and both with it: nothing is left" removes

# --- beside DKMS

site_machine
native_headers "${kernels[0]}"
remember
gives_way() {
  apt install "$package-dkms" && comes_from "$first_release" updates/dkms || return 1
  apt install "$package-modules-$first_release" && comes_from "$first_release" updates && ! native_run dkms status | grep ': installed'
}
tap_check "DKMS's module goes when a package brings one for that kernel" gives_way
takes_over() {
  apt purge "$package-modules-$first_release" && module_is_there "$version" "$first_release"
}
tap_check "until that package is removed" takes_over
removes_dkms() {
  apt purge "$package-dkms" && ! native_run modinfo --set-version "$first_release" "$package" && said "update-initramfs -u -k $first_release" &&
    apt purge "$package-common" && is_gone
}
tap_check "DKMS's package goes, then what is common: nothing is left" removes_dkms

# Version 0.1.0 had all files in one package.
one_package() {
  local deb folder=$scratch/one-package
  for deb in "$out/$package"-{common,dkms}_"${version}"_all.deb; do
    dpkg-deb --extract "$deb" "$folder"
  done
  dpkg-deb --control "$deb" "$folder/DEBIAN"
  sed --in-place 's/^Version: .*/Version: 0.0.1/; s/^Depends: .*/Depends: dkms/; /^Provides/d' "$folder/DEBIAN/control"
  rm "$folder"/DEBIAN/{md5sums,p*}
  dpkg-deb --build "$folder" "$root/tmp/one.deb" >/dev/null && says dpkg --install /tmp/one.deb
}
upgrades() {
  one_package && native_run dpkg --search /usr/lib/udev/rules.d/65-$package.rules | grep "^$package-dkms: " && apt --with-new-pkgs upgrade &&
    native_run dpkg --search /usr/lib/udev/rules.d/65-$package.rules | grep "^$package-common: " &&
    [ -z "$(native_run dpkg --verify "$package"-{dkms,common})" ] && module_is_there "$version" "$first_release"
}
tap_check "an upgrade from the one package that had all" upgrades

# --- a kmod, where RHEL's weak-modules would link it for other kernels

site_machine
remember
# It tells what it was asked for, and links it for the second kernel, as the real one does.
cat >"$root/usr/sbin/weak-modules" <<EOF
#!/bin/sh
read -r module
echo "weak-modules \$* \$module"
link=/lib/modules/$second_release/weak-updates/$package/$package.ko
case \$1 in
  --add-modules) mkdir -p "\${link%/*}" && ln -s "\$module" "\$link" ;;
  *) rm -r "/lib/modules/$second_release/weak-updates" ;;
esac
depmod $second_release
EOF
chmod 755 "$root/usr/sbin/weak-modules"
# depmod of RHEL is told so.
mkdir --parents "$root/usr/lib/depmod.d"
echo "search updates extra built-in weak-updates" >"$root/usr/lib/depmod.d/dist.conf"
touch "$root/boot/initrd.img-$second_release"
# These are every rpm system's own.
mkdir --parents "$root/usr/share/licenses" "$root/usr/share/man/man4"
remember
native_rpm() {
  says rpm --nodeps --nosignature "$@"
}
installs_kmod() {
  cp "$out/$package-common-$version-1.noarch.rpm" "$root/tmp/common.rpm" && cp "$(rpm_of "$first_release")" "$root/tmp/kmod.rpm" &&
    native_rpm --install --ignorearch /tmp/common.rpm /tmp/kmod.rpm && comes_from "$first_release" "extra/$package" && comes_from "$second_release" "weak-updates/$package" &&
    said "weak-modules --add-modules --no-initramfs /lib/modules/$first_release/extra/$package/$package.ko" &&
    said "update-initramfs -u -k $first_release" && said "update-initramfs -u -k $second_release"
}
tap_check "kmod: the module is there, also by weak-modules" installs_kmod
removes_kmod() {
  native_rpm --erase "kmod-$package" "$package-common" && said "weak-modules --remove-modules" && said "update-initramfs -u -k $second_release" && is_there_not
}
tap_check "kmod: removed, nothing is left" removes_kmod

tap_done
