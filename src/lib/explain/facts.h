/* SPDX-License-Identifier: MIT */
/*
 * facts.h - what the explainers of several kinds of object report: owners and permissions, and the
 * limits of the system. E is the explanation that they add to.
 */
#ifndef IPCLAB_EXPLAIN_FACTS_H
#define IPCLAB_EXPLAIN_FACTS_H

#include "lib/explain/explanation.h"

#include <stdint.h>
#include <sys/types.h>

/* Append to the reason, or to the hint. */
void explain_reason(struct explanation *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void explain_hint(struct explanation *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "64 KiB"; valid until the next call but one. */
const char *explain_size(uint64_t bytes);

/* An object, its owner, its creator and the mode that grants access to them and to others. */
struct object_perms {
    const char *noun; /* "segment" */
    const char *name; /* of a POSIX object; NULL: the object has an id */
    int id;
    uid_t uid, cuid; /* a file has no creator: the same */
    gid_t gid, cgid;
    mode_t mode;
};

/*
 * Reason: "segment 5 belongs to root:root with mode 0600, which grants nobody (others) no access".
 * The kernel takes the first class that fits the caller (owner or creator, group, others) even if a
 * later class has more permissions (ipc/util.c, ipcperms()). Returns the bits of that class: 4
 * read, 2 write.
 */
unsigned explain_access_denied(struct explanation *e, const struct object_perms *object);

/* Hint: "alice or root can WHAT", WHAT being a format. */
void explain_hint_owner(struct explanation *e, const struct object_perms *object, const char *what,
                        ...) __attribute__((format(printf, 3, 4)));

/*
 * Reason: "segment 5 belongs to alice and was created by bob; carol is neither", and as a hint who
 * can do WHAT. If the caller is the owner, the creator or root, the reason is a policy instead.
 */
void explain_not_owner(struct explanation *e, const struct object_perms *object, const char *what);

/*
 * The largest value that the kernel accepts for SHMMNI and SEMMNI, of which MAXIMUM is in force:
 * 32768, or 16777216 if it was booted with ipcmni_extend (ipc/util.h: IPCMNI).
 */
uint64_t explain_most_objects(uint64_t maximum);

/* Hint: logind may have removed an object, where it does so, and the caller is such a user
 * (logind.conf(5): RemoveIPC=). */
void explain_hint_logout(struct explanation *e);

/* IPC_SET or fchown(2) on an object that exists: EINVAL. */
void explain_unmapped_owner(struct explanation *e);

/* ENFILE, which is about the whole system; REASON is the sentence up to the limit. */
void explain_file_limit(struct explanation *e, const char *reason);

#endif
