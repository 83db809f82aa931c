/*
 * shmattach - attach segments, do one thing with their bytes, and detach.
 *
 *   $ echo hello | shmattach --write 5
 *   $ shmattach --dump=0:6 5
 *   00000000  68 65 6c 6c 6f 0a                                 |hello.|
 *   00000006
 *   $ shmattach --hold 5@0x700000000000,ro
 *   pid 4711: 5 (key 0x000004d2) at 0x700000000000-0x700000010000 r-- 64 KiB
 *
 * Exit status: 0 done; 1 the system refused at least one operand, the others were still done; 2 the command line is
 * wrong and nothing was done; with -- COMMAND the command's own, 125 if a segment could not be attached, 126 if the
 * command cannot be run, 127 if there is none.
 */
#include "config.h"

#include "lib/child.h"
#include "lib/dump.h"
#include "lib/hold.h"
#include "lib/operand.h"
#include "lib/procfs.h"
#include "lib/report.h"
#include "lib/segment.h"
#include "lib/text.h"
#include "lib/transfer.h"
#include "lib/value.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: shmattach [options] SEGMENT[@ADDRESS][,ro][,rnd][,remap][,exec]...\n"
    "                 [-- COMMAND [ARG...]]\n"
    "Attach each SEGMENT (5, 0x4d2, ftok:PATH[:PROJ], /name), do one thing, and\n"
    "detach; with nothing asked, print where each was mapped.\n"
    "\n"
    "  -r, --read[=OFFSET[:LENGTH]]   bytes to standard output\n"
    "  -w, --write[=OFFSET]           standard input into the segment\n"
    "  -d, --dump[=OFFSET[:LENGTH]]   as hexdump -C\n"
    "  -f, --fill=BYTE[@OFFSET[:LENGTH]]\n"
    "  -g, --get=TYPE@OFFSET          TYPE: u8..u64, i8..i64, f32, f64, str\n"
    "  -s, --set=TYPE@OFFSET=VALUE\n"
    "  -i, --increment=TYPE@OFFSET    add 1 and print the result; --times=N: N times;\n"
    "      --how=plain|atomic         load and store apart (default), or as one\n"
    "  -H, --hold[=DURATION]          print pid and mapping, and stay until the time\n"
    "                                 is over, SIGINT, SIGTERM, or the end of a pipe\n"
    "                                 on standard input\n"
    "  -- COMMAND                     run it meanwhile; it gets IPCLAB_SEGMENT (the\n"
    "                                 id or name) and IPCLAB_SIZE\n"
    "      --maps                     show the mapping among its neighbours\n"
    "      --calls, --help, --version\n"
    "\n"
    "Example: echo hello | shmattach -w 5 && shmattach -r=0:6 5\n";

/* One operand, mapped. */
struct target {
    struct operand_attach operand;
    const char *text;
    struct segment_mapping mapping;
    bool attached;
};

struct job;

/* One thing to do. */
struct verb {
    int option;
    const char *name;
    bool writes; /* needs the segment writable; the others attach it read-only */
    const char *(*parse)(struct job *job, const char *argument);
    const char *(*check)(const struct job *job, const struct target *target); /* NULL, or the rule broken */
    int (*run)(const struct job *job, const struct target *target);
};

struct job {
    const struct verb *verb; /* NULL: show where, or run COMMAND */
    const char *argument;    /* the verb's, for messages */
    struct operand_range range;
    unsigned char byte;
    struct value value;
    uint64_t times;
    bool has_times, has_how, atomic;
    bool has_duration;
    struct timespec duration;
    bool maps;
    char **command;
    struct target *targets;
    size_t count;
};

/* Every verb's words are in bytes of a target. */
static char *start_of(const struct target *target)
{
    return (char *)target->mapping.address;
}

static uint64_t size_of(const struct target *target)
{
    return target->mapping.info.size;
}

