/* SPDX-License-Identifier: MIT */
/*
 * pshared.h - the objects that live inside a segment: mutexes, condition variables, semaphores,
 * rwlocks and barriers that processes share, found by their names.
 *
 * A segment begins with a header, which identifies the C library and the ABI of the types; then
 * come a directory of names, a slot for each object, and the data area, which is the user's:
 *
 *   0 header | 128 entries, 64 bytes each | slots, 64 bytes each | data area ... end
 *
 * The segment's size alone determines where each part begins, so no number in the segment is used
 * as an address. A segment is input that other processes can write: this copies each part once and
 * checks the copy. The C library trusts what is in a slot, so a process that may write the segment
 * can break those that use its objects.
 */
#ifndef IPCLAB_PSHARED_H
#define IPCLAB_PSHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* The longest name, without its NUL. Names consist of letters, digits and _ . -, and do not begin
 * with . or -. */
#define PSHARED_NAME_MAX 31

/* The smallest segment that can have objects, in bytes, and the most objects a segment can have. */
#define PSHARED_SIZE_MIN    512
#define PSHARED_OBJECTS_MAX 63

enum pshared_kind { PSHARED_MUTEX = 1, PSHARED_COND, PSHARED_SEM, PSHARED_RWLOCK, PSHARED_BARRIER };

enum pshared_flags {
    PSHARED_ROBUST = 1,
    PSHARED_RECURSIVE = 2,
    PSHARED_ERRORCHECK = 4,
    PSHARED_INHERIT = 8,    /* PTHREAD_PRIO_INHERIT */
    PSHARED_MONOTONIC = 16, /* pthread_condattr_setclock(3) */
};

/* What an object is to be, or is. */
struct pshared_spec {
    enum pshared_kind kind;
    unsigned flags; /* enum pshared_flags */
    uint32_t count; /* sem: the initial value; barrier: how many tasks it waits for */
    char name[PSHARED_NAME_MAX + 1];
};

/* A mapped segment with a valid header. */
struct pshared {
    unsigned char *base;
    uint64_t size;        /* of the segment, in bytes */
    uint64_t data_offset; /* of the data area, from the segment's start */
    uint32_t capacity;    /* the most objects it can have */
};

/* An object that was found: a copy of its directory entry, and its address. */
struct pshared_object {
    struct pshared_spec spec;
    uint32_t index, generation; /* of its entry: the number, and how often it has been used */
    void *at;                   /* its slot */
};

/*
 * "mutex:NAME[,robust][,recursive|errorcheck][,prio=inherit]", "cond:NAME[,clock=monotonic]",
 * "sem:NAME=VALUE" (0 to SEM_VALUE_MAX), "rwlock:NAME", "barrier:NAME=COUNT" (1 to INT_MAX).
 * Returns NULL, or the rule that TEXT breaks.
 */
const char *pshared_parse(const char *text, struct pshared_spec *out);

/* Is NAME a valid name for an object? Returns NULL, or the rule that it breaks. */
const char *pshared_check_name(const char *name);

/* "mutex". */
const char *pshared_kind_name(enum pshared_kind kind);

/* The attributes as they are written in OBJECT: "robust,recursive"; "" for none. Returns TEXT. */
char *pshared_attributes(const struct pshared_spec *spec, char *text, size_t size);

/*
 * Checks the header of a segment of SIZE bytes at BASE, which need only be readable, and fills in
 * *PSHARED. Returns NULL, or a sentence that says what is wrong, valid until the next call.
 * *UNINITIALISED (when not NULL) reports whether the segment has no header yet: it holds zeros, or
 * a header that is not complete.
 */
const char *pshared_open(struct pshared *pshared, void *base, uint64_t size, bool *uninitialised);

/* Has a segment of SIZE bytes at BASE a header of shmsync, valid or not? Otherwise it is unused, or
 * another program's. */
bool pshared_has_header(const void *base, uint64_t size);

/*
 * The same, but makes the header of an uninitialised segment, whose mapping must be writable.
 * However many processes call this at once, exactly one makes the header; if it is killed midway,
 * another takes over. Returns as pshared_open() does; also a sentence when the lock is not released
 * within ten seconds.
 */
const char *pshared_make(struct pshared *pshared, void *base, uint64_t size);

/*
 * Copies entry INDEX (0..capacity-1). Returns 1 and the object if there is one, 0 if there is none,
 * -1 if the entry is damaged: shmsync did not write it.
 */
int pshared_entry(const struct pshared *pshared, uint32_t index, struct pshared_object *out);

/* Finds an object by its name. Returns NULL, or a sentence: there is none, or the directory is
 * damaged. */
const char *pshared_find(const struct pshared *pshared, const char *name,
                         struct pshared_object *out);

/* Is OBJECT still the one that was found? False when it has been destroyed since. */
bool pshared_is_current(const struct pshared *pshared, const struct pshared_object *object);

/*
 * Acquires the directory's lock, which a process must hold to change the directory; readers need no
 * lock. If a holder is killed, the next one takes the lock over and first removes objects that are
 * half made or half removed. Returns NULL, or a sentence: the lock was not released within ten
 * seconds.
 */
const char *pshared_lock(const struct pshared *pshared);
void pshared_unlock(const struct pshared *pshared);

/*
 * Adds an object; the caller holds the lock. Returns NULL, or a sentence that says what is wrong;
 * *REFUSED is set when a call of the C library failed, which calls_last_failure() describes.
 */
const char *pshared_add(const struct pshared *pshared, const struct pshared_spec *spec,
                        bool *refused);

/*
 * Removes an object; the caller holds the lock. IN_USE means that a task holds it or waits for it,
 * or died doing so. Then this does not call the C library's destroy function, which may wait for
 * such a task forever (pthread_cond_destroy(3)), and wakes all tasks that sleep on the object.
 */
void pshared_remove(const struct pshared *pshared, const struct pshared_object *object,
                    bool in_use);

/*
 * The TID of the task that holds this mutex by way of shmsync; 0 for none. The note outlives the
 * holder, whereas the C library forgets a dead owner when it reports EOWNERDEAD. To be set only
 * while the mutex is held.
 */
pid_t pshared_holder(const struct pshared *pshared, const struct pshared_object *object);
void pshared_set_holder(const struct pshared *pshared, const struct pshared_object *object,
                        pid_t tid);

/* A copy of SIZE bytes (a multiple of 4) at AT, each word read once. */
void pshared_copy(void *to, const void *at, size_t size);

/* The index of the object whose slot has the byte at OFFSET of the segment; -1 for none. */
int pshared_index_at(const struct pshared *pshared, uint64_t offset);

#endif
