# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Kernels from a folder that the rig only reads: a kernel's source, or unpacked packages of
# any distribution. Source lib.sh, root.sh, kernel.sh and kernel-source.sh first.
#
# In the cache: kernels.added   those there are, with the columns of kernels.list: the suite is
#                               the folder, the flavour source:CONFIG or packages

kernel_added_list() {
  printf '%s/kernels.added\n' "$RIG_CACHE"
}

# kernel_added NAME: its line, or nothing.
kernel_added() {
  [ ! -f "$(kernel_added_list)" ] || awk -v name="$1" '$1 == name' "$(kernel_added_list)"
}

# kernel_folder_kind FOLDER: source or packages.
kernel_folder_kind() {
  if [ -f "$1/Makefile" ] && [ -f "$1/init/main.c" ] && [ -d "$1/arch/arm64" ]; then
    echo source
  elif [ -n "$(kernel_folder_releases "$1")" ]; then
    echo packages
  else
    rig_die "$1 is no kernel: it has neither Makefile, init/main.c and arch/arm64, as a kernel's source, nor lib/modules/RELEASE, as unpacked packages"
  fi
}

# kernel_folder_releases FOLDER: of the kernels whose packages are there.
kernel_folder_releases() {
  find "$1/lib/modules" "$1/usr/lib/modules" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' 2>/dev/null | sort --unique
}

kernel_folder_release() {
  local releases
  releases=$(kernel_folder_releases "$1" | paste --serial --delimiters=' ')
  [[ $releases != *' '* ]] ||
    rig_die "$1 has packages of several kernels ($releases): unpack those of one into a folder of their own"
  printf '%s\n' "$releases"
}

# kernel_folder_version FOLDER: as make kernelversion prints it.
kernel_folder_version() {
  awk '$2 == "=" && /^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) / { value[$1] = $3 }
    END { print value["VERSION"] "." value["PATCHLEVEL"] "." value["SUBLEVEL"] value["EXTRAVERSION"] }' "$1/Makefile"
}

# kernel_folder_name FOLDER CONFIG: what to call a kernel whose name does not matter.
kernel_folder_name() {
  local kind
  kind=$(kernel_folder_kind "$1") || exit 1
  if [ "$kind" = packages ]; then
    kernel_folder_release "$1"
  else
    printf '%s-%s\n' "$(kernel_folder_version "$1")" "${2:-4k}"
  fi
}

# kernel_configs: those that a kernel's source can have.
kernel_configs() {
  find "$RIG_DIR/kernel-config" -name '*.config' ! -name base.config ! -name older.config ! -name system.config -printf '%f\n' |
    sed 's/\.config$//' | sort
  echo own
}

# kernel_folder_flavour FOLDER CONFIG, or a sentence on what it lacks. CONFIG may be empty.
kernel_folder_flavour() {
  local folder=$1 config=${2:-4k} kind release
  kind=$(kernel_folder_kind "$folder") || exit 1
  if [ "$kind" = packages ]; then
    [ -z "$2" ] || rig_die "$folder has packages of a kernel, which has its configuration: leave out --config"
    release=$(kernel_folder_release "$folder") || exit 1
    kernel_image_in "$folder" "$release" >/dev/null
    kernel_headers_in "$folder" "$release" >/dev/null
    echo packages
    return
  fi
  grep --quiet --line-regexp --fixed-strings -e "$config" <<<"$(kernel_configs)" ||
    rig_die "there is no configuration '$config'; the known ones are: $(kernel_configs | paste --serial --delimiters=' ')"
  [ "$config" != own ] || [ -f "$folder/.config" ] ||
    rig_die "$folder has no .config of its own: make one there, or leave out --config own"
  printf 'source:%s\n' "$config"
}

