/* SPDX-License-Identifier: MIT */
/*
 * run.c - semop-tool run: performs lists of operations from a file or a stream, each one semop(2).
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/base/array.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"
#include "semop-tool/operands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One list: its operations in script->ops, its line, and its set. */
struct step {
    size_t first;
    uint32_t count, line;
    int set;
};

struct script {
    const char *name; /* the file's, for messages */
    int set;          /* the set that is named now; -1: none yet */
    size_t nsems;     /* how many semaphores it has */
    uint32_t line;    /* the line that is being read, from 1 */
    struct semops ops;
    struct step *steps; /* those that are read and not performed yet */
    size_t step_count, step_capacity;
    bool keep_going;
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

/* --- reading --- */

/* Finds the set, and how many semaphores it has. Returns 0, or -1 with errno when refused. */
static int open_set(struct script *script, const struct operand *set)
{
    struct semset_info info;
    if (semset_open(set, &script->set) || semset_stat(script->set, &info))
        return -1;
    script->nsems = info.nsems;
    return 0;
}

/* "5:" and the like: TEXT is what precedes the colon. Returns -1 to go on, otherwise the exit
 * status. */
static int switch_set(struct script *script, const char *text, size_t length)
{
    char name[PATH_MAX + 16];
    struct operand set;
    if (length >= sizeof name)
        return bad_line(script, "the name of the set is too long");
    memcpy(name, text, length);
    name[length] = '\0';
    /* No name has a NUL in it, whatever precedes the NUL. */
    const char *rule = set_operand_parse(strlen(name) == length ? name : "", &set);
    if (rule)
        return bad_line(script, rule);
    return open_set(script, &set) ? refused_line(script->name, script->line) : -1;
}

/* Adds a list as a step. Returns -1 to go on, otherwise the exit status. */
static int read_list(struct script *script, const char *text, size_t length)
{
    const size_t first = script->ops.count;
    const char *rule = semops_parse(text, length, &script->ops);
    if (!rule && script->set < 0)
        rule = "no set is named yet: use semop-tool run SET, or a line \"SET:\"";
    for (size_t i = first; !rule && i < script->ops.count; i++)
        if (script->ops.items[i].sem_num >= script->nsems)
            rule = semop_no_semaphore(script->nsems);
    if (!rule)
        rule = semop_too_many(script->ops.count - first);
    if (rule)
        return bad_line(script, rule);
    if (array_reserve(&script->steps, &script->step_capacity, script->step_count + 1))
        return report_error(script->name, "read");
    script->steps[script->step_count++] =
        (struct step){first, (uint32_t)(script->ops.count - first), script->line, script->set};
    return -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(const char **text, size_t *length)
{
    for (; *length && is_blank(**text); ++*text)
        --*length;
}

/* Nearly every line is a list and nothing else: no comment, no set. */
static bool is_bare_list(const char *text, size_t length)
{
    return length && *text >= '0' && *text <= '9' && text[length - 1] >= '0' &&
           text[length - 1] <= '9' && !memchr(text, ':', length) && !memchr(text, '#', length);
}

/*
 * Reads a line, without its newline: drops blanks and comments, switches to the set of "SET:", and
 * reads the rest as a list. Returns -1 to go on, otherwise the exit status.
 */
static int read_line(struct script *script, const char *text, size_t length)
{
    script->line++;
    skip_blanks(&text, &length);
    if (is_bare_list(text, length))
        return read_list(script, text, length);
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
        skip_blanks(&text, &length);
    }
    return length ? read_list(script, text, length) : -1;
}

/* --- performing --- */

/* Performs the steps, with --keep-going all of them, otherwise up to the first that is refused, and
 * forgets them. */
static int run_steps(struct script *script)
{
    int status = EXIT_DONE;
    for (size_t i = 0; i < script->step_count; i++) {
        const struct step *step = &script->steps[i];
        if (semop_perform(step->set, script->ops.items + step->first, step->count, NULL, NULL)) {
            status = report_worse(status, refused_line(script->name, step->line));
            if (!script->keep_going)
                break;
        }
        if (i % 65536 == 65535)
            report_progress(i + 1, script->step_count, "lists");
    }
    script->step_count = script->ops.count = 0;
    return status;
}

/* Performs a stream line by line, as the lines come. */
static int run_stream(struct script *script, FILE *file)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = EXIT_DONE;
    while ((length = getline(&line, &size, file)) >= 0) {
        const int bad =
            read_line(script, line, (size_t)length - (length && line[length - 1] == '\n'));
        status = report_worse(status, bad >= 0 ? bad : run_steps(script));
        if (bad >= 0 || (status && !script->keep_going))
            break;
    }
    if (ferror(file))
        status = report_error(script->name, "read");
    free(line);
    return status;
}

/* Reads a file to its end, and performs it only if every line is right. */
static int run_file(struct script *script, FILE *file)
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
    return bad >= 0 ? bad : run_steps(script);
}

static int run_script(struct script *script, const char *path)
{
    const bool standard = !path || !strcmp(path, "-");
    script->name = standard ? "standard input" : path;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file)
        return report_error(path, "open");
    /* Standard input may be a regular file, too. */
    const bool whole = lseek(fileno(file), 0, SEEK_CUR) >= 0;
    const int status = whole ? run_file(script, file) : run_stream(script, file);
    if (!standard)
        fclose(file);
    return status;
}

/* --- the command line --- */

static const struct cli_option run_table[] = {
    OPTION_FLAG('k', "keep-going", struct script, keep_going, "continue after a list that fails"),
    OPTION_STANDARD,
    {0},
};

static const struct usage run_usage = {
    .name = "semop-tool run",
    .operands = "[SET] [FILE]",
    .summary = "Perform lists of operations from FILE or standard input, one per line, each one "
               "atomic semop(2), as semop-tool op does. \"SET:\" on a line of its own, or before a "
               "list, switches to that set; # begins a comment. A FILE is read to its end first: "
               "nothing is performed if a line is wrong. Stops at the first list that fails.",
    .options = run_table,
    .example = "printf '0-1\\n0+1\\n' | semop-tool run 5",
};

/* A single operand is a set if it has the form of one; a file that is called 5 is ./5. */
static bool looks_like_set(const char *text)
{
    struct operand set;
    return !set_operand_parse(text, &set);
}

static int run(struct script *script, const struct operands *operands)
{
    char **items = operands->items;
    struct operand set;
    if (operands->count == 0)
        return run_script(script, NULL);
    if (operands->count == 1 && !looks_like_set(items[0]))
        return run_script(script, items[0]);
    const char *rule = set_operand_parse(items[0], &set);
    if (rule)
        return report_usage(items[0], rule);
    if (open_set(script, &set))
        return report_refused(items[0]);
    return run_script(script, operands->count == 2 ? items[1] : NULL);
}

int semop_run(int argc, char *argv[])
{
    struct script script = {.name = "command line", .set = -1};
    struct operands operands;
    int status = options_parse(&run_usage, argc, argv, &script, &operands);
    if (status < 0)
        status = run(&script, &operands);
    semops_free(&script.ops);
    free(script.steps);
    return status;
}
