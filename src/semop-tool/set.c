/*
 * semop-set.c - semop-tool create, set, rm and limits: what semget(2) and semctl(2) do to a whole
 * set.
 */
#include "config.h"

#include "semop-tool/semop-tool.h"

#include "lib/run/guard.h"
#include "lib/cli/limit_table.h"
#include "lib/cli/listing.h"
#include "lib/base/names.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/sem/semops.h"
#include "lib/sem/semset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char RULE_VALUES[] = "values are numbers from 0 to 32767 (SEMVMX) with commas between";

/* "1,0,3" into new memory. Returns NULL, or the rule broken. */
static const char *parse_values(const char *text, unsigned short **values, size_t *count)
{
    size_t used = 0;
    unsigned short *out = calloc(strlen(text) / 2 + 1, sizeof *out);
    if (!out)
        return "there is no memory for so many values";
    for (const char *at = text;; at++) {
        const size_t length = strcspn(at, ",");
        char digits[8] = "";
        uint64_t number;
        if (length < sizeof digits)
            memcpy(digits, at, length);
        if (operand_number(digits, 0, SEMOPS_VALUE_MAX, RULE_VALUES, &number)) {
            free(out);
            return RULE_VALUES;
        }
        out[used++] = (unsigned short)number;
        at += length;
        if (!*at)
            break;
    }
    *values = out;
    *count = used;
    return NULL;
}

/* --- create --- */

static const char create_help[] =
    "Usage: semop-tool create [options] NSEMS\n"
    "Create a set of NSEMS semaphores, or open one, and print its id. A set that this\n"
    "creates is never seen half made, and one that it opens has been initialised.\n"
    "\n"
    "  -k, --key=KEY            0x4d2, 1234 or ftok:PATH[:PROJ]; without: IPC_PRIVATE\n"
    "  -x, --exclusive          fail if the key already names a set (IPC_EXCL)\n"
    "  -o, --open               never create: the set must exist\n"
    "  -m, --mode=MODE          permissions, octal (default 0600; no umask)\n"
    "      --init=VALUE[,...]   their values: one for all, or one each (default 0)\n"
    "  -t, --timeout=DURATION   how long to wait until another, who creates the set,\n"
    "                           has initialised it (default 5s); then exit 124\n"
    "      --calls, --help\n"
    "\n"
    "Example: semop-tool create -k ftok:/etc/hostname --init 1,0,8 3\n";

struct create_options {
    struct semset_request request;
    struct operand key;
    const char *key_text;
    unsigned short *values;
    size_t value_count;
};

enum { OPT_INIT = OPT_OWN, OPT_ALL };

static const struct option create_long[] = {
    {"key", required_argument, NULL, 'k'},
    {"exclusive", no_argument, NULL, 'x'},
    {"open", no_argument, NULL, 'o'},
    {"mode", required_argument, NULL, 'm'},
    {"timeout", required_argument, NULL, 't'},
    {"init", required_argument, NULL, OPT_INIT},
    REPORT_OPTIONS,
};

