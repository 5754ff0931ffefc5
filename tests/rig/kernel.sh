# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels: found in kernels.list, downloaded as Debian packages and unpacked into
# the cache, or built; or added from a folder. Source lib.sh, apt-sources.sh, root.sh, sources.sh,
# kernel-source.sh and kernel-folder.sh first.
#
# In the cache:   kernels.added           what kernels.list is, for those from a folder
#                 kernels/NAME/debs/      the packages
#                 kernels/NAME/tree/      what they contain; complete, or not there
#                 kernels/NAME/tree/.rig-release

# Without these there is no virtual host: its tables, its programs, its console, its driver.
KERNEL_NEEDS=(CONFIG_ACPI_TABLE_UPGRADE CONFIG_BLK_DEV_INITRD CONFIG_SERIAL_AMBA_PL011_CONSOLE CONFIG_MODULES CONFIG_VFIO_PCI)

kernel_lists() {
  cat "$RIG_DIR/kernels.list"
  [ ! -f "$RIG_CACHE/kernels.added" ] || cat "$RIG_CACHE/kernels.added"
}

# kernel_names [yes|long]: all, or those in the default matrix, or in the long one.
# shellcheck disable=SC2120 # the argument is for run-matrix.sh
kernel_names() {
  kernel_lists | awk -v matrix="${1:-}" '
    !/^#/ && NF == 5 && (matrix == "" || $4 == "yes" || (matrix == "long" && $4 == "long")) { print $1 }'
}

# kernel_column NAME COLUMN, or a sentence that lists the known names.
kernel_column() {
  local value
  value=$(kernel_lists | awk -v name="$1" -v column="$2" '!/^#/ && $1 == name { print $column }')
  [ -n "$value" ] ||
    rig_die "there is no kernel '$1'; the known ones are: $(kernel_names | paste --serial --delimiters=' ')"
  printf '%s\n' "$value"
}

# kernel_scenarios NAME yes|long: those it runs unless others are asked for. Source scenario.sh too.
kernel_scenarios() {
  local column words word
  column=$(kernel_column "$1" 5)
  IFS=, read -r -a words <<<"$column"
  for word in "${words[@]}"; do
    case $word in
      all) scenario_names ;;
      long:*) scenario_file "${word#long:}" >/dev/null && printf '%s\n' "$([ "$2" = long ] || echo -)${word#long:}" ;;
      *) scenario_file "${word#-}" >/dev/null && printf '%s\n' "$word" ;;
    esac
  done | awk 'sub(/^-/, "") { without[$0] = 1; next } { names[++n] = $0 } END { for (i = 1; i <= n; i++) if (!(names[i] in without) && !seen[names[i]]++) print names[i] }'
}

kernel_path() {
  printf '%s/kernels/%s\n' "$RIG_CACHE" "$1"
}

kernel_tree() {
  printf '%s/tree\n' "$(kernel_path "$1")"
}

kernel_release() {
  cat "$(kernel_tree "$1")/.rig-release"
}

# What tells one making of a kernel from another: a kernel built again has the same release.
kernel_identity() {
  local stamp=''
  [ ! -f "$(kernel_tree "$1")/.rig-stamp" ] || stamp=-$(sha256sum <"$(kernel_tree "$1")/.rig-stamp" | cut --characters=1-16)
  printf '%s%s\n' "$(kernel_release "$1")" "$stamp"
}

# The headers folder to build modules against, as seen inside the root.
kernel_headers() {
  local tree headers
  tree=$(kernel_tree "$1")
  headers=$(kernel_headers_in "$tree" "$(kernel_release "$1")") || exit 1
  printf '%s\n' "${headers#"$tree"}"
}

