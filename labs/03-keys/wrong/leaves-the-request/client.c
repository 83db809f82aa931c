/*
 * client.c - send TEXT to the server of FILE, and print its reply
 *
 *   $ ./client FILE TEXT [SECONDS]
 *
 * Wait at most SECONDS (default: 5) for a server, for a turn, and for the reply.
 *
 * Exit status: 0 the reply is printed; 1 there was no reply; 2 usage.
 */
#include "meet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* Send TEXT in the CHAT that we have claimed, and print the reply. Returns -1 if no reply has come
 * when now() is END. */
static int ask(struct chat *chat, const char *text, double end)
{
    strcpy(chat->text, text);
    word_move(&chat->word, CHAT_CLAIMED, CHAT_REQUEST, 0);
    if (word_move(&chat->word, CHAT_REPLY, CHAT_READING, end > now() ? end - now() : 0))
        return -1;
    printf("%s\n", chat->text);
    word_move(&chat->word, CHAT_READING, CHAT_DONE, 0);
    return 0;
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
