/*
 * shmsync - mutexes, condition variables, semaphores, rwlocks and barriers that processes share,
 * inside a segment.
 *
 *   $ id=$(shmcreate 4K)
 *   $ shmsync init $id mutex:m,robust cond:c
 *   2048
 *   $ shmsync lock $id m -- sh -c 'echo alone'
 *   alone
 *   $ shmsync stat $id
 *   NAME KIND  ATTRS  STATE    OWNER OSTATE WAITERS SOURCE COMMAND
 *   m    mutex robust unlocked                    0 glibc
 *   c    cond         idle                        0 glibc
 *
 * Exit status: 0 done; 1 the system refused at least one operand; 2 the command line is wrong and
 * nothing was done; 3 waiters --deadlock found one; 124 it would have blocked, or the timeout
 * passed; with -- COMMAND the command's own, or 125-127.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/cli/report.h"

#include <getopt.h>
#include <string.h>

static const char help[] =
    "Usage: shmsync SUBCOMMAND [options] SEGMENT ...\n"
    "Make, take, watch and break the objects that processes share in a segment: 5 (an\n"
    "id), 0x4d2 (a key), ftok:PATH[:PROJ] or /name.\n"
    "\n"
    "  init SEGMENT [OBJECT...]   make a place for objects, and objects; prints where\n"
    "                             the data area begins\n"
    "  lock SEGMENT MUTEX         hold it while a COMMAND runs\n"
    "  wait SEGMENT COND MUTEX    until a value of the data area is as wanted\n"
    "  signal, broadcast SEGMENT COND [MUTEX]\n"
    "                             wake one, or all; set a value before\n"
    "  post, down SEGMENT SEM     give to a semaphore, take from it\n"
    "  rdlock, wrlock SEGMENT RWLOCK\n"
    "                             hold it, as others do or alone, while COMMAND runs\n"
    "  arrive SEGMENT BARRIER     and wait for the others\n"
    "  stat SEGMENT [NAME...]     who holds what, and how many wait\n"
    "  waiters [SEGMENT...]       who is blocked on what; --deadlock, --graph\n"
    "  destroy SEGMENT NAME...    unless in use\n"
    "      --calls, --help, --version; shmsync SUBCOMMAND --help tells the rest.\n"
    "\n"
    "Example: shmsync lock 5 m -- make\n";

static const struct {
    const char *name;
    shmsync_subcommand *run;
} subcommands[] = {
    {"init", shmsync_init},           {"lock", shmsync_lock},   {"rdlock", shmsync_rdlock},
    {"wrlock", shmsync_wrlock},       {"wait", shmsync_wait},   {"signal", shmsync_signal},
    {"broadcast", shmsync_broadcast}, {"post", shmsync_post},   {"down", shmsync_down},
    {"arrive", shmsync_arrive},       {"stat", shmsync_stat},   {"waiters", shmsync_waiters},
    {"destroy", shmsync_destroy},     {"bench", shmsync_bench},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof *subcommands)

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
    report_start("shmsync");
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
