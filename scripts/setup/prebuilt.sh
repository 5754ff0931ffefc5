# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# package-setup: modules that come built and signed, in a package for their kernel.

: "${name:?}" "${modules:?}" "${parts:?}"

# is_prebuilt KERNEL: its module is a package's. Where RHEL and SUSE take the module of
# another kernel, there is a link to that.
is_prebuilt() {
  find "$modules/$1/updates" "$modules/$1/extra" "$modules/$1/weak-updates" -name "$name.ko*" 2>/dev/null |
    while IFS= read -r file; do
      ! is_of_package "$(readlink -f "$file")" || echo "$file"
    done | grep --quiet .
}

# prebuilt KERNEL...: two modules of one name in one folder of depmod's search would be
# one too many, so DKMS's goes; and it is made again when the other one has gone.
prebuilt() {
  for kernel; do
    built=''
    [ -d "$modules/$kernel/kernel" ] || continue
    if [ -e "$parts/dkms.sh" ]; then
      if is_prebuilt "$kernel"; then
        take_back "$kernel"
      elif ! no_autoinstall; then
        build "$kernel" || true
        ! is_in "$kernel" "$built" || continue
      fi
    fi
    ! has_initramfs "$kernel" || update_initramfs "$kernel"
    [ "$kernel" = "$(uname -r)" ] || continue
    if has_module "$kernel"; then
      bind_gpus
      tell_loaded_version "$(modinfo -k "$kernel" --field version "$name")"
    else
      release
    fi
  done
}

# In an upgrade only this package may be new: that of DKMS makes the initramfs of the
# kernels that it builds for.
refresh() {
  tell_overridden
  for kernel in $(kernels); do
    if has_initramfs "$kernel" && has_module "$kernel" && is_prebuilt "$kernel"; then
      update_initramfs "$kernel"
    fi
  done
  if has_module "$(uname -r)"; then
    bind_gpus
  elif on_host; then
    reload || true
  fi
}
