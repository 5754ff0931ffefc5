// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys that modules are signed with: DKMS's, and those that the kernel trusts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/tree.h"
#include "host/keys.h"

#define KEYS_MAX 0x100000
#define FILE_MAX_BYTES 0x10000
#define KEY_ID_MAX 64

/* The configuration is shell; a path without anything that a shell knows is taken from it. */
static void read_certificate(char *path, size_t size, const char *file)
{
	char *text, *start;
	char value[256];

	if (tree_read_all(&text, FILE_MAX_BYTES, "%s", file) > 0 &&
	    text_field(text, "mok_certificate=", value, sizeof(value))) {
		start = value + strspn(value, "\"'");
		start[strcspn(start, "\"'")] = 0;
		if (start[0] == '/' &&
		    strspn(start,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-") ==
			    strlen(start))
			text_put(path, size, start);
	}
	free(text);
}

/* As DKMS reads it: the last one counts; else Ubuntu's, or the usual place. */
char *dkms_certificate(void)
{
	struct tree_names names;
	char path[256] = "";

	read_certificate(path, sizeof(path), "/etc/dkms/framework.conf");
	tree_list(&names, "/etc/dkms/framework.conf.d");
	for (size_t i = 0; i < names.count; i++) {
		const char *suffix = strrchr(names.names[i], '.');
		char *file = text_format("/etc/dkms/framework.conf.d/%s", names.names[i]);

		if (suffix && !strcmp(suffix, ".conf"))
			read_certificate(path, sizeof(path), file);
		free(file);
	}
	tree_names_free(&names);
	if (path[0])
		return text_copy(path);
	return text_copy(tree_exists("/var/lib/shim-signed/mok/MOK.der") ?
				 "/var/lib/shim-signed/mok/MOK.der" :
				 "/var/lib/dkms/mok.pub");
}

/*
 * Subject key identifier of a certificate of that name, in hexadecimal.  RFC 5280, 4.2.1.2, as
 * DER has it: the extension's object identifier, and an octet string with an octet string in it.
 */
static bool read_key_id(char *hex, const char *path, const char *name)
{
	static const unsigned char oid[] = { 0x06, 0x03, 0x55, 0x1d, 0x0e };
	const unsigned char *found = NULL, *end;
	size_t count = 0;
	char *text;
	long length = tree_read_all(&text, FILE_MAX_BYTES, "%s", path);

	if (length > 0 && memmem(text, length, name, strlen(name)))
		found = memmem(text, length, oid, sizeof(oid));
	if (found) {
		end = (const unsigned char *)text + length;
		found += sizeof(oid);
		if (end - found > 4 && found[0] == 0x04 && found[2] == 0x04 &&
		    found[3] <= KEY_ID_MAX / 2 && end - found - 4 >= found[3])
			count = found[3];
		for (size_t i = 0; i < count; i++)
			snprintf(hex + 2 * i, 3, "%02x", found[4 + i]);
	}
	free(text);
	return count;
}

/* Lines of Documentation/security/keys/core.rst: ... type, name, identifier, what it is for. */
int kernel_key_find(const char *name, bool *same_name)
{
	char id[KEY_ID_MAX + 1];
	bool has_id, any = false, found = false;
	char *certificate = dkms_certificate();
	char *keys, *rest, *line;

	has_id = read_key_id(id, certificate, name);
	free(certificate);
	tree_read_all(&keys, KEYS_MAX, "/proc/keys");
	rest = keys;
	*same_name = false;
	while ((line = strsep(&rest, "\n"))) {
		char *key = strstr(line, " asymmetri ");

		if (!key)
			continue;
		any = true;
		key += strlen(" asymmetri ");
		if (strncmp(key, name, strlen(name)) || strncmp(key + strlen(name), ": ", 2))
			continue;
		*same_name = true;
		key += strlen(name) + 2;
		found |= !has_id || (!strncmp(key, id, strlen(id)) && key[strlen(id)] == ':');
	}
	free(keys);
	return any ? found : -1;
}
