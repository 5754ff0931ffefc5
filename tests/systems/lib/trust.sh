# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Systems whose kernel takes only modules signed with a key that the firmware has: as with
# Secure Boot, but told so on the command line, because firmware that checks the kernel
# too would want one booted by a boot loader.

# enrol DISK-NAME CERTIFICATE: into the firmware's list of keys, which the kernel takes as
# trusted.
enrol() {
  rig_step "enrolling a key" root_enter virt-fw-vars --inplace "$SYSTEM_WORK/$1.efi" \
    --add-db 9d6c4ae9-3d1f-4b0e-8a0b-0f3c5a3d7e11 "$2"
}

# make_key: SYSTEM_WORK/rig.key, .pem and .der.
make_key() {
  root_enter openssl req -quiet -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=rig \
    -addext extendedKeyUsage=codeSigning -keyout "$SYSTEM_WORK/rig.key" -out "$SYSTEM_WORK/rig.pem"
  root_enter openssl x509 -in "$SYSTEM_WORK/rig.pem" -outform der -out "$SYSTEM_WORK/rig.der"
}

# sign_gpu: the virtual GPU is a module as well; with that key.
sign_gpu() {
  cp "$(system_gpu_module "$(system_release "$SYSTEM")")" "$SYSTEM_WORK/virtual_gpu.ko"
  root_enter "$(echo "$(kernel_tree "$(system_kernel "$SYSTEM")")"/usr/lib/linux-kbuild-*/scripts/sign-file)" \
    sha256 "$SYSTEM_WORK/rig.key" "$SYSTEM_WORK/rig.der" "$SYSTEM_WORK/virtual_gpu.ko"
  # shellcheck disable=SC2317 # boots call it
  system_gpu_module() {
    printf '%s/virtual_gpu.ko\n' "$SYSTEM_WORK"
  }
}
