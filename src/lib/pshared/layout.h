/* SPDX-License-Identifier: MIT */
/*
 * layout.h - the layout of a segment with objects; for the files that implement pshared.h.
 */
#ifndef IPCLAB_PSHARED_LAYOUT_H
#define IPCLAB_PSHARED_LAYOUT_H

#include "lib/pshared/pshared.h"

#define PSHARED_MAGIC \
    UINT64_C(0x314d5953434c5049) /* "IPLCSYM1" in the order of the machine that wrote it */
#define PSHARED_VERSION 1
#define PSHARED_SLOT    64

/*
 * All but LOCK is the same in every segment of this size that this program makes with this C
 * library, so it is checked by comparison. MAGIC is written last: a header with it is complete.
 */
struct pshared_header {
    uint64_t magic;
    uint64_t making; /* PSHARED_MAKING, written before all others */
    uint64_t size;   /* of the segment, bytes */
    uint32_t version, capacity;
    uint32_t data_offset, word; /* word: sizeof(long) */
    uint64_t lock;              /* 0, or its holder (lock.c) */
    uint16_t sizes[8];          /* of the types, by enum pshared_kind; [0] the slot's */
    uint16_t alignments[8];
    char library[32]; /* "glibc 2.36" */
    char spare[16];
};
#define PSHARED_HEADER_SIZE 128
_Static_assert(sizeof(struct pshared_header) == PSHARED_HEADER_SIZE,
               "the header has no padding, which would go unchecked");

#define PSHARED_MAKING UINT64_C(0x474e494b414d2020)

enum entry_state {
    ENTRY_FREE = 0,
    ENTRY_MAKING = 0x454b414d, /* the holder of the lock makes or removes it, or died doing so */
    ENTRY_LIVE = 0x4556494c,
};

struct pshared_entry {
    uint32_t state;      /* enum entry_state */
    uint32_t generation; /* how often the entry has been used */
    uint32_t check;      /* a hash of what follows but HOLDER, of the generation and of the index */
    uint32_t kind, flags, count;
    char name[PSHARED_NAME_MAX + 1];
    uint32_t holder;
    uint32_t spare;
};
_Static_assert(sizeof(struct pshared_entry) == PSHARED_SLOT, "an entry is as large as a slot");

/* The address of an entry and of a slot; INDEX 0..capacity-1. */
struct pshared_entry *pshared_entry_at(const struct pshared *pshared, uint32_t index);
void *pshared_slot_at(const struct pshared *pshared, uint32_t index);

/*
 * Acquires the directory's lock, waiting at most ten seconds. Returns NULL, or a sentence that says
 * why not, valid until the next call. A lock whose holder has ended is taken over.
 */
const char *pshared_acquire(uint64_t *lock);
void pshared_release(uint64_t *lock);

/* Is WORD the lock of a task, alive or not? */
bool pshared_is_lock(uint64_t word);

/* Initialises the object at AT, or destroys it. Returns 0, or -1 with the call in
 * calls_last_failure().
 */
int pshared_object_init(const struct pshared_spec *spec, void *at);
int pshared_object_destroy(const struct pshared_spec *spec, void *at);

/* The C library's types by kind: their sizes and alignments in bytes. */
void pshared_types(uint16_t sizes[8], uint16_t alignments[8]);

/* Copies SIZE bytes, a multiple of 4, to AT, word by word: no reader sees half of a word. */
void pshared_store(void *at, const void *from, size_t size);

#endif
