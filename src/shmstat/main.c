/*
 * shmstat - list shared memory segments, System V and POSIX, and who has them attached.
 *
 *   $ shmstat -p
 *   KEY        ID SIZE NATTCH  PID USER PROT ADDRESS                        RSS COMMAND
 *   0x000004d2 5   64K      1
 *              └─             4711 root rw-  0x7f3a0cc4a000-0x7f3a0cc5a000   4K shmattach --hold 5
 *
 * Exit status: 0 done; 1 the system refused at least one segment or the list; 2 the command line is
 * wrong.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include "lib/cli/listing.h"
#include "lib/base/names.h"
#include "lib/base/operand.h"
#include "lib/cli/report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: shmstat [options] [SEGMENT...]\n"
    "List shared memory segments: all, or 5, 0x4d2, ftok:PATH[:PROJ], /name.\n"
    "\n"
    "      --sysv, --posix    only segments of System V, only POSIX objects\n"
    "  -p, --processes        under each segment the processes that have it attached\n"
    "      --pid=PID          only what process PID has attached\n"
    "  -u, --user=USER        only what USER owns\n"
    "      --orphans          only what nobody has attached and whose creator is gone\n"
    "      --older-than=TIME  only what was let go of longer ago: 10m, 2h, 7d\n"
    "  -d, --detail           everything about each segment, a fact a line\n"
    "  -l, --limits           what the kernel allows, and what is in use\n"
    "      --watch[=SECONDS]  again and again (2 s), changes marked; --count=N: N\n"
    "                         times\n"
    "  -o, --output=[+]LIST   these columns, or these too: KIND SEGMENT NAME KEY ID\n"
    "                         OWNER GROUP CREATOR CGROUP PERMS MODE SIZE PAGES RSS\n"
    "                         SWAP NATTCH STATUS CPID CCOMMAND LPID LCOMMAND ATIME\n"
    "                         DTIME CTIME REMOVE; -p: PID USER PROT ADDRESS COMMAND\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings  -b, --bytes\n"
    "      --time-format=short|full|iso|raw\n"
    "      --calls, --help, --version\n"
    "\n"
    "Example: shmstat --orphans --older-than=1h -n -o REMOVE\n";

/* --- columns --- */

/* What --detail has for programs: all columns, of processes too where they are asked for. */
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
    return options->only && !options->only->accounted;
}

/*
 * The columns that tell which one: key and id, as ever, while only System V is there; else what
 * every program takes as its operand.
 */
static const char *choose_columns(struct options *options, bool has_sysv, bool has_posix)
{
    char start[128];
    const char *which = !has_posix ? "KEY,ID" : has_sysv ? "KIND,KEY,SEGMENT" : "KIND,SEGMENT";
    const char *rest = options->processes ? "SIZE,NATTCH,PID,USER,PROT,ADDRESS,RSS,COMMAND"
                       : options->orphans ? "OWNER,PERMS,SIZE,CPID,CTIME,DTIME,REMOVE"
                                          : "OWNER,PERMS,SIZE,NATTCH,STATUS";
    snprintf(start, sizeof start, "%s,%s", which, rest);
    const char *rule = listing_choose(&options->listing, stat_columns, stat_column_count,
                                      options->detail ? all_columns(options->processes) : start);
    if (!rule && !options->processes && stat_wants(options, stat_needs_process))
        rule = "PID, USER, PROT, ADDRESS and COMMAND belong to --processes (-p)";
    return rule;
}

/* --- showing --- */

/* The mappings tell what shmctl(2) does not: huge pages. */
static struct stat_row row_of(const struct picture *picture, const struct segment_info *info,
                              const struct procfs_attach *attaches, size_t count)
{
    struct stat_row row = {.fs = &picture->fs, .info = info, .status = info->status};
    for (size_t i = 0; i < count; i++)
        row.status |= attaches[i].huge ? SEGMENT_HUGETLB : 0;
    return row;
}

static bool add_segment(const struct options *options, struct picture *picture, struct table *table,
                        const struct segment_info *info)
{
    size_t count;
    const struct procfs_attach *attaches =
        procfs_attaches_of(&picture->attaches, info->device, info->inode, &count);
    struct stat_row row = row_of(picture, info, attaches, count);
    void *parent = table_row(table, &row, NULL);
    for (size_t i = 0; parent && options->processes && i < count; i++) {
        row.attach = &attaches[i];
        row.process = procfs_process_once(&picture->fs, &picture->processes, attaches[i].pid);
        if (!table_row(table, &row, parent))
            return false;
    }
    return parent != NULL;
}

static struct table *make_table(const struct options *options, struct picture *picture)
{
    struct table *table = table_new("segments", &options->listing.style, stat_columns,
                                    options->listing.chosen, options->listing.chosen_count);
    if (table)
        table_set_key(table, stat_key);
    for (size_t i = 0; table && i < picture->segments.count; i++)
        if (!add_segment(options, picture, table, &picture->segments.items[i])) {
            table_free(table);
            return NULL;
        }
    return table;
}

