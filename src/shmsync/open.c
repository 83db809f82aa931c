/* SPDX-License-Identifier: MIT */
/*
 * open.c - see open.h.
 */
#include "config.h"

#include "shmsync/open.h"

#include "lib/base/text.h"
#include "lib/calls/calls.h"
#include "lib/cli/report.h"
#include "lib/run/bus_error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *sync_parse(const char *text, struct sync_segment *out)
{
    *out = (struct sync_segment){.text = text};
    text_safe(out->shown, sizeof out->shown, text, strlen(text));
    return operand_parse(text, &out->operand);
}

/* A segment can be truncated while it is mapped. */
static void explain_bus_error(const void *arg, uintptr_t address, char *why, char *hint)
{
    const struct segment_mapping *mapping = arg;
    mapping->segment.kind->explain_sigbus(mapping, address, why, hint);
}

int sync_open(struct sync_segment *segment, enum open_how how)
{
    const struct segment_kind *kind = segment_kind_of(&segment->operand);
    struct segment_mapping *mapping = &segment->mapping;
    *mapping = (struct segment_mapping){.ro = how == OPEN_READ};
    if (kind->open(&segment->operand, &mapping->segment) || kind->map(mapping))
        return report_refused(segment->text);
    segment->mapped = true;
    catch_bus_error("shmsync", explain_bus_error, mapping);
    void *base = (void *)mapping->address;
    const char *wrong = how == OPEN_MAKE
                            ? pshared_make(&segment->pshared, base, mapping->info.size)
                            : pshared_open(&segment->pshared, base, mapping->info.size, NULL);
    if (!wrong)
        return EXIT_DONE;
    report_note("%s: %s", segment->shown, wrong);
    return EXIT_REFUSED;
}

void sync_close(struct sync_segment *segment)
{
    if (segment->mapped)
        segment->mapping.segment.kind->unmap(&segment->mapping);
    segment->mapped = false;
}

int sync_find(const struct sync_segment *segment, const char *name, enum pshared_kind kind,
              struct pshared_object *out)
{
    const char *wrong = pshared_find(&segment->pshared, name, out);
    if (!wrong && kind && out->spec.kind != kind) {
        report_note("%s: %s is a %s; this needs a %s", segment->shown, out->spec.name,
                    pshared_kind_name(out->spec.kind), pshared_kind_name(kind));
        return EXIT_REFUSED;
    }
    if (!wrong)
        return EXIT_DONE;
    report_note("%s: %s", segment->shown, wrong);
    return EXIT_REFUSED;
}

void *sync_data(const struct sync_segment *segment)
{
    return segment->pshared.base + segment->pshared.data_offset;
}

uint64_t sync_data_size(const struct sync_segment *segment)
{
    return segment->pshared.size - segment->pshared.data_offset;
}

const char *sync_subject(const struct sync_segment *segment, const struct pshared_object *object)
{
    static char subject[400];
    snprintf(subject, sizeof subject, "%.300s: %s", segment->shown, object->spec.name);
    return subject;
}

int sync_refused(const struct sync_segment *segment, const struct pshared_object *object)
{
    const int error = calls_last_failure()->error;
    report_refused(sync_subject(segment, object));
    return error == ETIMEDOUT || error == EBUSY || error == EAGAIN ? EXIT_BLOCKED : EXIT_REFUSED;
}
