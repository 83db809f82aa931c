/* SPDX-License-Identifier: MIT */
/*
 * names.h - names and numbers of users and groups, each looked up once.
 */
#ifndef IPCLAB_NAMES_H
#define IPCLAB_NAMES_H

#include <sys/types.h>

/* The name, or the number in digits where there is no name. The string stays valid until the
 * program ends. */
const char *names_user(uid_t uid);
const char *names_group(gid_t gid);

/* Parses a name or a number, 0..UINT32_MAX-1. Returns NULL, or the rule that TEXT breaks. */
const char *names_parse_user(const char *text, uid_t *uid);

/* Parses OWNER, OWNER:GROUP or :GROUP; an omitted part becomes -1, as for chown(2). */
const char *names_parse_owner(const char *text, uid_t *uid, gid_t *gid);

#endif
