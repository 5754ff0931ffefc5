#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Feature probes of src/compat/ against small made-up kernel header trees: what
# each must see, and what it must not take for it. Prints TAP.

set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source-path=SCRIPTDIR/..
. "$top/tests/tap.sh"

compat=$top/src/compat
scratch=$(mktemp --directory)
trap 'rm --recursive --force "$scratch"' EXIT
tree=$scratch/tree
declare -A tested=()

probe() {
  sh "$compat/probe.sh" "$tree" "$tree" "$@"
}

refuses() {
  ! "$@"
}

features() {
  awk '!/^#/ && NF { print $1 }' "$compat/features.tbl"
}

new_tree() {
  rm --recursive --force "$tree"
  mkdir --parents "$tree/include/linux"
}

# expect yes|no FEATURE FILE WHAT: with what is on stdin in FILE, and nothing else.
expect() {
  local answer=$1 feature=$2 file=$3 what=$4
  new_tree
  cat >"$tree/$file"
  tested[$answer $feature]=1
  tap_check "D7 $feature: $answer for $what" answers "$answer" "$feature"
}

answers() {
  local answer=$1 feature=$2 found
  found=$(probe) || return 1
  case " $found " in
    *" $feature "*) [ "$answer" = yes ] || { echo "found: $found" && return 1; } ;;
    *) [ "$answer" = no ] || { echo "found: $found" && return 1; } ;;
  esac
}

# both FEATURE FILE: the first part of stdin, up to a line "--", has it, the rest does not.
both() {
  local feature=$1 file=$2 text
  text=$(cat)
  expect yes "$feature" "$file" "its declaration" <<<"${text%%$'\n--\n'*}"
  expect no "$feature" "$file" "what is only like it" <<<"${text#*$'\n--\n'}"
}

vfio=include/linux/vfio.h
vfio_pci_core=include/linux/vfio_pci_core.h
mm=include/linux/mm.h
huge_mm=include/linux/huge_mm.h
memory_failure=include/linux/memory-failure.h

both GET_REGION_INFO_CAPS $vfio <<'END'
	int	(*get_region_info_caps)(struct vfio_device *vdev,
					struct vfio_region_info *info,
					struct vfio_info_cap *caps);
--
/* get_region_info_caps */
	long	(*ioctl)(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
int vfio_get_region_info_caps(struct vfio_device *vdev);
END

both MATCH_TOKEN_UUID $vfio <<'END'
	int	(*match_token_uuid)(struct vfio_device *vdev, const uuid_t *uuid);
--
	int	(*match)(struct vfio_device *vdev, char *buf);
int vfio_pci_core_match_token_uuid(struct vfio_device *core_vdev, const uuid_t *uuid);
END

both IOMMUFD_OPS $vfio <<'END'
	int	(*bind_iommufd)(struct vfio_device *vdev,
				struct iommufd_ctx *ictx, u32 *out_device_id);
--
	void	(*unbind_iommufd)(struct vfio_device *vdev);
int vfio_iommufd_physical_bind(struct vfio_device *vdev);
END

both IOMMUFD_DETACH $vfio <<'END'
	void	(*detach_ioas)(struct vfio_device *vdev);
--
	int     (*attach_ioas)(struct vfio_device *vdev, u32 *pt_id);
	void	(*pasid_detach_ioas)(struct vfio_device *vdev, u32 pasid);
END

both IOMMUFD_PASID $vfio <<'END'
	int	(*pasid_attach_ioas)(struct vfio_device *vdev, u32 pasid,
				     u32 *pt_id);
--
	int     (*attach_ioas)(struct vfio_device *vdev, u32 *pt_id);
	struct ida pasids;
END

both VFIO_DEVICE_INODE $vfio <<'END'
struct vfio_device {
	struct inode *inode;
};
--
struct vfio_device {
	struct inode *other_inode;
	struct dentry *inode;
};
END
expect yes VFIO_DEVICE_INODE $vfio "a declaration over two lines" <<'END'
	struct inode
		*inode;
END

both VFIO_PCI_VMA_LIST $vfio_pci_core <<'END'
	struct mutex		vma_lock;
	struct list_head	vma_list;
	struct rw_semaphore	memory_lock;
--
	struct list_head	ioeventfds_list;
	struct rw_semaphore	memory_lock;
END
expect yes VFIO_PCI_VMA_LIST $vfio_pci_core "a declaration over two lines" <<'END'
	struct list_head
				vma_list;
END

both VFIO_PCI_OPS $vfio_pci_core <<'END'
struct vfio_pci_device_ops {
	int (*get_dmabuf_phys)(struct vfio_pci_core_device *vdev,
			       struct p2pdma_provider **provider);
};
--
struct vfio_pci_regops {
	void	(*release)(struct vfio_pci_core_device *vdev);
};
END

both VFIO_PCI_GET_IOMAP $vfio_pci_core <<'END'
static inline void __iomem __must_check *
vfio_pci_core_get_iomap(struct vfio_pci_core_device *vdev, unsigned int bar)
--
int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *vdev, int bar);
END