# kernel_add NAME FOLDER CONFIG: from now on NAME is the kernel in FOLDER. CONFIG may be empty.
kernel_add() {
  local name=$1 folder=$2 config=$3 flavour line added
  rig_need_root
  rig_need_cache
  [[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._+-]{0,40}$ ]] ||
    rig_die "'$name' cannot be the name of a kernel: use letters, digits and . _ + -, at most 41"
  ! awk '!/^#/ { print $1 }' "$RIG_DIR/kernels.list" | grep --quiet --line-regexp --fixed-strings -e "$name" ||
    rig_die "kernels.list has a kernel '$name': give this one another name"
  [ -d "$folder" ] || rig_die "there is no folder $folder"
  folder=$(realpath "$folder")
  [[ $folder != *[[:space:]]* ]] || rig_die "kbuild cannot work with a space in a path, as in '$folder': rename the folder"
  flavour=$(kernel_folder_flavour "$folder" "$config")
  line="$name $folder $flavour no all"
  rig_lock kernels
  added=$(kernel_added "$name")
  [ -z "$added" ] || [ "$added" = "$line" ] ||
    rig_die "there is a kernel '$name', of $(awk '{ print $2 " (" $3 ")" }' <<<"$added"): give this one another name, or forget that one with rig kernel-remove $name"
  [ -n "$added" ] || printf '%s\n' "$line" >>"$(kernel_added_list)"
  rig_unlock kernels
}

# kernel_remove NAME: forgets it, and what was made from it.
kernel_remove() {
  local name=$1 list
  rig_need_root
  rig_need_cache
  kernel_column "$name" 1 >/dev/null
  [ -n "$(kernel_added "$name")" ] ||
    rig_die "kernel '$name' is one of kernels.list: only one that was added can be removed"
  list=$(kernel_added_list)
  rig_lock "kernel-$name"
  rig_lock "build-$name"
  rm --recursive --force "$(kernel_path "$name")" "$RIG_CACHE/build/$name"
  rig_lock kernels
  awk -v name="$name" '$1 != name' "$list" >"$list.new"
  mv "$list.new" "$list"
  rig_unlock kernels
}

