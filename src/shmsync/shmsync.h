/* SPDX-License-Identifier: MIT */
/*
 * shmsync.h - the subcommands of shmsync, a file or two functions of one each.
 *
 * The floors: open.c (a segment with objects) < lock_mutex.c (acquiring a lock so that no signal
 * ends the program with it) < the subcommands < main.c.
 */
#ifndef IPCLAB_SHMSYNC_H
#define IPCLAB_SHMSYNC_H

/* A subcommand: ARGV[0] is its name. Returns an exit status. */
typedef int shmsync_subcommand(int argc, char *argv[]);

shmsync_subcommand shmsync_init, shmsync_lock, shmsync_rdlock, shmsync_wrlock, shmsync_wait,
    shmsync_signal, shmsync_broadcast, shmsync_post, shmsync_down, shmsync_arrive, shmsync_stat,
    shmsync_waiters, shmsync_destroy;

#endif
