/* SPDX-License-Identifier: MIT */
/*
 * header.c - the header of a segment with objects; see pshared.h and layout.h.
 */
#include "config.h"

#include "lib/pshared/layout.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pshared_copy(void *to, const void *at, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
        const uint32_t word = __atomic_load_n((const uint32_t *)at + i, __ATOMIC_ACQUIRE);
        memcpy((char *)to + i * sizeof word, &word, sizeof word);
    }
}

void pshared_store(void *at, const void *from, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++) {
        uint32_t word;
        memcpy(&word, (const char *)from + i * sizeof word, sizeof word);
        __atomic_store_n((uint32_t *)at + i, word, __ATOMIC_RELEASE);
    }
}

/*
 * Reads memory that another process may be writing at this moment, also by the C library's plain
 * stores, so ThreadSanitizer is turned off for it. The callers believe only what a second look, or
 * one with the lock held, confirms.
 */
__attribute__((no_sanitize("thread"))) static bool all_zero(const void *words, size_t size)
{
    for (size_t i = 0; i < size / sizeof(uint32_t); i++)
        if (__atomic_load_n((const uint32_t *)words + i, __ATOMIC_ACQUIRE))
            return false;
    return true;
}

/* What the place of the header holds. */
enum header_state {
    HEADER_GOOD,
    HEADER_UNINITIALISED, /* zeros, or a header that is not complete yet */
    HEADER_FOREIGN,       /* other data */
    HEADER_BYTE_ORDER,
    HEADER_VERSION,
    HEADER_LIBRARY,
    HEADER_ABI,
    HEADER_SIZE,
    HEADER_DAMAGED,
};

/* A C library of another name or version may lay its types out differently, and no size shows it.
 */
static void library_name(char name[32])
{
    memset(name, 0, 32);
#ifdef _CS_GNU_LIBC_VERSION
    if (confstr(_CS_GNU_LIBC_VERSION, name, 32))
        return;
#endif
    snprintf(name, 32, "a C library with no name");
}

/* The header that a segment of SIZE bytes has. */
static struct pshared_header expected_header(uint64_t size)
{
    const uint64_t half = size / 2 / (2 * PSHARED_SLOT) * (2 * PSHARED_SLOT);
    const uint64_t most = 2 * PSHARED_SLOT * (PSHARED_OBJECTS_MAX + 1);
    struct pshared_header header = {
        .magic = PSHARED_MAGIC,
        .making = PSHARED_MAKING,
        .size = size,
        .version = PSHARED_VERSION,
        .data_offset = (uint32_t)(half < most ? half : most),
        .word = sizeof(long),
    };
    header.capacity = header.data_offset / (2 * PSHARED_SLOT) - 1;
    pshared_types(header.sizes, header.alignments);
    library_name(header.library);
    return header;
}

/* A copy of a header with the magic number: is it the one that a segment of SIZE bytes must have?
 */
static enum header_state check_header(const struct pshared_header *header, uint64_t size)
{
    const struct pshared_header good = expected_header(size);
    if (header->version != good.version)
        return HEADER_VERSION;
    if (memcmp(header->library, good.library, sizeof good.library))
        return HEADER_LIBRARY;
    if (header->word != good.word || memcmp(header->sizes, good.sizes, sizeof good.sizes) ||
        memcmp(header->alignments, good.alignments, sizeof good.alignments))
        return HEADER_ABI;
    if (header->size != size)
        return HEADER_SIZE;
    if (header->capacity != good.capacity || header->data_offset != good.data_offset ||
        header->making != good.making || memcmp(header->spare, good.spare, sizeof good.spare))
        return HEADER_DAMAGED;
    return HEADER_GOOD;
}

/*
 * There is no magic number: is the segment still unused? The header must be zeros except for the
 * lock, and the directory too, unless a process that holds the lock may be writing it.
 */
static bool is_uninitialised(const struct pshared_header *header, const void *base, uint64_t size)
{
    struct pshared_header unlocked = *header;
    unlocked.lock = 0;
    if (header->magic == 0 && header->making == PSHARED_MAKING)
        return true; /* its maker has not finished, or died */
    if (!all_zero(&unlocked, sizeof unlocked))
        return false;
    const size_t directory = expected_header(size).data_offset - PSHARED_HEADER_SIZE;
    return pshared_is_lock(header->lock) ||
           all_zero((const char *)base + PSHARED_HEADER_SIZE, directory);
}

/* Copies the header of the segment at BASE into *HEADER and classifies it. */
static enum header_state classify(const void *base, uint64_t size, struct pshared_header *header)
{
    pshared_copy(header, base, sizeof *header);
    if (header->magic == PSHARED_MAGIC)
        return check_header(header, size);
    if (__builtin_bswap64(header->magic) == PSHARED_MAGIC)
        return HEADER_BYTE_ORDER;
    return is_uninitialised(header, base, size) ? HEADER_UNINITIALISED : HEADER_FOREIGN;
}

