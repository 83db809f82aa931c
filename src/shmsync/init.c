/*
 * shmsync-init.c - shmsync init and destroy: objects come and go.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/pshared/glibc_layout.h"
#include "lib/cli/report.h"
#include "lib/pshared/waiters.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- init --- */

static const char init_help[] =
    "Usage: shmsync init [options] SEGMENT [OBJECT...]\n"
    "Make a place for objects at the segment's start, if there is none yet, and these\n"
    "objects in it. Prints the offset of the data area behind them, which is yours.\n"
    "\n"
    "  mutex:NAME[,robust][,recursive|errorcheck][,prio=inherit]\n"
    "  cond:NAME[,clock=monotonic]\n"
    "  sem:NAME=VALUE\n"
    "  rwlock:NAME\n"
    "  barrier:NAME=COUNT\n"
    "\n"
    "      --calls, --help\n"
    "\n"
    "All are PTHREAD_PROCESS_SHARED. NAME is 1 to 31 letters, digits and _ . -.\n"
    "A name that is taken is refused; the others are made all the same.\n"
    "\n"
    "Example: data=$(shmsync init 5 mutex:m,robust cond:c sem:slots=8)\n";

/* Those of every subcommand that has no options of its own. Returns -1 to go on. */
static int parse_options(int argc, char *argv[])
{
    static const struct option long_options[] = {REPORT_OPTIONS};
    int option, status;
    while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1)
        if ((status = report_option(option, argv)) >= 0)
            return status;
    return -1;
}

static int parse_objects(char *argv[], int count, struct pshared_spec **specs)
{
    *specs = calloc((size_t)count + 1, sizeof **specs);
    if (!*specs)
        return report_error("OBJECT", "read");
    for (int i = 0; i < count; i++) {
        const char *rule = pshared_parse(argv[i], &(*specs)[i]);
        if (rule)
            return report_usage(argv[i], rule);
    }
    return -1;
}

static int add_objects(const struct space *space, char *argv[], const struct pshared_spec *specs,
                       int count)
{
    int status = EXIT_DONE;
    const char *wrong = pshared_lock(&space->pshared);
    if (wrong) {
        report_note("%s: %s", space->shown, wrong);
        return EXIT_REFUSED;
    }
    for (int i = 0; i < count; i++) {
        bool refused;
        wrong = pshared_add(&space->pshared, &specs[i], &refused);
        if (refused)
            status = report_refused(argv[i]);
        else if (wrong)
            report_note("%s: %s: %s", space->shown, argv[i], wrong), status = EXIT_REFUSED;
    }
    pshared_unlock(&space->pshared);
    return status;
}

int shmsync_init(int argc, char *argv[])
{
    struct space space = {0};
    struct pshared_spec *specs = NULL;
    const char *rule;
    report_help(init_help);
    int status = parse_options(argc, argv);
    if (status >= 0)
        return status;
    if (optind == argc)
        return report_usage("SEGMENT", "it is missing; see shmsync init --help");
    if ((rule = space_parse(argv[optind], &space)))
        return report_usage(argv[optind], rule);
    char **objects = argv + optind + 1;
    const int count = argc - optind - 1;
    status = parse_objects(objects, count, &specs);
    if (status < 0 && (status = space_open(&space, OPEN_MAKE)) == EXIT_DONE) {
        status = count ? add_objects(&space, objects, specs, count) : EXIT_DONE;
        printf("%" PRIu64 "\n", space.pshared.data_offset);
    }
    space_close(&space);
    free(specs);
    return status;
}

/* --- destroy --- */

static const char destroy_help[] =
    "Usage: shmsync destroy [options] SEGMENT NAME...\n"
    "Destroy objects of a segment; their names can be used again.\n"
    "\n"
    "  -f, --force  even those that are held or waited for: whoever sleeps there is\n"
    "               woken and told that it is gone\n"
    "      --calls, --help\n"
    "\n"
    "What is held by, or counts, processes that were killed is in use too: it goes by\n"
    "force only.\n"
    "\n"
    "Example: shmsync destroy 5 m c\n";

/* Why it is in use; NULL when it is not, as far as can be seen. */
static const char *in_use(const struct pshared_object *object, size_t sleepers)
{
    struct layout_mutex mutex;
    struct layout_rwlock rwlock;
    unsigned count = 0;
    if (sleepers)
        return "it is waited for";
    switch (object->spec.kind) {
    case PSHARED_MUTEX:
        layout_mutex(object->at, &mutex);
        return mutex.state == LAYOUT_LOCKED ? "it is held"
               : mutex.state == LAYOUT_OWNER_DIED
                   ? "its owner died, and nobody has taken over what it guards"
                   : NULL;
    case PSHARED_RWLOCK:
        layout_rwlock(object->at, &rwlock);
        return rwlock.state == LAYOUT_LOCKED ? "it is held" : NULL;
    case PSHARED_COND:
        return layout_cond(object->at, &count) && count
                   ? "it counts waiters, who were killed or do not show"
                   : NULL;
    case PSHARED_BARRIER:
        return layout_barrier(object->at, &count) && count ? "some have arrived" : NULL;
    case PSHARED_SEM: break;
    }
    return NULL;
}

static int destroy_one(const struct space *space, const char *name, const size_t *sleepers,
                       bool force)
{
    struct pshared_object object;
    if (space_find(space, name, (enum pshared_kind)0, &object))
        return EXIT_REFUSED;
    const char *why = in_use(&object, sleepers[object.index]);
    if (why && !force) {
        report_note("%s: %s; --force destroys it all the same", space_subject(space, &object), why);
        return EXIT_REFUSED;
    }
    pshared_remove(&space->pshared, &object, why != NULL);
    return EXIT_DONE;
}

static int destroy_all(const struct space *space, char *names[], int count, bool force)
{
    int status = EXIT_DONE;
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
    const char *wrong = pshared_lock(&space->pshared);
    if (wrong) {
        report_note("%s: %s", space->shown, wrong);
        return EXIT_REFUSED;
    }
    if (pshared_count_waiters(&space->pshared, &space->mapping, sleepers))
        status = report_error("/proc", "read who waits");
    for (int i = 0; status == EXIT_DONE && i < count; i++)
        status = report_worse(status, destroy_one(space, names[i], sleepers, force));
    pshared_unlock(&space->pshared);
    return status;
}

int shmsync_destroy(int argc, char *argv[])
{
    static const struct option long_options[] = {{"force", no_argument, NULL, 'f'}, REPORT_OPTIONS};
    struct space space = {0};
    int option, status;
    bool force = false;
    const char *rule;
    report_help(destroy_help);
    while ((option = getopt_long(argc, argv, ":f", long_options, NULL)) != -1)
        if (option == 'f')
            force = true;
        else if ((status = report_option(option, argv)) >= 0)
            return status;
    if (argc - optind < 2)
        return report_usage(optind == argc ? "SEGMENT" : "NAME",
                            "it is missing; see shmsync destroy --help");
    if ((rule = space_parse(argv[optind], &space)))
        return report_usage(argv[optind], rule);
    for (int i = optind + 1; i < argc; i++)
        if ((rule = pshared_check_name(argv[i])))
            return report_usage(argv[i], rule);
    status = space_open(&space, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = destroy_all(&space, argv + optind + 1, argc - optind - 1, force);
    space_close(&space);
    return status;
}
