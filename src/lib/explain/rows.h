/*
 * explain_rows.h - what the files behind explain.h share: the rows of the table, and the words for
 * facts that several of them tell.
 */
#ifndef IPCLAB_EXPLAIN_ROWS_H
#define IPCLAB_EXPLAIN_ROWS_H

#include "lib/explain/explain.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef void explainer(const struct refusal *r, struct explanation *e);

struct explain_row {
    enum call call; /* CALL_NONE: any */
    int error;      /* 0: any */
    explainer *explain;
};

/* Tables of rows, an explainer of NULL at the end. */
extern const struct explain_row explain_shm_rows[], explain_sem_rows[], explain_posix_rows[],
    explain_pthread_rows[];

/* Appends to e->what or e->hint. */
void say(char text[512], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "64 KiB"; two may be in use at once. */
const char *size_words(uint64_t bytes);

/* Who owns an object and what they grant. NOUN is "segment"; NAME is of those that have one, and
 * then ID is not theirs. */
struct owned {
    const char *noun;
    int id;
    uid_t uid, cuid; /* a file has no creator: the same */
    gid_t gid, cgid;
    mode_t mode;
    const char *name;
};

/*
 * "segment 5 belongs to root:root with mode 0600, which gives nobody (others) nothing". The kernel
 * takes the first class that fits, owner or creator, group, others, even if a later one had more
 * (ipc/util.c, ipcperms()). Returns the bits it gives, as in a mode: 4 read, 2 write.
 */
unsigned say_shut_out(struct explanation *e, const struct owned *object);

/* "alice or root can WHAT", WHAT as printf(3) makes it. */
void hint_owner(struct explanation *e, const struct owned *object, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * "segment 5 belongs to alice and was created by bob; carol is neither", and who can do WHAT; when
 * the caller may, what else it can be.
 */
void say_not_owner(struct explanation *e, const struct owned *object, const char *what);

/* "segment 5 was removed". */
void say_removed(struct explanation *e, const char *noun, int id, const char *lister);

/*
 * The mapping of this process that lies in the way of SIZE bytes at START, "0x7000-0x8000 rw-p
 * [heap]", to TEXT, made safe. Returns whether there is one.
 */
bool explain_find_clash(uint64_t start, uint64_t size, char text[256]);

/* IPC_SET's EINVAL on an object that exists: the kernel has no number of its own for the owner or
 * group given. */
void say_no_such_owner(struct explanation *e);

#endif