static void progress(uint64_t done, uint64_t total)
{
    report_progress(done, total, "bytes");
}

/* Tells what a failed read or write means. AT is near where it failed. */
static int io_failed(const struct target *target, const char *action, uint64_t at)
{
    char why[512], hint[512];
    if (errno != EFAULT)
        return report_error(target->text, action);
    target->mapping.segment.kind->no_page(&target->mapping, target->mapping.address + at, why, hint);
    report_about(target->text, "%s: EFAULT: %s", action, why);
    return EXIT_REFUSED;
}

/* Output goes in chunks, and a file that was cut off is cut off to its end: the last byte tells. */
static int output_failed(const struct target *target)
{
    const uint64_t size = size_of(target);
    return errno == EFAULT ? io_failed(target, "read", size ? size - 1 : 0) : report_output_failed(true);
}

/* --- ranges: read, write, dump, fill --- */

static const char *parse_range(struct job *job, const char *argument)
{
    job->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_range(argument, &job->range) : NULL;
}

static const char *parse_write(struct job *job, const char *argument)
{
    job->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_offset(argument, &job->range.offset) : NULL;
}

static const char *parse_fill(struct job *job, const char *argument)
{
    return operand_fill(argument, &job->byte, &job->range);
}

static const char *check_range(const struct job *job, const struct target *target)
{
    const uint64_t size = size_of(target);
    if (job->range.offset > size)
        return "OFFSET is beyond the segment's end";
    if (job->range.length != UINT64_MAX && job->range.length > size - job->range.offset)
        return "OFFSET and LENGTH reach beyond the segment's end";
    return NULL;
}

/* How many bytes the range has in this segment, after check_range(). */
static uint64_t length_in(const struct job *job, const struct target *target)
{
    const uint64_t rest = size_of(target) - job->range.offset;
    return job->range.length < rest ? job->range.length : rest;
}

static int run_read(const struct job *job, const struct target *target)
{
    const char *from = start_of(target) + job->range.offset;
    const uint64_t length = length_in(job, target);
    const int failed = isatty(STDOUT_FILENO) ? transfer_safe(from, length, stdout)
                                             : transfer_out(from, length, STDOUT_FILENO, progress);
    return failed ? output_failed(target) : EXIT_DONE;
}

/* How much of an endless input is counted before giving up. */
#define LEFT_LIMIT ((uint64_t)64 * 1024 * 1024)

static int run_write(const struct job *job, const struct target *target)
{
    const uint64_t room = length_in(job, target);
    uint64_t got, left = 0;
    bool more = false;
    if (transfer_in(start_of(target) + job->range.offset, room, STDIN_FILENO, &got, progress) ||
        (got == room && transfer_left(STDIN_FILENO, LEFT_LIMIT, &left, &more)))
        return io_failed(target, "read from standard input", job->range.offset + got);
    if (!left)
        return EXIT_DONE;
    report_about(target->text, "%s%" PRIu64 " bytes did not fit; the first %" PRIu64 " were written",
                 more ? "more than " : "", left, got);
    return EXIT_REFUSED;
}

static int run_dump(const struct job *job, const struct target *target)
{
    const unsigned char *from = (const unsigned char *)start_of(target) + job->range.offset;
    return dump(from, length_in(job, target), job->range.offset, stdout, progress) ? output_failed(target) : EXIT_DONE;
}

static int run_fill(const struct job *job, const struct target *target)
{
    memset(start_of(target) + job->range.offset, job->byte, length_in(job, target));
    return EXIT_DONE;
}

/* --- values: get, set, increment --- */

static const char *parse_get(struct job *job, const char *argument)
{
    return value_parse_place(argument, &job->value);
}

static const char *parse_set(struct job *job, const char *argument)
{
    return value_parse_setting(argument, &job->value);
}

static const char *parse_increment(struct job *job, const char *argument)
{
    const char *rule = value_parse_place(argument, &job->value);
    return !rule && value_is_text(&job->value) ? "str is no number, so it cannot be incremented" : rule;
}

