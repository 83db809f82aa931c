/* list.h - the layout of the list in the segment */
#ifndef LIST_H
#define LIST_H

#include <stdint.h>

struct record;

/* At offset 0. A segment that is all zeros, such as a new segment, is an empty list. */
struct list {
    uint32_t used; /* the bytes in use: struct list and all records; 0 means sizeof(struct list) */
    struct record *first; /* the first record in sorted order; NULL: no record */
};

/* The records follow each other in the order in which they were added, each at a multiple of 4. */
struct record {
    struct record *next; /* the next record in sorted order; NULL: no next record */
    uint32_t length;     /* the length of the text, in bytes */
    char text[];         /* the bytes of the text, with no zero byte at the end */
};

#endif
