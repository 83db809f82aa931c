/* SPDX-License-Identifier: MIT */
/* keep.h - hold all processes of a check together, and end them. */
#ifndef IPCLAB_KEEP_H
#define IPCLAB_KEEP_H

/*
 * Runs COMMAND. When it ends, or SIGTERM, SIGINT or SIGHUP arrives, ends every process that
 * descends from it, and becomes LAST. Returns only if LAST cannot be run. Needs /proc.
 */
int keep_box(char **command, char **last);

#endif
