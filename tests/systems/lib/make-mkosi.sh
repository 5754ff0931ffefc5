#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make-mkosi.sh FOLDER PACKAGES RELEASE MODULE ARGUMENT: has mkosi make the image of
# fleet/mkosi, with this version of the packages in PACKAGES, in FOLDER/out; there, too, is what
# its boot loader tells the kernel. As a site does, but for what makes of it a machine of the
# rig: the kernel is RELEASE, MODULE is another driver of the GPUs, in the image as nouveau
# would be, and ARGUMENT is on the kernel's command line. Runs inside the root, where the root
# "fleet" has been made, on a machine where programs for arm64 run.

set -euo pipefail

folder=$1 packages=$2 release=$3 greedy=$4 argument=$5
version=$(cat VERSION)
port=8123
url=http://127.0.0.1:$port
mirror=$(awk '$1 == "deb" { print $2; exit }' /etc/apt/sources.list)
site=$folder/site
archive=$RIG_CACHE/archives/mkosi
export GNUPGHOME=/tmp/gnupg

end() {
  kill "${server:-}" 2>/dev/null || true
  gpgconf --kill all
}
trap end EXIT

# The repository, and a web server that has it.
serve() {
  mkdir --parents "$folder/web"
  cp "$packages"/*_"${version}"_*.deb "$packages"/*-"${version}"-1.*.rpm "$folder/web"
  mkdir --mode=700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-generate-key site@packages.invalid default default never
  make --silent repo OUT="$folder/web" KEY=site@packages.invalid URL="$url"
  python3 -m http.server --bind 127.0.0.1 --directory "$folder/web/repo" "$port" &
  server=$!
}

# What README.md of fleet/ says, and the choice of kernel, which the rig's GPU is built for.
configure() {
  local sources=$site/mkosi.sandbox/etc/apt/sources.list.d file
  cp --recursive fleet/mkosi "$site"
  sed --in-place "s/^\( *linux-[a-z]*\)-arm64$/\1-$release/" "$site/mkosi.conf"
  mkdir --parents "$sources" "$site/mkosi.sandbox/etc/dpkg/dpkg.cfg.d"
  python3 - "$url/nvgrace-gpu-vfio-pci.sources" >"$sources/nvgrace-gpu-vfio-pci.sources" <<'EOP'
import sys, time, urllib.error, urllib.request
for _ in range(100):
    try:
        sys.exit(print(urllib.request.urlopen(sys.argv[1]).read().decode()))
    except urllib.error.URLError:
        time.sleep(0.1)
sys.exit("the web server does not answer")
EOP
  # Only the suite that has that kernel.
  cat >"$sources/mkosi.sources" <<EOF
Types: deb
URIs: $mirror
Suites: $(sed --quiet 's/^Release=//p' "$site/mkosi.conf")
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
EOF
  # The host is to have updates.
  install -D --mode=644 --target-directory="$site/mkosi.extra/etc/apt/sources.list.d" "$sources/nvgrace-gpu-vfio-pci.sources"
  # The GPUs' memory is no NVDIMM, and see there; and what its EFI partition takes.
  { cat tests/rig/system/modules.cfg && printf 'path-include=*/modules/*/kernel/fs/%s/*\n' fat nls; } \
    >"$site/mkosi.sandbox/etc/dpkg/dpkg.cfg.d/rig-modules"
  # The service that runs phases, which systemctl preset-all enables.
  add 755 tests/rig/system/run-phase usr/local/lib/rig/run-phase
  for file in rig.service rig.mount; do
    add 644 "tests/rig/system/$file" "etc/systemd/system/$file"
  done
  mkdir --parents "$site"/mkosi.extra/{rig,var/lib/rig}
  # Nothing in /boot is for the rig to keep.
  touch "$site/mkosi.extra/var/lib/rig/boot"
  add 644 "$greedy" "usr/lib/modules/$release/kernel/drivers/gpu/drm/greedy_gpu.ko"
}

# add MODE FILE PATH: to the image.
add() {
  install -D --mode="$1" "$2" "$site/mkosi.extra/$3"
}

# The programs of the root "fleet", over those of this one.
programs() {
  local root=$folder/root
  mkdir --parents "$folder"/{root,upper,overlay,work,out} "$archive"
  mount --types overlay --options "lowerdir=$RIG_CACHE/suites/fleet:/,upperdir=$folder/upper,workdir=$folder/overlay" overlay "$root"
  mount --types proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --types tmpfs tmpfs "$root/tmp"
  mkdir --parents "$root$RIG_CACHE"
  mount --bind "$RIG_CACHE" "$root$RIG_CACHE"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
}

serve
configure
programs
chroot "$folder/root" env HOME=/root mkosi --directory "$site" --output-directory "$folder/out" \
  --kernel-command-line "$argument" \
  --workspace-directory "$folder/work" --package-cache-directory "$archive" build
# The first partition begins at 1 MiB.
chroot "$folder/root" mtype -i "$folder/out/nvgrace-gpu-host.raw@@1M" "::/loader/entries/nvgrace-gpu-host-$release.conf" |
  sed --quiet 's/^options //p' >"$folder/out/arguments"
grep --fixed-strings -e "$argument" "$folder/out/arguments"