# kernel_headers_in TREE RELEASE: where Debian and Ubuntu, RHEL and Fedora, or SUSE put them.
kernel_headers_in() {
  local folder
  for folder in "$1/usr/src/linux-headers-$2" "$1/usr/src/kernels/$2" "$1"/usr/src/linux-*-obj/*/*; do
    if grep --quiet --fixed-strings "\"$2\"" "$folder/include/generated/utsrelease.h" 2>/dev/null; then
      printf '%s\n' "$folder"
      return
    fi
  done
  rig_die "the packages of kernel $2 contain no headers to build modules against, in usr/src/linux-headers-$2, usr/src/kernels/$2 or usr/src/linux-*-obj: unpack those, too"
}

# kernel_lacks NAME NEED...: which of the options are neither y nor m in its configuration, and
# which of the functions are not there for modules.
kernel_lacks() {
  local headers need
  headers=$(kernel_tree "$1")$(kernel_headers "$1")
  shift
  for need; do
    case $need in
      CONFIG_*) grep --quiet "^$need=[ym]\$" "$headers/.config" ;;
      *) grep --quiet --perl-regexp "\t$need\t" "$headers/Module.symvers" ;;
    esac || printf '%s\n' "$need"
  done
}

# kernel_has_selftests NAME: the source package that it was made from has VFIO's, as they are
# since 7.0. Of a kernel from a folder there is no source package.
kernel_has_selftests() {
  local release
  release=$(kernel_release "$1")
  [[ $(kernel_column "$1" 2) != /* ]] && [ "${release%%.*}" -ge 7 ]
}

kernel_fetch() {
  local name=$1 refresh=${2:-no} suite flavour
  suite=$(kernel_column "$name" 2)
  flavour=$(kernel_column "$name" 3)
  root_setup
  rig_lock "kernel-$name"
  case $flavour in
    config:*) kernel_build "$name" "$suite" "${flavour#config:}" "$refresh" ;;
    source:* | packages) kernel_folder_take "$name" "$suite" "$flavour" "$refresh" ;;
    *) kernel_download "$name" "$suite" "$flavour" "$refresh" ;;
  esac
  rig_unlock "kernel-$name"
}

kernel_download() {
  local name=$1 suite=$2 flavour=$3 refresh=$4
  if [ "$refresh" = yes ] || [ ! -f "$(kernel_tree "$name")/.rig-release" ]; then
    rig_need_space 1000 "kernel $name"
    mkdir --parents "$(kernel_path "$name")/debs"
    packages_update "$refresh"
    rig_step "downloading kernel $name" root_enter "$RIG_DIR/fetch-packages.sh" \
      "$(kernel_path "$name")/debs" "$suite" kernel "$flavour"
    rig_step "unpacking kernel $name" kernel_unpack "$name"
  fi
}

# packages_update FORCE: package lists are looked at again after an hour, not at each use.
packages_update() {
  local updated
  updated=$(root_path)/$RIG_LISTS_UPDATED
  rig_lock packages
  root_write_apt "$(root_path)"
  if [ "$1" = yes ] || [ -z "$(find "$updated" -mmin -60 2>/dev/null)" ]; then
    rig_step "updating the package lists" root_enter apt-get --error-on=any update
    touch "$updated"
  fi
  rig_unlock packages
}

kernel_unpack() {
  local path new
  path=$(kernel_path "$1")
  new=$path/tree.new
  rm --recursive --force "$new"
  mkdir "$new"
  while IFS= read -r package; do
    root_enter dpkg-deb --extract "$path/debs/$package" "$new"
  done <"$path/debs/list"
  # Older packages have /lib/modules, newer ones /usr/lib/modules.
  if [ -d "$new/lib/modules" ]; then
    mkdir --parents "$new/usr/lib"
    mv "$new/lib/modules" "$new/usr/lib/modules"
  fi
  kernel_tree_finish "$1"
}

# kernel_tree_finish NAME: tree.new becomes the tree. Made beside, checked, then renamed: an
# interruption leaves no half tree.
kernel_tree_finish() {
  local path new release
  path=$(kernel_path "$1")
  new=$path/tree.new
  release=$(basename "$new"/usr/lib/modules/*)
  kernel_check_tree "$new" "$release"
  # modprobe looks for modules in lib/modules, and needs to know what depends on what
  rm --recursive --force "${new:?}/lib"
  ln --symbolic usr/lib "$new/lib"
  root_enter depmod --basedir "$new" "$release"
  printf '%s\n' "$release" >"$new/.rig-release"
  rm --recursive --force "$path/tree"
  mv "$new" "$path/tree"
}

kernel_check_tree() {
  local tree=$1 release=$2 headers file option
  headers=$(kernel_headers_in "$tree" "$release")
  for file in "$headers/.config" "$headers/Module.symvers" "$headers/scripts/mod/modpost"; do
    [ -e "$file" ] || rig_die "the packages of kernel $release do not contain ${file#"$tree"}, which the rig needs"
  done
  for option in "${KERNEL_NEEDS[@]}"; do
    grep --quiet "^$option=[ym]\$" "$headers/.config" || rig_die "kernel $release is without $option, which every virtual host needs"
  done
  kernel_image_in "$tree" "$release" >/dev/null
}

kernel_image_in() {
  local file
  for file in "$1"/{boot/vmlinuz-"$2",boot/Image-"$2",usr/lib/modules/"$2"/{vmlinuz,Image},lib/modules/"$2"/{vmlinuz,Image}}; do
    if [ -f "$file" ]; then
      printf '%s\n' "$file"
      return
    fi
  done
  rig_die "the packages of kernel $2 contain no kernel image, as boot/vmlinuz-$2 or lib/modules/$2/vmlinuz: unpack that with the image, too"
}

kernel_image() {
  kernel_image_in "$(kernel_tree "$1")" "$(kernel_release "$1")"
}
