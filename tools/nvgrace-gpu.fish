# SPDX-License-Identifier: GPL-2.0-only
#
# fish completion for nvgrace-gpu(8).

set --local commands list status doctor metrics bind unbind qemu libvirt kubevirt nova
set --local none "not __fish_seen_subcommand_from $commands"
set --local moves '__fish_seen_subcommand_from bind unbind'
set --local guest '__fish_seen_subcommand_from qemu libvirt kubevirt nova'

function __nvgrace_gpu_addresses
    nvgrace-gpu list 2>/dev/null | string split --fields 1 ' '
end

complete --command nvgrace-gpu --no-files
complete --command nvgrace-gpu --condition $none --long-option root --require-parameter --arguments '(__fish_complete_directories)' --description 'a recorded tree'
complete --command nvgrace-gpu --condition $none --short-option h --long-option help --description 'what there is'
complete --command nvgrace-gpu --condition $none --short-option V --long-option version --description 'which one this is'
complete --command nvgrace-gpu --condition $none --arguments list --description 'a line for each GPU'
complete --command nvgrace-gpu --condition $none --arguments status --description 'everything about them'
complete --command nvgrace-gpu --condition $none --arguments doctor --description 'what keeps this machine from giving a GPU to a guest'
complete --command nvgrace-gpu --condition $none --arguments metrics --description 'what an operator watches, as OpenMetrics text'
complete --command nvgrace-gpu --condition $none --arguments bind --description 'give GPUs to the driver for guests'
complete --command nvgrace-gpu --condition $none --arguments unbind --description 'take them away from it'
complete --command nvgrace-gpu --condition $none --arguments qemu --description 'a command line of QEMU with these GPUs'
complete --command nvgrace-gpu --condition $none --arguments libvirt --description 'a domain of libvirt with these GPUs'
complete --command nvgrace-gpu --condition $none --arguments kubevirt --description 'what KubeVirt has to be told, and an instance'
complete --command nvgrace-gpu --condition $none --arguments nova --description 'nova.conf and a flavour with these GPUs'

complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from status doctor bind unbind qemu libvirt kubevirt nova' --arguments '(__nvgrace_gpu_addresses)'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from list status doctor' --long-option json --description 'as JSON'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from status' --long-option watch --description 'again and again'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from doctor' --long-option check --exclusive --description 'one check' \
    --arguments 'architecture gpu iommu group firmware vfio module egm trust config loaded next-kernel log readiness users driver policy pages kvm qemu libvirt access memlock'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from metrics' --long-option output --require-parameter --force-files --description 'a file'

complete --command nvgrace-gpu --condition $moves --long-option all --description 'all GPUs there are'
complete --command nvgrace-gpu --condition $moves --long-option to --exclusive --arguments '(path basename /sys/bus/pci/drivers/*)' --description 'another driver'
complete --command nvgrace-gpu --condition $moves --long-option force --description 'against a driver_override of somebody, too'
complete --command nvgrace-gpu --condition $moves --long-option persist --description 'at every boot, too'
complete --command nvgrace-gpu --condition $moves --long-option dry-run --description 'only say what would be done'

complete --command nvgrace-gpu --condition $guest --long-option memory --exclusive --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option cpus --exclusive --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option name --exclusive --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option disk --require-parameter --force-files --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option network --exclusive --arguments user --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option firmware --require-parameter --force-files --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option iommufd --exclusive --arguments 'auto yes no' --description 'whether VFIO uses it'
complete --command nvgrace-gpu --condition $guest --long-option smmu --exclusive --arguments 'auto accel emulated none' --description 'of the guest'
complete --command nvgrace-gpu --condition $guest --long-option hugepages --description 'of the host'
complete --command nvgrace-gpu --condition $guest --long-option explain --description 'why it is as it is, instead'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from kubevirt' --long-option claim --exclusive --description 'the volume of the guest'
complete --command nvgrace-gpu --condition '__fish_seen_subcommand_from kubevirt' --long-option release --exclusive --description 'of KubeVirt'
