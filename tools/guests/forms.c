// SPDX-License-Identifier: GPL-2.0-only
/*
 * The forms that a plan is printed in, and how much of it each has words for.
 */
#include <string.h>

#include "base/array.h"
#include "guests/guest.h"

/* Those that KubeVirt makes the whole guest for, by their id. */
static const __u32 kubevirt_known[] = { 0x2342, 0x2348, 0x2941 };

static bool is_known(const struct gpu *gpu)
{
	for (size_t i = 0; i < ARRAY_SIZE(kubevirt_known); i++) {
		if (gpu->pci.device == kubevirt_known[i])
			return true;
	}
	return false;
}

static size_t count_known(const struct gpus *gpus)
{
	size_t known = 0;

	for (size_t i = 0; i < gpus->count; i++)
		known += is_known(&gpus->gpus[i]);
	return known;
}

static void plan_kubevirt(struct guest *guest, const struct gpus *gpus)
{
	bool since = text_version_since(guest->options->release, 1, 9);
	size_t known = count_known(gpus);
	bool all = since && known == gpus->count;

	guest->words = (struct guest_words){
		.name = "KubeVirt", .placement = all || guest->options->hugepages,
		.nodes = all, .window = all, .iommufd = all, .accel = all,
		.reason = !since ? "KubeVirt has it from 1.9 on" :
			"KubeVirt has it for GPUs with ids 2342, 2348 and 2941",
	};
	if (since && known && !all)
		guest_refuse(guest, "KubeVirt makes another guest for GPUs with ids 2342, 2348 and 2941 than for others: one guest cannot have both");
}

/* As Kubernetes has them. */
static void check_name(struct guest *guest, const char *option, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	if (length && (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") < length ||
		       strchr(".-", name[0]) || strchr(".-", name[length - 1])))
		guest_refuse(guest, "--%s %s: small letters and digits, with . and - between them, are wanted",
			     option, name);
}

static void check_options(struct guest *guest)
{
	const struct guest_options *options = guest->options;
	bool kubevirt = options->form == FORM_KUBEVIRT;
	const char *name = guest->words.name;

	if (options->claim && !kubevirt)
		guest_refuse(guest, "--claim is an option of kubevirt");
	if (options->release_given && !kubevirt)
		guest_refuse(guest, "--release is an option of kubevirt");
	if (options->form == FORM_QEMU || options->form == FORM_LIBVIRT)
		return;
	if (kubevirt) {
		check_name(guest, "name", options->name);
		check_name(guest, "claim", options->claim);
	}
	if (options->firmware)
		guest_refuse(guest, "--firmware: %s chooses the firmware", name);
	if (options->disk && kubevirt)
		guest_refuse(guest, "--disk: a guest of KubeVirt has a claim of a volume: --claim NAME");
	if (options->disk)
		guest_refuse(guest, "--disk: a guest of Nova has an image: openstack server create --image");
	if (options->network && !kubevirt)
		guest_refuse(guest, "--network: openstack server create --network");
	else if (options->network && strcmp(options->network, "user"))
		guest_refuse(guest, "--network: a guest of KubeVirt has the network of its pod: --network user");
}

void guest_plan_words(struct guest *guest, const struct gpus *gpus)
{
	static const struct guest_words all = {
		.name = "QEMU", .placement = true, .nodes = true, .window = true, .iommufd = true,
		.accel = true, .emulated = true,
	};

	guest->words = all;
	if (guest->options->form == FORM_LIBVIRT)
		guest->words.name = "libvirt";
	else if (guest->options->form == FORM_NOVA)
		guest->words = (struct guest_words){
			.name = "Nova", .placement = true, .reason = "Nova cannot say it",
		};
	else if (guest->options->form == FORM_KUBEVIRT)
		plan_kubevirt(guest, gpus);
	check_options(guest);
}

bool guest_kubevirt_knows(const struct guest *guest)
{
	return guest->options->form == FORM_KUBEVIRT && guest->words.accel;
}

void guest_unsaid(const struct guest *guest, void (*tell)(const char *sentence))
{
	bool kubevirt = guest->options->form == FORM_KUBEVIRT;

	if (!kubevirt && guest->options->form != FORM_NOVA)
		return;
	tell(kubevirt ? "which GPUs of the product are the guest's is up to the device plugin" :
			"which GPUs of the product are the guest's is up to Nova");
	tell("ras=on cannot be said: the guest is not told of errors of its memory");
	if (!guest->words.nodes)
		tell("no NUMA nodes are made for the memory of the GPUs: the guest's GPU driver may fail without them");
	if (!guest->words.window)
		tell("the PCI window has the 512 GiB that QEMU has without being told, which all BARs fit into");
	if (!guest->words.accel)
		tell("the guest has neither iommufd nor an accelerated SMMU, nor root buses for its GPUs: its GPU driver gets no ATS and no PASID");
	if (!guest->words.placement && guest->cells[0].host_node >= 0)
		tell("KubeVirt does not keep the guest's memory near its GPUs unless with --hugepages");
	if (guest->words.accel && guest->cells[0].host_node >= 0)
		tell("KubeVirt divides processors and memory among the nodes by the processors that the kubelet gives the guest");
}