static const char *check_value(const struct job *job, const struct target *target)
{
    return value_fits(&job->value, size_of(target)) ? NULL : "the value reaches beyond the segment's end";
}

static const char *check_increment(const struct job *job, const struct target *target)
{
    const char *rule = check_value(job, target);
    uint64_t times = 0; /* by all targets that are this segment */
    for (const struct target *any = job->targets; any < job->targets + job->count; any++)
        if (any->attached && any->mapping.segment.id == target->mapping.segment.id)
            times = times > UINT64_MAX - job->times ? UINT64_MAX : times + job->times;
    return !rule && value_overflows(&job->value, start_of(target), times)
               ? "so many times would overflow the type: the value there is too high"
               : rule;
}

static int run_get(const struct job *job, const struct target *target)
{
    value_print(&job->value, start_of(target), size_of(target), isatty(STDOUT_FILENO), stdout);
    putchar('\n');
    return EXIT_DONE;
}

static int run_set(const struct job *job, const struct target *target)
{
    value_store(&job->value, start_of(target));
    return EXIT_DONE;
}

/* In pieces of about a tenth of a second, for the sake of the progress. */
static int run_increment(const struct job *job, const struct target *target)
{
    const uint64_t piece = 1 << 24;
    for (uint64_t done = 0; done < job->times;) {
        const uint64_t times = job->times - done < piece ? job->times - done : piece;
        value_increment(&job->value, start_of(target), times, job->atomic);
        done += times;
        report_progress(done, job->times, "increments");
    }
    return run_get(job, target);
}

/* --- where it is: nothing asked, hold, maps --- */

/* The mapping that begins at an address, and the line's number in /proc/self/maps. */
struct own_map {
    uint64_t address;
    uint64_t end;
    char perms[5];
    long line, found; /* found: -1 before */
};

static bool find_own(void *arg, const struct procfs_map *map)
{
    struct own_map *own = arg;
    if (map->start == own->address) {
        own->found = own->line;
        own->end = map->end;
        memcpy(own->perms, map->perms, sizeof own->perms);
    }
    own->line++;
    return own->found < 0;
}

static bool print_neighbour(void *arg, const struct procfs_map *map)
{
    struct own_map *own = arg;
    if (own->line >= own->found - 2 && own->line <= own->found + 2) {
        printf("%s ", own->line == own->found ? ">" : " ");
        text_safe_print(map->line, map->line_length, stdout);
        putchar('\n');
    }
    own->line++;
    return own->line <= own->found + 2;
}

/* What the kernel says of it; where /proc is not to be had, what was asked for. */
static void show(const struct job *job, const struct target *target, const char *before)
{
    struct procfs fs;
    char label[SEGMENT_NAME_SIZE * TEXT_SAFE_EXPANSION], words[32];
    const struct segment_info *info = &target->mapping.info;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct own_map own = {.address = target->mapping.address, .found = -1};

    own.end = own.address + (info->size + page - 1) / page * page;
    memcpy(own.perms, target->mapping.ro ? "r--s" : "rw-s", sizeof own.perms);
    const bool readable = procfs_open(&fs, "/proc") == 0;
    if (readable)
        procfs_each_map(&fs, getpid(), find_own, &own);
    info->segment.kind->label(info, label, sizeof label);
    printf("%s%s at 0x%" PRIx64 "-0x%" PRIx64 " %.3s %s\n", before, label, own.address, own.end, own.perms,
           text_size_words(words, sizeof words, info->size));
    own.line = 0;
    if (job->maps && own.found >= 0)
        procfs_each_map(&fs, getpid(), print_neighbour, &own);
    procfs_close(&fs);
}

static const char *parse_hold(struct job *job, const char *argument)
{
    job->has_duration = argument != NULL;
    return argument ? operand_duration(argument, &job->duration) : NULL;
}

