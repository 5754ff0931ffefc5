#compdef nvgrace-gpu
# SPDX-License-Identifier: GPL-2.0-only
#
# zsh completion for nvgrace-gpu(8).

_nvgrace_gpu_addresses() {
  local -a gpus
  gpus=(${(f)"$(nvgrace-gpu list 2>/dev/null | cut -d ' ' -f 1)"})
  compadd -a gpus
}

_nvgrace_gpu_drivers() {
  local -a drivers
  drivers=(/sys/bus/pci/drivers/*(N:t))
  compadd -a drivers
}

_nvgrace_gpu() {
  local context state state_descr line
  local -A opt_args
  local -a commands moves guest
  commands=(
    'list:a line for each GPU'
    'status:everything about them'
    'doctor:what keeps this machine from giving a GPU to a guest'
    'metrics:what an operator watches, as OpenMetrics text'
    'bind:give GPUs to the driver for guests'
    'unbind:take them away from it'
    'qemu:a command line of QEMU with these GPUs'
    'libvirt:a domain of libvirt with these GPUs'
    'kubevirt:what KubeVirt has to be told, and an instance'
    'nova:nova.conf and a flavour with these GPUs'
  )
  moves=(
    '--all[all GPUs there are]'
    '--to=[another driver]:driver:_nvgrace_gpu_drivers'
    '--force[against a driver_override of somebody, too]'
    '--persist[at every boot, too]'
    '--dry-run[only say what would be done]'
  )
  guest=(
    '--memory=[of the guest]:size:'
    '--cpus=[of the guest]:number:'
    '--name=[of the guest]:name:'
    '--disk=[of the guest]:file:_files'
    '--network=[of the guest]:network:(user)'
    '--firmware=[of the guest]:file:_files'
    '--iommufd=[whether VFIO uses it]:choice:(auto yes no)'
    '--smmu=[of the guest]:choice:(auto accel emulated none)'
    '--hugepages[of the host]'
    '--explain[why it is as it is, instead]'
  )

  _arguments -C \
    '--root=[a recorded tree]:folder:_directories' \
    '(- *)'{-h,--help}'[what there is]' \
    '(- *)'{-V,--version}'[which one this is]' \
    '1:command:->command' \
    '*:: :->rest' && return

  case $state in
    command)
      _describe command commands
      ;;
    rest)
      case $words[1] in
        list) _arguments '--json[as JSON]' ;;
        status) _arguments '(--watch)--json[as JSON]' '(--json)--watch=-[again and again]::seconds:' '*:GPU:_nvgrace_gpu_addresses' ;;
        doctor) _arguments '--json[as JSON]' \
          '--check=[one check]:check:(architecture gpu iommu group firmware vfio module egm trust config loaded next-kernel log readiness users driver policy pages kvm qemu libvirt access memlock)' \
          '*:GPU:_nvgrace_gpu_addresses' ;;
        metrics) _arguments '--output=[a file]:file:_files' ;;
        bind | unbind) _arguments $moves '*:GPU:_nvgrace_gpu_addresses' ;;
        qemu | libvirt | nova) _arguments $guest '*:GPU:_nvgrace_gpu_addresses' ;;
        kubevirt) _arguments $guest '--claim=[the volume of the guest]:name:' '--release=[of KubeVirt]:version:' \
          '*:GPU:_nvgrace_gpu_addresses' ;;
      esac
      ;;
  esac
}

_nvgrace_gpu "$@"