# kernel_folder_stamp FOLDER FLAVOUR: what such a kernel is made from, by names and times, which
# takes a second.
kernel_folder_stamp() {
  local folder=$1 flavour=$2 which=(-name '*')
  [ "$flavour" = packages ] || which=(-name '*.[chS]' -o -name 'Kconfig*' -o -name 'Makefile*' -o -name 'Kbuild*')
  [ "$flavour" != source:own ] || which+=(-o -path "$folder/.config")
  printf '%s %s %s %s\n' "$folder" "$flavour" \
    "$(find "$folder" -name .git -prune -o -type f \( "${which[@]}" \) -printf '%P %T@ %s\n' | sort | sha256sum | cut --delimiter=' ' --fields=1)" \
    "$([ "$flavour" = packages ] || kernel_build_stamp "$(kernel_folder_how "$flavour")" "${flavour#source:}")"
}

# kernel_folder_how FLAVOUR: see compile-kernel.sh.
kernel_folder_how() {
  if [ "$1" = source:own ]; then echo own; else echo known; fi
}

# kernel_folder_take NAME FOLDER FLAVOUR REFRESH: makes it unless it is there as it has to be.
kernel_folder_take() {
  local name=$1 folder=$2 flavour=$3 refresh=$4 stamp
  if [ ! -d "$folder" ]; then
    [ "$refresh" = no ] && [ -f "$(kernel_tree "$name")/.rig-release" ] && return
    rig_die "the folder of kernel $name, $folder, is not there: bring it back, or forget the kernel with rig kernel-remove $name"
  fi
  stamp=$(kernel_folder_stamp "$folder" "$flavour")
  if [ "$refresh" = no ] && kernel_stamp_is "$name" "$stamp"; then
    return
  fi
  # It may have changed since it was added.
  kernel_folder_flavour "$folder" "$([ "$flavour" = packages ] || echo "${flavour#source:}")" >/dev/null
  if [ "$flavour" = packages ]; then
    rig_need_space 2000 "kernel $name"
    rig_step "copying kernel $name" kernel_folder_packages "$name" "$folder" "$stamp"
  else
    kernel_build_from "$name" "$stamp" "$(kernel_folder_how "$flavour")" "${flavour#source:}" \
      kernel_folder_source "$folder" "$flavour"
  fi
}

# kernel_folder_source FOLDER FLAVOUR COPY: without what another build left there. A
# configuration of its own may need any file.
kernel_folder_source() {
  local folder=$1 flavour=$2 copy=$3 unused=()
  [ "$flavour" = source:own ] || unused=("${KERNEL_SOURCE_UNUSED[@]/#/--exclude=}")
  tar --create --directory="$folder" --exclude=./.git --exclude='*.o' --exclude='*.ko' "${unused[@]}" . |
    tar --extract --no-same-owner --directory="$copy"
  if [ -e "$copy/.config" ] || [ -e "$copy/include/config" ] || [ -e "$copy/arch/arm64/include/generated" ]; then
    [ "$flavour" != source:own ] || cp "$copy/.config" "$copy.config"
    root_enter make --directory="$copy" ARCH=arm64 mrproper
    [ "$flavour" != source:own ] || mv "$copy.config" "$copy/.config"
  fi
}

# kernel_folder_packages NAME FOLDER STAMP: what the rig needs of them.
kernel_folder_packages() {
  local name=$1 folder=$2 stamp=$3 new release part
  new=$(kernel_path "$name")/tree.new
  release=$(kernel_folder_release "$folder")
  rm --recursive --force "$new"
  mkdir --parents "$new/usr/lib/modules/$release" "$new/boot"
  for part in "$folder"/{boot/vmlinuz-"$release",boot/Image-"$release"}; do
    [ ! -f "$part" ] || cp "$part" "$new/boot/"
  done
  for part in "$folder"/{lib,usr/lib}/modules/"$release"; do
    [ ! -d "$part" ] || cp --recursive --no-target-directory "$part" "$new/usr/lib/modules/$release"
  done
  rm --force "$new/usr/lib/modules/$release"/{build,source}
  # Debian's depmod reads xz and zstd only.
  find "$new/usr/lib/modules" -name '*.ko.gz' -exec gzip --decompress --force {} +
  cp --recursive "$folder/usr/src" "$new/usr/"
  for part in "$folder"/usr/lib/linux-kbuild-*; do
    [ ! -d "$part" ] || cp --recursive "$part" "$new/usr/lib/"
  done
  kernel_folder_programs "$new"
  printf '%s\n' "$stamp" >"$new/.rig-stamp"
  kernel_tree_finish "$name"
}

# kernel_folder_programs TREE: what the headers have for builds on arm64 runs in QEMU here.
kernel_folder_programs() {
  local file
  while IFS= read -r file; do
    # an ELF file, for machine 0xb7
    [ "$(od --address-radix=n --format=x1 --read-bytes=20 "$file" | tr --delete ' \n' | cut --characters=1-8,37-40)" = 7f454c46b700 ] || continue
    mv "$file" "$file.arm64"
    # shellcheck disable=SC2016 # expanded when it runs
    printf '#!/bin/sh\nexec qemu-aarch64 "$0.arm64" "$@"\n' >"$file"
    chmod 755 "$file"
  done < <(find "$1"/usr/src "$1"/usr/lib/linux-kbuild-* -type f -perm /100 2>/dev/null)
}

# kernel_try FOLDER NAME CONFIG: all that there is to know of a kernel. NAME and CONFIG may be
# empty.
kernel_try() {
  local folder=$1 name=$2 config=$3
  [ -d "$folder" ] || rig_die "there is no folder $folder"
  [ -n "$name" ] || name=$(kernel_folder_name "$folder" "$config")
  kernel_add "$name" "$folder" "$config"
  kernel_fetch "$name"
  printf 'features of %s:\n' "$name"
  build_features "$name" | sed 's/^/  /'
  exec "$RIG_TOP/tests/run-matrix.sh" --kernel "$name"
}
