/*
 * child.h - running a COMMAND and passing on what happens to it, as env(1) and timeout(1) do.
 */
#ifndef IPCLAB_CHILD_H
#define IPCLAB_CHILD_H

#include <signal.h>

enum {
    CHILD_FAILED = 125,     /* this program failed before the command ran */
    CHILD_CANNOT_RUN = 126, /* found, but not to be executed */
    CHILD_NOT_FOUND = 127,
};

/*
 * Runs ARGV (found by PATH, ended by NULL) and waits for it; signals that reach this process are
 * passed on to the command meanwhile. Returns the command's exit status; 128 plus the signal that
 * ended it; CHILD_CANNOT_RUN or CHILD_NOT_FOUND, and nothing ran; CHILD_FAILED when no process
 * could be made. errno says why nothing ran, and is 0 when the command did. The command starts with
 * the signal mask MASK; NULL: that of now.
 */
int child_run(char *const argv[], const sigset_t *mask);

/*
 * "--" ends the options, and with operands in front of it, it begins COMMAND. getopt_long(3) would
 * put the two sides of it into one list, so it is shown the left side only: child_dashes() finds
 * the first "--" of ARGV (ARGC if there is none), and after the options of the left side have been
 * read up to OPTIND, child_split() finds the operands, and the command, NULL when there is none.
 * ARGV[DASHES] must be as it was. Returns how many operands there are.
 */
int child_dashes(int argc, char *const argv[]);
int child_split(int argc, char *argv[], int dashes, int first, char ***operands, char ***command);

#endif
