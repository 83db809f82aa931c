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

/* Add TEXT to the list in the SIZE bytes at LIST. Returns -1, and changes nothing, if there is no
 * room. */
static int add(struct list *list, size_t size, const char *text, size_t length)
{
    /* TODO: append a record after the others, and link it in at its place. */
    (void)list, (void)size, (void)text, (void)length;
    return 0;
}

/* Attach the segment, and set *SIZE to the number of bytes that the list may use. */
static struct list *attach(int id, size_t *size)
{
    /* TODO: attach the segment and find its size; if a call fails, print a message and exit(1). */
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
    /* TODO: detach the segment. */
    return 0;
}
