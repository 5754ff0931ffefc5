#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is in fleet/ beside the Ansible role, each by the programs that read it: cloud-init does
# all that its user-data says, on the machine of fleet.sh. Prints TAP. Runs inside the rig's
# root, where the root "fleet" has been made.

# What a recorded tree is changed by runs where the tree is made.
# shellcheck disable=SC2031
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/packages.sh"
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/native.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fake.sh"
# shellcheck source-path=SCRIPTDIR
. "$top/tests/packages/fleet-hosts.sh"

fleet_make
fleet=$top/fleet
repo=$scratch/out/repo

# at_this_site FILE: as a site changes it.
at_this_site() {
  sed "s,https://packages.example/gpu,file:///srv/repo,; s,\<VERSION\>,$version,; /^ *-----END PGP/d
    /^\( *\)-----BEGIN PGP/{
      r $scratch/key
      d
    }" "$1"
}
sed 's/^/        /' "$repo/$package.asc" >"$scratch/key"

# --- cloud-init

user_data=$scratch/user-data
at_this_site "$fleet/cloud-init/user-data" >"$user_data"
stand_in linux-headers-arm64
(cd "$root/srv/archive" && apt-ftparchive packages . >Packages)

# says_what FILE: the schema of cloud-init finds no fault in it.
says_what() {
  cp "$1" "$controller/tmp/user-data"
  in_controller cloud-init schema --config-file /tmp/user-data
}
tap_check "cloud-init's schema finds no fault in the user-data" says_what "$fleet/cloud-init/user-data"
tap_check "nor when a site has changed it" says_what "$user_data"
wrong_key() {
  sed 's/^runcmd:/runcmds:/' "$user_data" >"$scratch/wrong" && ! says_what "$scratch/wrong"
}
tap_check "the schema would find one" wrong_key

# The stages of a boot, with the modules that the user-data is about.
cat >"$root/etc/cloud/cloud.cfg" <<EOC
datasource_list: [NoCloud]
network: {config: disabled}
cloud_init_modules: [write_files]
cloud_config_modules: [apt_configure, runcmd]
cloud_final_modules: [package_update_upgrade_install, scripts_user, power_state_change]
apt: {preserve_sources_list: true}
system_info: {distro: debian}
EOC
rm --force --recursive "$root/etc/cloud/cloud.cfg.d"

# first_boot [fails]: what it says is kept for said. The last stage leaves behind who waits for its end.
first_boot() {
  local seed=$root/var/lib/cloud/seed/nocloud stage try
  rm --force --recursive "$root"/srv/ran.* "$root/run/cloud-init" "$root/var/lib/cloud"
  mkdir --parents "$seed"
  cp "$user_data" "$seed"
  echo "instance-id: one" >"$seed/meta-data"
  for stage in "init --local" init "modules --mode=config" "modules --mode=final"; do
    # shellcheck disable=SC2086 # words
    says cloud-init $stage || [ "${1:-}" = fails ] || return 1
  done
  for ((try = 0; try < 300; try++)); do
    ! grep 'condition \(not \)\?met' "$scratch/said" || return 0
    sleep 0.1
  done
  echo "whether to reboot was not asked"
  return 1
}

# shellcheck disable=SC2016 # expanded there
program "$root/usr/sbin/shutdown" 'echo "$*" >>/srv/ran.reboot'
reboots() {
  local try
  for ((try = 0; try < 100; try++)); do
    ! grep --line-regexp -e '-r now' "$root/srv/ran.reboot" || return 0
    sleep 0.1
  done
  return 1
}
before_boot() { nvidia_has "$GPU" 3; }
doctors_host now before_boot
whole_boot() {
  first_boot && ran_package nvgrace-gpu-tools && ran_package linux-headers-arm64 && has_module "$running" && reboots
}
tap_check "a host's first boot: repository, packages, module, and a reboot where doctor has found a problem" whole_boot
one_rule() {
  native_run udevadm verify --no-style /etc/udev/rules.d/60-nvgrace-gpu.rules && grep '^SUBSYSTEM.*NVGRACE_GPU_BIND' "$root/etc/udev/rules.d/60-nvgrace-gpu.rules"
}
tap_check "udev takes the rule that it has written" one_rule
doctors_host now :
all_well() { first_boot && said "exited 1. condition not met" && ran reboot 0; }
tap_check "no reboot where all is well" all_well
native_run dpkg --remove nvgrace-gpu-tools >/dev/null
sed --in-place 's/ nvgrace-gpu-tools$/ nvgrace-gpu-no-tools/' "$user_data"
no_doctor() { first_boot fails && said "Unable to locate package nvgrace-gpu-no-tools" && said "exited 1. condition not met" && ran reboot 0; }
tap_check "no reboot where nothing could be installed" no_doctor

tap_done
