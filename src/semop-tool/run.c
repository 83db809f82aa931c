/*
 * semop-run.c - semop-tool run: lists of operations from a file or a stream, each one semop(2).
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/calls/calls_sem.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char run_help[] =
    "Usage: semop-tool run [options] [SET] [FILE]\n"
    "Perform lists of operations from FILE or standard input, one atomic semop(2) a\n"
    "line, as semop-tool op takes them. \"SET:\" alone or in front of a list switches\n"
    "to another set; # begins a comment. A FILE is read whole first: nothing is done\n"
    "if a line of it is wrong. Stops at the first list that is refused.\n"
    "\n"
    "  -k, --keep-going   go on after a refusal\n"
    "      --calls, --help\n"
    "\n"
    "Example: printf '0-1\\n0+1\\n' | semop-tool run 5\n";

/* A list of a file: where its operations are, its line, and its set. */
struct step {
    size_t first;
    uint32_t count, line;
    int set;
};

struct script {
    const char *name; /* for messages: the file's */
    int set;          /* the one now; -1: none yet */
    size_t nsems;
    uint32_t line;
    struct semops ops;
    struct step *steps;
    size_t step_count, step_capacity;
};

static int bad_line(const struct script *script, const char *rule)
{
    char subject[300];
    snprintf(subject, sizeof subject, "%.200s:%" PRIu32, script->name, script->line);
    return report_usage(subject, rule);
}

static int refused_line(const char *name, uint32_t line)
{
    char subject[300];
    snprintf(subject, sizeof subject, "%.200s:%" PRIu32, name, line);
    return semop_refused(subject);
}

/* "5:" and the like. */
static int switch_set(struct script *script, const char *text, size_t length)
{
    char name[PATH_MAX + 16];
    struct operand set;
    struct semset_info info;
    if (length >= sizeof name)
        return bad_line(script, "the name of the set is too long");
    memcpy(name, text, length);
    name[length] = '\0';
    /* What has a NUL in it is no name, whatever its beginning is. */
    const char *rule = semop_parse_set(strlen(name) == length ? name : "", &set);
    if (rule)
        return bad_line(script, rule);
    if (semset_open(&set, &script->set) || semset_stat(script->set, &info))
        return refused_line(script->name, script->line);
    script->nsems = info.nsems;
    return -1;
}

static struct step *add_step(struct script *script)
{
    if (script->step_count == script->step_capacity) {
        const size_t capacity = script->step_capacity ? 2 * script->step_capacity : 256;
        struct step *steps = reallocarray(script->steps, capacity, sizeof *steps);
        if (!steps)
            return NULL;
        script->steps = steps;
        script->step_capacity = capacity;
    }
    return &script->steps[script->step_count++];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A list: appended as a step. */
static int read_list(struct script *script, const char *text, size_t length)
{
    const size_t first = script->ops.count;
    const char *rule = semops_parse(text, length, &script->ops);
    if (!rule && script->set < 0)
        rule = "no set is named yet: semop-tool run SET, or a line \"SET:\"";
    for (size_t i = first; !rule && i < script->ops.count; i++)
        if (script->ops.items[i].sem_num >= script->nsems)
            rule = semop_no_semaphore(script->nsems);
    if (!rule)
        rule = semop_too_many(script->ops.count - first);
    if (rule)
        return bad_line(script, rule);
    struct step *step = add_step(script);
    if (!step)
        return report_error(script->name, "read");
    *step = (struct step){first, (uint32_t)(script->ops.count - first), script->line, script->set};
    return -1;
}

/* A line without its newline: blanks and comments off, "SET:" taken, the rest read as a list. -1 to
 * go on. */
static int read_line(struct script *script, const char *text, size_t length)
{
    script->line++;
    while (length && is_blank(*text)) {
        text++;
        length--;
    }
    if (length && *text >= '0' && *text <= '9' && text[length - 1] >= '0' &&
        text[length - 1] <= '9' && !memchr(text, ':', length) && !memchr(text, '#', length))
        return read_list(script, text, length); /* nearly every line */
    const char *comment = memchr(text, '#', length);
    if (comment)
        length = (size_t)(comment - text);
    while (length && is_blank(text[length - 1]))
        length--;
    const char *colon = memrchr(text, ':', length);
    if (colon) {
        const int status = switch_set(script, text, (size_t)(colon - text));
        if (status >= 0)
            return status;
        length -= (size_t)(colon + 1 - text);
        text = colon + 1;
        while (length && is_blank(*text)) {
            text++;
            length--;
        }
    }
    return length ? read_list(script, text, length) : -1;
}

/* One semop(2), taken up again after a stop and a continue. */
static inline int perform(int id, struct sembuf *ops, size_t count)
{
    int result;
    do
        result = calls_semop(id, ops, count);
    while (result && errno == EINTR);
    return result;
}

/* Performs all steps there are, and forgets them. */
static int run_steps(struct script *script, bool keep_going)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < script->step_count; i++) {
        const struct step *step = &script->steps[i];
        if (perform(step->set, script->ops.items + step->first, step->count)) {
            status = report_worse(status, refused_line(script->name, step->line));
            if (!keep_going)
                break;
        }
        if (i % 65536 == 65535)
            report_progress(i + 1, script->step_count, "lists");
    }
    script->step_count = script->ops.count = 0;
    return status;
}

