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

/* Whether the record lies within the SIZE bytes at LIST. */
static int is_inside(const struct list *list, size_t size, const struct record *record)
{
    const char *end = (const char *)list + size;
    return (const char *)record >= (const char *)list && (const char *)(record + 1) <= end &&
           record->length <= (size_t)(end - (const char *)(record + 1));
}

/* Print all records. Returns -1 if a link leads outside the segment or the links form a cycle. */
static int print_list(const struct list *list, size_t size)
{
    size_t left = size / sizeof(struct record); /* no list has more records */
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
    list = shmat(id, (void *)0x700000000000, SHM_RDONLY);
    if (list == (void *)-1 || shmctl(id, IPC_STAT, &about)) {
        fprintf(stderr, "reader: segment %d: %s\n", id, strerror(errno));
        return 1;
    }
    if (about.shm_segsz < sizeof *list || print_list(list, about.shm_segsz)) {
        fprintf(stderr, "reader: segment %d does not contain a valid list\n", id);
        return 1;
    }
    shmdt(list);
    return 0;
}
