# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernel's own VFIO selftests, built from the source package of the kernel that they
# are to run on. Source lib.sh, root.sh, kernel.sh, sources.sh and build.sh first.
#
# In the cache: sources/selftests-RELEASE   their source, for kernel RELEASE
#               build/NAME/selftests        the programs

# What they are built from. Their library has drivers of other devices, which share headers
# with those of the kernel.
SELFTESTS_PARTS=(
  tools/testing/selftests/vfio
  tools/testing/selftests/lib.mk
  tools/testing/selftests/kselftest.h
  tools/testing/selftests/kselftest_harness.h
  tools/include
  tools/arch/arm64/include
  scripts/subarch.include
  include/linux/pci_ids.h
  include/uapi/linux/vfio.h
  include/uapi/linux/iommufd.h
  drivers/net/ethernet/intel/igb
)

selftests_path() {
  printf '%s/selftests\n' "$(build_path "$1")"
}

# selftests_build NAME
selftests_build() {
  local name=$1 source stamp
  kernel_fetch "$name"
  source=selftests-$(kernel_release "$name")
  sources_fetch_parts "$source" "$(kernel_column "$name" 2)" "${SELFTESTS_PARTS[@]}"
  rig_lock "build-$name"
  stamp=$source-$(cd "$RIG_TOP" && rig_hash tests/rig/selftests/{build.sh,host.c,uuid} tests/rig/tools.list)
  if [ "$(cat "$(build_path "$name")/selftests.stamp" 2>/dev/null)" != "$stamp" ]; then
    rig_step "building the VFIO selftests of kernel $name" selftests_compile "$name" "$source"
    printf '%s\n' "$stamp" >"$(build_path "$name")/selftests.stamp"
  fi
  rig_unlock "build-$name"
}

selftests_compile() {
  local folder
  folder=$(selftests_path "$1")
  rm --recursive --force "$folder"
  mkdir --parents "$folder"
  root_enter "$RIG_DIR/selftests/build.sh" "$(sources_path "$2")" "$folder"
}

# selftests_install NAME FOLDER: what a host needs to run them.
selftests_install() {
  mkdir --parents "$2"
  cp "$(selftests_path "$1")"/*_test "$RIG_DIR"/selftests/{expected.list,expected.awk,judge.awk} "$2/"
}
