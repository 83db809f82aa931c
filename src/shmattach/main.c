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
 * Exit status: 0 done; 1 the system refused at least one operand, the others were still done; 2 the
 * command line is wrong and nothing was done; with -- COMMAND the command's own, 125 if a segment
 * could not be attached, 126 if the command cannot be run, 127 if there is none.
 */
#include "config.h"

#include "shmattach/shmattach.h"

#include "lib/run/child.h"
#include "lib/run/hold.h"
#include "lib/cli/report.h"

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

/* --- attaching and doing --- */

/* For the handler: what may be touched when there is no page behind it. */
static const struct job *touched;

/*
 * A huge page that nobody reserved may be missing when it is touched, and so may be what lay behind
 * the end of an object that was truncated meanwhile. The default action would end this program with
 * a bare "Bus error"; everything it attached is let go of by the exit either way.
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
    const int length = snprintf(text, sizeof text, "shmattach: SIGBUS: %s\n%s%s%s", why,
                                *hint ? "hint: " : "", hint, *hint ? "\n" : "");
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

/* Verbs that only look attach read-only, so that read permission is enough; --hold and COMMAND
 * attach as asked. */
static bool attach_read_only(const struct job *job)
{
    return job->verb && !job->verb->writes && job->verb->option != 'H';
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

/* What SHM_REMAP put another in the place of is detached by that: then there is nothing left to
 * detach (EINVAL). */
static int detach(const struct job *job, struct target *target)
{
    if (!target->attached)
        return EXIT_DONE;
    target->attached = false;
    if (target->mapping.segment.kind->unmap(&target->mapping) == 0 ||
        (errno == EINVAL && any_remaps(job)))
        return EXIT_DONE;
    return report_refused(target->text);
}

/* All are checked before the first is touched. */
static int check_all(const struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct target *target = &job->targets[i];
        const char *rule = NULL;
        if (job->verb && job->verb->check && target->attached &&
            (rule = job->verb->check(job, target)))
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
        snprintf(sizes + strlen(sizes), room - strlen(sizes), "%s%" PRIu64, i ? " " : "",
                 info->size);
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
            status = report_worse(
                status, (job->verb ? job->verb->run : attach_show)(job, &job->targets[i]));
    return status;
}

static int run(const struct job *job)
{
    int status = EXIT_DONE;
    catch_bus_error(job);
    if (job->verb && job->verb->option == 'H')
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

enum { OPT_TIMES = OPT_FIRST_FREE, OPT_HOW, OPT_MAPS };

static const struct option long_options[] = {
    {"read", optional_argument, NULL, 'r'},        {"write", optional_argument, NULL, 'w'},
    {"dump", optional_argument, NULL, 'd'},        {"fill", required_argument, NULL, 'f'},
    {"get", required_argument, NULL, 'g'},         {"set", required_argument, NULL, 's'},
    {"increment", required_argument, NULL, 'i'},   {"hold", optional_argument, NULL, 'H'},
    {"times", required_argument, NULL, OPT_TIMES}, {"how", required_argument, NULL, OPT_HOW},
    {"maps", no_argument, NULL, OPT_MAPS},         REPORT_OPTIONS,
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
    return operand_number(argument, 1, INT64_MAX,
                          "how often is a number from 1 to 9223372036854775807", &job->times);
}

static const char *parse_verb(struct job *job, int option, const char *argument, bool is_short)
{
    const struct verb *verb = attach_verb(option);
    if (job->verb) {
        job->argument = NULL;
        return "one thing at a time: two were asked for";
    }
    job->verb = verb;
    /* -r=OFFSET is what people type after --read=OFFSET; getopt gives the = to a short option's
     * argument. */
    const bool strip =
        is_short && argument && *argument == '=' && argument[1] && argument[1] != '@';
    job->argument = strip ? argument + 1 : argument;
    return verb->parse(job, job->argument);
}

/* Returns -1 to go on, else the status to leave with. */
static int parse_options(int argc, char *argv[], struct job *job)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":r::w::d::f:g:s:i:H::", long_options, NULL)) != -1) {
        const char *rule = NULL;
        if (attach_verb(option)) {
            rule = parse_verb(job, option, optarg,
                              argv[optind - 1][0] == '-' && argv[optind - 1][1] != '-');
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
            return report_usage(attach_verb(option) && job->argument ? job->argument
                                : optarg                             ? optarg
                                                                     : argv[optind - 1],
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
            return report_usage(argv[i],
                                "it is to be attached read-only (,ro), so nothing can be written");
        target->text = argv[i];
    }
    return -1;
}

static int check_options(const struct job *job)
{
    const bool increments = job->verb && job->verb->option == 'i';
    const bool shows = !job->verb || job->verb->option == 'H';
    if (!job->count)
        return report_usage("SEGMENT", "at least one is needed; see --help");
    if (job->command && job->verb)
        return report_usage(job->verb->name, "one thing at a time: this, or -- COMMAND");
    if ((job->has_times || job->has_how) && !increments)
        return report_usage(job->has_times ? "--times" : "--how", "it belongs to --increment");
    if (job->verb && job->verb->option == 'w' && job->count > 1)
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
    report_start("shmattach");
    report_help(help);
    int status = parse(argc, argv, &job);
    if (status < 0)
        status = run(&job);
    free(job.targets);
    return report_finish(status);
}
