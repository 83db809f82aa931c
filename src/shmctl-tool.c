/*
 * shmctl-tool - look at, change, lock and remove System V shared memory segments, one shmctl(2) at a time.
 *
 *   $ shmctl-tool set -m 0640 -u :staff 5
 *   $ shmctl-tool stat 5
 *   $ shmctl-tool rm 5 0x4d2
 *
 * Exit status: 0 all was done; 1 the system refused at least one operand, the others were still done; 2 the command
 * line is wrong and nothing was done.
 */
#include "config.h"

#include "lib/names.h"
#include "lib/operand.h"
#include "lib/procfs.h"
#include "lib/report.h"
#include "lib/segment.h"
#include "lib/text.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: shmctl-tool SUBCOMMAND [options] SEGMENT...\n"
    "Do one shmctl(2) command to each SEGMENT: 5 (an id), 0x4d2 (a key) or\n"
    "ftok:PATH[:PROJ].\n"
    "\n"
    "  stat                    print struct shmid_ds, by the names of shmctl(2)\n"
    "  set                     change it (IPC_SET):\n"
    "    -m, --mode=MODE         permissions, octal\n"
    "    -u, --owner=OWNER[:GROUP]  owner and group, names or numbers\n"
    "  lock, unlock            keep it in memory, out of swap; let it go again\n"
    "  rm                      remove it: at once, or with its last detach\n"
    "\n"
    "      --calls             show each call of the C API on standard error\n"
    "      --help              this text\n"
    "      --version           the version\n"
    "\n"
    "Example: shmctl-tool set -m 0640 -u :staff 5 && shmctl-tool rm 5\n";

/* Does its work on one segment. Returns an exit status; the operand's text is what to call it in messages. */
typedef int subcommand(const struct operand_change *change, const struct segment *segment, const char *text);

/* The heading waits for the first field, so that a refusal leaves none without anything below it. */
struct stat_target {
    int id;
    bool begun;
};

static void print_field(void *arg, const char *name, const char *value)
{
    struct stat_target *target = arg;
    if (!target->begun)
        printf("segment %d\n", target->id);
    target->begun = true;
    printf("  %-16s %s\n", name, value);
}

static int do_stat(const struct operand_change *change, const struct segment *segment, const char *text)
{
    struct stat_target target = {segment->id, false};
    (void)change;
    return segment->kind->fields(segment, print_field, &target) ? report_refused(text) : EXIT_DONE;
}

static int do_set(const struct operand_change *change, const struct segment *segment, const char *text)
{
    return segment->kind->set(segment, change) ? report_refused(text) : EXIT_DONE;
}

static int do_lock(const struct operand_change *change, const struct segment *segment, const char *text)
{
    (void)change;
    return segment->kind->lock(segment, true) ? report_refused(text) : EXIT_DONE;
}

static int do_unlock(const struct operand_change *change, const struct segment *segment, const char *text)
{
    (void)change;
    return segment->kind->lock(segment, false) ? report_refused(text) : EXIT_DONE;
}

/* "shmctl-tool: 5: removed, and lives on until its last detach: 2 attaches, by 1234 (python3 server.py)". */
static void tell_who_holds(const struct segment_info *info, const char *text)
{
    struct procfs fs;
    struct procfs_attaches attaches = {0};
    char who[900] = "";
    size_t count = 0, used = 0, others = 0;
    const struct procfs_attach *at = NULL;

    if (procfs_open(&fs, "/proc") == 0) {
        procfs_find_devices(&fs);
        procfs_attaches(&fs, 0, false, &attaches);
        at = procfs_attaches_of(&attaches, info->segment.id, &count);
    }
    for (size_t i = 0; i < count; i++) {
        struct procfs_process process;
        char safe[128];
        if (i && at[i].pid == at[i - 1].pid)
            continue;
        if (used > sizeof who - 200) {
            others++;
            continue;
        }
        procfs_process(&fs, at[i].pid, &process);
        used += (size_t)snprintf(who + used, sizeof who - used, "%s%d (%s)", used ? ", " : ", by ", at[i].pid,
                                 text_safe(safe, sizeof safe, process.command, process.command_length));
    }
    if (others)
        snprintf(who + used, sizeof who - used, " and %zu more", others);
    report_note("%s: removed, and lives on until its last detach: %" PRIu64 " attach%s%s%s", text, info->nattch,
                info->nattch == 1 ? "" : "es", who, count ? "" : "; by whom is not visible to you");
    procfs_attaches_free(&attaches);
    procfs_close(&fs);
}

/* Who holds it is asked after the removal: nobody can attach any more by the key, and the list is not longer. */
static int do_rm(const struct operand_change *change, const struct segment *segment, const char *text)
{
    struct segment_info info;
    char safe[256];
    (void)change;
    if (segment->kind->remove(segment))
        return report_refused(text);
    if (segment->kind->stat(segment, &info) == 0 && info.nattch)
        tell_who_holds(&info, text_safe(safe, sizeof safe, text, strlen(text)));
    return EXIT_DONE;
}

static const struct {
    const char *name;
    subcommand *run;
    bool changes; /* takes -m and -u, and needs one */
} subcommands[] = {
    {"stat", do_stat, false}, {"set", do_set, true},      {"lock", do_lock, false},
    {"unlock", do_unlock, false}, {"rm", do_rm, false},
};
#define SUBCOMMANDS (sizeof subcommands / sizeof *subcommands)

static const struct option long_options[] = {
    {"mode", required_argument, NULL, 'm'},
    {"owner", required_argument, NULL, 'u'},
    REPORT_OPTIONS,
};

/* Every operand is read before anything is done to the first. */
static int parse_segments(char *argv[], struct operand *operands)
{
    for (size_t i = 0; argv[i]; i++) {
        const char *rule = operand_parse(argv[i], &operands[i]);
        if (!rule && !segment_kind_of(&operands[i]))
            rule = "POSIX names are not known to this version: give an id or a key";
        if (rule)
            return report_usage(argv[i], rule);
    }
    return EXIT_DONE;
}

static int run(subcommand *command, const struct operand_change *change, char *argv[],
               const struct operand *operands)
{
    int status = EXIT_DONE;
    for (size_t i = 0; argv[i]; i++) {
        struct segment segment;
        if (segment_kind_of(&operands[i])->open(&operands[i], &segment))
            status = report_worse(status, report_refused(argv[i]));
        else
            status = report_worse(status, command(change, &segment, argv[i]));
    }
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

int main(int argc, char *argv[])
{
    struct operand_change change = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    size_t command = 0;

    report_start("shmctl-tool", help);
    int status = parse_options(argc, argv, &change);
    if (status >= 0)
        return report_finish(status);
    if (optind == argc)
        return report_usage("SUBCOMMAND", "it is missing: stat, set, lock, unlock or rm; see --help");
    while (command < SUBCOMMANDS && strcmp(argv[optind], subcommands[command].name))
        command++;
    if (command == SUBCOMMANDS)
        return report_usage(argv[optind], "no such subcommand: stat, set, lock, unlock or rm");
    if (++optind == argc)
        return report_usage("SEGMENT", "at least one is needed; see --help");
    if ((status = check_fit(command, &change)))
        return status;
    struct operand *operands = calloc((size_t)(argc - optind), sizeof *operands);
    if (!operands)
        return report_error("SEGMENT", "read");
    status = parse_segments(argv + optind, operands);
    if (status == EXIT_DONE)
        status = run(subcommands[command].run, &change, argv + optind, operands);
    free(operands);
    return report_finish(status);
}
