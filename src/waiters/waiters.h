/* SPDX-License-Identifier: MIT */
/*
 * waiters.h - the subcommand "waiters" of semop-tool and of shmsync: which tasks are blocked, on
 * what, and whether they can ever continue. Both programs print one list and one graph of all kinds
 * of objects; they differ only in what their operands name.
 */
#ifndef IPCLAB_WAITERS_H
#define IPCLAB_WAITERS_H

/* How a program's subcommand differs: as in struct usage (usage.h), and KIND, the --option of the
 * kind of object that the operands name, "set" or "segment". Objects of the other kinds are named
 * by their options. */
struct waiters_usage {
    const char *kind;
    const char *name, *operands, *summary, *notes, *example;
};

/* Reads the options and operands of the subcommand and does it. Returns an exit status. */
int waiters_main(int argc, char *argv[], const struct waiters_usage *usage);

#endif
