#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Which kernel doctor takes for the next: what GRUB's menu and settings, and systemd-boot's, say.
# What they do not tell is unknown. Prints TAP.
#
# next-kernel.sh TOOL: the tool, built with sanitizers.

# shellcheck disable=SC2016 # words of GRUB's

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

# kernels RELEASE...: installed, besides the one that runs.
kernels() {
  local release
  for release; do
    modules_install "$release"
  done
}
new=6.19.1-arm64
newest=6.19.10-arm64
three_kernels() { kernels "$new" "$newest"; }

# entry TITLE ID RELEASE: of GRUB's menu.
entry() {
  printf "menuentry '%s' --class gnu-linux --class os \$menuentry_id_option '%s' {\n" "$1" "$2"
  printf "\tif [ x\$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n\techo\t'Loading Linux %s ...'\n" "$3"
  printf '\tlinux\t/boot/vmlinuz-%s root=UUID=1234 ro quiet\n\tinitrd\t/boot/initrd.img-%s\n}\n' "$3" "$3"
}
# submenu RELEASE...: with an entry for each, and one for recovery.
submenu() {
  local release
  echo "submenu 'Advanced options for Debian GNU/Linux' \$menuentry_id_option 'gnulinux-advanced-1234' {"
  for release; do
    entry "Debian GNU/Linux, with Linux $release" "gnulinux-$release-advanced-1234" "$release" | sed 's/^/\t/'
    entry "Debian GNU/Linux, with Linux $release (recovery mode)" "gnulinux-$release-recovery-1234" "$release" | sed 's/^/\t/'
  done
  echo "}"
}
# menu DEFAULT [LINE...]: grub.cfg as update-grub writes it, with LINES before the first entry.
menu() {
  local default=$1
  shift
  mkdir --parents "$tree/boot/grub"
  {
    printf '%s\n' 'if [ -s $prefix/grubenv ]; then' '  set have_grubenv=true' '  load_env' 'fi' \
      'if [ "${next_entry}" ] ; then' '   set default="${next_entry}"' '   set next_entry=' '   save_env next_entry' 'else' \
      "   set default=\"$default\"" 'fi' 'function savedefault {' '  if [ -z "${boot_once}" ]; then' '    saved_entry="${chosen}"' '  fi' '}' "$@"
    entry 'Debian GNU/Linux' gnulinux-simple-1234 "$newest"
    submenu "$newest" "$new" "$RELEASE"
    printf '%s\n' 'if [ "$grub_platform" = "efi" ]; then' "menuentry 'UEFI Firmware Settings' \$menuentry_id_option 'uefi-firmware' {" '  fwsetup' '}' 'fi'
    entry 'Own' own "$new"
  } >"$tree/boot/grub/grub.cfg"
}
# grubenv LINE...
grubenv() { put boot/grub/grubenv "$(printf '# GRUB Environment Block\n'; printf '%s\n' "$@")"; }
settings() { put etc/default/grub "$(printf '%s\n' "$@")"; }

# next RELEASE; unknown DEFAULT
next() {
  run 0 doctor --check next-kernel || return 1
  if [ "$1" = "$RELEASE" ]; then
    says "ok         Next kernel: kernel $RELEASE runs, and boots next"
  else
    says "ok         Next kernel: kernel $1: version 0.1.0"
  fi
}
unknown() {
  run 0 doctor --check next-kernel && says "unknown    Next kernel: which kernel boots next cannot be told from the boot loader's default, \"$1\"" &&
    run 0 metrics && says "next_kernel=\"\"" && ! grep next_kernel_has_module "$scratch/out"
}

# --- GRUB's menu

