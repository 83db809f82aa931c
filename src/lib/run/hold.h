/*
 * hold.h - staying until there is a reason to go.
 */
#ifndef IPCLAB_HOLD_H
#define IPCLAB_HOLD_H

#include <time.h>

/* Blocks SIGINT and SIGTERM from now on, so that one that comes before hold_wait() ends it at once.
 */
void hold_prepare(void);

/*
 * Waits until LENGTH has passed (NULL: for ever), SIGINT or SIGTERM has come, or standard input,
 * when it is a pipe or a socket, has ended; what is written into it is thrown away. Returns 0, or
 * -1 with errno.
 */
int hold_wait(const struct timespec *length);

#endif
