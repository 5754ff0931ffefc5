/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GRUB's menu, grub.cfg: which kernel an entry boots.  What is in it depends on conditions that
 * only GRUB knows: where that matters, nothing is told.
 */
#ifndef GRUB_MENU_H
#define GRUB_MENU_H

#include <stdbool.h>
#include <stddef.h>

/* The default that it has when nothing is chosen for one boot: "0" if it sets none. */
void grub_menu_default(const char *menu, char *entry, size_t size);

/* Whether the entries are files of their own, /boot/loader/entries. */
bool grub_menu_is_bls(const char *menu);

/*
 * The release in the name of the kernel that an entry boots: a number, a title or an id, behind
 * those of the submenus that it is in, with ">" between them.  Whether that can be told.
 */
bool grub_menu_release(const char *menu, const char *entry, char *release, size_t size);

#endif /* GRUB_MENU_H */