# of DEFAULT: three kernels, and a menu with this default.
of() { three_kernels; menu "$1"; }
menu_cases() {
  local name default expected
  while IFS='|' read -r name default expected; do
    tree_new state
    of "$default"
    if [ "$expected" = unknown ]; then
      tap_check "GRUB's menu: $name" unknown "$default"
    else
      tap_check "GRUB's menu: $name" next "$expected"
    fi
  done <<END
the first entry|0|$newest
an entry of a submenu|1>2|$new
another one of it|1>4|$RELEASE
a submenu, and none of its entries|1|unknown
there is no such entry|1>9|unknown
there is no such submenu|7>0|unknown
an entry is no submenu|0>0|unknown
an entry that is there only sometimes|2|unknown
an entry behind one that is there only sometimes|3|unknown
the same, by its id|own|$new
the same, by its title|Own|$new
an entry of a submenu, by titles|Advanced options for Debian GNU/Linux>Debian GNU/Linux, with Linux $new|$new
the same, by ids|gnulinux-advanced-1234>gnulinux-$RELEASE-advanced-1234|$RELEASE
by title and number|Advanced options for Debian GNU/Linux>0|$newest
an entry of a submenu, without that|gnulinux-$new-advanced-1234|unknown
what is put together when it boots|\${other}|unknown
END
}
menu_cases
sometimes() { three_kernels; menu 0 'if [ "$x" = 1 ]; then' "menuentry 'Other' {" '}' 'fi'; }
check "GRUB's menu: the first entry is there only sometimes" sometimes unknown 0
# A line with blanks at its end, and one that is longer than any that matters, too.
loop() { three_kernels; menu 0 'for x in 1 2; do' '  true   ' 'done' "# $(printf 'x%.0s' {1..1000})"; }
check "GRUB's menu: a loop before the first entry" loop next "$newest"
long_path() { of 0; sed --in-place "s,/boot/vmlinuz-,/$(printf 'x%.0s' {1..300})-," "$tree/boot/grub/grub.cfg"; }
check "GRUB's menu: a kernel's path that is too long" long_path unknown 0
sourced() { three_kernels; menu 0 'source ${config_directory}/own.cfg'; }
check "GRUB's menu: another file may have the first entry" sourced unknown 0
other_first() { three_kernels; menu 0 "menuentry 'Other' {" 'chainloader /other.efi' '}'; }
check "GRUB's menu: the first entry is no Linux" other_first unknown 0
not_installed() { of 0; rm --recursive "$tree/lib/modules/$newest"; }
check "GRUB's menu: its kernel is not installed" not_installed unknown 0
cut_off() { of '1>4'; sed --in-place '/^submenu/,$d' "$tree/boot/grub/grub.cfg"; }
check "GRUB's menu: it ends early" cut_off unknown '1>4'
# What update-grub has not been told yet counts when it has.
settings_newer() { of 0; settings 'GRUB_DEFAULT="1>4"'; }
check "GRUB's menu: the settings are newer" settings_newer next "$newest"
saved() { of "\${saved_entry}"; grubenv 'saved_entry=1>2'; }
check "GRUB's menu: a saved entry" saved next "$new"
none_saved() { of "\${saved_entry}"; grubenv 'saved_entry='; }
check "GRUB's menu: no entry is saved" none_saved next "$newest"
no_grubenv() { of "\${saved_entry}"; }
check "GRUB's menu: there is no environment" no_grubenv next "$newest"
once() { saved; grubenv 'saved_entry=1>2' 'next_entry=1>4'; }
check "GRUB's menu: for the next boot alone" once next "$RELEASE"
only_one() { menu '1>9'; sed --in-place "s/$newest\|$new/$RELEASE/" "$tree/boot/grub/grub.cfg"; }
check "GRUB's menu: only one kernel is installed" only_one next "$RELEASE"
bls() { three_kernels; put boot/grub2/grub.cfg $'set default="${saved_entry}"\ninsmod blscfg\nblscfg'; put boot/grub2/grubenv "saved_entry=$1"; }
bls_named() { bls "0123-$new"; }
check "GRUB's entries are files: a saved entry" bls_named next "$new"
bls_first() { bls ""; }
check "GRUB's entries are files: none is saved" bls_first next "$newest"
bls_number() { bls 1; }
check "GRUB's entries are files: a number" bls_number unknown 1

# --- GRUB's settings, where the menu cannot be read

