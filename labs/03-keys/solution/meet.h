/* meet.h - how a server and its clients find each other: by a file that all of them know. */
#ifndef MEET_H
#define MEET_H

#include "chat.h"

/* A point in time, in seconds; for the ends of waits. */
double now(void);

/* For the server: create the chat of FILE, and open it to clients. FILE is created if it is not
 * there, and else left alone. Sets *ID to that of the segment. Returns NULL, with a message, if
 * that cannot be done, or there is one already. */
struct chat *chat_create(const char *file, int *id);

/* For a client: find the chat of FILE, wait for one until now() is END, and claim it. Returns NULL,
 * with a message, if none came or the key leads to the chat of another file. */
struct chat *chat_claim(const char *file, double end);

#endif
