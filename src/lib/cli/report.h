/* SPDX-License-Identifier: MIT */
/*
 * report.h - messages, progress, and the exit status. Only programs and lib/cli call it: the floors
 * below return errors.
 */
#ifndef IPCLAB_REPORT_H
#define IPCLAB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,   /* the system refused at least one operand; the others were done */
    EXIT_USAGE = 2,     /* the command line is wrong; nothing was done */
    EXIT_DEADLOCK = 3,  /* semop-tool waiters --deadlock found one */
    EXIT_NOT_KNOWN = 4, /* it found none, and could not read every waiter */
    EXIT_BLOCKED = 124, /* it would have blocked, or the timeout passed; nothing was done */
};

/*
 * A program calls this first, with its NAME. Opens /dev/null on those of the three standard
 * descriptors that are closed, so that no file that it opens later becomes standard output; has
 * output beyond RLIMIT_FSIZE fail (ignore_file_limit()); sets the locale.
 */
void report_start(const char *name);

/* Prints the line of --version. */
void report_version(void);

/*
 * Reports the option in ARGV that getopt_long(3), with its opterr 0, has just refused: one without
 * the argument that it needs (MISSING_ARGUMENT, for ':'), or an unknown one, or one with an
 * argument that it does not take (for '?'). Returns EXIT_USAGE.
 */
int report_unknown_option(char *const argv[], bool missing_argument);

/* Prints "PROGRAM: SUBJECT: RULE". SUBJECT comes from the command line and is made safe. Returns
 * EXIT_USAGE. */
int report_usage(const char *subject, const char *rule);

/* Sends messages to TO from now on; NULL, as at the start, is standard error. Returns what it was
 * before. */
FILE *report_to(FILE *to);

/* Prints "PROGRAM: message". */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "PROGRAM: SUBJECT: message". SUBJECT comes from the command line and is made safe. */
void report_about(const char *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Explains the last failed IPC call: prints "PROGRAM: SUBJECT: CALL: ERRNO: sentence", without
 * ERRNO if it has none, and "hint: ...", if there is one. Returns EXIT_REFUSED.
 */
int report_refused(const char *subject);

/* Prints "PROGRAM: SUBJECT: ACTION: strerror(errno)", for other calls. Returns EXIT_REFUSED. */
int report_error(const char *subject, const char *action);

/*
 * Reports, once, with errno, that standard output could not be written. QUIET_PIPE: not for EPIPE,
 * because a reader that has enough is no error, as for cat(1), which SIGPIPE ends silently. Returns
 * EXIT_REFUSED.
 */
int report_output_failed(bool quiet_pipe);

/* For the return of main(): flushes standard output, and reports if that fails. Returns STATUS, or
 * EXIT_REFUSED if that is worse. */
int report_finish(int status);

/* The worse of two exit statuses. */
int report_worse(int a, int b);

/* Prints "hint: message", after a message. */
void report_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The columns of the terminal that the descriptor FD is; 0 if it is none, or does not know. */
size_t report_columns(int fd);

/* Can the cursor be moved on standard output: is it a terminal, and not TERM=dumb? */
bool report_screen(void);

/* The same, and are colours welcome: is NO_COLOR unset or empty? */
bool report_colours(void);

/*
 * On a terminal, prints on standard error how far long work is: DONE of TOTAL in UNIT ("bytes"
 * become sizes), at most five times a second, and not in the first half second. The line is erased
 * when DONE reaches TOTAL, before a message, and at the end. errno is kept.
 */
void report_progress(uint64_t done, uint64_t total, const char *unit);

#endif