/* Once for all targets: the last one waits. */
static int run_hold(const struct job *job, const struct target *target)
{
    char before[32];
    snprintf(before, sizeof before, "pid %d: ", (int)getpid());
    show(job, target, before);
    for (const struct target *later = target + 1; later < job->targets + job->count; later++)
        if (later->attached)
            return EXIT_DONE;
    if (fflush(stdout))
        return EXIT_REFUSED; /* report_finish() says why */
    return hold_wait(job->has_duration ? &job->duration : NULL) ? report_error("--hold", "wait") : EXIT_DONE;
}

static int run_show(const struct job *job, const struct target *target)
{
    show(job, target, "");
    return EXIT_DONE;
}

static const struct verb verbs[] = {
    {'r', "--read", false, parse_range, check_range, run_read},
    {'w', "--write", true, parse_write, check_range, run_write},
    {'d', "--dump", false, parse_range, check_range, run_dump},
    {'f', "--fill", true, parse_fill, check_range, run_fill},
    {'g', "--get", false, parse_get, check_value, run_get},
    {'s', "--set", true, parse_set, check_value, run_set},
    {'i', "--increment", true, parse_increment, check_increment, run_increment},
    {'H', "--hold", false, parse_hold, NULL, run_hold},
};

static const struct verb *verb_of(int option)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (verbs[i].option == option)
            return &verbs[i];
    return NULL;
}

/* --- attaching and doing --- */

/* For the handler: what may be touched when there is no page behind it. */
static const struct job *touched;

/*
 * A huge page that nobody reserved may be missing when it is touched, and so may be what lay behind the end of an object
 * that was truncated meanwhile. The default action would end this program with a bare "Bus error"; everything it attached
 * is let go of by the exit either way.
 */
static void bus_error(int signal_number, siginfo_t *info, void *context)
{
    char why[512] = "there is no page behind this address", hint[512] = "", text[1200];
    const uintptr_t address = (uintptr_t)info->si_addr;
    (void)signal_number;
    (void)context;
    for (size_t i = 0; i < touched->count; i++) {
        const struct segment_mapping *mapping = &touched->targets[i].mapping;
        if (touched->targets[i].attached && address - mapping->address < mapping->info.size)
            mapping->segment.kind->no_page(mapping, address, why, hint);
    }
    const int length = snprintf(text, sizeof text, "shmattach: SIGBUS: %s\n%s%s%s", why, *hint ? "hint: " : "", hint,
                                *hint ? "\n" : "");
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(EXIT_REFUSED);
    _exit(EXIT_REFUSED);
}

static void catch_bus_error(const struct job *job)
{
    struct sigaction action = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO};
    touched = job;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

/* Verbs that only look attach read-only, so that read permission is enough; --hold and COMMAND attach as asked. */
static bool attach_read_only(const struct job *job)
{
    return job->verb && !job->verb->writes && job->verb->run != run_hold;
}

static int attach(const struct job *job, struct target *target)
{
    const struct operand_attach *operand = &target->operand;
    struct segment_mapping *mapping = &target->mapping;
    const struct segment_kind *kind = segment_kind_of(&operand->segment);
    *mapping = (struct segment_mapping){
        .address = operand->address,
        .ro = operand->ro || attach_read_only(job),
        .rnd = operand->rnd,
        .remap = operand->remap,
        .exec = operand->exec,
    };
    if (kind->open(&operand->segment, &mapping->segment) || kind->map(mapping))
        return report_refused(target->text);
    target->attached = true;
    return EXIT_DONE;
}

static bool any_remaps(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++)
        if (job->targets[i].operand.remap)
            return true;
    return false;
}

