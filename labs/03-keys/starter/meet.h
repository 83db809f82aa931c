/* meet.h - how a server and its clients find each other: by a file that they all know */
#ifndef MEET_H
#define MEET_H

#include "chat.h"

/* The current time in seconds, for deadlines. */
double now(void);

/* For the server: create the chat of FILE, and open it to clients. Creates FILE if it does not
 * exist, and otherwise leaves it alone. Sets *ID to the id of the segment. Returns NULL, and prints
 * a message, if a call fails or the segment already exists. */
struct chat *chat_create(const char *file, int *id);

/* For a client: find the chat of FILE, waiting for one until now() is END, and claim it. Returns
 * NULL, and prints a message, if there is no chat in time or the key leads to the chat of another
 * file. */
struct chat *chat_claim(const char *file, double end);

#endif
