/*
 * chat.h - the segment that the server and its clients share: what they have agreed upon.
 *
 * There is one place for a request and its reply, so one client at a time. Whose turn it is says
 * word, and only word_move (see word.h) changes it:
 *
 *   CHAT_BEING_MADE  --server-->  CHAT_IDLE      the server has filled in device and inode
 *   CHAT_IDLE        --client-->  CHAT_CLAIMED   this client alone may now write to text
 *   CHAT_CLAIMED     --client-->  CHAT_REQUEST   its request is in text
 *   CHAT_REQUEST     --server-->  CHAT_SERVING   the server reads it
 *   CHAT_SERVING     --server-->  CHAT_REPLY     the reply is in text
 *   CHAT_REPLY       --client-->  CHAT_READING   the client reads it
 *   CHAT_READING     --client-->  CHAT_DONE      it has it
 *   CHAT_DONE        --server-->  CHAT_IDLE      the next one, please
 *                         or -->  CHAT_CLOSED    that was the last one; the server goes
 *   CHAT_REQUEST     --client-->  CHAT_IDLE      the client takes back a request that nobody has
 * begun with
 *
 * This file, word.h and word.c are given: the check puts its own copies over yours.
 */
#ifndef CHAT_H
#define CHAT_H

#include "word.h"

#include <stdint.h>

/* The project number that ftok(3) wants besides the file. */
#define CHAT_PROJECT 'C'

/* The longest request, in bytes, without the zero byte. */
#define CHAT_LONGEST 400

enum {
    CHAT_BEING_MADE = 0, /* a new segment is all zeros */
    CHAT_IDLE,
    CHAT_CLAIMED,
    CHAT_REQUEST,
    CHAT_SERVING,
    CHAT_REPLY,
    CHAT_READING,
    CHAT_DONE,
    CHAT_CLOSED = WORD_CLOSED
};

struct chat {
    uint32_t word;   /* one of the above */
    uint32_t served; /* how many requests were answered */
    uint64_t device; /* st_dev and st_ino of the file that this chat is about, for */
    uint64_t inode;  /* another file may have the same key */
    char text[488];  /* the request, then the reply; ends in a zero byte */
};

#endif
