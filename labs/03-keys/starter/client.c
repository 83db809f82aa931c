/*
 * client.c - says TEXT to the server of FILE and prints its reply
 *
 *   $ ./client FILE TEXT [SECONDS]
 *
 * It waits SECONDS at most (5 without) for a server, its turn and the reply.
 *
 * Exit status: 0 the reply was printed; 1 there was none; 2 usage.
 */
#include "meet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* Say TEXT in the CHAT that we have claimed, and print the reply; -1 if none came until now() was
 * END. */
static int ask(struct chat *chat, const char *text, double end)
{
    /* TODO */
    (void)chat, (void)text, (void)end;
    return -1;
}

int main(int argc, char **argv)
{
    const double end = now() + (argc == 4 ? atof(argv[3]) : 5);
    struct chat *chat;
    if (argc < 3 || argc > 4 || strlen(argv[2]) > CHAT_LONGEST) {
        fprintf(stderr, "usage: client FILE TEXT [SECONDS]; TEXT has at most %d bytes\n",
                CHAT_LONGEST);
        return 2;
    }
    chat = chat_claim(argv[1], end);
    if (!chat)
        return 1;
    if (ask(chat, argv[2], end)) {
        fprintf(stderr, "%s: the server did not reply\n", argv[1]);
        shmdt(chat);
        return 1;
    }
    shmdt(chat);
    return 0;
}