zero() { three_kernels; settings 'GRUB_DEFAULT=0 # the first'; }
check "GRUB's settings: the first entry" zero next "$newest"
number() { three_kernels; settings 'GRUB_DEFAULT="1>2"'; }
check "GRUB's settings: a number" number unknown "1>2"
twice() { three_kernels; settings 'GRUB_DEFAULT=0' 'GRUB_DEFAULT="1>2"'; }
check "GRUB's settings: the last line counts" twice unknown "1>2"
number_saved() { three_kernels; settings 'GRUB_DEFAULT=saved'; grubenv 'saved_entry=2'; }
check "GRUB's settings: a number is saved" number_saved unknown 2
nothing_saved() { three_kernels; settings "GRUB_DEFAULT='saved'"; grubenv ''; }
check "GRUB's settings: nothing is saved" nothing_saved next "$newest"
title() { three_kernels; settings 'GRUB_DEFAULT="Debian GNU/Linux"'; }
check "GRUB's settings: a title without a release" title unknown "Debian GNU/Linux"
longer() { three_kernels; settings "GRUB_DEFAULT='gnulinux-advanced-1>gnulinux-$new-64k-advanced-1'"; }
check "GRUB's settings: a release that is not installed, and begins as another" longer unknown "gnulinux-advanced-1>gnulinux-$new-64k-advanced-1"
two_names() { three_kernels; settings "GRUB_DEFAULT='Linux $new, or Linux $newest'"; }
check "GRUB's settings: of two releases in a name, the longer" two_names next "$newest"
by_id() { three_kernels; settings "GRUB_DEFAULT='gnulinux-advanced-1>gnulinux-$new-advanced-1'"; }
check "GRUB's settings: an id" by_id next "$new"
top_level() { three_kernels; settings 'GRUB_DEFAULT=0' "GRUB_TOP_LEVEL=/boot/vmlinuz-$new"; }
check "GRUB's settings: which kernel comes first" top_level next "$new"

flavours() {
  kernels 6.20.0-1002-nvidia 6.20.0-1003-nvidia 6.20.0-1001-nvidia-64k 6.20.0-50-generic
  put etc/os-release $'ID=ubuntu\nVERSION_ID="26.04"'
  settings GRUB_DEFAULT=0 "$@"
}
by_version() { flavours; }
check "GRUB's settings: flavours of Ubuntu, without an order" by_version next 6.20.0-1003-nvidia
by_order() { flavours 'GRUB_FLAVOUR_ORDER="lowlatency nvidia-64k nvidia"'; }
check "GRUB's settings: flavours of Ubuntu, in order" by_order next 6.20.0-1001-nvidia-64k
newest_of_first() { flavours 'GRUB_FLAVOUR_ORDER=nvidia'; kernels 6.21.0-1-generic; }
check "GRUB's settings: the newest of the first flavour" newest_of_first next 6.20.0-1003-nvidia
none_of_them() { flavours 'GRUB_FLAVOUR_ORDER=lowlatency'; }
check "GRUB's settings: no kernel of these flavours" none_of_them next 6.20.0-1003-nvidia
debian() { flavours 'GRUB_FLAVOUR_ORDER=generic'; put etc/os-release ID=debian; }
check "GRUB's settings: Debian's has no order of flavours" debian next 6.20.0-1003-nvidia

# --- systemd-boot

loader_conf() { three_kernels; put etc/machine-id 0123456789abcdef0123456789abcdef; put boot/loader/loader.conf "default $1"; }
loader_all() { loader_conf '0123456789abcdef0123456789abcdef-*'; }
check "systemd-boot: all entries of this machine" loader_all next "$newest"
loader_tries() { loader_conf "0123-$new+2-1.conf"; }
check "systemd-boot: an entry with tries left" loader_tries next "$new"
loader_other() { loader_conf auto-windows; }
check "systemd-boot: what is no kernel" loader_other unknown auto-windows
loader_saved() { loader_conf '@saved'; }
check "systemd-boot: what was booted last" loader_saved unknown @saved
# info TEXT: what the boot loader says that it is.
info() {
  mkdir --parents "$tree/sys/firmware/efi/efivars"
  { printf '\6\0\0\0'; printf '%s\0' "$1" | iconv --from-code=ascii --to-code=utf-16le; } >"$tree/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
}
left_behind() { loader_conf "0123-$new.conf"; menu 0; info 'systemd-boot 257.9-1'; }
check "systemd-boot: GRUB has left its menu" left_behind next "$new"
grub_it_is() { loader_conf "0123-$new.conf"; menu '1>4'; info 'GRUB 2.12'; }
check "GRUB: systemd-boot has left its settings" grub_it_is next "$RELEASE"

tap_done
