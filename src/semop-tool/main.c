/*
 * semop-tool - System V semaphore sets: create, operate, watch and diagnose them.
 *
 *   $ set=$(semop-tool create --init 1 1)
 *   $ semop-tool op $set 0-1 -- sh -c 'echo alone; semop-tool show $IPCLAB_SET'
 *   alone
 *   SEM VALUE NCNT ZCNT LPID LCOMMAND
 *     0     0    0    0 4711 semop-tool op 5 0-1 -- sh -c ...
 *   $ semop-tool rm $set
 *
 * Exit status: 0 done; 1 the system refused at least one operand; 2 the command line is wrong and
 * nothing was done; 3 waiters --deadlock found one; 124 an operation would have blocked, or the
 * timeout passed; with -- COMMAND the command's own, or 125-127.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/cli/report.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: semop-tool SUBCOMMAND [options] ...\n"
    "Create, operate, watch and diagnose System V semaphore sets. SET is 5 (an id),\n"
    "0x4d2 (a key) or ftok:PATH[:PROJ].\n"
    "\n"
    "  create NSEMS               a new set; prints its id\n"
    "  op SET OPS... [-- COMMAND] operate: 0-1 takes, 0+1 gives, 0=0 waits for zero;\n"
    "                             with COMMAND: take, run, give back\n"
    "  run [SET] [FILE]           the same from a file, a list a line\n"
    "  show [SET...]              the sets, or the semaphores of these\n"
    "  waiters [SET...]           who is blocked on what; --deadlock, --graph\n"
    "  set SET SEM=VALUE...       set values, owner or mode\n"
    "  rm SET...                  remove\n"
    "  limits                     what the kernel allows, and what is in use\n"
    "\n"
    "      --calls, --help, --version\n"
    "\n"
    "semop-tool SUBCOMMAND --help tells the rest.\n"
    "\n"
    "Example: set=$(semop-tool create --init 1 1); semop-tool op $set 0-1 -- make\n";

static const struct {
    const char *name;
    semop_subcommand *run;
} subcommands[] = {
    {"create", semop_create},   {"op", semop_op},   {"run", semop_run}, {"show", semop_show},
    {"waiters", semop_waiters}, {"set", semop_set}, {"rm", semop_rm},   {"limits", semop_limits},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof *subcommands)

const char *semop_parse_set(const char *text, struct operand *out)
{
    const char *rule = operand_parse(text, out);
    if (!rule && out->kind != OPERAND_POSIX)
        return NULL;
    /* What begins like one of them has broken that one's rule. */
    return (*text >= '0' && *text <= '9') || !strncmp(text, "ftok:", 5)
               ? rule
               : "a set is an id (5), a key (0x4d2) or ftok:PATH[:PROJ]";
}

const char *semop_no_semaphore(size_t nsems)
{
    static char rule[80];
    snprintf(rule, sizeof rule, "the set has %zu semaphore%s, numbered from 0", nsems,
             nsems == 1 ? "" : "s");
    return rule;
}

/* SEMOPM is asked for once; no bound where it cannot be told: the kernel has it all the same. */
const char *semop_too_many(size_t count)
{
    static uint64_t most;
    if (count < 2)
        return NULL;
    if (!most)
        most = semset_most_operations();
    return count > most ? "more operations than one list may have (SEMOPM): see semop-tool limits"
                        : NULL;
}

int semop_refused(const char *subject)
{
    const int error = errno;
    report_refused(subject);
    return error == EAGAIN ? EXIT_BLOCKED : EXIT_REFUSED;
}

int semop_parse_sets(char *argv[], int count, struct operand **sets)
{
    *sets = calloc((size_t)count + 1, sizeof **sets);
    if (!*sets)
        return report_error("SET", "read");
    for (int i = 0; i < count; i++) {
        const char *rule = semop_parse_set(argv[i], &(*sets)[i]);
        if (rule) {
            free(*sets);
            *sets = NULL;
            return report_usage(argv[i], rule);
        }
    }
    return -1;
}

/* Options in front of the subcommand: those that every program has. Returns -1 to go on. */
static int parse_options(int argc, char *argv[])
{
    static const struct option long_options[] = {REPORT_OPTIONS};
    int option, status;
    while ((option = getopt_long(argc, argv, "+:", long_options, NULL)) != -1)
        if ((status = report_option(option, argv)) >= 0)
            return status;
    return -1;
}

int main(int argc, char *argv[])
{
    size_t i = 0;
    report_start("semop-tool");
    report_help(help);
    const int status = parse_options(argc, argv);
    if (status >= 0)
        return report_finish(status);
    if (optind == argc)
        return report_usage("SUBCOMMAND", "it is missing; see --help");
    while (i < SUBCOMMANDS && strcmp(argv[optind], subcommands[i].name))
        i++;
    if (i == SUBCOMMANDS)
        return report_usage(argv[optind], "no such subcommand; see --help");
    argc -= optind;
    argv += optind;
    optind = 0; /* getopt(3): start anew */
    return report_finish(subcommands[i].run(argc, argv));
}
