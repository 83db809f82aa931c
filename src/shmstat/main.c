/* SPDX-License-Identifier: MIT */
/*
 * shmstat - list shared memory segments, System V and POSIX, and the processes that attach them.
 *
 *   $ shmstat -p
 *   KEY        ID SIZE NATTCH  PID USER PROT ADDRESS                        RSS COMMAND
 *   0x000004d2 5   64K      1
 *              └─             4711 root rw-  0x7f3a0cc4a000-0x7f3a0cc5a000   4K shmattach --hold 5
 *
 * Exit status: 0 done; 1 the system refused the list or at least one operand, the others were still
 * listed; 2 the command line is wrong and nothing was done.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include "lib/cli/listing.h"
#include "lib/base/names.h"
#include "lib/base/operand.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- columns --- */

/* What --detail prints for programs: all columns; those of processes only with --processes. */
static const char *all_columns(bool processes)
{
    static char all[512];
    *all = '\0';
    for (size_t i = 0; i < stat_column_count; i++)
        if (processes || !stat_needs_process(i))
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? "," : "",
                     stat_columns[i].name);
    return all;
}

static bool only_posix(const struct options *options)
{
    return options->only && !options->only->tracks_attaches;
}

/*
 * Chooses the columns. By default, those that identify a segment are KEY and ID if all are System V
 * segments, and otherwise SEGMENT, which every program accepts as an operand. Returns -1 to go on,
 * else the status to leave with.
 */
static int choose_columns(struct options *options, bool has_sysv, bool has_posix)
{
    char start[128];
    const char *which = !has_posix ? "KEY,ID" : has_sysv ? "KIND,KEY,SEGMENT" : "KIND,SEGMENT";
    const char *rest = options->processes ? "SIZE,NATTCH,PID,USER,PROT,ADDRESS,RSS,COMMAND"
                       : options->orphans ? "OWNER,PERMS,SIZE,CPID,CTIME,DTIME,REMOVE"
                                          : "OWNER,PERMS,SIZE,NATTCH,STATUS";
    snprintf(start, sizeof start, "%s,%s", which, rest);
    return listing_choose_columns(&options->listing, stat_columns, stat_column_count,
                                  options->detail ? all_columns(options->processes) : start);
}

/* --- showing --- */

/* shmctl(2) does not report huge pages, but the mappings do. */
static struct stat_row row_of(const struct snapshot *snapshot, const struct segment_info *info,
                              const struct procfs_attach *attaches, size_t count)
{
    struct stat_row row = {.fs = &snapshot->fs, .info = info, .status = info->status};
    for (size_t i = 0; i < count; i++)
        row.status |= attaches[i].huge ? SEGMENT_HUGETLB : 0;
    return row;
}

static bool add_segment(const struct options *options, struct snapshot *snapshot,
                        struct table *table, const struct segment_info *info)
{
    size_t count;
    const struct procfs_attach *attaches =
        procfs_attaches_of(&snapshot->attaches, info->device, info->inode, &count);
    struct stat_row row = row_of(snapshot, info, attaches, count);
    void *parent = table_row(table, &row, NULL);
    for (size_t i = 0; parent && options->processes && i < count; i++) {
        row.attach = &attaches[i];
        row.process = procfs_process_once(&snapshot->fs, &snapshot->processes, attaches[i].pid);
        if (!table_row(table, &row, parent))
            return false;
    }
    return parent != NULL;
}

static struct table *make_table(const struct options *options, struct snapshot *snapshot)
{
    struct table *table = table_new("segments", &options->listing.style, stat_columns,
                                    options->listing.chosen, options->listing.chosen_count);
    if (table)
        table_set_key(table, stat_key);
    for (size_t i = 0; table && i < snapshot->segments.count; i++)
        if (!add_segment(options, snapshot, table, &snapshot->segments.items[i])) {
            table_free(table);
            return NULL;
        }
    return table;
}

static void print_details(const struct options *options, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->segments.count; i++) {
        size_t count;
        const struct segment_info *info = &snapshot->segments.items[i];
        const struct procfs_attach *attaches =
            procfs_attaches_of(&snapshot->attaches, info->device, info->inode, &count);
        const struct stat_row row = row_of(snapshot, info, attaches, count);
        if (i)
            putchar('\n');
        stat_print_detail(&row, attaches, count, snapshot->attaches.unreadable,
                          &options->listing.style);
    }
}

/* How many attaches, by the kernel's count, the list lacks though every process was read: where
 * some are outside this PID namespace, it is likely theirs. A process can also attach and detach
 * during the look, so elsewhere the count proves nothing. Nor does it if only one process was asked
 * for. */
static uint64_t count_elsewhere(const struct options *options, const struct snapshot *snapshot)
{
    uint64_t elsewhere = 0;
    if (!snapshot->fs.contained || options->pid)
        return 0;
    for (size_t i = 0; i < snapshot->segments.count; i++) {
        const struct segment_info *info = &snapshot->segments.items[i];
        size_t seen;
        procfs_attaches_of(&snapshot->attaches, info->device, info->inode, &seen);
        if (info->segment.kind->tracks_attaches && info->nattch > seen)
            elsewhere += info->nattch - seen;
    }
    return elsewhere;
}

static void note_unreadable(const struct options *options, const struct snapshot *snapshot,
                            FILE *to)
{
    const size_t count = snapshot->attaches.unreadable;
    const uint64_t elsewhere = count ? 0 : count_elsewhere(options, snapshot);
    if (elsewhere && to == stdout)
        report_note("%" PRIu64 " attach%s not shown: of processes in another PID namespace, "
                    "or that came or went meanwhile",
                    elsewhere, elsewhere == 1 ? " is" : "es are");
    if (count && to == stdout)
        report_note("%zu process%s could not be read: their attaches are not shown", count,
                    count == 1 ? "" : "es");
    else if (count)
        fprintf(to, "(%zu process%s could not be read)\n", count, count == 1 ? "" : "es");
}

