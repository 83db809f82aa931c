/* SPDX-License-Identifier: MIT */
/*
 * init.c - shmsync init and destroy: create and destroy objects.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/waiters.h"
#include "shmsync/open.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- init --- */

static const struct cli_option init_table[] = {OPTION_STANDARD, {0}};

static const struct usage init_usage = {
    .name = "shmsync init",
    .operands = "SEGMENT [OBJECT...]",
    .summary =
        "Create objects in a segment. The first init also creates their directory, at the start of "
        "the segment. Prints the offset of the data area after the directory, which is yours.\n"
        "\n"
        "  mutex:NAME[,robust][,recursive|errorcheck][,prio=inherit]\n"
        "  cond:NAME[,clock=monotonic]\n"
        "  sem:NAME=VALUE\n"
        "  rwlock:NAME\n"
        "  barrier:NAME=COUNT",
    .options = init_table,
    .notes = "All are PTHREAD_PROCESS_SHARED. NAME is 1 to 31 letters, digits and _ . -. If a name "
             "is in use, init fails for that object and still creates the others.",
    .example = "data=$(shmsync init 5 mutex:m,robust cond:c sem:slots=8)",
};

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

static int add_objects(const struct sync_segment *segment, char *argv[],
                       const struct pshared_spec *specs, int count)
{
    int status = EXIT_DONE;
    const char *wrong = pshared_lock(&segment->pshared);
    if (wrong) {
        report_note("%s: %s", segment->shown, wrong);
        return EXIT_REFUSED;
    }
    for (int i = 0; i < count; i++) {
        bool refused;
        wrong = pshared_add(&segment->pshared, &specs[i], &refused);
        if (refused)
            status = report_refused(argv[i]);
        else if (wrong)
            report_note("%s: %s: %s", segment->shown, argv[i], wrong), status = EXIT_REFUSED;
    }
    pshared_unlock(&segment->pshared);
    return status;
}

int shmsync_init(int argc, char *argv[])
{
    struct sync_segment segment = {0};
    struct operands operands;
    struct pshared_spec *specs = NULL;
    const char *rule;
    int status = options_parse(&init_usage, argc, argv, NULL, &operands);
    if (status >= 0)
        return status;
    if ((rule = sync_parse(operands.items[0], &segment)))
        return report_usage(operands.items[0], rule);
    char **objects = operands.items + 1;
    const int count = operands.count - 1;
    status = parse_objects(objects, count, &specs);
    if (status < 0 && (status = sync_open(&segment, OPEN_MAKE)) == EXIT_DONE) {
        status = count ? add_objects(&segment, objects, specs, count) : EXIT_DONE;
        printf("%" PRIu64 "\n", segment.pshared.data_offset);
    }
    sync_close(&segment);
    free(specs);
    return status;
}

/* --- destroy --- */

struct destroy_options {
    bool force;
};

static const struct cli_option destroy_table[] = {
    OPTION_FLAG(
        'f', "force", struct destroy_options, force,
        "destroy even objects that are held or waited for; the waiters are woken, and fail"),
    OPTION_STANDARD,
    {0},
};

static const struct usage destroy_usage = {
    .name = "shmsync destroy",
    .operands = "SEGMENT NAME...",
    .summary = "Destroy objects of a segment; their names can be used again.",
    .options = destroy_table,
    .notes = "An object that a killed process held, or that still counts killed waiters, is in use "
             "too: only -f destroys it.",
    .example = "shmsync destroy 5 m c",
};

/* Why OBJECT is in use; NULL when it is not, as far as can be seen. */
static const char *in_use(const struct pshared_object *object, size_t sleepers)
{
    struct layout_mutex mutex;
    struct layout_rwlock rwlock;
    unsigned count = 0;
    if (sleepers)
        return "has waiters";
    switch (object->spec.kind) {
    case PSHARED_MUTEX:
        layout_mutex(object->at, &mutex);
        return mutex.state == LAYOUT_LOCKED ? "is held"
               : mutex.state == LAYOUT_OWNER_DIED
                   ? "its owner died, and no process has locked it since"
                   : NULL;
    case PSHARED_RWLOCK:
        layout_rwlock(object->at, &rwlock);
        return rwlock.state == LAYOUT_LOCKED ? "is held" : NULL;
    case PSHARED_COND:
        return layout_cond(object->at, &count) && count
                   ? "counts waiters, which were killed or are not visible"
                   : NULL;
    case PSHARED_BARRIER:
        return layout_barrier(object->at, &count) && count ? "some processes have arrived" : NULL;
    case PSHARED_SEM: break;
    }
    return NULL;
}

static int destroy_one(const struct sync_segment *segment, const char *name, const size_t *sleepers,
                       bool force)
{
    struct pshared_object object;
    if (sync_find(segment, name, (enum pshared_kind)0, &object))
        return EXIT_REFUSED;
    const char *why = in_use(&object, sleepers[object.index]);
    if (why && !force) {
        report_note("%s: %s; use --force to destroy it", sync_subject(segment, &object), why);
        return EXIT_REFUSED;
    }
    pshared_remove(&segment->pshared, &object, why != NULL);
    return EXIT_DONE;
}

static int destroy_all(const struct sync_segment *segment, char *names[], int count, bool force)
{
    int status = EXIT_DONE;
    size_t sleepers[PSHARED_OBJECTS_MAX + 1];
    const char *wrong = pshared_lock(&segment->pshared);
    if (wrong) {
        report_note("%s: %s", segment->shown, wrong);
        return EXIT_REFUSED;
    }
    if (pshared_count_waiters(&segment->pshared, &segment->mapping, sleepers))
        status = report_error("/proc", "read waiters");
    for (int i = 0; status == EXIT_DONE && i < count; i++)
        status = report_worse(status, destroy_one(segment, names[i], sleepers, force));
    pshared_unlock(&segment->pshared);
    return status;
}

int shmsync_destroy(int argc, char *argv[])
{
    struct sync_segment segment = {0};
    struct destroy_options options = {0};
    struct operands operands;
    const char *rule;
    int status = options_parse(&destroy_usage, argc, argv, &options, &operands);
    if (status >= 0)
        return status;
    char **names = operands.items + 1;
    const int count = operands.count - 1;
    if ((rule = sync_parse(operands.items[0], &segment)))
        return report_usage(operands.items[0], rule);
    for (int i = 0; i < count; i++)
        if ((rule = pshared_check_name(names[i])))
            return report_usage(names[i], rule);
    status = sync_open(&segment, OPEN_WRITE);
    if (status == EXIT_DONE)
        status = destroy_all(&segment, names, count, options.force);
    sync_close(&segment);
    return status;
}