static int create_parse(int argc, char *argv[], struct create_options *options)
{
    struct semset_request *request = &options->request;
    bool has_mode = false;
    int option, status;
    while ((option = getopt_long(argc, argv, ":k:xom:t:", create_long, NULL)) != -1) {
        const char *rule = NULL;
        switch (option) {
        case 'k':
            rule = operand_key(optarg, &options->key);
            options->key_text = optarg;
            break;
        case 'x': request->exclusive = true; break;
        case 'o': request->open = true; break;
        case 'm':
            rule = operand_mode(optarg, &request->mode);
            has_mode = true;
            break;
        case 't': rule = operand_duration(optarg, &request->timeout); break;
        case OPT_INIT:
            free(options->values);
            options->values = NULL;
            rule = parse_values(optarg, &options->values, &options->value_count);
            break;
        default:
            if ((status = report_option(option, argv)) >= 0)
                return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    if (!has_mode && !request->open)
        request->mode = 0600;
    return -1;
}

/* One value stands for all; none is 0 for all. */
static int spread_values(struct create_options *options)
{
    const size_t nsems = (size_t)options->request.nsems;
    if (options->values && options->value_count != 1 && options->value_count != nsems)
        return report_usage("--init", "it takes one value for all, or as many as NSEMS");
    unsigned short *all = calloc(nsems + 1, sizeof *all);
    if (!all)
        return report_error("--init", "read");
    for (size_t i = 0; i < nsems && options->values; i++)
        all[i] = options->values[options->value_count == 1 ? 0 : i];
    free(options->values);
    options->request.values = options->values = all;
    return -1;
}

static int create_check(int argc, char *argv[], struct create_options *options)
{
    struct semset_request *request = &options->request;
    uint64_t nsems;
    if (argc - optind != 1)
        return report_usage("NSEMS", argc == optind ? "it is missing; see --help"
                                                    : "there is only one; see --help");
    const char *rule = operand_number(argv[optind], 0, 65536,
                                      "NSEMS is a number of semaphores, at most 65536", &nsems);
    if (rule)
        return report_usage(argv[optind], rule);
    request->nsems = (int)nsems;
    request->name = options->key_text ? &options->key : NULL;
    if (request->open &&
        (!request->name || (options->key.kind == OPERAND_KEY && options->key.key == 0)))
        return report_usage("--open",
                            "it needs a key: -k 0x4d2, and not IPC_PRIVATE, which is always new");
    if (request->open && request->exclusive)
        return report_usage("--open",
                            "it never creates, and --exclusive always does: one or the other");
    if (!options->key_text)
        options->key_text = argv[optind];
    return spread_values(options);
}

static int create_do(const struct create_options *options)
{
    int id = -1;
    bool created = false;
    if (semset_create(&options->request, &id, &created)) {
        if (errno != EAGAIN)
            return report_refused(options->key_text);
        report_about(
            options->key_text,
            "set %d exists, but nobody has operated on it in this time: whoever created it has not "
            "initialised it (sem_otime is 0)",
            id);
        return EXIT_BLOCKED;
    }
    if (!created && !options->request.open)
        report_about(options->key_text, "this key already names set %d, which was opened", id);
    printf("%d\n", id);
    const int status = report_finish(EXIT_DONE);
    /* Whoever cannot read the id cannot remove the set either. */
    if (status && created)
        semset_remove(id);
    guard_end();
    return status;
}

int semop_create(int argc, char *argv[])
{
    struct create_options options = {.request.timeout = {5, 0}};
    report_help(create_help);
    int status = create_parse(argc, argv, &options);
    if (status < 0)
        status = create_check(argc, argv, &options);
    if (status < 0)
        status = create_do(&options);
    free(options.values);
    return status;
}

/* --- set --- */

static const char set_help[] =
    "Usage: semop-tool set [options] SET [SEM=VALUE...]\n"
    "Set values of semaphores (SETVAL, SETALL), or the owner and mode (IPC_SET).\n"
    "Setting a value is no operation: it wakes waiters, but it clears what other\n"
    "processes would undo at their end for that semaphore (SEM_UNDO).\n"
    "\n"
    "      --all=VALUE,...          all values at once\n"
    "  -m, --mode=MODE              permissions, octal\n"
    "  -u, --owner=OWNER[:GROUP]    owner and group, names or numbers\n"
    "      --calls, --help\n"
    "\n"
    "Example: semop-tool set 5 0=1 2=0\n";

struct set_options {
    struct operand_change change;
    unsigned short *all;
    size_t all_count;
    struct setting {
        int sem, value;
        const char *text;
    } * settings;
    size_t setting_count;
};

static const struct option set_long[] = {
    {"all", required_argument, NULL, OPT_ALL},
    {"mode", required_argument, NULL, 'm'},
    {"owner", required_argument, NULL, 'u'},
    REPORT_OPTIONS,
};

static int set_parse(int argc, char *argv[], struct set_options *options)
{
    int option, status;
    while ((option = getopt_long(argc, argv, ":m:u:", set_long, NULL)) != -1) {
        const char *rule = NULL;
        if (option == 'm') {
            rule = operand_mode(optarg, &options->change.mode);
            options->change.has_mode = true;
        } else if (option == 'u') {
            rule = names_parse_owner(optarg, &options->change.uid, &options->change.gid);
        } else if (option == OPT_ALL) {
            free(options->all);
            options->all = NULL;
            rule = parse_values(optarg, &options->all, &options->all_count);
        } else if ((status = report_option(option, argv)) >= 0) {
            return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    return -1;
}

static const char *parse_setting(const char *text, struct setting *out)
{
    static const char rule[] = "a setting is SEM=VALUE, VALUE from 0 to 32767 (SEMVMX)";
    char sem[8] = "";
    uint64_t number, value;
    const char *equals = strchr(text, '=');
    if (!equals || (size_t)(equals - text) >= sizeof sem)
        return rule;
    memcpy(sem, text, (size_t)(equals - text));
    if (operand_number(sem, 0, 65535, rule, &number) ||
        operand_number(equals + 1, 0, SEMOPS_VALUE_MAX, rule, &value))
        return rule;
    *out = (struct setting){(int)number, (int)value, text};
    return NULL;
}

static int set_parse_settings(char *argv[], int count, struct set_options *options)
{
    options->settings = calloc((size_t)count + 1, sizeof *options->settings);
    if (!options->settings)
        return report_error("SEM=VALUE", "read");
    for (int i = 0; i < count; i++) {
        const char *rule = parse_setting(argv[i], &options->settings[options->setting_count++]);
        if (rule)
            return report_usage(argv[i], rule);
    }
    return -1;
}

static bool set_changes(const struct operand_change *change)
{
    return change->has_mode || change->uid != (uid_t)-1 || change->gid != (gid_t)-1;
}

/* All numbers are checked against the set before the first value is set. */
static int set_do(const struct operand *set, const char *text, struct set_options *options)
{
    struct semset_info info;
    int id;
    if (semset_open(set, &id) || semset_stat(id, &info))
        return report_refused(text);
    if (options->all && options->all_count != info.nsems)
        return report_usage(
            "--all", "it takes as many values as the set has semaphores: see semop-tool show SET");
    for (size_t i = 0; i < options->setting_count; i++)
        if ((size_t)options->settings[i].sem >= info.nsems)
            return report_usage(options->settings[i].text, semop_no_semaphore(info.nsems));
    if (set_changes(&options->change) && semset_change(id, &options->change))
        return report_refused(text);
    if (options->all && semset_set_values(id, info.nsems, options->all))
        return report_refused(text);
    for (size_t i = 0; i < options->setting_count; i++)
        if (semset_set_value(id, options->settings[i].sem, options->settings[i].value))
            return report_refused(text);
    return EXIT_DONE;
}

int semop_set(int argc, char *argv[])
{
    struct set_options options = {.change = {.uid = (uid_t)-1, .gid = (gid_t)-1}};
    struct operand set;
    report_help(set_help);
    int status = set_parse(argc, argv, &options);
    if (status < 0 && optind == argc)
        status = report_usage("SET", "it is missing; see semop-tool set --help");
    if (status < 0) {
        const char *rule = semop_parse_set(argv[optind], &set);
        status = rule ? report_usage(argv[optind], rule) : -1;
    }
    if (status < 0)
        status = set_parse_settings(argv + optind + 1, argc - optind - 1, &options);
    if (status < 0 && !options.setting_count && !options.all && !set_changes(&options.change))
        status = report_usage("set", "nothing to set: give SEM=VALUE, --all, --mode or --owner");
    if (status < 0)
        status = set_do(&set, argv[optind], &options);
    free(options.all);
    free(options.settings);
    return status;
}

/* --- rm --- */

static const char rm_help[] =
    "Usage: semop-tool rm SET...\n"
    "Remove sets, at once, whoever waits for them: their semop(2) fails with EIDRM.\n"
    "\n"
    "      --calls, --help\n"
    "\n"
    "Example: semop-tool rm 5 0x4d2\n";

/* How many tasks wait for any semaphore of the set; 0 where that may not be read. */
static uint64_t count_waiters(int id)
{
    struct semset_info info;
    struct semset_sem sem;
    uint64_t waiters = 0;
    if (semset_stat(id, &info))
        return 0;
    for (size_t i = 0; i < info.nsems && semset_sem(id, (int)i, &sem) == 0; i++)
        waiters += semset_waiting(&sem);
    return waiters;
}

/* They are counted before: afterwards there is nothing to ask. One that comes between is thrown out
 * uncounted. */
static int remove_one(const struct operand *set, const char *text)
{
    int id;
    if (semset_open(set, &id))
        return report_refused(text);
    const uint64_t waiters = count_waiters(id);
    if (semset_remove(id))
        return report_refused(text);
    if (waiters)
        report_about(text, "removed; %" PRIu64 " waiting task%s thrown out (EIDRM)", waiters,
                     waiters == 1 ? " was" : "s were");
    return EXIT_DONE;
}

int semop_rm(int argc, char *argv[])
{
    static const struct option long_options[] = {REPORT_OPTIONS};
    struct operand *sets = NULL;
    int option, status = -1;
    report_help(rm_help);
    while (status < 0 && (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        status = report_option(option, argv);
    if (status < 0 && optind == argc)
        status = report_usage("SET", "at least one is needed; see semop-tool rm --help");
    if (status < 0)
        status = semop_parse_sets(argv + optind, argc - optind, &sets);
    if (status < 0) {
        status = EXIT_DONE;
        for (int i = optind; i < argc; i++)
            status = report_worse(status, remove_one(&sets[i - optind], argv[i]));
    }
    free(sets);
    return status;
}

/* --- limits --- */

static const char limits_help[] =
    "Usage: semop-tool limits [options]\n"
    "Show what the kernel allows for semaphore sets, and what is in use.\n"
    "\n"
    "  -J, --json  -r, --raw  -e, --export  -n, --noheadings\n"
    "      --watch[=SECONDS]  again and again; --count=N: N times\n"
    "      --calls, --help\n"
    "\n"
    "Example: semop-tool limits --json\n";

static int limits_show(void *arg, struct table **kept, FILE *to)
{
    const struct listing *listing = arg;
    struct semset_limits limits;
    struct procfs fs;
    if (semset_limits(&limits))
        return report_refused("limits");
    const struct limit_row rows[] = {
        {"SEMMNI", "sets", limits.semmni, limits.sets, true, 0},
        {"SEMMNS", "semaphores in all sets", limits.semmns, limits.semaphores, true, 0},
        {"SEMMSL", "semaphores in one set", limits.semmsl, 0, false, 0},
        {"SEMOPM", "operations in one list", limits.semopm, 0, false, 0},
        {"SEMVMX", "highest value of a semaphore", limits.semvmx, 0, false, 0},
    };
    struct table *table = limit_table_new(&listing->style);
    bool good = table && limit_table_add(table, rows, sizeof rows / sizeof *rows);
    if (good && procfs_open(&fs, "/proc") == 0) {
        good = limit_table_add_namespace(table, &fs);
        procfs_close(&fs);
    }
    return listing_print(listing, good ? table : NULL, kept, to);
}

int semop_limits(int argc, char *argv[])
{
    static const struct option long_options[] = {LISTING_OPTIONS, REPORT_OPTIONS};
    struct listing listing = {0};
    int option, status;
    const char *rule;
    report_help(limits_help);
    listing_start(&listing);
    while ((option = getopt_long(argc, argv, ":" LISTING_LETTERS, long_options, NULL)) != -1) {
        if (!listing_option(&listing, option, optarg, &rule) &&
            (status = report_option(option, argv)) >= 0)
            return status;
        if (rule)
            return report_usage(optarg, rule);
    }
    if (optind < argc)
        return report_usage(argv[optind], "limits takes no operand");
    if (listing.list || (listing.has_count && !listing.watch))
        return report_usage(listing.list ? "-o" : "--count",
                            "it does not belong here; see semop-tool limits --help");
    return listing_run(&listing, limits_show, &listing, true);
}
