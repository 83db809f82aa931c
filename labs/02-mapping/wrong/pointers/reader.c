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

/* Whether the record lies within the SIZE bytes at LIST. */
static int is_inside(const struct list *list, size_t size, const struct record *record)
{
    const char *end = (const char *)list + size;
    return (const char *)record >= (const char *)list && (const char *)(record + 1) <= end &&
           record->length <= (size_t)(end - (const char *)(record + 1));
}

/* Print all records; -1 if an offset leads out of the segment, or round in a circle. */
static int print_list(const struct list *list, size_t size)
{
    size_t left = size / sizeof(struct record); /* there cannot be more records */
    const struct record *record;
    for (record = list->first; record; record = record->next) {
        if (!is_inside(list, size, record) || left-- == 0)
            return -1;
        fwrite(record->text, 1, record->length, stdout);
        putchar('\n');
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
    if (about.shm_segsz < sizeof *list || print_list(list, about.shm_segsz)) {
        fprintf(stderr, "reader: segment %d does not hold a list, or a damaged one\n", id);
        return 1;
    }
    shmdt(list);
    return 0;
}
