/* SPDX-License-Identifier: MIT */
/*
 * shmctl-tool - inspect, change, lock, resize and remove shared memory segments, one call at a
 * time.
 *
 *   $ shmctl-tool set -m 0640 -u :staff 5
 *   $ shmctl-tool stat 5
 *   $ shmctl-tool rm 5 0x4d2 /demo
 *
 * Exit status: 0 done; 1 the system refused at least one operand, the others were still
 * done; 2 the command line is wrong and nothing was done.
 */
#include "config.h"

#include "lib/base/names.h"
#include "lib/base/operand.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/cli/subcommand.h"
#include "lib/segment/segment.h"
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the subcommand needs besides its segments. */
struct request {
    struct operand_change change; /* set */
    uint64_t size;                /* resize, bytes */
};

/* Does its work on one segment, which messages call TEXT. Returns an exit status. */
typedef int operation(const struct request *request, const struct segment *segment,
                      const char *text);

/* The heading is printed with the first field, so that a refusal leaves no heading alone. */
struct stat_output {
    const struct segment *segment;
    bool heading_printed;
};

static void print_field(void *arg, const char *name, const char *value)
{
    struct stat_output *output = arg;
    char text[SEGMENT_NAME_SIZE];
    if (!output->heading_printed) {
        output->segment->kind->print(output->segment, text, sizeof text);
        printf("%s ", output->segment->kind->noun);
        text_safe_print(text, strlen(text), stdout);
        putchar('\n');
    }
    output->heading_printed = true;
    printf("  %-16s %s\n", name, value);
}