/* What SHM_REMAP put another in the place of is detached by that: then there is nothing left to detach (EINVAL). */
static int detach(const struct job *job, struct target *target)
{
    if (!target->attached)
        return EXIT_DONE;
    target->attached = false;
    if (target->mapping.segment.kind->unmap(&target->mapping) == 0 || (errno == EINVAL && any_remaps(job)))
        return EXIT_DONE;
    return report_refused(target->text);
}

/* All are checked before the first is touched. */
static int check_all(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct target *target = &job->targets[i];
        const char *rule = NULL;
        if (job->verb && job->verb->check && target->attached && (rule = job->verb->check(job, target)))
            return report_usage(job->argument ? job->argument : job->verb->name, rule);
    }
    return EXIT_DONE;
}

/* "5 /demo" of ids and names, or of sizes, in the environment. */
static void export_targets(const struct job *job)
{
    const size_t room = (SEGMENT_NAME_SIZE + 1) * job->count + 1;
    char *ids = calloc(1, room), *sizes = calloc(1, room);
    for (size_t i = 0; ids && sizes && i < job->count; i++) {
        const struct segment_info *info = &job->targets[i].mapping.info;
        char id[SEGMENT_NAME_SIZE];
        info->segment.kind->print(&info->segment, id, sizeof id);
        snprintf(ids + strlen(ids), room - strlen(ids), "%s%s", i ? " " : "", id);
        snprintf(sizes + strlen(sizes), room - strlen(sizes), "%s%" PRIu64, i ? " " : "", info->size);
    }
    if (ids && sizes) {
        setenv("IPCLAB_SEGMENT", ids, 1);
        setenv("IPCLAB_SIZE", sizes, 1);
    }
    free(ids);
    free(sizes);
}

static int run_command(const struct job *job)
{
    export_targets(job);
    const int status = child_run(job->command, NULL);
    if (errno)
        report_error(job->command[0], status == CHILD_FAILED ? "fork" : "run");
    return status;
}

static int do_verb(const struct job *job)
{
    int status = check_all(job);
    if (status)
        return status;
    for (size_t i = 0; i < job->count; i++)
        if (job->targets[i].attached)
            status = report_worse(status, (job->verb ? job->verb->run : run_show)(job, &job->targets[i]));
    return status;
}

static int run(const struct job *job)
{
    int status = EXIT_DONE;
    catch_bus_error(job);
    if (job->verb && job->verb->run == run_hold)
        hold_prepare();
    for (size_t i = 0; i < job->count; i++)
        status = report_worse(status, attach(job, &job->targets[i]));
    if (job->command)
        status = status ? CHILD_FAILED : run_command(job);
    else
        status = report_worse(status, do_verb(job));
    for (size_t i = 0; i < job->count; i++)
        if (detach(job, &job->targets[i]) && !job->command)
            status = report_worse(status, EXIT_REFUSED);
    return status;
}

/* --- the command line --- */

enum { OPT_TIMES = OPT_OWN, OPT_HOW, OPT_MAPS };

static const struct option long_options[] = {
    {"read", optional_argument, NULL, 'r'},
    {"write", optional_argument, NULL, 'w'},
    {"dump", optional_argument, NULL, 'd'},
    {"fill", required_argument, NULL, 'f'},
    {"get", required_argument, NULL, 'g'},
    {"set", required_argument, NULL, 's'},
    {"increment", required_argument, NULL, 'i'},
    {"hold", optional_argument, NULL, 'H'},
    {"times", required_argument, NULL, OPT_TIMES},
    {"how", required_argument, NULL, OPT_HOW},
    {"maps", no_argument, NULL, OPT_MAPS},
    REPORT_OPTIONS,
};

static const char *parse_how(struct job *job, const char *argument)
{
    job->has_how = true;
    job->atomic = !strcmp(argument, "atomic");
    return job->atomic || !strcmp(argument, "plain") ? NULL : "increments are plain or atomic";
}

static const char *parse_times(struct job *job, const char *argument)
{
    job->has_times = true;
    return operand_number(argument, 1, INT64_MAX, "how often is a number from 1 to 9223372036854775807", &job->times);
}

