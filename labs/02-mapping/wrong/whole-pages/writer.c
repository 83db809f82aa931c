/*
 * writer.c - add each line of standard input to the sorted list in segment ID
 *
 *   $ printf 'pear\nfig\n' | ./writer ID
 *
 * Exit status: 0 all lines added; 1 the segment cannot be used or is full; 2 usage.
 */
#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

/* The record at OFFSET in the segment that is mapped at LIST. Only here does an offset become a
 * pointer. */
static struct record *record_at(struct list *list, uint32_t offset)
{
    return (void *)((char *)list + offset);
}

/* The link that holds the offset of the first record that sorts after TEXT. */
static uint32_t *link_for(struct list *list, const char *text, size_t length)
{
    uint32_t *link = &list->first;
    while (*link) {
        struct record *record = record_at(list, *link);
        const size_t common = record->length < length ? record->length : length;
        const int order = memcmp(record->text, text, common);
        if (order > 0 || (order == 0 && record->length > length))
            break;
        link = &record->next;
    }
    return link;
}

/* Add TEXT to the list in the SIZE bytes at LIST. Returns -1, and changes nothing, if there is no
 * room. */
static int add(struct list *list, size_t size, const char *text, size_t length)
{
    const uint32_t offset = list->used ? list->used : sizeof *list;
    const size_t needed = (sizeof(struct record) + length + 3) / 4 * 4;
    struct record *record = record_at(list, offset);
    uint32_t *link;
    if (size < offset || size - offset < needed)
        return -1;
    /* Complete the record before a link leads to it. */
    link = link_for(list, text, length);
    record->next = *link;
    record->length = (uint32_t)length;
    memcpy(record->text, text, length);
    list->used = offset + (uint32_t)needed;
    *link = offset;
    return 0;
}

/* Attach the segment, and set *SIZE to the length of its mapping. */
static struct list *attach(int id, size_t *size)
{
    struct shmid_ds about;
    void *address = shmat(id, NULL, 0);
    if (address == (void *)-1 || shmctl(id, IPC_STAT, &about)) {
        fprintf(stderr, "writer: segment %d: %s\n", id, strerror(errno));
        exit(1);
    }
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *size = (about.shm_segsz + page - 1) / page * page;
    if (*size < sizeof(struct list)) {
        fprintf(stderr, "writer: segment %d is too small for a list\n", id);
        exit(1);
    }
    return address;
}

int main(int argc, char **argv)
{
    struct list *list;
    size_t size, room = 0;
    ssize_t length;
    char *line = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: writer ID <LINES\n");
        return 2;
    }
    list = attach(atoi(argv[1]), &size);
    while ((length = getline(&line, &room, stdin)) >= 0) {
        if (length > 0 && line[length - 1] == '\n')
            length--;
        if (add(list, size, line, (size_t)length)) {
            fprintf(stderr, "writer: segment %s is full\n", argv[1]);
            return 1;
        }
    }
    free(line);
    shmdt(list);
    return 0;
}