/* A stream is performed line by line, as it comes. */
static int run_stream(struct script *script, bool keep_going, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = EXIT_DONE;
    while ((length = getline(&line, &size, file)) >= 0) {
        const int bad =
            read_line(script, line, (size_t)length - (length && line[length - 1] == '\n'));
        status = report_worse(status, bad >= 0 ? bad : run_steps(script, keep_going));
        if (bad >= 0 || (status && !keep_going))
            break;
    }
    if (ferror(file))
        status = report_error(script->name, "read");
    free(line);
    return status;
}

static int run_file(struct script *script, bool keep_going, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int bad = -1;
    while (bad < 0 && (length = getline(&line, &size, file)) >= 0)
        bad = read_line(script, line, (size_t)length - (length && line[length - 1] == '\n'));
    free(line);
    if (bad < 0 && ferror(file))
        bad = report_error(script->name, "read");
    return bad >= 0 ? bad : run_steps(script, keep_going);
}

/* One operand is a set if it is written like one; a file called 5 is ./5. */
static bool looks_like_set(const char *text)
{
    struct operand set;
    return !semop_parse_set(text, &set);
}

static int run_script(struct script *script, const char *path, bool keep_going)
{
    const bool standard = !path || !strcmp(path, "-");
    script->name = standard ? "standard input" : path;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return report_error(path, "open");
    /* Standard input that is a file is a file. */
    const bool whole = lseek(fileno(file), 0, SEEK_CUR) >= 0;
    const int status =
        whole ? run_file(script, keep_going, file) : run_stream(script, keep_going, file);
    if (!standard)
        fclose(file);
    return status;
}

int semop_run(int argc, char *argv[])
{
    static const struct option long_options[] = {{"keep-going", no_argument, NULL, 'k'},
                                                 REPORT_OPTIONS};
    struct script script = {.name = "command line", .set = -1};
    bool keep_going = false;
    int option, status = -1;
    report_help(run_help);
    while ((option = getopt_long(argc, argv, ":k", long_options, NULL)) != -1) {
        if (option == 'k')
            keep_going = true;
        else if ((status = report_option(option, argv)) >= 0)
            return status;
    }
    if (argc - optind > 2)
        return report_usage(argv[optind + 2], "run takes one SET and one FILE");
    if (optind < argc && (argc - optind == 2 || looks_like_set(argv[optind]))) {
        struct operand set;
        const char *rule = semop_parse_set(argv[optind], &set);
        if (rule)
            return report_usage(argv[optind], rule);
        struct semset_info info;
        if (semset_open(&set, &script.set) || semset_stat(script.set, &info))
            return report_refused(argv[optind]);
        script.nsems = info.nsems;
        optind++;
    }
    status = run_script(&script, argv[optind], keep_going);
    semops_free(&script.ops);
    free(script.steps);
    return status;
}