static void print_details(const struct options *options, const struct picture *picture)
{
    for (size_t i = 0; i < picture->segments.count; i++) {
        size_t count;
        const struct segment_info *info = &picture->segments.items[i];
        const struct procfs_attach *attaches =
            procfs_attaches_of(&picture->attaches, info->device, info->inode, &count);
        const struct stat_row row = row_of(picture, info, attaches, count);
        if (i)
            putchar('\n');
        stat_print_detail(&row, attaches, count, picture->attaches.unreadable,
                          &options->listing.style);
    }
}

static void note_unreadable(const struct picture *picture, FILE *to)
{
    const size_t count = picture->attaches.unreadable;
    if (count && to == stdout)
        report_note("%zu process%s could not be read: what they have attached is not shown", count,
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

/* One picture. */
static int show(void *arg, struct table **kept, FILE *to)
{
    struct options *options = arg;
    struct picture picture;
    if (options->limits)
        return show_limits(options, to);
    int status = stat_collect(options, &picture);
    if (options->detail && options->listing.style.format == TABLE_COLUMNS)
        print_details(options, &picture);
    else {
        /* A second time, now that the kinds are known; what -o says has been found good. */
        choose_columns(options, picture.has_sysv, picture.has_posix || only_posix(options));
        status = report_worse(
            status, listing_print(&options->listing, make_table(options, &picture), kept, to));
    }
    if (options->processes || options->pid)
        note_unreadable(&picture, to);
    stat_release(&picture);
    return status;
}

/* --- the command line --- */

enum { OPT_PID = OPT_FIRST_FREE, OPT_ORPHANS, OPT_OLDER, OPT_SYSV, OPT_POSIX };

static const struct option long_options[] = {
    {"sysv", no_argument, NULL, OPT_SYSV},
    {"posix", no_argument, NULL, OPT_POSIX},
    {"processes", no_argument, NULL, 'p'},
    {"pid", required_argument, NULL, OPT_PID},
    {"user", required_argument, NULL, 'u'},
    {"orphans", no_argument, NULL, OPT_ORPHANS},
    {"older-than", required_argument, NULL, OPT_OLDER},
    {"detail", no_argument, NULL, 'd'},
    {"limits", no_argument, NULL, 'l'},
    LISTING_OPTIONS,
    REPORT_OPTIONS,
};

static const char *parse_pid(struct options *options, const char *text)
{
    uint64_t number;
    const char *rule =
        operand_number(text, 1, 4194304, "a PID is a number from 1 to 4194304", &number);
    if (!rule)
        options->pid = (pid_t)number;
    return rule;
}

static const char *choose_kind(struct options *options, const struct segment_kind *kind)
{
    if (options->only && options->only != kind)
        return "--sysv and --posix leave nothing: one or the other, or neither for both";
    options->only = kind;
    return NULL;
}

/* Takes an option that is shmstat's own. Returns whether it was; *RULE the rule its argument broke,
 * or NULL. */
static bool take_option(struct options *options, int option, const char *argument,
                        const char **rule)
{
    *rule = NULL;
    switch (option) {
    case OPT_SYSV: *rule = choose_kind(options, &segment_sysv); break;
    case OPT_POSIX: *rule = choose_kind(options, &segment_posix); break;
    case 'p': options->processes = true; break;
    case OPT_ORPHANS: options->orphans = true; break;
    case 'd': options->detail = true; break;
    case 'l': options->limits = true; break;
    case OPT_PID: *rule = parse_pid(options, argument); break;
    case 'u':
        options->has_user = true;
        *rule = names_parse_user(argument, &options->user);
        break;
    case OPT_OLDER:
        options->has_older = true;
        *rule = operand_duration(argument, &options->older);
        break;
    default: return false;
    }
    return true;
}

/* Returns -1 to go on, else the status to leave with. */
static int parse_options(int argc, char *argv[], struct options *options)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":pu:dl" LISTING_LETTERS, long_options, NULL)) != -1) {
        const char *rule;
        if (!take_option(options, option, optarg, &rule) &&
            !listing_option(&options->listing, option, optarg, &rule) &&
            (status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg ? optarg : argv[optind - 1], rule);
    }
    return -1;
}

static int check_options(struct options *options)
{
    const char *list = options->listing.list;
    const bool chooses = options->names[0] || options->only || options->pid || options->has_user ||
                         options->orphans || options->has_older;
    if (options->only && options->names[0])
        return report_usage(options->names[0],
                            "--sysv and --posix choose from all, and this one is given by name");
    if (options->limits && (chooses || options->processes || options->detail || list))
        return report_usage("--limits",
                            "it stands alone: nothing that chooses or shows segments or columns");
    if (options->detail && list && options->listing.style.format == TABLE_COLUMNS)
        return report_usage(list,
                            "--detail shows every fact; -o goes with it in -J, -r or -e only");
    const char *rule = choose_columns(options, false, only_posix(options));
    return rule ? report_usage(list ? list : "--count", rule) : -1;
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

    report_start("shmstat");
    report_help(help);
    listing_start(&options.listing);
    int status = parse_options(argc, argv, &options);
    options.names = argv + optind;
    if (status < 0)
        status = check_options(&options);
    if (status < 0)
        status = parse_operands(&options, (size_t)(argc - optind));
    if (status < 0)
        status = listing_run(&options.listing, show, &options, !options.detail);
    free(options.operands);
    return report_finish(status);
}
