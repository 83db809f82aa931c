/* SPDX-License-Identifier: MIT */
/*
 * changes.c - see changes.h.
 */
#include "config.h"

#include "interleave/show/changes.h"

#include "interleave/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>

enum { MOST_COPIES = 128, MOST_VALUES = 256 };

/* An object as it was: its bytes, or the values of its semaphores. */
static struct copy {
    bool is_set, is_segment;
    int id;
    dev_t device;
    ino_t inode;
    size_t size;
    unsigned char *bytes;
} copies[MOST_COPIES];
static size_t copy_count;
static bool has_begun;

void changes_begin(void)
{
    for (size_t i = 0; i < copy_count; i++)
        free(copies[i].bytes);
    copy_count = 0;
    has_begun = false;
}

static bool is_copy_of(const struct copy *copy, const struct world_object *object)
{
    if (copy->is_set != object->is_set || copy->is_segment != object->is_segment)
        return false;
    if (object->is_set || object->is_segment)
        return copy->id == object->id;
    return copy->device == object->device && copy->inode == object->inode;
}

/* In bytes: an object of memory has as many as its size. */
static size_t length_of(const struct world_object *object)
{
    return object->is_set ? object->size * sizeof(unsigned short) : object->size;
}

static struct copy *find_copy(const struct world_object *object)
{
    for (size_t i = 0; i < copy_count; i++)
        if (is_copy_of(&copies[i], object) && copies[i].size == length_of(object))
            return &copies[i];
    return NULL;
}

static struct copy *add_copy(const struct world_object *object)
{
    struct copy *copy = &copies[copy_count];
    if (copy_count == MOST_COPIES)
        return NULL;
    *copy = (struct copy){object->is_set,
                          object->is_segment,
                          object->id,
                          object->device,
                          object->inode,
                          length_of(object),
                          calloc(1, length_of(object) + 1)};
    if (!copy->bytes)
        return NULL;
    copy_count++;
    return copy;
}

static void name_object(const struct world_object *object, char *text, size_t size)
{
    if (object->is_set || object->is_segment)
        snprintf(text, size, "%s %d", object->is_set ? "set" : "segment", object->id);
    else
        snprintf(text, size, "/%.64s", object->name);
}

static int32_t value_at(const struct world_object *object, const unsigned char *bytes, size_t at)
{
    unsigned short value;
    int32_t word;
    if (object->is_set) {
        memcpy(&value, bytes + at, sizeof value);
        return value;
    }
    memcpy(&word, bytes + at, sizeof word);
    return word;
}

/* Compares COPY with the BYTES of OBJECT now, and makes it those. */
static size_t compare(const struct world_object *object, struct copy *copy,
                      const unsigned char *bytes, struct change *changes, size_t most)
{
    const size_t step = object->is_set ? sizeof(unsigned short) : sizeof(int32_t);
    size_t count = 0;
    if (!memcmp(copy->bytes, bytes, copy->size))
        return 0;
    for (size_t at = 0; at + step <= copy->size && count < most; at += step) {
        const int32_t was = value_at(object, copy->bytes, at), is = value_at(object, bytes, at);
        if (was == is)
            continue;
        changes[count] = (struct change){
            .is_semaphore = object->is_set, .at = object->is_set ? at / step : at, .was = was};
        changes[count].is = is;
        name_object(object, changes[count].object, sizeof changes[count].object);
        count++;
    }
    memcpy(copy->bytes, bytes, copy->size);
    return count;
}

size_t changes_since(struct change *changes, size_t most)
{
    struct world_object object;
    size_t count = 0;
    for (size_t i = 0; world_object(i, &object); i++) {
        unsigned short values[MOST_VALUES];
        const unsigned char *bytes = object.bytes;
        if (object.is_set) {
            if (object.size > MOST_VALUES || semctl(object.id, 0, GETALL, values) < 0)
                continue;
            bytes = (const unsigned char *)values;
        }
        struct copy *copy = find_copy(&object);
        const bool is_old = copy || has_begun;
        if (!copy)
            copy = add_copy(&object);
        if (copy)
            count += compare(&object, copy, bytes, changes + count, is_old ? most - count : 0);
    }
    has_begun = true;
    return count;
}

static int64_t number_at(const unsigned char *from, uint64_t size)
{
    uint64_t bits = 0;
    memcpy(&bits, from, size);
    const unsigned unused = 64 - 8 * (unsigned)size;
    return (int64_t)(bits << unused) >> unused;
}

/* Is OBJECT what tasks know by ID: 1 and the number of a segment, or that of a file of the board?
 */
static bool has_id(const struct board *board, const struct world_object *object, uint64_t id)
{
    if (object->is_segment)
        return id >> 56 == 1 && (id & (UINT64_MAX >> 8)) == (uint32_t)object->id;
    for (uint32_t i = 0; i < board->file_count && !object->is_set; i++)
        if (board->files[i].id == id)
            return board->files[i].device == object->device &&
                   board->files[i].inode == object->inode;
    return false;
}

bool changes_value(const struct board *board, uint64_t id, uint64_t offset, uint64_t size,
                   int64_t *was, int64_t *is)
{
    struct world_object object;
    for (size_t i = 0; world_object(i, &object); i++) {
        const struct copy *copy = has_id(board, &object, id) ? find_copy(&object) : NULL;
        if (!copy || !size || size > 8 || offset > copy->size || copy->size - offset < size)
            continue;
        *was = number_at(copy->bytes + offset, size);
        *is = number_at(object.bytes + offset, size);
        return true;
    }
    return false;
}

bool changes_single(bool is_set)
{
    struct world_object object;
    size_t count = 0;
    for (size_t i = 0; world_object(i, &object); i++)
        count += object.is_set == is_set;
    return count == 1;
}

int changes_semaphore(int id, unsigned number)
{
    return semctl(id, (int)number, GETVAL);
}
