/*
 * shmstat - list shared memory segments, System V and POSIX, and who has them attached.
 *
 *   $ shmstat -p
 *   KEY        ID SIZE NATTCH  PID USER PROT ADDRESS                        RSS COMMAND
 *   0x000004d2 5   64K      1
 *              └─             4711 root rw-  0x7f3a0cc4a000-0x7f3a0cc5a000   4K shmattach --hold 5
 *
 * Exit status: 0 done; 1 the system refused at least one segment or the list; 2 the command line is wrong.
 */
#include "config.h"

#include "shmstat.h"

#include "lib/listing.h"
#include "lib/names.h"
#include "lib/operand.h"
#include "lib/report.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct options {
    struct listing listing;
    const struct segment_kind *only; /* NULL: all kinds */
    bool processes, detail, limits, orphans, has_user, has_older;
    uid_t user;
    pid_t pid; /* 0: any */
    struct timespec older;
    char **names; /* operands as they were typed, NULL at the end */
    struct operand *operands;
};

/* What is known at one moment. */
struct picture {
    struct procfs fs;
    struct segment_list segments;
    struct procfs_attaches attaches;
    bool has_posix, has_sysv; /* in the list */
    size_t withheld;          /* objects that may be orphans, if only all processes could be read */
    void *processes; /* those looked up so far */
};

/* --- collecting --- */

static bool wants(const struct options *options, bool (*needs)(size_t column))
{
    for (size_t i = 0; i < options->listing.chosen_count; i++)
        if (needs(options->listing.chosen[i]))
            return true;
    return false;
}

static bool wants_rss(const struct options *options)
{
    return options->detail || wants(options, stat_needs_rss);
}

/* RSS and SWAP of the named ones are in the whole list only. */
static void copy_rss(struct segment_list *named)
{
    struct segment_list all = {0};
    segment_sysv.list(&all, true);
    for (size_t i = 0; i < named->count; i++)
        for (size_t k = 0; k < all.count; k++)
            if (named->items[i].segment.kind->accounted && all.items[k].segment.id == named->items[i].segment.id) {
                named->items[i].has_rss = all.items[k].has_rss;
                named->items[i].has_swap = all.items[k].has_swap;
                named->items[i].rss = all.items[k].rss;
                named->items[i].swap = all.items[k].swap;
            }
    segment_list_free(&all);
}

static int collect_named(const struct options *options, struct segment_list *list)
{
    int status = EXIT_DONE;
    for (size_t i = 0; options->names[i]; i++) {
        const struct segment_kind *kind = segment_kind_of(&options->operands[i]);
        struct segment segment;
        struct segment_info info, *item;
        if (kind->open(&options->operands[i], &segment) || kind->stat(&segment, &info))
            status = report_worse(status, report_refused(options->names[i]));
        else if ((item = segment_list_add(list)))
            *item = info;
        else
            status = report_worse(status, report_error(options->names[i], "list"));
    }
    if (wants_rss(options))
        copy_rss(list);
    return status;
}

static int collect_all(const struct options *options, struct segment_list *list)
{
    int status = EXIT_DONE;
    for (size_t i = 0; segment_kinds[i]; i++)
        if ((!options->only || options->only == segment_kinds[i]) && segment_kinds[i]->list(list, wants_rss(options)))
            status = report_refused("segments");
    if (list->hidden)
        report_note("%zu segment%s hidden from you by this kernel", list->hidden, list->hidden == 1 ? " is" : "s are");
    return status;
}

static bool attached_by_pid(const struct picture *picture, const struct segment_info *info)
{
    size_t count;
    procfs_attaches_of(&picture->attaches, info->device, info->inode, &count);
    return count > 0;
}

/* Since when nobody has used it: the last detach, or its creation when there was none. */
static time_t idle_since(const struct segment_info *info)
{
    return info->dtime ? info->dtime : info->ctime;
}

static bool in_use(const struct segment_info *info)
{
    return info->nattch || info->nopen;
}

/*
 * Of a POSIX object nobody knows who created it. Whether anybody has it the kernel tells its owner; of others' objects it is
 * known only if all processes could be read, for any that could not may have it.
 */
static bool is_orphan(struct picture *picture, const struct segment_info *info)
{
    if (in_use(info))
        return false;
    if (info->segment.kind->accounted)
        return stat_creator_gone(&picture->fs, info);
    const int held = info->segment.kind->held(info);
    if (held >= 0)
        return held == 0;
    picture->withheld += info->status & SEGMENT_COUNTED ? 0 : 1;
    return info->status & SEGMENT_COUNTED;
}

static bool is_wanted(const struct options *options, struct picture *picture, const struct segment_info *info)
{
    if (options->has_user && info->uid != options->user)
        return false;
    if (options->pid && !attached_by_pid(picture, info))
        return false;
    if (options->has_older && (in_use(info) || options->listing.style.now - idle_since(info) <= options->older.tv_sec))
        return false;
    return !options->orphans || is_orphan(picture, info);
}

static void filter(const struct options *options, struct picture *picture)
{
    struct segment_list *list = &picture->segments;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (is_wanted(options, picture, &list->items[i]))
            list->items[kept++] = list->items[i];
    list->count = kept;
    if (picture->withheld)
        report_note("%zu process%s could not be read and may have %s: no POSIX object that seems to be an orphan is listed",
                    picture->attaches.unreadable, picture->attaches.unreadable == 1 ? "" : "es",
                    picture->withheld == 1 ? "it" : "them");
}

static bool shows_attaches(const struct options *options)
{
    return options->processes || options->pid || options->detail;
}

