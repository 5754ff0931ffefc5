#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is in fleet/ beside the Ansible role, each by the programs that read it: cloud-init does
# all that its user-data says, on the machine of fleet.sh; the steps of the container that KMM
# builds are run, for a kernel of the rig, and what binds the GPUs. Prints TAP. Runs inside the
# rig's root, where the root "fleet" and that kernel have been made.

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

# --- KMM

# objects FILE: as a JSON array.
objects() {
  in_controller python3 -c 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)' <"$1"
}

# of_object FILE KIND EXPRESSION: of the object o of that kind, in Python.
of_object() {
  objects "$1" | python3 -c 'import json, sys; o, = [o for o in json.load(sys.stdin) if o["kind"] == sys.argv[1]]; print(eval(sys.argv[2]))' "$2" "$3"
}

# holds FILE: to the schema.
holds() {
  objects "$1" >"$scratch/objects.json" && python3 "$top/tests/tool/schema.py" "$top/tests/packages/kmm.schema.json" "$scratch/objects.json"
}
tap_check "KMM: the schema finds no fault in the Module" holds "$fleet/kmm/module.yaml"
tap_check "KMM: nor in what binds the GPUs" holds "$fleet/kmm/bind.yaml"
wrong_field() {
  sed 's/inTreeModulesToRemove/inTreeModulesToUnload/' "$fleet/kmm/module.yaml" >"$scratch/wrong" && ! holds "$scratch/wrong"
}
tap_check "KMM: the schema would find one" wrong_field
same_names() {
  local file=$fleet/kmm/module.yaml label
  label=$(of_object "$fleet/kmm/bind.yaml" DaemonSet 'list(o["spec"]["template"]["spec"]["nodeSelector"])[0]') &&
    [ "$label" = "kmm.node.kubernetes.io/$(of_object "$file" Module 'o["metadata"]["namespace"] + "." + o["metadata"]["name"]').ready" ] &&
    [ "$(of_object "$file" ConfigMap 'o["metadata"]["name"]')" = "$(of_object "$file" Module \
      'o["spec"]["moduleLoader"]["container"]["kernelMappings"][0]["build"]["dockerfileConfigMap"]["name"]')" ] &&
    [ "$(of_object "$file" Module 'o["spec"]["moduleLoader"]["container"]["modprobe"]["moduleName"]')" = "$package" ]
}
tap_check "KMM: the objects mean each other" same_names

# The driver is built in a machine that has a kernel's headers, as the Driver Toolkit has.
host=$root
native_make trixie
native_headers trixie
release=$(kernel_release trixie)
cp --recursive "$repo" "$root/srv"

# steps: those of a Dockerfile, a line each.
steps() {
  sed --expression=':more' --expression='/\\$/{N; s/\\\n *//; b more}'
}

# dockerfile_runs: each RUN, in this machine; what comes after the last FROM are copies.
dockerfile_runs() {
  local line
  of_object "$fleet/kmm/module.yaml" ConfigMap 'o["data"]["dockerfile"]' | steps >"$scratch/dockerfile"
  while IFS= read -r line; do
    case $line in
      RUN\ *) native_run env KERNEL_FULL_VERSION="$release" URL=file:///srv/repo VERSION="$version" sh -c "${line#RUN }" </dev/null || return 1 ;;
      ARG\ * | FROM\ * | "COPY --from=builder /opt/lib/modules /opt/lib/modules" | '') ;;
      *) echo "what is '$line'?" && return 1 ;;
    esac
  done <"$scratch/dockerfile"
}
tap_check "KMM: its container is built, from the repository" dockerfile_runs
# As KMM's worker does, whose /lib/modules is the host's.
loads() {
  native_run modprobe --dirname /opt --set-version "$release" --show-depends "$package" | tee "$scratch/loads" &&
    tail --lines=1 "$scratch/loads" | grep --fixed-strings "/opt/lib/modules/$release/updates/$package.ko" &&
    grep "/vfio-pci-core.ko" "$scratch/loads"
}
tap_check "KMM: modprobe finds it there, and what it needs on the host" loads
not_chosen() {
  ! grep --quiet nvgrace "$root/lib/modules/$release/modules.alias"
}
tap_check "KMM: the host's modules.alias does not have it" not_chosen
altered() {
  echo >>"$root/srv/repo/rpm/$package-dkms-$version-1.noarch.rpm" && rpm --root "$root" --erase --nodeps "$package-dkms" || return 1
  ! dockerfile_runs >"$scratch/said" 2>&1 && cat "$scratch/said" && said "does not verify"
}
tap_check "KMM: an altered package is not taken" altered

