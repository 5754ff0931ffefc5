// SPDX-License-Identifier: GPL-2.0-only
/* Config space, as a guest's driver or a hostile one writes it. */
#include "tap.h"
#include "vmm.h"

#define CONFIG_SIZE 4096

static unsigned int random_register(struct rng *rng)
{
	const unsigned int known[] = {
		PCI_COMMAND, PCI_BASE_ADDRESS_0, PCI_BASE_ADDRESS_2, PCI_BASE_ADDRESS_4,
		PCI_ROM_ADDRESS, PCI_INTERRUPT_LINE, vmm.pm + PCI_PM_CTRL, vmm.msi,
		vmm.msi + PCI_MSI_FLAGS, vmm.msi + PCI_MSI_ADDRESS_LO, vmm.express,
		vmm.express + PCI_EXP_DEVCTL, vmm.express + PCI_EXP_LNKCTL,
		vmm.express + PCI_EXP_DEVCTL2, 0x100,
	};

	if (rng_chance(rng, 30))
		return rng_size(rng, CONFIG_SIZE);
	return RNG_PICK(rng, known) + rng_below(rng, 4);
}

long vmm_config_read(struct lane *lane)
{
	return vfio_read(&vmm.dev, CONFIG, random_register(&lane->rng),
			 arena_pointer(&lane->rng), 1 + rng_size(&lane->rng, 300));
}

/* Values as likely as not to turn something off or on. */
long vmm_config_write(struct lane *lane)
{
	static const u64 values[] = { 0, ~0ULL, 1, 2, 6, 0x406, 0x8000, 0xffffffff };
	u64 value = rng_chance(&lane->rng, 50) ? rng_next(&lane->rng) :
						 RNG_PICK(&lane->rng, values);
	unsigned int at = random_register(&lane->rng);

	if (rng_chance(&lane->rng, 10))
		return vfio_write(&vmm.dev, CONFIG, at, arena_pointer(&lane->rng),
				  1 + rng_size(&lane->rng, 300));
	return vfio_write(&vmm.dev, CONFIG, at, &value, 1 << rng_below(&lane->rng, 4));
}

static long change(unsigned int at, u16 clear, u16 set)
{
	u16 value = 0;
	long ret = vfio_read(&vmm.dev, CONFIG, at, &value, 2);

	if (ret != 2)
		return ret;
	value = (value & ~clear) | set;
	return vfio_write(&vmm.dev, CONFIG, at, &value, 2);
}

long vmm_config_flr([[maybe_unused]] struct lane *lane)
{
	if (!vmm.express)
		return 0;
	return change(vmm.express + PCI_EXP_DEVCTL, 0, PCI_EXP_DEVCTL_BCR_FLR);
}

long vmm_config_power(struct lane *lane)
{
	if (!vmm.pm)
		return 0;
	return change(vmm.pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK, rng_below(&lane->rng, 4));
}

/* All that writes to config space may have taken away, so that accesses get through, too. */
long vmm_config_wake([[maybe_unused]] struct lane *lane)
{
	if (vmm.pm)
		change(vmm.pm + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK, 0);
	return change(PCI_COMMAND, 0, PCI_COMMAND_MEMORY);
}
