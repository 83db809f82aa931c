/*
 * report.h - messages, the options that every program has, and the exit status. Called from
 * src/\*.c only.
 */
#ifndef IPCLAB_REPORT_H
#define IPCLAB_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,   /* the system refused at least one operand */
    EXIT_USAGE = 2,     /* the command line is wrong; nothing was done */
    EXIT_DEADLOCK = 3,  /* semop-tool waiters --deadlock found one */
    EXIT_BLOCKED = 124, /* it would have blocked, or the timeout passed; nothing was done */
};

/* The old way to read options, for programs that have no table of struct cli_option yet. */
enum { OPT_CALLS = 256, OPT_HELP, OPT_VERSION, OPT_FIRST_FREE };

/* Rows for the table of long options. */
#define REPORT_OPTIONS                                                              \
    {"calls", no_argument, NULL, OPT_CALLS}, {"help", no_argument, NULL, OPT_HELP}, \
        {"version", no_argument, NULL, OPT_VERSION},                                \
    {                                                                               \
        NULL, 0, NULL, 0                                                            \
    }

/*
 * A program calls this first, with its NAME. Opens /dev/null on those of the three standard
 * descriptors that are closed, so that no file that it opens later becomes standard output; sets
 * the locale.
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

/* The old way: what --help prints from now on. */
void report_help(const char *help);

/*
 * For the default case after getopt_long(): does OPT_CALLS, OPT_HELP, OPT_VERSION, and tells what
 * '?' and ':' mean. OPTIND is where the option stands in ARGV. Returns -1 to go on, else the status
 * to leave with.
 */
int report_option(int option, char *const argv[]);

/* "PROGRAM: SUBJECT: RULE", and returns EXIT_USAGE. SUBJECT comes from the command line and is made
 * safe. */
int report_usage(const char *subject, const char *rule);

/* Messages go to TO from now on; NULL (as at the start) is standard error. Returns where they went
 * before. */
FILE *report_to(FILE *to);

/* "PROGRAM: message", nothing more. For what is worth knowing and no error. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "PROGRAM: SUBJECT: message", likewise. SUBJECT comes from the command line and is made safe. */
void report_about(const char *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * "PROGRAM: SUBJECT: CALL: ERRNO: sentence" and "hint: ...", of the last refused call; without
 * ERRNO if it has none. Returns EXIT_REFUSED.
 */
int report_refused(const char *subject);

/* "PROGRAM: SUBJECT: ACTION: strerror(errno)", for calls that are not IPC. Returns EXIT_REFUSED. */
int report_error(const char *subject, const char *action);

/*
 * Standard output could not be written: says so, once, with errno. QUIET_PIPE: a reader that has
 * gone is no news, as it is none for cat(1) when SIGPIPE ends it. Returns EXIT_REFUSED.
 */
int report_output_failed(bool quiet_pipe);

/* To be returned from main: flushes standard output, and makes STATUS a failure if that fails. */
int report_finish(int status);

/* The worse of two exit statuses. */
int report_worse(int a, int b);

/* May the cursor be moved on standard output? It is a terminal, and not TERM=dumb. */
bool report_screen(void);

/* May colours be sent there as well? NO_COLOR is unset or empty. */
bool report_colours(void);

/*
 * Long work on a terminal: shows how far it is on standard error, at most five times a second and
 * not in the first half second. DONE and TOTAL in UNIT ("bytes" are written as sizes). The line is
 * wiped with DONE equal to TOTAL, before a message, and at the end.
 */
void report_progress(uint64_t done, uint64_t total, const char *unit);

#endif
