#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The rpm, installed by dnf from a repository that make repo made: installed, upgraded,
# downgraded, reinstalled, removed. Prints TAP. Runs inside the rig's root, where the
# kernels have to be.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"

two_kernels
out=$scratch/out
repo_of_two_versions "$out"

dnf() {
  says dnf --assumeyes --releasever=1 "$@"
}

there() {
  is_there rpm "$1" "$out" "${@:2}" && [ "$(native_run rpm --query "$package-dkms")" = "$package-dkms-$1-1.noarch" ]
}

# What the package needs is there as Debian packages, which rpm's database knows nothing of.
provide_debian() {
  local folder=$scratch/provides
  mkdir "$folder"
  cat >"$folder/debian.spec" <<'EOF'
Name: debian
Version: 1
Release: 1
Summary: What the machine has from Debian packages
License: GPL-2.0-only
BuildArch: noarch
Provides: diffutils dkms = 3.2 kmod udev util-linux /bin/sh /bin/bash
%description
For a test.
%files
EOF
  rpmbuild --define "_topdir $folder" -bb "$folder/debian.spec" >"$folder/log" 2>&1
  cp "$folder"/RPMS/noarch/debian-1-1.noarch.rpm "$root/tmp"
  native_run dnf --assumeyes --releasever=1 --disablerepo='*' install /tmp/debian-1-1.noarch.rpm >/dev/null
  # These are every rpm system's own.
  mkdir --parents "$root/usr/share/licenses" "$root/usr/share/man/man4"
}

# Systems with rpm make their initramfs with dracut; here it only tells what it was asked for.
make_dracut() {
  rm "$root/usr/sbin/update-initramfs"
  cat >"$root/usr/bin/dracut" <<'EOF'
#!/bin/sh
echo "dracut $*"
EOF
  chmod 755 "$root/usr/bin/dracut"
}

native_make "${kernels[@]}"
native_own_driver "${kernels[0]}"
native_headers "${kernels[0]}"
cp --recursive "$out/repo" "$root/srv/repo"
mkdir --parents "$root/etc/yum.repos.d"
cp "$out/repo/$package.repo" "$root/etc/yum.repos.d"
provide_debian
make_dracut
remember

installs() {
  dnf install "$package"-{dkms,common}"-$version" && there "$version" "${kernels[0]}" &&
    said "kernel $first_release has a driver of this name of its own: this package's is used" &&
    said "not built for kernel $second_release, whose headers are missing; install them" &&
    said "dracut --force --kver $first_release"
}
tap_check "install: built for the kernel that has headers, the other is told of" installs

verifies() {
  [ -z "$(native_run rpm --verify "$package"-{dkms,common})" ]
}
tap_check "install: rpm finds all files as they were packed" verifies

signed() {
  native_run rpm --query --info "$package-dkms" | grep '^Signature *: RSA/SHA'
}
tap_check "install: what is installed is signed" signed

# headers_package: that of some kernel.
headers_package() {
  local folder=$scratch/headers
  mkdir "$folder"
  cat >"$folder/headers.spec" <<'EOF'
Name: headers
Version: 1
Release: 1
Summary: Headers of a kernel
License: GPL-2.0-only
BuildArch: noarch
%install
install --directory %{buildroot}/usr/src/kernels/1
touch %{buildroot}/usr/src/kernels/1/Makefile
%files
/usr/src/kernels
%description
For a test.
EOF
  rpmbuild --define "_topdir $folder" -bb "$folder/headers.spec" >"$folder/log" 2>&1 && cp "$folder"/RPMS/noarch/*.rpm "$root/tmp/headers.rpm"
}

headers_arrive() {
  native_headers "${kernels[1]}"
  headers_package && says rpm --install /tmp/headers.rpm && module_is_there "$version" "$second_release" &&
    says rpm --erase headers
}
tap_check "headers of the other kernel are installed: it is built for that, too" headers_arrive

upgrades() {
  dnf upgrade && there "$next_version" "${kernels[@]}"
}
tap_check "upgrade: the new version, and nothing of the old one" upgrades

downgrades() {
  dnf downgrade "$package"-{dkms,common} && there "$version" "${kernels[@]}"
}
tap_check "downgrade" downgrades

other_kernel_fails() {
  local status=0
  native_break "${kernels[1]}"
  { dnf upgrade && module_is_there "$next_version" "$first_release"; } || status=$?
  native_mend "${kernels[1]}"
  said "could not be built for kernel $second_release" && said "package-setup build $second_release" && return "$status"
}
tap_check "upgrade: a kernel that it cannot be built for does not stop dnf" other_kernel_fails

reinstalls() {
  dnf reinstall "$package-dkms" && there "$next_version" "${kernels[@]}"
}
tap_check "reinstall: built for that one, too, when that is mended" reinstalls

removes() {
  dnf remove "$package-common" && is_gone && ! native_run rpm --query "$package-dkms" && said 'dracut --regenerate-all --force'
}
tap_check "remove: nothing is left" removes

# rpm goes on after a failed scriptlet; the message is what tells.
running_kernel_fails() {
  native_break "${kernels[0]}"
  dnf install "$package-dkms" || echo "dnf ended with status $?"
  native_mend "${kernels[0]}"
  said "could not be built for kernel $first_release" && said "Error in POSTIN scriptlet in rpm package $package-dkms"
}
tap_check "install: the running kernel cannot be built for: dnf says so" running_kernel_fails
tap_check "remove: nothing is left of that either" removes

other_key() {
  local key
  key=$(make_key other)
  gpg --armor --export "$key" >"$root/tmp/other.asc"
  sed --in-place 's/^repo_gpgcheck=.*/repo_gpgcheck=0/; s,^gpgkey=.*,gpgkey=file:///tmp/other.asc,' "$root/etc/yum.repos.d/$package.repo"
  # rpm knows the right one by now.
  native_run rpm --erase --allmatches gpg-pubkey
  ! dnf install "$package-dkms" || return 1
  said "GPG check FAILED" && is_gone
}
tap_check "a package that is not signed with the repository's key" other_key

tap_done
