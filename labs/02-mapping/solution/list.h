/*
 * list.h - the layout of the list in the segment, on which the writer and the reader agree
 *
 *      0        4        8          12         16
 *      +--------+--------+----------+----------+-----------+---+----------+--- ...
 *      | used   | first  | next     | length   | text      | - | next     |
 *      +--------+--------+----------+----------+-----------+---+----------+--- ...
 *      struct list       struct record, at offset 8            the next record
 *
 * The list contains no pointers: used, first and next are offsets, in bytes, from the first byte
 * of the segment.
 */
#ifndef LIST_H
#define LIST_H

#include <stdint.h>

/* At offset 0. A segment that is all zeros, such as a new segment, is an empty list. */
struct list {
    uint32_t used;  /* the bytes in use: struct list and all records; 0 means sizeof(struct list) */
    uint32_t first; /* the offset of the first record in sorted order; 0: no record */
};

/* The records follow each other in the order in which they were added, each at a multiple of 4. */
struct record {
    uint32_t next;   /* the offset of the next record in sorted order; 0: no next record */
    uint32_t length; /* the length of the text, in bytes */
    char text[];     /* the bytes of the text, with no zero byte at the end */
};

#endif
