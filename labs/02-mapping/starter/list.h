/*
 * list.h - how the list lies in the segment: what the writer and the reader have agreed upon.
 *
 *      0        4        8          12         16
 *      +--------+--------+----------+----------+-----------+---+----------+--- ...
 *      | used   | first  | next     | length   | text      | - | next     |
 *      +--------+--------+----------+----------+-----------+---+----------+--- ...
 *      struct list       struct record, at offset 8            the next record
 *
 * There is no pointer in it: used, first and next are offsets, in bytes, from the first byte of the
 * segment.
 */
#ifndef LIST_H
#define LIST_H

#include <stdint.h>

/* At the beginning of the segment. A segment that is all zeros, as a new one is, is an empty list.
 */
struct list {
    uint32_t
        used; /* the bytes in use: struct list and all records; 0 counts as sizeof(struct list) */
    uint32_t first; /* the offset of the first record in sorted order; 0: none */
};

/* The records lie behind each other in the order in which they were added, each at a multiple of 4.
 */
struct record {
    uint32_t next;   /* the offset of the next record in sorted order; 0: this is the last */
    uint32_t length; /* of the text, in bytes */
    char text[];     /* as it was given: no zero byte ends it */
};

#endif
