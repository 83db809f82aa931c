/*
 * shmctl-tool - look at, change, lock, resize and remove shared memory segments, one call at a
 * time.
 *
 *   $ shmctl-tool set -m 0640 -u :staff 5
 *   $ shmctl-tool stat 5
 *   $ shmctl-tool rm 5 0x4d2 /demo
 *
 * Exit status: 0 all was done; 1 the system refused at least one operand, the others were still
 * done; 2 the command line is wrong and nothing was done.
 */
#include "config.h"

#include "lib/base/names.h"
#include "lib/base/operand.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/segment/segment.h"
#include "lib/base/text.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: shmctl-tool SUBCOMMAND [options] SEGMENT...\n"
    "Do one thing to each SEGMENT: 5 (an id), 0x4d2 (a key), ftok:PATH[:PROJ], or\n"
    "/name (a POSIX object).\n"
    "\n"
    "  stat                    print struct shmid_ds or struct stat, name by name\n"
    "  set                     change it (IPC_SET; fchmod, fchown):\n"
    "    -m, --mode=MODE         permissions, octal\n"
    "    -u, --owner=OWNER[:GROUP]  owner and group, names or numbers\n"
    "  lock, unlock            keep it in memory, out of swap; let it go again\n"
    "                          (System V only)\n"
    "  resize                  SIZE in front of SEGMENT: make it so long (ftruncate;\n"
    "                          POSIX only)\n"
    "  rm                      remove it: at once, or with its last detach\n"
    "\n"
    "      --calls             show each call of the C API on standard error\n"
    "      --help              this text\n"
    "      --version           the version\n"
    "\n"
    "Example: shmctl-tool set -m 0640 -u :staff 5 && shmctl-tool rm 5\n";

/* What is asked for beyond the subcommand. */
struct request {
    struct operand_change change; /* set */
    uint64_t size;                /* resize, bytes */
};

/* Does its work on one segment. Returns an exit status; the operand's text is what to call it in
 * messages. */
typedef int subcommand(const struct request *request, const struct segment *segment,
                       const char *text);

/* The heading waits for the first field, so that a refusal leaves none without anything below it.
 */
struct stat_target {
    const struct segment *segment;
    bool begun;
};

static void print_field(void *arg, const char *name, const char *value)
{
    struct stat_target *target = arg;
    char text[SEGMENT_NAME_SIZE];
    if (!target->begun) {
        target->segment->kind->print(target->segment, text, sizeof text);
        printf("%s ", target->segment->kind->noun);
        text_safe_print(text, strlen(text), stdout);
        putchar('\n');
    }
    target->begun = true;
    printf("  %-16s %s\n", name, value);
}

static int do_stat(const struct request *request, const struct segment *segment, const char *text)
{
    struct stat_target target = {segment, false};
    (void)request;
    return segment->kind->fields(segment, print_field, &target) ? report_refused(text) : EXIT_DONE;
}

static int do_set(const struct request *request, const struct segment *segment, const char *text)
{
    return segment->kind->set(segment, &request->change) ? report_refused(text) : EXIT_DONE;
}

static int do_lock(const struct request *request, const struct segment *segment, const char *text)
{
    (void)request;
    return segment->kind->lock(segment, true) ? report_refused(text) : EXIT_DONE;
}

static int do_unlock(const struct request *request, const struct segment *segment, const char *text)
{
    (void)request;
    return segment->kind->lock(segment, false) ? report_refused(text) : EXIT_DONE;
}

static int do_resize(const struct request *request, const struct segment *segment, const char *text)
{
    return segment->kind->resize(segment, request->size) ? report_refused(text) : EXIT_DONE;
}

/* --- rm --- */

/* Who has what, read from /proc: anew for each segment that the kernel says is held, once for those
 * it does not count. */
struct holders {
    struct procfs fs;
    struct procfs_attaches attaches;
};

