/*
 * waiters.h - the subcommand "waiters" of semop-tool and of shmsync: which tasks are blocked, on
 * what, and whether they can ever continue. Both programs print one list and one graph of all kinds
 * of objects; they differ only in what their operands name.
 */
#ifndef IPCLAB_WAITERS_H
#define IPCLAB_WAITERS_H

/*
 * Reads the options and operands of the subcommand and does it. HELP is its --help text. KIND is
 * the --option of the kind of object that the operands name, "set" or "segment"; objects of the
 * other kinds are named with their options. Returns an exit status.
 */
int waiters_main(int argc, char *argv[], const char *help, const char *kind);

#endif
