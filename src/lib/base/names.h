/*
 * names.h - users and groups by number and by name, each looked up once.
 */
#ifndef IPCLAB_NAMES_H
#define IPCLAB_NAMES_H

#include <sys/types.h>

/* The name, or the number in digits where there is no name. The string stays valid to the program's
 * end. */
const char *names_user(uid_t uid);
const char *names_group(gid_t gid);

/* A name or a number to its id. Return NULL, or the rule that TEXT broke. */
const char *names_parse_user(const char *text, uid_t *uid);

/* OWNER, OWNER:GROUP or :GROUP; what is not given becomes -1, as for chown(2). */
const char *names_parse_owner(const char *text, uid_t *uid, gid_t *gid);

#endif