static bool look_for_holders(bool again, struct holders *holders)
{
    static struct holders kept = {.fs = {.dir = -1}};
    if (again || kept.fs.dir < 0) {
        procfs_attaches_free(&kept.attaches);
        procfs_close(&kept.fs);
        if (procfs_open(&kept.fs, "/proc") == 0) {
            procfs_find_devices(&kept.fs);
            procfs_find_posix(&kept.fs, true);
            procfs_attaches(&kept.fs, 0, false, &kept.attaches);
        }
    }
    *holders = kept;
    return kept.fs.dir >= 0;
}

/* ", by 1234 (python3 server.py), 1235 (...) and 7 more". */
static void who_holds(const struct procfs *fs, const struct procfs_attach *at, size_t count,
                      char *who, size_t size)
{
    size_t used = 0, others = 0;
    *who = '\0';
    for (size_t i = 0; i < count; i++) {
        struct procfs_process process;
        char safe[128];
        if (i && at[i].pid == at[i - 1].pid)
            continue;
        if (used > size - 200) {
            others++;
            continue;
        }
        procfs_process(fs, at[i].pid, &process);
        used +=
            (size_t)snprintf(who + used, size - used, "%s%d (%s)", used ? ", " : ", by ", at[i].pid,
                             text_safe(safe, sizeof safe, process.command, process.command_length));
    }
    if (others)
        snprintf(who + used, size - used, " and %zu more", others);
}

/* "shmctl-tool: 5: removed, and lives on until its last detach: 2 attaches, by 1234 (python3
 * server.py)". */
static void tell_who_holds(const struct segment_info *info, const char *text)
{
    struct holders holders;
    char who[900], safe[256];
    size_t count = 0, mapped = 0;
    const struct procfs_attach *at = NULL;

    if (look_for_holders(info->segment.kind->accounted, &holders))
        at = procfs_attaches_of(&holders.attaches, info->device, info->inode, &count);
    for (size_t i = 0; i < count; i++)
        mapped += at[i].fd < 0;
    const uint64_t nattch = info->segment.kind->accounted ? info->nattch : mapped;
    who_holds(&holders.fs, at, count, who, sizeof who);
    text_safe(safe, sizeof safe, text, strlen(text));
    if (nattch)
        report_note("%s: removed, and lives on until its last detach: %" PRIu64 " attach%s%s%s",
                    safe, nattch, nattch == 1 ? "" : "es", who,
                    count ? "" : "; by whom is not visible to you");
    else if (count)
        report_note("%s: removed, and lives on while it is open%s", safe, who);
}

static int do_rm(const struct request *request, const struct segment *segment, const char *text)
{
    struct segment_info left;
    (void)request;
    if (segment->kind->remove(segment, &left))
        return report_refused(text);
    if (left.segment.kind)
        tell_who_holds(&left, text);
    return EXIT_DONE;
}

static const struct {
    const char *name;
    subcommand *run;
    bool changes;               /* takes -m and -u, and needs one */
    bool sized;                 /* takes SIZE in front of its segments */
    enum segment_ability needs; /* SEGMENT_ABILITIES: nothing that a kind could lack */
} subcommands[] = {
    {"stat", do_stat, false, false, SEGMENT_ABILITIES},
    {"set", do_set, true, false, SEGMENT_ABILITIES},
    {"lock", do_lock, false, false, SEGMENT_LOCK},
    {"unlock", do_unlock, false, false, SEGMENT_LOCK},
    {"resize", do_resize, false, true, SEGMENT_RESIZE},
    {"rm", do_rm, false, false, SEGMENT_ABILITIES},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof *subcommands)

static const struct option long_options[] = {
    {"mode", required_argument, NULL, 'm'},
    {"owner", required_argument, NULL, 'u'},
    REPORT_OPTIONS,
};