static int show_limits(const struct options *options, FILE *to)
{
    struct procfs fs;
    int status = EXIT_DONE;
    if (procfs_open(&fs, "/proc"))
        return report_error("/proc", "open");
    if (stat_print_limits(&fs, &options->listing.style, to))
        status = report_refused("limits");
    procfs_close(&fs);
    return status;
}

/* Collects one snapshot and prints it. */
static int show(void *arg, struct table **kept, FILE *to)
{
    struct options *options = arg;
    struct snapshot snapshot;
    if (options->limits)
        return show_limits(options, to);
    int status = stat_collect(options, &snapshot);
    if (options->detail && options->listing.style.format == TABLE_COLUMNS)
        print_details(options, &snapshot);
    else {
        /* Again, now that the kinds are known; check_options() has accepted what -o says. */
        choose_columns(options, snapshot.has_sysv, snapshot.has_posix || only_posix(options));
        status = report_worse(
            status, listing_print(&options->listing, make_table(options, &snapshot), kept, to));
    }
    if (options->processes || options->pid)
        note_unreadable(options, &snapshot, to);
    stat_release(&snapshot);
    return status;
}

/* --- the command line --- */

static const char *choose_kind(struct options *options, const struct segment_kind *kind)
{
    if (options->only && options->only != kind)
        return "--sysv and --posix are mutually exclusive";
    options->only = kind;
    return NULL;
}

OPTION_SETTER(struct options, set_sysv)
{
    return choose_kind(options, &segment_sysv);
}

OPTION_SETTER(struct options, set_posix)
{
    return choose_kind(options, &segment_posix);
}

OPTION_SETTER(struct options, set_pid)
{
    uint64_t number;
    const char *rule =
        operand_number(argument, 1, 4194304, "invalid PID: use 1 to 4194304", &number);
    if (!rule)
        options->pid = (pid_t)number;
    return rule;
}

OPTION_SETTER(struct options, set_user)
{
    options->has_user = true;
    return names_parse_user(argument, &options->user);
}

OPTION_SETTER(struct options, set_older)
{
    options->has_older = true;
    return operand_duration(argument, &options->older);
}

static const struct cli_option option_table[] = {
    OPTION(0, "sysv", NULL, set_sysv, "only System V segments"),
    OPTION(0, "posix", NULL, set_posix, "only POSIX objects"),
    OPTION_FLAG('p', "processes", struct options, processes,
                "under each segment, the processes that have it attached"),
    OPTION(0, "pid", "=PID", set_pid, "only segments that process PID has attached"),
    OPTION('u', "user", "=USER", set_user, "only segments that USER owns"),
    OPTION_FLAG(0, "orphans", struct options, orphans,
                "only segments with no attach whose creator is gone"),
    OPTION(0, "older-than", "=TIME", set_older,
           "only segments unused for longer than TIME: 10m, 2h, 7d"),
    OPTION_FLAG('d', "detail", struct options, detail, "everything about each segment"),
    OPTION_FLAG('l', "limits", struct options, limits,
                "what the kernel allows, and how much of it is in use"),
    OPTION_INCLUDE(listing_options, struct options, listing),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "shmstat",
    .operands = "[SEGMENT...]",
    .summary = "List shared memory segments: all, or 5, 0x4d2, ftok:PATH[:PROJ], /name.",
    .options = option_table,
    .example = "shmstat --orphans --older-than=1h -n -o REMOVE",
};

/* What may go together, and which columns. Returns -1 to go on, else the status to leave with. */
static int check_options(struct options *options)
{
    const char *list = options->listing.list;
    const bool chooses = options->names[0] || options->only || options->pid || options->has_user ||
                         options->orphans || options->has_older;
    if (options->only && options->names[0])
        return report_usage(options->names[0],
                            "--sysv and --posix cannot be used with a named segment");
    if (options->limits && (chooses || options->processes || options->detail || list))
        return report_usage("--limits",
                            "not allowed with options or operands that select segments or columns");
    if (options->detail && list && options->listing.style.format == TABLE_COLUMNS)
        return report_usage(list, "-o is only valid with --detail when -J, -r or -e is given");
    const int status = choose_columns(options, false, only_posix(options));
    if (status < 0 && !options->processes && stat_wants(options, stat_needs_process))
        return report_usage(list, "PID, USER, PROT, ADDRESS and COMMAND need --processes (-p)");
    return status;
}

static int parse_operands(struct options *options, size_t count)
{
    options->operands = calloc(count + 1, sizeof *options->operands);
    if (!options->operands)
        return report_error("SEGMENT", "read");
    for (size_t i = 0; i < count; i++) {
        const char *rule = operand_parse(options->names[i], &options->operands[i]);
        if (rule)
            return report_usage(options->names[i], rule);
    }
    return -1;
}

int main(int argc, char *argv[])
{
    struct options options = {0};
    struct operands operands;

    report_start("shmstat");
    listing_start(&options.listing);
    int status = options_parse(&usage, argc, argv, &options, &operands);
    options.names = operands.items;
    if (status < 0)
        status = check_options(&options);
    if (status < 0)
        status = parse_operands(&options, (size_t)operands.count);
    if (status < 0)
        status = listing_run(&options.listing, show, &options, !options.detail);
    free(options.operands);
    return report_finish(status);
}
