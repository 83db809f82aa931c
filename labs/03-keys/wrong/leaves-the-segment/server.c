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
    char request[CHAT_LONGEST + 1];
    int length, at;
    snprintf(request, sizeof request, "%.*s", CHAT_LONGEST, chat->text);
    chat->served++;
    if (!strcmp(request, "quit")) {
        snprintf(chat->text, sizeof chat->text, "%u bye", chat->served);
        return 1;
    }
    length = (int)strlen(request);
    at = snprintf(chat->text, sizeof chat->text, "%u ", chat->served);
    while (length > 0)
        chat->text[at++] = request[--length];
    chat->text[at] = '\0';
    return 0;
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
        word_move(&chat->word, CHAT_REQUEST, CHAT_SERVING, -1);
        is_last = answer(chat);
        word_move(&chat->word, CHAT_SERVING, CHAT_REPLY, 0);
        word_move(&chat->word, CHAT_DONE, is_last ? CHAT_CLOSED : CHAT_IDLE, -1);
    }
    shmdt(chat);
    return 0;
}