/* Every operand is read, and can do what is asked of it, before anything is done to the first. */
static int parse_segments(char *argv[], struct operand *operands, enum segment_ability needs)
{
    for (size_t i = 0; argv[i]; i++) {
        const char *rule = operand_parse(argv[i], &operands[i]);
        if (!rule && needs != SEGMENT_ABILITIES)
            rule = segment_kind_of(&operands[i])->cannot[needs];
        if (rule)
            return report_usage(argv[i], rule);
    }
    return EXIT_DONE;
}

static int run(subcommand *command, const struct request *request, char *argv[],
               const struct operand *operands)
{
    int status = EXIT_DONE;
    for (size_t i = 0; argv[i]; i++) {
        struct segment segment;
        if (segment_kind_of(&operands[i])->open(&operands[i], &segment))
            status = report_worse(status, report_refused(argv[i]));
        else
            status = report_worse(status, command(request, &segment, argv[i]));
    }
    return status;
}

static int run_all(size_t command, const struct request *request, char *argv[], size_t count)
{
    struct operand *operands = calloc(count, sizeof *operands);
    if (!operands)
        return report_error("SEGMENT", "read");
    int status = parse_segments(argv, operands, subcommands[command].needs);
    if (status == EXIT_DONE)
        status = run(subcommands[command].run, request, argv, operands);
    free(operands);
    return status;
}

/* Returns -1 to go on, else the status to leave with. */
static int parse_options(int argc, char *argv[], struct operand_change *change)
{
    const char *rule = NULL;
    int option, status;
    while ((option = getopt_long(argc, argv, ":m:u:", long_options, NULL)) != -1) {
        switch (option) {
        case 'm':
            rule = operand_mode(optarg, &change->mode);
            change->has_mode = true;
            break;
        case 'u': rule = names_parse_owner(optarg, &change->uid, &change->gid); break;
        default:
            if ((status = report_option(option, argv)) >= 0)
                return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    return -1;
}

static int check_fit(size_t command, const struct operand_change *change)
{
    const bool asked = change->has_mode || change->uid != (uid_t)-1 || change->gid != (gid_t)-1;
    if (subcommands[command].changes && !asked)
        return report_usage(subcommands[command].name, "nothing to change: give --mode or --owner");
    if (!subcommands[command].changes && asked)
        return report_usage(subcommands[command].name, "--mode and --owner belong to set");
    return EXIT_DONE;
}

static size_t find_subcommand(const char *name)
{
    size_t command = 0;
    while (command < SUBCOMMANDS && strcmp(name, subcommands[command].name))
        command++;
    return command;
}

/* Takes SIZE, which stands in front of the segments. Returns -1 to go on, else the status to leave
 * with. */
static int parse_size(int argc, char *argv[], struct request *request)
{
    if (optind == argc)
        return report_usage("SIZE", "it is missing: resize SIZE SEGMENT...; see --help");
    const char *rule = operand_size(argv[optind], &request->size);
    if (rule)
        return report_usage(argv[optind], rule);
    optind++;
    return -1;
}

int main(int argc, char *argv[])
{
    struct request request = {.change = {.uid = (uid_t)-1, .gid = (gid_t)-1}};

    report_start("shmctl-tool");
    report_help(help);
    int status = parse_options(argc, argv, &request.change);
    if (status >= 0)
        return report_finish(status);
    if (optind == argc)
        return report_usage("SUBCOMMAND",
                            "it is missing: stat, set, lock, unlock, resize or rm; see --help");
    const size_t command = find_subcommand(argv[optind]);
    if (command == SUBCOMMANDS)
        return report_usage(argv[optind],
                            "no such subcommand: stat, set, lock, unlock, resize or rm");
    optind++;
    if (subcommands[command].sized && (status = parse_size(argc, argv, &request)) >= 0)
        return status;
    if (optind == argc)
        return report_usage("SEGMENT", "at least one is needed; see --help");
    if ((status = check_fit(command, &request.change)))
        return status;
    return report_finish(run_all(command, &request, argv + optind, (size_t)(argc - optind)));
}
