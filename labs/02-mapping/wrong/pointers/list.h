/* list.h - how the list lies in the segment */
#ifndef LIST_H
#define LIST_H

#include <stdint.h>

struct record;

/* At the beginning of the segment. A segment that is all zeros, as a new one is, is an empty list.
 */
struct list {
    uint32_t
        used; /* the bytes in use: struct list and all records; 0 counts as sizeof(struct list) */
    struct record *first; /* the first record in sorted order; NULL: none */
};

/* The records lie behind each other in the order in which they were added, each at a multiple of 4.
 */
struct record {
    struct record *next; /* the next record in sorted order; NULL: this is the last */
    uint32_t length;     /* of the text, in bytes */
    char text[];         /* as it was given: no zero byte ends it */
};

#endif
