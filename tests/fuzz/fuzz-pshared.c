/* SPDX-License-Identifier: MIT */
/*
 * fuzz-pshared.c - a segment that anybody wrote: opened, read, looked up in, decoded, and made if
 * it is uninitialised. The input is what is at the segment's start; its first byte chooses the
 * size, and whether a good header and directory are put under it first, of which the input then
 * turns bits: most inputs would never be read beyond a magic number else.
 *
 * Unlike the other targets' inputs this is no text. Whatever it is, nothing outside of the segment
 * is touched, and what is taken is in range; nothing waits: a lock that is held is not waited for
 * here (that is for pshared-test).
 */
#include "config.h"

#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/layout.h"

#include "fuzz.h"

#include <inttypes.h>

static const size_t sizes[] = {0, 1, 511, 512, 513, 1024, 4096, 16384};

static void put_good(unsigned char *base, size_t size)
{
    static const char *const objects[] = {"mutex:m,robust", "cond:c,clock=monotonic", "sem:s=3",
                                          "rwlock:r", "barrier:b=2"};
    struct pshared pshared;
    if (pshared_make(&pshared, base, size))
        return;
    REQUIRE(!pshared_lock(&pshared));
    for (size_t i = 0; i < sizeof objects / sizeof *objects && i < pshared.capacity; i++) {
        struct pshared_spec spec;
        bool refused;
        REQUIRE(!pshared_parse(objects[i], &spec));
        REQUIRE(!pshared_add(&pshared, &spec, &refused));
    }
    pshared_unlock(&pshared);
}

static void require_sentence(const char *rule)
{
    const size_t length = strlen(rule);
    REQUIRE(length > 0 && length < 300 && rule[length - 1] != '.');
    for (size_t i = 0; i < length; i++)
        REQUIRE(rule[i] >= ' ' && rule[i] <= '~');
}

static void require_object(const struct pshared *pshared, const struct pshared_object *object)
{
    const unsigned char *at = object->at;
    struct layout_mutex mutex;
    struct layout_rwlock rwlock;
    unsigned count;
    char attributes[64];
    REQUIRE(object->spec.kind >= PSHARED_MUTEX && object->spec.kind <= PSHARED_BARRIER);
    REQUIRE(!pshared_check_name(object->spec.name));
    REQUIRE(at >= pshared->base + PSHARED_HEADER_SIZE &&
            at + PSHARED_SLOT <= pshared->base + pshared->data_offset);
    REQUIRE(pshared_index_at(pshared, (uint64_t)(at - pshared->base)) == (int)object->index);
    pshared_attributes(&object->spec, attributes, sizeof attributes);
    layout_mutex(at, &mutex);
    layout_rwlock(at, &rwlock);
    layout_cond(at, &count);
    layout_barrier(at, &count);
    layout_sem(at);
}

static void require_directory(const struct pshared *pshared)
{
    struct pshared_object object, found;
    REQUIRE(pshared->data_offset <= pshared->size / 2 && pshared->capacity <= PSHARED_OBJECTS_MAX);
    for (uint32_t i = 0; i < pshared->capacity; i++) {
        if (pshared_entry(pshared, i, &object) <= 0)
            continue;
        require_object(pshared, &object);
        REQUIRE(pshared_is_current(pshared, &object));
        const char *rule = pshared_find(pshared, object.spec.name, &found);
        if (rule)
            require_sentence(rule);
    }
    const char *rule = pshared_find(pshared, "none", &found);
    REQUIRE(rule != NULL);
    require_sentence(rule);
}

/* As init does it, but for a lock that somebody holds. */
static void try_make(unsigned char *base, size_t size)
{
    struct pshared pshared;
    struct pshared_header header;
    if (size >= sizeof header) {
        memcpy(&header, base, sizeof header);
        if (header.lock)
            return;
    }
    const char *rule = pshared_make(&pshared, base, size);
    if (rule)
        require_sentence(rule);
    else
        require_directory(&pshared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const size_t segment = sizes[data[0] % (sizeof sizes / sizeof *sizes)];
    const bool good = data[0] & 0x80;
    /* Of its size exactly, so that who reads beyond is seen; aligned as a page is. */
    unsigned char *base = aligned_alloc(64, (segment + 63) / 64 * 64 + 64 * !segment),
                  *copy = malloc(segment + 1);
    struct pshared pshared;
    bool uninitialised;
    if (!base || !copy)
        abort();
    memset(base, 0, segment);
    if (good)
        put_good(base, segment);
    for (size_t i = 1; i < size && i - 1 < segment; i++)
        base[i - 1] = good ? base[i - 1] ^ data[i] : data[i];
    memcpy(copy, base, segment);
    const char *rule = pshared_open(&pshared, base, segment, &uninitialised);
    if (rule)
        require_sentence(rule);
    else
        require_directory(&pshared);
    REQUIRE(!memcmp(copy, base, segment)); /* readers write nothing */
    try_make(base, segment);
    free(base);
    free(copy);
    return 0;
}