static const char *parse_verb(struct job *job, int option, const char *argument, bool is_short)
{
    const struct verb *verb = verb_of(option);
    if (job->verb) {
        job->argument = NULL;
        return "one thing at a time: two were asked for";
    }
    job->verb = verb;
    /* -r=OFFSET is what people type after --read=OFFSET; getopt gives the = to a short option's argument. */
    const bool strip = is_short && argument && *argument == '=' && argument[1] && argument[1] != '@';
    job->argument = strip ? argument + 1 : argument;
    return verb->parse(job, job->argument);
}

/* Returns -1 to go on, else the status to leave with. */
static int parse_options(int argc, char *argv[], struct job *job)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":r::w::d::f:g:s:i:H::", long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (verb_of(option)) {
            rule = parse_verb(job, option, optarg, argv[optind - 1][0] == '-' && argv[optind - 1][1] != '-');
        } else if (option == OPT_TIMES) {
            rule = parse_times(job, optarg);
        } else if (option == OPT_HOW) {
            rule = parse_how(job, optarg);
        } else if (option == OPT_MAPS) {
            job->maps = true;
        } else if ((status = report_option(option, argv)) >= 0) {
            return status;
        }
        if (rule)
            return report_usage(verb_of(option) && job->argument ? job->argument : optarg ? optarg : argv[optind - 1],
                                rule);
    }
    return -1;
}

static int parse_targets(struct job *job, char *argv[], size_t count)
{
    job->targets = calloc(count, sizeof *job->targets);
    if (!job->targets)
        return report_error("SEGMENT", "read");
    for (size_t i = 0; i < count; i++) {
        struct target *target = &job->targets[i];
        const char *rule = operand_attach(argv[i], &target->operand);
        if (!rule && target->operand.remap && !target->operand.address)
            rule = segment_kind_of(&target->operand.segment)->cannot[SEGMENT_REMAP_UNSAID];
        if (rule)
            return report_usage(argv[i], rule);
        if (job->verb && job->verb->writes && target->operand.ro)
            return report_usage(argv[i], "it is to be attached read-only (,ro), so nothing can be written");
        target->text = argv[i];
    }
    return -1;
}

static int check_options(const struct job *job)
{
    const bool increments = job->verb && job->verb->run == run_increment;
    const bool shows = !job->verb || job->verb->run == run_hold;
    if (!job->count)
        return report_usage("SEGMENT", "at least one is needed; see --help");
    if (job->command && job->verb)
        return report_usage(job->verb->name, "one thing at a time: this, or -- COMMAND");
    if ((job->has_times || job->has_how) && !increments)
        return report_usage(job->has_times ? "--times" : "--how", "it belongs to --increment");
    if (job->verb && job->verb->run == run_write && job->count > 1)
        return report_usage("--write", "standard input can be written into one segment only");
    if (job->maps && (!shows || job->command))
        return report_usage("--maps", "it goes with --hold or with nothing else");
    return -1;
}

static int parse(int argc, char *argv[], struct job *job)
{
    char **operands;
    const int dashes = child_dashes(argc, argv);
    char *const separator = argv[dashes];
    argv[dashes] = NULL;
    int status = parse_options(dashes, argv, job);
    argv[dashes] = separator;
    if (status >= 0)
        return status;
    job->count = (size_t)child_split(argc, argv, dashes, optind, &operands, &job->command);
    if (job->command && !job->command[0])
        return report_usage("--", "COMMAND is missing behind it");
    if ((status = check_options(job)) >= 0)
        return status;
    return parse_targets(job, operands, job->count);
}

int main(int argc, char *argv[])
{
    struct job job = {.times = 1};
    report_start("shmattach", help);
    int status = parse(argc, argv, &job);
    if (status < 0)
        status = run(&job);
    free(job.targets);
    return report_finish(status);
}