# binds STATUS: its first container, on a host with these devices.
binds() {
  local status=0
  native_run env IDS="$(of_object "$fleet/kmm/bind.yaml" DaemonSet 'o["spec"]["template"]["spec"]["initContainers"][0]["env"][0]["value"]')" \
    sh -euc "$(of_object "$fleet/kmm/bind.yaml" DaemonSet 'o["spec"]["template"]["spec"]["initContainers"][0]["command"][2]')" >"$scratch/said" 2>&1 || status=$?
  cat "$scratch/said"
  [ "$status" -eq "$1" ]
}
# device BDF ID [DRIVER]
device() {
  local device=$root/sys/bus/pci/devices/$1
  mkdir --parents "$device" "$root/sys/bus/pci/drivers/${3:-none}"
  printf '%s\n' PCI_CLASS=30200 "PCI_ID=$2" "PCI_SLOT_NAME=$1" >"$device/uevent"
  echo "(null)" >"$device/driver_override"
  [ -z "${3:-}" ] || ln --symbolic --force --no-dereference "../../drivers/$3" "$device/driver"
}
device 0009:01:00.0 10DE:2342
device 0019:01:00.0 10DE:2941
device 0029:01:00.0 10DE:2345 nvidia
device 0039:01:00.0 8086:2342
asks() {
  binds 1 && said "0009:01:00.0: its driver is none" && said "0029:01:00.0: its driver is nvidia" && grep --line-regexp 0009:01:00.0 "$root/sys/bus/pci/drivers_probe" &&
    grep --line-regexp nvgrace_gpu_vfio_pci "$root"/sys/bus/pci/devices/*/driver_override >"$scratch/overridden"
  [ "$(grep --count '' "$scratch/overridden")" -eq 1 ] && grep 0009:01:00.0 "$scratch/overridden"
}
tap_check "KMM: the GPU without a driver is given ours, no other device is touched" asks
bound() {
  device 0009:01:00.0 10DE:2342 nvgrace_gpu_vfio_pci && device 0029:01:00.0 10DE:2345 nvgrace_gpu_vfio_pci && binds 0
}
tap_check "KMM: it ends when all have it" bound
root=$host

# --- mkosi

mkosi_says() {
  in_controller mkosi --directory "$fleet/mkosi" --json summary >"$scratch/summary" && python3 - "$scratch/summary" <<'EOP'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    image = json.load(file)["Images"][-1]
said = {name: image[name] for name in ("Distribution", "Release", "Architecture", "Bootable", "OutputFormat") if name in image}
print(said, image["Packages"])
assert (image["Distribution"], image["Release"], image["Architecture"]) == ("debian", "trixie", "arm64")
assert {"linux-headers-arm64", "nvgrace-gpu-vfio-pci-dkms", "nvgrace-gpu-tools"} <= set(image["Packages"])
EOP
}
tap_check "mkosi understands all of it: the image, with our packages" mkosi_says

# --- image mode

# Packages that it installs are those that the project makes.
rpm_names() {
  local name known
  known="$(rpm --query --package --nosignature --queryformat '%{NAME}\n' "$repo"/rpm/*.rpm)"$'\n'"kmod-$package"
  steps <"$1" | sed --quiet 's/.* dnf install --assumeyes \([^&]*\) &&.*/\1/p' | tr ' ' '\n' >"$scratch/names"
  [ -s "$scratch/names" ] || return 1
  while read -r name; do
    grep --quiet --line-regexp --fixed-strings "$name" <<<"$known" || { echo "$name is no package"; return 1; }
  done <"$scratch/names"
}
tap_check "Containerfile: it names our packages" rpm_names "$fleet/bootc/Containerfile"
clean_shell() {
  steps <"$fleet/bootc/Containerfile" | sed --quiet 's/^RUN //p' >"$scratch/steps" && [ -s "$scratch/steps" ] && shellcheck --shell=sh "$scratch/steps"
}
tap_check "Containerfile: shellcheck finds nothing in its steps" clean_shell

tap_done
