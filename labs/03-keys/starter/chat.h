/*
 * chat.h - the segment that the server and its clients share, and the rules on which they agree
 *
 * The segment has room for one request and its reply, so it serves one client at a time. word says
 * whose turn it is, and only word_move (see word.h) changes it:
 *
 *   CHAT_BEING_MADE  --server-->  CHAT_IDLE      the server has filled in device and inode
 *   CHAT_IDLE        --client-->  CHAT_CLAIMED   this client alone may now write to text
 *   CHAT_CLAIMED     --client-->  CHAT_REQUEST   its request is in text
 *   CHAT_REQUEST     --server-->  CHAT_SERVING   the server reads it
 *   CHAT_SERVING     --server-->  CHAT_REPLY     the reply is in text
 *   CHAT_REPLY       --client-->  CHAT_READING   the client reads it
 *   CHAT_READING     --client-->  CHAT_DONE      it has read the reply
 *   CHAT_DONE        --server-->  CHAT_IDLE      ready for the next client
 *                         or -->  CHAT_CLOSED    that was the last request; the server ends
 *
 * If the server has not begun with a request, the client may withdraw it:
 *
 *   CHAT_REQUEST     --client-->  CHAT_IDLE
 *
 * This file, word.h and word.c are given: the check replaces yours by its own copies.
 */
#ifndef CHAT_H
#define CHAT_H

#include "word.h"

#include <stdint.h>

/* The project number, the second argument of ftok(3). */
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
    uint32_t served; /* the number of requests answered so far */
    uint64_t device; /* st_dev of the file of this chat: another file may have the same key */
    uint64_t inode;  /* st_ino of that file */
    char text[488];  /* the request, then the reply; it ends in a zero byte */
};

#endif
