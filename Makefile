# SPDX-License-Identifier: GPL-2.0-only
#
# What people type. The module itself is described in src/Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build

# What the kernel calls itself; kernelrelease is another thing in some of Debian's headers.
release = sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' $(KDIR)/include/generated/utsrelease.h

.PHONY: help modules features install uninstall clean demo test test-long coverage check
.DEFAULT_GOAL := modules

# `make modules KEY=…`: signed, in a package for that kernel; else here, to be used here.
# A KEY in the environment may be for anything.
ifneq ($(and $(filter modules,$(MAKECMDGOALS)),$(findstring command,$(origin KEY))),)
modules: dist
	@KDIR="$(KDIR)" KEY="$(KEY)" CERT="$(CERT)" FORMAT="$(FORMAT)" OUT="$(OUT)" scripts/make-modules.sh
else
# One target a call: kbuild of 7.x does not stand two.
modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src modules
endif

# What the driver found that this kernel can do, also where it stops at something.
features:
	-$(MAKE) -C $(KDIR) M=$(CURDIR)/src modules
	cat src/features.txt

# Into updates/, which wins over a module of the same name that came with the kernel.
install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(INSTALL_MOD_PATH),--basedir "$(INSTALL_MOD_PATH)") "$$($(release))"

uninstall:
	rm --force "$(INSTALL_MOD_PATH)/lib/modules/$$($(release))"/updates/nvgrace-gpu-vfio-pci.ko*
	depmod $(if $(INSTALL_MOD_PATH),--basedir "$(INSTALL_MOD_PATH)") "$$($(release))"

