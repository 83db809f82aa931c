/* SPDX-License-Identifier: MIT */
/*
 * calls_sysv.h - the call that all kinds of System V IPC share: ftok(3), traced; see calls.h.
 */
#ifndef IPCLAB_CALLS_SYSV_H
#define IPCLAB_CALLS_SYSV_H

#include <sys/types.h>

/*
 * Stores the key of the file PATH and the project PROJ (1..255) in *KEY. Returns 0, or -1 with
 * errno as stat(2) sets it. The trace also prints the parts of the file's identity that made the
 * key, and a warning if ftok(3) dropped bits of them.
 */
int calls_ftok(const char *path, int proj, key_t *key);

#endif
