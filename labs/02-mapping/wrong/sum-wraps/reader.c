/*
 * reader.c - prints the sorted list in the segment ID, a record a line; never writes to the segment
 *
 *   $ ./reader ID
 *   fig
 *   pear
 *
 * Exit status: 0 done; 1 the segment cannot be read, or does not hold a list; 2 usage.
 */
#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* The record at OFFSET of the segment of SIZE bytes at LIST, or NULL if it is not wholly in it. */
static const struct record *record_at(const struct list *list, uint32_t size, uint32_t offset)
{
    const struct record *record = (const void *)((const char *)list + offset);
    if (offset % 4 || offset < sizeof *list || size < sizeof *record ||
        offset > size - sizeof *record)
        return NULL;
    return offset + (uint32_t)sizeof *record + record->length <= size ? record : NULL;
}

/* Print all records; -1 if an offset leads out of the segment, or round in a circle. */
static int print_list(const struct list *list, uint32_t size)
{
    size_t left = size / sizeof(struct record); /* there cannot be more records */
    uint32_t offset = list->first;
    while (offset) {
        const struct record *record = record_at(list, size, offset);
        if (!record || left-- == 0)
            return -1;
        fwrite(record->text, 1, record->length, stdout);
        putchar('\n');
        offset = record->next;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct shmid_ds about;
    const struct list *list;
    int id;
    if (argc != 2) {
        fprintf(stderr, "usage: reader ID\n");
        return 2;
    }
    id = atoi(argv[1]);
    list = shmat(id, NULL, SHM_RDONLY);
    if (list == (void *)-1 || shmctl(id, IPC_STAT, &about)) {
        fprintf(stderr, "reader: segment %d: %s\n", id, strerror(errno));
        return 1;
    }
    if (about.shm_segsz < sizeof *list || print_list(list, (uint32_t)about.shm_segsz)) {
        fprintf(stderr, "reader: segment %d does not hold a list, or a damaged one\n", id);
        return 1;
    }
    shmdt(list);
    return 0;
}