# All files of a package on the host, into DESTDIR; DKMS builds the module from its source.
version := $(shell cat VERSION)
source_files = $(filter-out %.mod.c,$(wildcard src/*.[ch] src/compat/*.[ch])) \
	src/Kbuild $(addprefix src/compat/,Kbuild.include probe.sh probe.awk)

# Debian's, after DKMS's own and before those that make an initramfs. Links: no program of
# ours is left there as an administrator's.
kernel_hooks = /etc/kernel/postinst.d /etc/kernel/header_postinst.d

.PHONY: install-host uninstall-host
install-host:
	for file in dkms.conf VERSION $(source_files); do \
		install -D --mode=644 $$file "$(DESTDIR)/usr/src/nvgrace-gpu-vfio-pci-$(version)/$$file" || exit; done
	install -D --mode=644 udev/65-nvgrace-gpu-vfio-pci.rules --target-directory="$(DESTDIR)/usr/lib/udev/rules.d"
	install -D --mode=644 udev/nvgrace-gpu-vfio-pci.conf --target-directory="$(DESTDIR)/usr/lib/modprobe.d"
	install -D --mode=644 udev/nvgrace-gpu-vfio-pci.service udev/nvgrace-gpu-vfio-pci@.service \
		--target-directory="$(DESTDIR)/usr/lib/systemd/system"
	install --directory "$(DESTDIR)/usr/lib/systemd/system/sysinit.target.wants"
	ln --symbolic --force ../nvgrace-gpu-vfio-pci.service --target-directory="$(DESTDIR)/usr/lib/systemd/system/sysinit.target.wants"
	install -D --mode=755 scripts/setup/package-setup scripts/kernel-hook scripts/explain-unbound \
		--target-directory="$(DESTDIR)/usr/libexec/nvgrace-gpu-vfio-pci"
	install -D --mode=644 scripts/setup/*.sh --target-directory="$(DESTDIR)/usr/share/nvgrace-gpu-vfio-pci"
	for folder in $(kernel_hooks); do install --directory "$(DESTDIR)$$folder" && \
		ln --symbolic --force /usr/libexec/nvgrace-gpu-vfio-pci/kernel-hook "$(DESTDIR)$$folder/dkms-nvgrace-gpu-vfio-pci" || exit; done
	install --directory "$(DESTDIR)/usr/lib/kernel/install.d"
	ln --symbolic --force ../../../libexec/nvgrace-gpu-vfio-pci/kernel-hook \
		"$(DESTDIR)/usr/lib/kernel/install.d/45-nvgrace-gpu-vfio-pci.install"
	install -D --mode=755 scripts/initramfs-tools-hook "$(DESTDIR)/usr/share/initramfs-tools/hooks/nvgrace-gpu-vfio-pci"
	install -D --mode=755 scripts/dracut-module-setup.sh \
		"$(DESTDIR)/usr/lib/dracut/modules.d/90nvgrace-gpu-vfio-pci/module-setup.sh"
	install -D --mode=644 udev/nvgrace-gpu-vfio-pci.metainfo.xml --target-directory="$(DESTDIR)/usr/share/metainfo"
	install -D --mode=644 docs/nvgrace-gpu-vfio-pci.4 --target-directory="$(DESTDIR)/usr/share/man/man4"

# remove_what TARGET: what it installs, which only that target knows: it is run once more,
# to somewhere else, to see. Of the folders, those of our name if they are empty then.
remove_what = staged=$$(mktemp --directory) && trap 'rm --recursive "$$staged"' EXIT && \
	$(MAKE) --silent $(1) DESTDIR="$$staged" && cd "$$staged" && \
	find . ! -type d -printf '%P\0' | (cd "$(DESTDIR)/" && xargs --null rm --force) && \
	find . -depth -type d -path '*nvgrace-gpu-*' -printf '%P\0' | \
		(cd "$(DESTDIR)/" && xargs --null --no-run-if-empty rmdir --ignore-fail-on-non-empty 2>/dev/null || true)

uninstall-host:
	$(call remove_what,install-host)

# The tool, for this machine or for CC's.
.PHONY: tools install-tools uninstall-tools
tools:
	$(MAKE) --directory=tools

install-tools:
	$(MAKE) --directory=tools install DESTDIR="$(DESTDIR)"

uninstall-tools:
	$(call remove_what,install-tools)

# Tarball, packages from it, repositories of them; a release makes its own.
OUT ?= dist

.PHONY: dist deb rpm repo release needs
deb rpm: dist
# All that is missing for all that is to be made, at once.
dist deb rpm repo release: needs
needs:
	@scripts/needs.sh $(MAKECMDGOALS)

dist deb rpm repo release:
	@OUT="$(OUT)" KEY="$(KEY)" URL="$(URL)" scripts/make-$@.sh

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR)/src clean

demo:
	@tests/rig/demo.sh

check:
	@tests/check.sh

test:
	@tests/run-all.sh

test-long:
	@tests/run-long.sh

coverage:
	@tests/run-coverage.sh

# The table that was made last becomes the one in docs/ and the README.
.PHONY: bench bench-record
bench:
	@tests/run-bench.sh

bench-record:
	@tests/bench/record.sh

# What the matrix found last becomes a part of the table in docs/kernels.md.
.PHONY: kernels-record
kernels-record:
	@tests/rig/record-kernels.sh

help:
	@echo 'make            build the module for the running kernel'
	@echo 'make features   build it, and say what it found that this kernel can do'
	@echo 'make install    build and install it (root)'
	@echo 'make uninstall  remove it again (root)'
	@echo 'make tools      build the tool nvgrace-gpu'
	@echo 'make install-tools  install it (root)'
	@echo 'make uninstall-tools  remove it again (root)'
	@echo 'make clean      remove what was built'
	@echo 'make dist       source tarball'
	@echo 'make deb        Debian packages, from the tarball'
	@echo 'make rpm        RPM packages, from the tarball'
	@echo 'make modules KEY=…  the module for KDIR, signed, in a package for that kernel'
	@echo 'make repo KEY=… signed repositories for apt and dnf, from the packages in OUT'
	@echo 'make release KEY=…  tarball and packages, built twice, with signed checksums and a list of all files'
	@echo 'make demo       see it work on a virtual Grace Hopper (root; Debian)'
	@echo 'make check      quick tests: no root, no virtual machine'
	@echo 'make test       all tests, on every kernel (root; Debian)'
	@echo 'make test-long  what test leaves out for time: more kernels and systems, hours of fuzzing (root; Debian)'
	@echo 'make coverage   which lines of src/ and tools/ the tests run, and why not the others (root; Debian)'
	@echo 'make bench      measure this driver and the in-kernel one, side by side (root; Debian)'
	@echo 'make bench-record  put what it measured into docs/bench.md and the README'
	@echo 'make kernels-record  put what test found on each kernel into docs/kernels.md'
	@echo ''
	@echo 'KDIR=folder       headers of another kernel to build for; with modules KEY=… of several'
	@echo 'KEY=file, CERT=file  for modules: key that signs them, and its certificate if that is not in KEY'
	@echo 'OUT=folder        where tarball, packages and repositories go (dist)'
	@echo 'KEY=key, URL=url  GPG key that signs a repository or release; where OUT/repo will be served'
	@echo 'RIG_CACHE=folder  where demo, test and bench keep what they download and build (.cache)'
	@echo 'BENCH_KERNELS=…   kernels that bench measures on (trixie trixie-backports bookworm)'
	@echo 'RIG_JOBS=N        virtual machines that test runs at once (as many as the cores take)'
	@echo ''
	@echo 'tests/rig/rig help tells more about the virtual Grace Hopper.'
