/*
 * server.c - answer the requests in the chat of FILE, one after another
 *
 *   $ ./server FILE
 *
 * Exit status: 0 a client sent quit; 1 there is another server, or the chat cannot be created;
 * 2 usage.
 */
#include "meet.h"

#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

/* Replace the request by its reply: the number of the request, and its text backwards. Returns
 * whether it was the last request. */
static int answer(struct chat *chat)
{
    /* TODO */
    (void)chat;
    return 1;
}

int main(int argc, char **argv)
{
    struct chat *chat;
    int id, is_last = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: server FILE\n");
        return 2;
    }
    chat = chat_create(argv[1], &id);
    if (!chat)
        return 1;
    while (!is_last) {
        /* TODO: wait for a request, answer it, and wait until the client has its reply. */
        is_last = answer(chat);
    }
    /* TODO: leave nothing behind. */
    shmdt(chat);
    return 0;
}