static int do_stat(const struct request *request, const struct segment *segment, const char *text)
{
    struct stat_output output = {segment, false};
    (void)request;
    return segment->kind->fields(segment, print_field, &output) ? report_refused(text) : EXIT_DONE;
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

/* Which process has what attached, read from /proc. */
struct holders {
    struct procfs fs;
    struct procfs_attaches attaches;
};

/*
 * Reads /proc into *HOLDERS, again or only if it was not read before. Again for each segment whose
 * attaches the kernel counts, because one is attached then; a POSIX object may have none, and one
 * reading is enough for all of them. Returns whether /proc could be read.
 */
static bool find_holders(bool again, struct holders *holders)
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
static void format_holders(const struct procfs *fs, const struct procfs_attach *attaches,
                           size_t count, char *out, size_t size)
{
    size_t used = 0, others = 0;
    *out = '\0';
    for (size_t i = 0; i < count; i++) {
        struct procfs_process process;
        char safe[128];
        if (i && attaches[i].pid == attaches[i - 1].pid)
            continue;
        if (used > size - 200) {
            others++;
            continue;
        }
        procfs_process(fs, attaches[i].pid, &process);
        used += (size_t)snprintf(
            out + used, size - used, "%s%d (%s)", used ? ", " : ", by ", attaches[i].pid,
            text_safe(safe, sizeof safe, process.command, process.command_length));
    }
    if (others)
        snprintf(out + used, size - used, " and %zu more", others);
}

/* "shmctl-tool: 5: removed; it exists until its last detach: 2 attaches, by 1234 (python3
 * server.py)". */
static void report_holders(const struct segment_info *info, const char *text)
{
    struct holders holders;
    char who[900], safe[256];
    size_t count = 0, mapped = 0;
    const struct procfs_attach *attaches = NULL;

    if (find_holders(info->segment.kind->tracks_attaches, &holders))
        attaches = procfs_attaches_of(&holders.attaches, info->device, info->inode, &count);
    for (size_t i = 0; i < count; i++)
        mapped += attaches[i].fd < 0;
    const uint64_t nattch = info->segment.kind->tracks_attaches ? info->nattch : mapped;
    format_holders(&holders.fs, attaches, count, who, sizeof who);
    text_safe(safe, sizeof safe, text, strlen(text));
    if (nattch)
        report_note("%s: removed; it exists until its last detach: %" PRIu64 " attach%s%s%s", safe,
                    nattch, nattch == 1 ? "" : "es", who,
                    count ? "" : "; you may not see by which process");
    else if (count)
        report_note("%s: removed; it exists while it is open%s", safe, who);
}

static int do_rm(const struct request *request, const struct segment *segment, const char *text)
{
    struct segment_info left;
    (void)request;
    if (segment->kind->remove(segment, &left))
        return report_refused(text);
    if (left.segment.kind)
        report_holders(&left, text);
    return EXIT_DONE;
}

/* --- the command line --- */

enum { STAT, SET, LOCK, UNLOCK, RESIZE, RM };

static const struct subcommand subcommands[] = {
    [STAT] = {"stat", NULL, "SEGMENT...", "print struct shmid_ds or struct stat"},
    [SET] = {"set", NULL, "SEGMENT...", "change owner or mode (IPC_SET; fchmod, fchown)"},
    [LOCK] = {"lock", NULL, "SEGMENT...", "keep it out of swap (System V only)"},
    [UNLOCK] = {"unlock", NULL, "SEGMENT...", "allow it to be swapped again (System V only)"},
    [RESIZE] = {"resize", NULL, "SIZE SEGMENT...", "change its size (ftruncate; POSIX only)"},
    [RM] = {"rm", NULL, "SEGMENT...", "remove it: at once, or at its last detach"},
    {0},
};

/* What each subcommand does, and needs from the kind of segment. */
static const struct {
    operation *run;
    enum segment_ability needs; /* SEGMENT_ABILITIES: nothing that a kind could lack */
} operations[] = {
    [STAT] = {do_stat, SEGMENT_ABILITIES},  [SET] = {do_set, SEGMENT_ABILITIES},
    [LOCK] = {do_lock, SEGMENT_LOCK},       [UNLOCK] = {do_unlock, SEGMENT_LOCK},
    [RESIZE] = {do_resize, SEGMENT_RESIZE}, [RM] = {do_rm, SEGMENT_ABILITIES},
};

OPTION_SETTER(struct request, set_mode)
{
    options->change.has_mode = true;
    return operand_mode(argument, &options->change.mode);
}

OPTION_SETTER(struct request, set_owner)
{
    return names_parse_owner(argument, &options->change.uid, &options->change.gid);
}

static const struct cli_option option_table[] = {
    OPTION('m', "mode", "=MODE", set_mode, "with set: permissions, octal"),
    OPTION('u', "owner", "=OWNER[:GROUP]", set_owner,
           "with set: owner and group, names or numbers"),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "shmctl-tool",
    .operands = "SUBCOMMAND [options] SEGMENT...",
    .summary = "Do one thing to each SEGMENT: 5 (an id), 0x4d2 (a key), ftok:PATH[:PROJ], or\n"
               "/name (a POSIX object).",
    .subcommands = subcommands,
    .options = option_table,
    .notes = "--calls prints each call of the C API on standard error.",
    .example = "shmctl-tool set -m 0640 -u :staff 5 && shmctl-tool rm 5",
};

/* Every operand is parsed, and its kind can do what is asked, before anything is done to the first.
 */
static int parse_segments(char *argv[], struct operand *operands, enum segment_ability needs)
{
    for (size_t i = 0; argv[i]; i++) {
        const char *rule = operand_parse(argv[i], &operands[i]);
        if (!rule && needs != SEGMENT_ABILITIES)
            rule = segment_kind_of(&operands[i])->unsupported[needs];
        if (rule)
            return report_usage(argv[i], rule);
    }
    return EXIT_DONE;
}

static int run(operation *perform, const struct request *request, char *argv[],
               const struct operand *operands)
{
    int status = EXIT_DONE;
    for (size_t i = 0; argv[i]; i++) {
        struct segment segment;
        if (segment_kind_of(&operands[i])->open(&operands[i], &segment))
            status = report_worse(status, report_refused(argv[i]));
        else
            status = report_worse(status, perform(request, &segment, argv[i]));
    }
    return status;
}

/* ARGV are the segments, ended by NULL. */
static int run_all(size_t command, const struct request *request, char *argv[], size_t count)
{
    struct operand *operands = calloc(count, sizeof *operands);
    if (!operands)
        return report_error("SEGMENT", "read");
    int status = parse_segments(argv, operands, operations[command].needs);
    if (status == EXIT_DONE)
        status = run(operations[command].run, request, argv, operands);
    free(operands);
    return status;
}

/* Returns -1 to go on, else the status to leave with. */
static int check_change(size_t command, const struct operand_change *change)
{
    const bool asked = change->has_mode || change->uid != (uid_t)-1 || change->gid != (gid_t)-1;
    if (command == SET && !asked)
        return report_usage("set", "nothing to change: use --mode or --owner");
    if (command != SET && asked)
        return report_usage(subcommands[command].name,
                            "--mode and --owner are only valid with set");
    return -1;
}

/* Finds the subcommand and, for resize, takes SIZE from *OPERANDS; the segments are left. Returns
 * -1 to go on, else the status to leave with. */
static int parse(int argc, char *argv[], struct request *request, size_t *command,
                 struct operands *operands)
{
    int status = options_parse(&usage, argc, argv, request, operands);
    if (status >= 0)
        return status;
    if (!operands->count)
        return options_missing("SUBCOMMAND");
    const struct subcommand *found = subcommand_find(&usage, operands->items[0]);
    if (!found)
        return EXIT_USAGE;
    *command = (size_t)(found - subcommands);
    operands->items++;
    operands->count--;
    if ((status = options_check_count(found->operands, operands->items, operands->count)) >= 0)
        return status;
    if (*command == RESIZE) {
        const char *rule = operand_size(operands->items[0], &request->size);
        if (rule)
            return report_usage(operands->items[0], rule);
        operands->items++;
        operands->count--;
    }
    return check_change(*command, &request->change);
}

int main(int argc, char *argv[])
{
    struct request request = {.change = {.uid = (uid_t)-1, .gid = (gid_t)-1}};
    struct operands operands;
    size_t command = 0;
    report_start("shmctl-tool");
    int status = parse(argc, argv, &request, &command, &operands);
    if (status < 0)
        status = run_all(command, &request, operands.items, (size_t)operands.count);
    return report_finish(status);
}
