# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A domain of libvirt that the tool printed, made fit for this host. Source guests.sh first.
# shellcheck disable=SC2154 # it has what is not set here

domain=nvgrace-guest

# What to boot, a kernel that the firmware would not trust, and two serial ports.
complete() {
  local boot="<firmware><feature enabled='no' name='secure-boot'/></firmware>"
  boot+="<kernel>$guest_kernel</kernel><initrd>$guest_initrd</initrd><cmdline>$guest_arguments</cmdline>"
  virsh undefine --nvram "$domain"
  smaller </tmp/guest.xml | sed "s,^  </os>,$boot&,
    s,^    <console type='pty'/>,<serial type='pty'/><serial type='pipe'><source path='$port'/></serial>," >/tmp/complete.xml
  virsh define --validate /tmp/complete.xml
}

start_domain() {
  guide "virsh start" || return
  copy_console <"$(virsh ttyconsole "$domain" | head --lines=1)" >/dev/null 2>&1 &
}
