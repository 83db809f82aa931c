/*
 * pshared.h - the objects that live inside a segment: mutexes, condition variables, semaphores,
 * rwlocks and barriers that processes share, found by their names.
 *
 * A segment begins with a header, which tells whose types these are; then comes a directory of
 * names, a slot for each object, and the data area, which is the user's:
 *
 *   0 header | 128 entries, 64 bytes each | slots, 64 bytes each | data area ... end
 *
 * Where each begins follows from the segment's size alone, so nothing that is read there can lead
 * anywhere else. A segment is input that others can write: it is read once, into copies of our own,
 * and those are what is checked. What is in a slot is the C library's, which trusts it: whoever may
 * write the segment can break those who use its objects.
 */
#ifndef IPCLAB_PSHARED_H
#define IPCLAB_PSHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* The longest name, without its NUL. Names are of letters, digits and _ . -, and do not begin with
 * . or -. */
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
    uint32_t count; /* sem: the value it begins with; barrier: how many make it full */
    char name[PSHARED_NAME_MAX + 1];
};

/* A mapped segment whose header is good. */
struct pshared {
    unsigned char *base;
    uint64_t size;        /* of the segment, in bytes */
    uint64_t data_offset; /* of the data area, from the segment's start */
    uint32_t capacity;    /* how many objects it can have */
};

/* An object that was found: what the directory says of it, in a copy, and where it is. */
struct pshared_object {
    struct pshared_spec spec;
    uint32_t index, generation; /* which entry, and which use of it */
    void *at;                   /* its slot */
};

/*
 * "mutex:NAME[,robust][,recursive|errorcheck][,prio=inherit]", "cond:NAME[,clock=monotonic]",
 * "sem:NAME=VALUE" (0 to SEM_VALUE_MAX), "rwlock:NAME", "barrier:NAME=COUNT" (1 to INT_MAX).
 * Returns NULL, or the rule that TEXT broke.
 */
const char *pshared_parse(const char *text, struct pshared_spec *out);

/* Is this how an object can be named? Returns NULL, or the rule broken. */
const char *pshared_check_name(const char *name);

/* "mutex". */
const char *pshared_kind_name(enum pshared_kind kind);

/* The attributes as they are written in OBJECT: "robust,recursive"; "" for none. Returns TEXT. */
char *pshared_attributes(const struct pshared_spec *spec, char *text, size_t size);

/*
 * Looks at a segment of SIZE bytes at BASE, which need only be readable. Returns NULL when its
 * header is good, and otherwise what is wrong with it: a sentence, valid until the next. *BLANK
 * (when not NULL) says whether it is not initialised yet: nobody has used the place of the header,
 * or one who was making it has not ended.
 */
const char *pshared_open(struct pshared *pshared, void *base, uint64_t size, bool *blank);

/*
 * The same for one that may be blank: then makes the header. Exactly one of all who do so at once
 * makes it, and one who is killed while making it is followed by another. Needs a writable mapping.
 * Returns as pshared_open(), or what is wrong with a segment that is something else's, or that
 * nobody could get hold of in ten seconds.
 */
const char *pshared_make(struct pshared *pshared, void *base, uint64_t size);

/*
 * Copies entry INDEX (0..capacity-1). Returns 1 and the object if there is one, 0 if there is none,
 * -1 if what stands there is nothing that we wrote.
 */
int pshared_entry(const struct pshared *pshared, uint32_t index, struct pshared_object *out);

/* Finds an object by its name. Returns NULL, or what is wrong: there is none, or the directory is
 * damaged. */
const char *pshared_find(const struct pshared *pshared, const char *name,
                         struct pshared_object *out);

/* Is OBJECT still what it was when it was found? Not when it has been destroyed since. */
bool pshared_is_current(const struct pshared *pshared, const struct pshared_object *object);

/*
 * The directory is changed by one at a time: who holds its lock. Readers need none. A holder who is
 * killed is followed by the next one, who first removes what was half made. Returns NULL, or why it
 * cannot be had: ten seconds passed.
 */
const char *pshared_lock(const struct pshared *pshared);
void pshared_unlock(const struct pshared *pshared);

/*
 * Adds an object, with the lock held. Returns NULL, or what is wrong; a refused call of the C
 * library is in calls_last_failure() and told by *REFUSED.
 */
const char *pshared_add(const struct pshared *pshared, const struct pshared_spec *spec,
                        bool *refused);

/*
 * Removes one, with the lock held. With IN_USE somebody holds it or waits for it, or died doing so:
 * then the C library's destroy is not called, which may wait for them for ever
 * (pthread_cond_destroy(3)), and all who sleep there are woken.
 */
void pshared_remove(const struct pshared *pshared, const struct pshared_object *object,
                    bool in_use);

/*
 * Who holds this mutex through us, a TID; 0 for nobody. A note beside it that outlives the holder:
 * the C library forgets a dead owner when it tells of his death. To be set only while the mutex is
 * held.
 */
pid_t pshared_holder(const struct pshared *pshared, const struct pshared_object *object);
void pshared_set_holder(const struct pshared *pshared, const struct pshared_object *object,
                        pid_t tid);

/* A copy of SIZE bytes (a multiple of 4) at AT, each word read once. */
void pshared_copy(void *to, const void *at, size_t size);

/* The object's index that owns the byte at OFFSET of the segment; -1 for none. */
int pshared_index_at(const struct pshared *pshared, uint64_t offset);

#endif