both VFIO_PCI_SETUP_BARMAP Module.symvers <<'END'
0x00000000	vfio_pci_core_setup_barmap	drivers/vfio/pci/vfio-pci-core	EXPORT_SYMBOL_GPL
--
0x00000000	vfio_pci_core_setup_barmap_all	drivers/vfio/pci/vfio-pci-core	EXPORT_SYMBOL_GPL
0x00000000	pci_core	vfio_pci_core_setup_barmap	EXPORT_SYMBOL_GPL
0x00000000	my_vfio_pci_core_setup_barmap	drivers/vfio/pci/vfio-pci-core	EXPORT_SYMBOL_GPL
END
expect no VFIO_PCI_SETUP_BARMAP $vfio_pci_core "a declaration, and no Module.symvers" <<'END'
int vfio_pci_core_setup_barmap(struct vfio_pci_core_device *vdev, int bar);
END

both VM_FLAGS_SET $mm <<'END'
static inline void vm_flags_set(struct vm_area_struct *vma,
				vm_flags_t flags)
--
/* vm_flags_set: see there */
	unsigned long vm_flags_settings;
END

both VM_ALLOW_ANY_UNCACHED $mm <<'END'
#define VM_ALLOW_ANY_UNCACHED		BIT(VM_ALLOW_ANY_UNCACHED_BIT)
--
#define VM_ALLOW_ANY		BIT(39)
END

both RELEASE_FAULT_LOCK $mm <<'END'
static inline void release_fault_lock(struct vm_fault *vmf)
--
static inline void release_fault(struct vm_fault *vmf)
END

both PFN_ADDRESS_SPACE $memory_failure <<'END'
	int (*pfn_to_vma_pgoff)(struct vm_area_struct *vma,
				unsigned long pfn, pgoff_t *pgoff);
--
/* pfn_to_vma_pgoff */
int register_pfn_address_space(struct pfn_address_space *pfn_space);
END

both PFNMAP_PFN_T $huge_mm <<'END'
vm_fault_t vmf_insert_pfn_pmd(struct vm_fault *vmf, pfn_t pfn, bool write);
--
vm_fault_t vmf_insert_pfn_pmd(struct vm_fault *vmf, unsigned long pfn,
			      bool write);
int other(pfn_t pfn);
END
expect yes PFNMAP_PFN_T $huge_mm "a declaration over three lines" <<'END'
vm_fault_t vmf_insert_pfn_pmd(struct vm_fault *vmf,
			      pfn_t pfn,
			      bool write);
END

# A new feature has to be added here, too.
all_tested() {
  local feature answer missing=0
  for feature in $(features); do
    for answer in yes no; do
      [ -n "${tested[$answer $feature]:-}" ] || { echo "no test that says $answer to $feature" && missing=1; }
    done
  done
  return "$missing"
}
tap_check "D7 every feature of features.tbl is tested both ways" all_tested

# prints EXPECTED PROBE-ARGUMENTS...
prints() {
  local expected=$1 got
  shift
  got=$(probe "$@") || return 1
  [ "$got" = "$expected" ] || { printf 'expected: %s\ngot: %s\n' "$expected" "$got" && return 1; }
}

new_tree
tap_check "D7 nothing is found in an empty tree" prints ""
rm --recursive "$tree"
tap_check "D7 a kernel that is not there is an error" refuses probe

new_tree
printf '\tstruct inode *inode;\n\tint (*match_token_uuid)(void);\n' >"$tree/$vfio"
printf 'void vm_flags_set(void);\n' >"$tree/$mm"
tap_check "D7 what is found is printed on one line, in the table's order" \
  prints "MATCH_TOKEN_UUID VFIO_DEVICE_INODE VM_FLAGS_SET"

report_names_all() {
  local report
  report=$(probe --report) || return 1
  diff <(awk '{ print $1 }' <<<"$report") <(features) &&
    diff <(awk '$2 == "yes" { print $1 }' <<<"$report") <(probe | tr ' ' '\n') &&
    [ "$(awk '$2 != "yes" && $2 != "no"' <<<"$report")" = "" ]
}
tap_check "D7 the report has a yes or no for each feature" report_names_all

# Sources and build products of a kernel are two trees in Debian.
objects=$scratch/objects
mkdir "$objects"
printf '0x0\tvfio_pci_core_setup_barmap\tdrivers/vfio\tEXPORT_SYMBOL_GPL\t\n' >"$objects/Module.symvers"
two_trees() {
  [ "$(sh "$compat/probe.sh" "$tree" "$objects")" = "MATCH_TOKEN_UUID VFIO_DEVICE_INODE VFIO_PCI_SETUP_BARMAP VM_FLAGS_SET" ]
}
tap_check "D7 headers are looked for in one tree, symbols in the other" two_trees

# All that modules are built with is one folder, which knows the other.
printf 'include %s/Makefile\n' "$tree" >"$objects/Makefile"
one_folder() {
  [ "$(sh "$compat/probe.sh" "$objects")" = "$(sh "$compat/probe.sh" "$tree" "$objects")" ]
}
tap_check "D7 the headers are found from the folder with the symbols" one_folder

tap_check "D7 no arguments are an error" refuses sh "$compat/probe.sh"
tap_check "D7 three trees are an error" refuses sh "$compat/probe.sh" "$tree" "$tree" "$tree"
tap_check "D7 a folder that is no kernel is an error" refuses sh "$compat/probe.sh" "$scratch"
cp "$compat/probe.sh" "$scratch"
tap_check "D7 a missing table is an error, not a kernel without features" \
  refuses sh "$scratch/probe.sh" "$tree" "$tree"

tap_done
