/*
 * writer.c - adds each line of its standard input to the sorted list in the segment ID
 *
 *   $ printf 'pear\nfig\n' | ./writer ID
 *
 * Exit status: 0 all added; 1 the segment cannot be used, or is full; 2 usage.
 */
#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* Add TEXT to the list in the SIZE bytes at LIST; -1 if there is no room for it, and then nothing
 * was changed. */
static int add(struct list *list, size_t size, const char *text, size_t length)
{
    /* TODO: lay a record behind the others, and link it in where it belongs. */
    (void)list, (void)size, (void)text, (void)length;
    return 0;
}

/* Attach the segment, and set *SIZE to the bytes that may be used of it. */
static struct list *attach(int id, size_t *size)
{
    /* TODO: attach it; find out its size; if that does not work, say why and exit(1). */
    static struct list none;
    (void)id;
    *size = 0;
    return &none;
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
    /* TODO: let go of the segment. */
    return 0;
}
