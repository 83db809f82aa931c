/* SPDX-License-Identifier: MIT */
/*
 * report.c - see report.h.
 */
#include "config.h"

#include "lib/cli/report.h"

#include "lib/calls/calls.h"
#include "lib/explain/explain.h"
#include "lib/base/text.h"
#include "lib/run/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char *program;

/* Standard input is opened for writing and the others for reading, so that using them fails as it
 * does with a closed descriptor. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

void report_start(const char *name)
{
    keep_standard_descriptors();
    ignore_file_limit();
    program = name;
    setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: a number has a point in every locale */
    setlocale(LC_TIME, "");
    opterr = 0; /* report_unknown_option() prints the message */
}

int report_unknown_option(char *const argv[], bool missing_argument)
{
    char text[128];
    /* What was typed decides: optopt may be a letter for a long option, too. */
    if (optopt > 0 && optopt < 256 && strncmp(argv[optind - 1], "--", 2))
        snprintf(text, sizeof text, "-%c", optopt);
    else
        snprintf(text, sizeof text, "%s", argv[optind - 1]);
    if (missing_argument)
        return report_usage(text, "this option needs an argument");
    if (optopt && strchr(text, '=')) /* a known option: it has optopt set */
        return report_usage(text, "this option takes no argument");
    return report_usage(text, "no such option; see --help");
}

void report_version(void)
{
    printf("%s (%s) %s\n", program, PACKAGE_NAME, PACKAGE_VERSION);
}

/* When the progress line that is on the terminal was printed, in milliseconds; 0: there is none. */
static uint64_t progress_shown;

/* Erases the progress line, so that the next message begins a line. */
static void clear_progress(void)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = 0;
}

static FILE *messages; /* NULL: standard error */

FILE *report_to(FILE *to)
{
    FILE *const before = messages;
    messages = to;
    return before;
}

size_t report_columns(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Ends lines between words before the terminal would end them within one. */
static void break_lines(char *text, size_t columns)
{
    char *blank = NULL;
    size_t used = 0; /* columns; and those after the blank */
    size_t after = 0;
    for (char *at = text; *at; at++) {
        if (((unsigned char)*at & 0xc0) == 0x80) /* within a character of UTF-8 */
            continue;
        used++, after++;
        if (*at == ' ')
            blank = at, after = 0;
        if (used > columns && blank) {
            *blank = '\n';
            blank = NULL;
            used = after;
        }
    }
}

/* One write per message, so that lines of several programs on one terminal do not mix. */
__attribute__((format(printf, 2, 0))) static void message(const char *prefix, const char *format,
                                                          va_list args)
{
    char line[2048];
    int used = snprintf(line, sizeof line, "%s: ", prefix);
    vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    const size_t columns = report_columns(messages ? STDOUT_FILENO : STDERR_FILENO);
    if (columns)
        break_lines(line, columns);
    strcat(line, "\n");
    fflush(stdout); /* keep the order of output and messages */
    clear_progress();
    fputs(line, messages ? messages : stderr);
}

void report_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message(program, format, args);
    va_end(args);
}

void report_hint(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message("hint", format, args);
    va_end(args);
}

void report_about(const char *subject, const char *format, ...)
{
    char safe[512], text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report_note("%s: %s", text_safe(safe, sizeof safe, subject, strlen(subject)), text);
}

int report_usage(const char *subject, const char *rule)
{
    char safe[512];
    report_note("%s: %s", text_safe(safe, sizeof safe, subject, strlen(subject)), rule);
    return EXIT_USAGE;
}

int report_refused(const char *subject)
{
    const struct failed_call *failed = calls_last_failure();
    struct explanation why;
    char safe[512];

    text_safe(safe, sizeof safe, subject, strlen(subject));
    explain(failed, &why);
    if (failed->error)
        report_note("%s: %s: %s: %s", safe, calls_name(failed->call), calls_errno(failed->error),
                    why.reason);
    else
        report_note("%s: %s: %s", safe, calls_name(failed->call), why.reason);
    if (why.hint[0])
        report_hint("%s", why.hint);
    return EXIT_REFUSED;
}

int report_error(const char *subject, const char *action)
{
    char safe[512];
    int error = errno;
    report_note("%s: %s: %s", text_safe(safe, sizeof safe, subject, strlen(subject)), action,
                strerror(error));
    return EXIT_REFUSED;
}

int report_output_failed(bool quiet_pipe)
{
    static bool reported;
    if (!reported && !(quiet_pipe && errno == EPIPE))
        report_error("standard output", "write");
    reported = true;
    return EXIT_REFUSED;
}

int report_finish(int status)
{
    clear_progress();
    /* A closed standard output that nothing was written to is not an error. */
    if (fflush(stdout) || ferror(stdout))
        return report_worse(status, report_output_failed(false));
    return status;
}

int report_worse(int a, int b)
{
    return a > b ? a : b;
}

/* A terminal that can do more than print line after line. */
static bool is_screen(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb");
}

bool report_screen(void)
{
    return is_screen(STDOUT_FILENO);
}

bool report_colours(void)
{
    const char *no = getenv("NO_COLOR");
    return report_screen() && !(no && *no);
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void report_progress(uint64_t done, uint64_t total, const char *unit)
{
    static uint64_t start;
    static int terminal = -1;
    char have[32], all[32];

    if (terminal < 0) {
        const int error = errno; /* the caller may report it; isatty(3) changes it */
        terminal = is_screen(STDERR_FILENO);
        start = terminal ? milliseconds() : 0;
        errno = error;
    }
    if (!terminal)
        return;
    const uint64_t now = milliseconds();
    if (done >= total) {
        clear_progress();
        return;
    }
    if (now - start < 500 || now - progress_shown < 200)
        return;
    progress_shown = now;
    const unsigned percent = (unsigned)((double)done * 100 / (double)total);
    if (!strcmp(unit, "bytes"))
        fprintf(stderr, "\r%s of %s, %u%%\033[K", text_size(have, sizeof have, done),
                text_size(all, sizeof all, total), percent);
    else
        fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " %s, %u%%\033[K", done, total, unit, percent);
}
