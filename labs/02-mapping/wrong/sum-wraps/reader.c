/*
 * reader.c - print the sorted list in segment ID, one record per line; never write to the segment
 *
 *   $ ./reader ID
 *   fig
 *   pear
 *
 * Exit status: 0 printed; 1 the segment cannot be read or does not contain a valid list; 2 usage.
 */
#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* The record at OFFSET in the segment of SIZE bytes at LIST, or NULL if the record does not lie
 * entirely within the segment. */
static const struct record *record_at(const struct list *list, uint32_t size, uint32_t offset)
{
    const struct record *record = (const void *)((const char *)list + offset);
    if (offset % 4 || offset < sizeof *list || size < sizeof *record ||
        offset > size - sizeof *record)
        return NULL;
    return offset + (uint32_t)sizeof *record + record->length <= size ? record : NULL;
}

/* Print all records. Returns -1 if a link leads outside the segment or the links form a cycle. */
static int print_list(const struct list *list, uint32_t size)
{
    size_t left = size / sizeof(struct record); /* no list has more records */
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
        fprintf(stderr, "reader: segment %d does not contain a valid list\n", id);
        return 1;
    }
    shmdt(list);
    return 0;
}