static const char *explain_library(const struct pshared_header *header)
{
    static char sentence[160];
    char ours[32], theirs[32];
    library_name(ours);
    for (size_t i = 0; i < sizeof theirs; i++) {
        const char c = header->library[i];
        theirs[i] = (char)(c && (c < ' ' || c > '~') ? '?' : c);
    }
    theirs[31] = '\0';
    snprintf(sentence, sizeof sentence, "its objects belong to %s, and this program uses %s",
             theirs, ours);
    return sentence;
}

static const char *explain_size(uint64_t then, uint64_t now)
{
    static char sentence[160];
    snprintf(sentence, sizeof sentence,
             "its size was %ju bytes when it was initialised and is %ju now: objects are lost or "
             "damaged",
             (uintmax_t)then, (uintmax_t)now);
    return sentence;
}

/* Why a segment of SIZE bytes with this header cannot be used; NULL when it can. */
static const char *explain(enum header_state state, const struct pshared_header *header,
                           uint64_t size)
{
    switch (state) {
    case HEADER_GOOD: return NULL;
    case HEADER_UNINITIALISED: return "the segment has no objects yet; use shmsync init";
    case HEADER_FOREIGN: return "the segment holds other data, which was not changed";
    case HEADER_BYTE_ORDER: return "its header was written by a machine of the other byte order";
    case HEADER_VERSION: return "its header was written by another version of shmsync";
    case HEADER_LIBRARY: return explain_library(header);
    case HEADER_ABI:
        return "its objects were made by a program of another ABI (perhaps 32 against 64 bits): "
               "their sizes differ";
    case HEADER_SIZE: return explain_size(header->size, size);
    case HEADER_DAMAGED: break;
    }
    return "its header is damaged: its numbers contradict each other";
}

static const char TOO_SMALL[] = "the segment is too small: objects need at least 512 bytes";

static void fill(struct pshared *pshared, void *base, uint64_t size)
{
    const struct pshared_header good = expected_header(size);
    *pshared = (struct pshared){base, size, good.data_offset, good.capacity};
}

const char *pshared_open(struct pshared *pshared, void *base, uint64_t size, bool *uninitialised)
{
    struct pshared_header header;
    if (uninitialised)
        *uninitialised = false;
    if (size < PSHARED_SIZE_MIN)
        return TOO_SMALL;
    enum header_state state = classify(base, size, &header);
    if (state != HEADER_GOOD && state != HEADER_UNINITIALISED)
        state = classify(base, size, &header); /* it may have been written during the first look */
    if (uninitialised)
        *uninitialised = state == HEADER_UNINITIALISED;
    if (state == HEADER_GOOD)
        fill(pshared, base, size);
    return explain(state, &header, size);
}

bool pshared_has_header(const void *base, uint64_t size)
{
    struct pshared_header header;
    if (size < PSHARED_SIZE_MIN)
        return false;
    pshared_copy(&header, base, sizeof header);
    return header.magic == PSHARED_MAGIC || __builtin_bswap64(header.magic) == PSHARED_MAGIC;
}

/*
 * Runs with the lock held and while there is no magic number, so no other process writes the header
 * and none believes it. A process that dies in here leaves PSHARED_MAKING, which tells the next one
 * that this is part of a header and not the user's data.
 */
static void write_header(void *base, uint64_t size)
{
    struct pshared_header *header = base, good = expected_header(size);
    __atomic_store_n(&header->making, PSHARED_MAKING, __ATOMIC_RELEASE);
    pshared_store(&header->size, &good.size,
                  offsetof(struct pshared_header, lock) - offsetof(struct pshared_header, size));
    pshared_store(header->sizes, good.sizes, sizeof good - offsetof(struct pshared_header, sizes));
    __atomic_store_n(&header->magic, PSHARED_MAGIC, __ATOMIC_RELEASE);
}

const char *pshared_make(struct pshared *pshared, void *base, uint64_t size)
{
    struct pshared_header header;
    bool uninitialised;
    const char *wrong = pshared_open(pshared, base, size, &uninitialised);
    if (!wrong || !uninitialised)
        return wrong;
    uint64_t *lock = &((struct pshared_header *)base)->lock;
    if ((wrong = pshared_acquire(lock)))
        return wrong;
    enum header_state state = classify(base, size, &header);
    if (state == HEADER_UNINITIALISED) {
        write_header(base, size);
        state = HEADER_GOOD;
    }
    pshared_release(lock);
    if (state == HEADER_GOOD)
        fill(pshared, base, size);
    return explain(state, &header, size);
}