/* Are there objects among what was asked for, whose attaches somebody wants to know? */
static bool counts_attaches(const struct options *options)
{
    bool posix = !options->names[0] && (!options->only || !options->only->accounted);
    for (size_t i = 0; options->names[i] && !posix; i++)
        posix = !segment_kind_of(&options->operands[i])->accounted;
    return posix && (shows_attaches(options) || options->orphans || options->has_older || wants(options, stat_needs_count));
}

/* What one process has says nothing of how many have it, so with --pid the rest is looked through as well. */
static int count_attaches(const struct options *options, struct picture *picture)
{
    struct procfs_attaches all = {0};
    int result = 0;
    if (options->pid)
        result = procfs_attaches(&picture->fs, 0, false, &all);
    stat_count(&picture->segments, options->pid ? &all : &picture->attaches);
    procfs_attaches_free(&all);
    return result;
}

/*
 * Reading every process costs more than the list, so it is done for who shows them, and for who counts attaches where
 * there is any object at all (procfs_find_posix()).
 */
static int collect_attaches(const struct options *options, struct picture *picture)
{
    char pid[24];
    const bool shows = shows_attaches(options), counts = counts_attaches(options);
    if (counts)
        procfs_find_posix(&picture->fs, shows || options->orphans || options->has_older);
    if (shows)
        procfs_find_devices(&picture->fs);
    if (!shows && !picture->fs.posix)
        return EXIT_DONE;
    if (procfs_attaches(&picture->fs, options->pid, shows && wants_rss(options), &picture->attaches) == 0 &&
        (!picture->fs.posix || options->names[0] ||
         stat_add_deleted(&picture->fs, &picture->attaches, &picture->segments) == 0) &&
        (!picture->fs.posix || count_attaches(options, picture) == 0))
        return EXIT_DONE;
    snprintf(pid, sizeof pid, "%d", options->pid);
    return report_error(options->pid ? pid : "/proc", "read who has what attached");
}

static void note_kinds(struct picture *picture)
{
    for (size_t i = 0; i < picture->segments.count; i++) {
        const bool sysv = picture->segments.items[i].segment.kind->accounted;
        picture->has_sysv |= sysv;
        picture->has_posix |= !sysv;
    }
}

static int collect(struct options *options, struct picture *picture)
{
    *picture = (struct picture){0};
    options->listing.style.now = time(NULL);
    if (procfs_open(&picture->fs, "/proc"))
        report_error("/proc", "open");
    int status = options->names[0] ? collect_named(options, &picture->segments)
                                   : collect_all(options, &picture->segments);
    status = report_worse(status, collect_attaches(options, picture));
    filter(options, picture);
    note_kinds(picture);
    return status;
}

static void release(struct picture *picture)
{
    segment_list_free(&picture->segments);
    procfs_attaches_free(&picture->attaches);
    procfs_seen_free(&picture->processes);
    procfs_close(&picture->fs);
}

/* What --detail has for programs: all columns, of processes too where they are asked for. */
static const char *all_columns(bool processes)
{
    static char all[512];
    *all = '\0';
    for (size_t i = 0; i < stat_column_count; i++)
        if (processes || !stat_needs_process(i))
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? "," : "", stat_columns[i].name);
    return all;
}

static bool only_posix(const struct options *options)
{
    return options->only && !options->only->accounted;
}

/*
 * The columns that tell which one: key and id, as ever, while only System V is there; else what every program takes as
 * its operand.
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
    if (!rule && !options->processes && wants(options, stat_needs_process))
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
    const struct procfs_attach *attaches = procfs_attaches_of(&picture->attaches, info->device, info->inode, &count);
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
    struct table *table = table_new("segments", &options->listing.style, stat_columns, options->listing.chosen,
                                    options->listing.chosen_count);
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
        const struct procfs_attach *attaches = procfs_attaches_of(&picture->attaches, info->device, info->inode, &count);
        const struct stat_row row = row_of(picture, info, attaches, count);
        if (i)
            putchar('\n');
        stat_print_detail(&row, attaches, count, picture->attaches.unreadable, &options->listing.style);
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
    int status = collect(options, &picture);
    if (options->detail && options->listing.style.format == TABLE_COLUMNS)
        print_details(options, &picture);
    else {
        /* A second time, now that the kinds are known; what -o says has been found good. */
        choose_columns(options, picture.has_sysv, picture.has_posix || only_posix(options));
        status = report_worse(status, listing_print(&options->listing, make_table(options, &picture), kept, to));
    }
    if (options->processes || options->pid)
        note_unreadable(&picture, to);
    release(&picture);
    return status;
}

/* --- the command line --- */

enum { OPT_PID = OPT_OWN, OPT_ORPHANS, OPT_OLDER, OPT_SYSV, OPT_POSIX };

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
    const char *rule = operand_number(text, 1, 4194304, "a PID is a number from 1 to 4194304", &number);
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

/* Takes an option that is shmstat's own. Returns whether it was; *RULE the rule its argument broke, or NULL. */
static bool take_option(struct options *options, int option, const char *argument, const char **rule)
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
        if (!take_option(options, option, optarg, &rule) && !listing_option(&options->listing, option, optarg, &rule) &&
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
    const bool chooses = options->names[0] || options->only || options->pid || options->has_user || options->orphans ||
                         options->has_older;
    if (options->only && options->names[0])
        return report_usage(options->names[0], "--sysv and --posix choose from all, and this one is given by name");
    if (options->limits && (chooses || options->processes || options->detail || list))
        return report_usage("--limits", "it stands alone: nothing that chooses or shows segments or columns");
    if (options->detail && list && options->listing.style.format == TABLE_COLUMNS)
        return report_usage(list, "--detail shows every fact; -o goes with it in -J, -r or -e only");
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

    report_start("shmstat", help);
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
