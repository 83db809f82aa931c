/*
 * shmsync-open.c - a segment with objects: found, mapped, checked, and let go of.
 */
#include "config.h"

#include "shmsync/shmsync.h"

#include "lib/run/child.h"
#include "lib/cli/report.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *space_parse(const char *text, struct space *out)
{
    *out = (struct space){.text = text};
    text_safe(out->shown, sizeof out->shown, text, strlen(text));
    return operand_parse(text, &out->operand);
}

/* --- what is cut off while it is mapped --- */

/* For the handler. Two segments at once are not opened by any subcommand. */
static const struct segment_mapping *touched;

static void bus_error(int signal_number, siginfo_t *info, void *context)
{
    char why[512] = "there is no page behind this address", hint[512] = "", text[1200];
    (void)signal_number;
    (void)context;
    touched->segment.kind->explain_sigbus(touched, (uintptr_t)info->si_addr, why, hint);
    const int length = snprintf(text, sizeof text, "shmsync: SIGBUS: %s\n%s%s%s", why,
                                *hint ? "hint: " : "", hint, *hint ? "\n" : "");
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(EXIT_REFUSED);
    _exit(EXIT_REFUSED);
}

static void catch_bus_error(const struct segment_mapping *mapping)
{
    struct sigaction action = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO};
    touched = mapping;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

/* --- opening and closing --- */

int space_open(struct space *space, enum open_how how)
{
    const struct segment_kind *kind = segment_kind_of(&space->operand);
    struct segment_mapping *mapping = &space->mapping;
    *mapping = (struct segment_mapping){.ro = how == OPEN_READ};
    if (kind->open(&space->operand, &mapping->segment) || kind->map(mapping))
        return report_refused(space->text);
    space->mapped = true;
    catch_bus_error(mapping);
    void *base = (void *)mapping->address;
    const char *wrong = how == OPEN_MAKE
                            ? pshared_make(&space->pshared, base, mapping->info.size)
                            : pshared_open(&space->pshared, base, mapping->info.size, NULL);
    if (!wrong)
        return EXIT_DONE;
    report_note("%s: %s", space->shown, wrong);
    return EXIT_REFUSED;
}

void space_close(struct space *space)
{
    if (space->mapped)
        space->mapping.segment.kind->unmap(&space->mapping);
    space->mapped = false;
}

int space_find(const struct space *space, const char *name, enum pshared_kind kind,
               struct pshared_object *out)
{
    const char *wrong = pshared_find(&space->pshared, name, out);
    if (!wrong && kind && out->spec.kind != kind) {
        report_note("%s: %s is a %s, and a %s is needed here", space->shown, out->spec.name,
                    pshared_kind_name(out->spec.kind), pshared_kind_name(kind));
        return EXIT_REFUSED;
    }
    if (!wrong)
        return EXIT_DONE;
    report_note("%s: %s", space->shown, wrong);
    return EXIT_REFUSED;
}

void *space_data(const struct space *space)
{
    return space->pshared.base + space->pshared.data_offset;
}

uint64_t space_data_size(const struct space *space)
{
    return space->pshared.size - space->pshared.data_offset;
}

const char *space_subject(const struct space *space, const struct pshared_object *object)
{
    static char subject[400];
    snprintf(subject, sizeof subject, "%.300s: %s", space->shown, object->spec.name);
    return subject;
}

int space_refused(const struct space *space, const struct pshared_object *object)
{
    const int error = calls_last_failure()->error;
    report_refused(space_subject(space, object));
    return error == ETIMEDOUT || error == EBUSY || error == EAGAIN ? EXIT_BLOCKED : EXIT_REFUSED;
}

int space_run(const struct space *space, char **command)
{
    char offset[24];
    snprintf(offset, sizeof offset, "%" PRIu64, space->pshared.data_offset);
    setenv("IPCLAB_SEGMENT", space->text, 1);
    setenv("IPCLAB_DATA", offset, 1);
    const int status = child_run(command, take_mask());
    if (errno)
        report_error(command[0], status == CHILD_FAILED ? "fork" : "run");
    return status;
}
