/*
 * pshared_layout.h - what lies where in a segment with objects; for the files behind pshared.h.
 */
#ifndef IPCLAB_PSHARED_LAYOUT_H
#define IPCLAB_PSHARED_LAYOUT_H

#include "lib/pshared/pshared.h"

#define PSHARED_MAGIC \
    UINT64_C(0x314d5953434c5049) /* "IPLCSYM1" in the order of the machine that wrote it */
#define PSHARED_VERSION 1
#define PSHARED_SLOT    64

/*
 * Everything but LOCK is the same in every segment of this size made by this program on this C
 * library, so it is checked by comparing. MAGIC is written last: what has it is whole.
 */
struct pshared_header {
    uint64_t magic;
    uint64_t making; /* PSHARED_MAKING before the first of the others is written */
    uint64_t size;   /* of the segment, bytes */
    uint32_t version, capacity;
    uint32_t data_offset, word; /* word: sizeof(long) */
    uint64_t lock;              /* 0, or who holds it (pshared_lock.c) */
    uint16_t sizes[8];          /* of the types, by enum pshared_kind; [0] the slot's */
    uint16_t alignments[8];
    char library[32]; /* "glibc 2.36" */
    char spare[16];
};
#define PSHARED_HEADER_SIZE 128
_Static_assert(sizeof(struct pshared_header) == PSHARED_HEADER_SIZE,
               "nothing of the header is left unchecked");

#define PSHARED_MAKING UINT64_C(0x474e494b414d2020)

enum entry_state {
    ENTRY_FREE = 0,
    ENTRY_MAKING =
        0x454b414d, /* being made, or removed: by the holder of the lock, or by one who died */
    ENTRY_LIVE = 0x4556494c,
};

struct pshared_entry {
    uint32_t state;      /* enum entry_state */
    uint32_t generation; /* how often the entry has been used */
    uint32_t check;      /* over what follows, but HOLDER, and over the two numbers of the entry */
    uint32_t kind, flags, count;
    char name[PSHARED_NAME_MAX + 1];
    uint32_t holder;
    uint32_t spare;
};
_Static_assert(sizeof(struct pshared_entry) == PSHARED_SLOT, "an entry is as large as a slot");

/* Where things are; INDEX 0..capacity-1. */
struct pshared_entry *pshared_entry_at(const struct pshared *pshared, uint32_t index);
void *pshared_slot_at(const struct pshared *pshared, uint32_t index);

/* Takes the lock; NULL, or why not. With it, nothing is half made any more. */
const char *pshared_take(uint64_t *lock);
void pshared_give(uint64_t *lock);

/* Does this word mean that somebody holds, or held, the lock? */
bool pshared_is_lock(uint64_t word);

/* Makes the object, or destroys it; 0, or -1 with the refused call in calls_last_failure(). */
int pshared_object_init(const struct pshared_spec *spec, void *at);
int pshared_object_destroy(const struct pshared_spec *spec, void *at);

/* The C library's types by kind: their sizes and alignments in bytes. */
void pshared_types(uint16_t sizes[8], uint16_t alignments[8]);

/* Stores words, and copies back and forth word by word: nobody sees half of one. */
void pshared_store(void *at, const void *from, size_t size);

#endif
