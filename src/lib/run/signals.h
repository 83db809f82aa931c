/* SPDX-License-Identifier: MIT */
/*
 * signals.h - which signals a program handles, blocks or passes on, and how it dies by one.
 */
#ifndef IPCLAB_SIGNALS_H
#define IPCLAB_SIGNALS_H

#include <signal.h>

/* The signals that matter for one purpose; signals.c has the table and says why they differ. */
enum signal_set {
    SIGNALS_FATAL,     /* end a program by default, and can come at any moment */
    SIGNALS_STOP,      /* those of them that a program survives until it has released what it
                          holds: all but SIGBUS */
    SIGNALS_FORWARDED, /* sent to this program and meant for its COMMAND */
    SIGNALS_HOLD,      /* end a hold in the ordinary way */
};

/* Makes *SET exactly the signals of WHICH. */
void fill_signals(enum signal_set which, sigset_t *set);

/* Blocks the signals of WHICH, besides those that are blocked. *BEFORE, if not NULL, is the mask
 * until now. */
void block_signals(enum signal_set which, sigset_t *before);

/* Unblocks them; those that are pending come now. */
void unblock_signals(enum signal_set which);

/*
 * Makes HANDLER, with sigaction(2)'s FLAGS, the action of each signal of WHICH; all of them are
 * blocked while it runs. A signal that is ignored stays ignored, as a shell's background job
 * ignores SIGINT. HANDLER may be SIG_DFL.
 */
void install_handler(enum signal_set which, void (*handler)(int), int flags);

/*
 * From now on a write or ftruncate(2) beyond RLIMIT_FSIZE fails with EFBIG (setrlimit(2)), and the
 * program reports that; the default action of SIGXFSZ would end it silently.
 */
void ignore_file_limit(void);

/* Undoes that, for a COMMAND, which inherits what is ignored (execve(2)). */
void restore_file_limit(void);

/* Ends this process by SIGNAL_NUMBER's default action, which must be to end it, so that its parent
 * sees that signal (wait(2)). May be called in a signal handler. */
_Noreturn void die_by_signal(int signal_number);

#endif
