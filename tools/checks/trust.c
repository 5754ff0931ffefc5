// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check of the module's signature: does the kernel want one, and trust the key?
 */
#include <stdlib.h>
#include <string.h>

#include "base/tree.h"
#include "checks/diagnosis.h"
#include "host/keys.h"
#include "host/module.h"

/* The mode in brackets. */
static void read_lockdown(char *mode, size_t size)
{
	char text[128];
	char *start;

	mode[0] = 0;
	if (tree_line(text, sizeof(text), "/sys/kernel/security/lockdown"))
		return;
	start = strchr(text, '[');
	if (!start)
		return;
	start[strcspn(start, "]")] = 0;
	text_put(mode, size, start + 1);
}

/* UEFI specification, 3.3: the vendor of its own variables. */
#define EFI_VARIABLES "/sys/firmware/efi/efivars"
#define EFI_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* Attributes, then the value. */
static bool secure_boot(void)
{
	char variable[8];
	long length = tree_read(variable, sizeof(variable), EFI_VARIABLES "/SecureBoot-%s",
				EFI_GLOBAL);

	return length == 5 && variable[4] == 1;
}

/* The tools for keys, which DKMS does without if they are not there. */
static char *fix_tools(const struct host *host)
{
	char *install, *fix;

	if (tree_exists("/usr/bin/openssl") && tree_exists("/usr/bin/mokutil"))
		return text_copy("");
	install = distribution_install(&host->distribution, "openssl mokutil",
				       "openssl and mokutil");
	fix = text_format("%s\n", install);
	free(install);
	return fix;
}

/* Has DKMS sign the module, which it does when it builds, and the kernel trust its key. */
static char *fix_trust(const struct host *host, bool is_signed)
{
	char *tools = fix_tools(host);
	char *file = dkms_certificate();
	char *sign = text_copy("");
	char version[32];
	char *fix;

	if (!is_signed && module_package_version(version, sizeof(version))) {
		free(sign);
		sign = text_format("dkms build --force " GPU_MODULE "/%s -k %s\n"
				   "dkms install --force " GPU_MODULE "/%s -k %s\n",
				   version, host->release, version, host->release);
	}
	fix = text_format("%s%smokutil --import %s\nreboot\n# choose \"Enroll MOK\" on the console",
			  tools, sign, file);
	free(tools);
	free(file);
	free(sign);
	return fix;
}

static void add_unsigned(struct diagnosis *diagnosis, const char *reason)
{
	struct finding *finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
						"%s, and the module is not signed", reason);
	finding->code = "not-signed";

	finding->why = "the kernel refuses to load the module";
	finding->fix = fix_trust(&diagnosis->host, false);
}

static void add_signed(struct diagnosis *diagnosis, const struct module *module,
		       const char *reason)
{
	struct finding *finding;
	bool same_name = false;
	int trusted = kernel_key_find(module->signer, &same_name);

	if (trusted > 0) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s, and it trusts the key: %s", reason,
			      module->signer);
	} else if (trusted < 0) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "%s; its keys can be seen by root only",
			      reason)->code = "keys-unseen";
	} else {
		finding = diagnosis_add(diagnosis, VERDICT_PROBLEM,
					"%s, and the kernel does not trust the key that signed the module: %s%s",
					reason, module->signer,
					same_name ?
					"; the one of that name that it trusts is another" : "");
		finding->code = "key-not-trusted";
		finding->why = "the kernel refuses to load the module";
		finding->fix = fix_trust(&diagnosis->host, true);
	}
}

void check_trust(struct diagnosis *diagnosis)
{
	char mode[32], enforce[4] = "";
	struct module module;
	const char *reason;

	read_lockdown(mode, sizeof(mode));
	tree_line(enforce, sizeof(enforce), "/sys/module/module/parameters/sig_enforce");
	if (mode[0] && strcmp(mode, "none"))
		reason = secure_boot() ? "Secure Boot is on and the kernel is locked down" :
					 "the kernel is locked down";
	else if (enforce[0] == 'Y')
		reason = "the kernel takes only modules whose key it trusts";
	else
		reason = NULL;

	if (!reason) {
		diagnosis_add(diagnosis, VERDICT_OK, "the kernel takes modules of any key");
	} else if (module_find(&module, diagnosis->host.release, GPU_MODULE)) {
		diagnosis_add(diagnosis, VERDICT_UNKNOWN, "%s, and there is no module to look at",
			      reason)->code = "no-module";
	} else if (module_is_loaded(GPU_DRIVER) || !module.path[0]) {
		diagnosis_add(diagnosis, VERDICT_OK, "%s, and it has taken the module", reason);
	} else if (!module.signer[0]) {
		add_unsigned(diagnosis, reason);
	} else {
		add_signed(diagnosis, &module, reason);
	}
}
