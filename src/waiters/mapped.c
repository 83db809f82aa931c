/* SPDX-License-Identifier: MIT */
/*
 * mapped.c - see mapped.h.
 */
#include "config.h"

#include "waiters/mapped.h"

#include "lib/base/array.h"
#include "lib/base/text.h"
#include "lib/calls/calls.h"
#include "lib/cli/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_label(struct mapped *mapped)
{
    char name[SEGMENT_NAME_SIZE];
    const struct segment *segment = &mapped->mapping.segment;
    segment->kind->print(segment, name, sizeof name);
    text_safe(mapped->label, sizeof mapped->label, name, strlen(name));
}

void mapped_skip(struct segment_state *state, struct mapped *mapped, uintptr_t address)
{
    char why[BUS_TEXT_SIZE] = "", hint[BUS_TEXT_SIZE] = "";
    const struct segment_mapping *mapping = &mapped->mapping;
    mapping->segment.kind->explain_sigbus(mapping, address, why, hint);
    mapped->unreadable = true;
    if (!state->skipped++)
        snprintf(state->why, sizeof state->why, "%s: %s", mapped->label, why);
}

struct opening {
    struct mapped *mapped;
    const char *rule;
};

static void open_objects(void *arg)
{
    struct opening *opening = arg;
    struct mapped *mapped = opening->mapped;
    void *const base = (void *)mapped->mapping.address;
    const uint64_t size = mapped->mapping.info.size;
    opening->rule = pshared_open(&mapped->pshared, base, size, NULL);
    mapped->foreign = opening->rule && !pshared_has_header(base, size);
}

/*
 * Maps SEGMENT and adds it to STATE, which has room, also if it cannot be read: then it is counted
 * as skipped. Returns NULL; what is wrong with the header that shmsync wrote; or "" when a call was
 * refused.
 */
static const char *map_segment(struct segment_state *state, const struct procfs *fs,
                               const struct segment *segment)
{
    struct mapped *mapped = &state->items[state->count];
    struct opening opening = {.mapped = mapped};
    uintptr_t missing;
    *mapped = (struct mapped){.mapping = {.segment = *segment, .ro = true}};
    if (segment->kind->map(&mapped->mapping))
        return "";
    put_label(mapped);
    if (!bus_try(open_objects, &opening, &missing))
        mapped_skip(state, mapped, missing);
    if (opening.rule && !mapped->foreign) {
        segment->kind->unmap(&mapped->mapping);
        return opening.rule;
    }
    pshared_file_of(fs, &mapped->mapping, &mapped->file);
    state->count++;
    return NULL;
}

int mapped_named(struct segment_state *state, const struct procfs *fs,
                 const struct object_name *name)
{
    const struct segment_kind *kind = segment_kind_of(&name->operand);
    struct segment segment;
    char safe[512];
    if (kind->open(&name->operand, &segment))
        return report_refused(name->text);
    const size_t skipped = state->skipped;
    const char *rule = map_segment(state, fs, &segment);
    if (!rule)
        return state->skipped > skipped ? EXIT_REFUSED : EXIT_DONE;
    if (!*rule)
        return report_refused(name->text);
    report_note("%s: %s", text_safe(safe, sizeof safe, name->text, strlen(name->text)), rule);
    return EXIT_REFUSED;
}

bool mapped_reserve(struct segment_state *state, size_t more)
{
    return array_reserve(&state->items, &state->capacity, state->count + more) == 0;
}

/* Was the last call refused because a resource of ours is missing, not by the segment? Then it may
 * well have objects, and perhaps waiters. */
static bool is_our_failure(void)
{
    const int error = calls_last_failure()->error;
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == EIO;
}

static void skip_unmapped(struct segment_state *state, const struct segment *segment)
{
    char name[SEGMENT_NAME_SIZE], label[300];
    const struct failed_call *failed = calls_last_failure();
    segment->kind->print(segment, name, sizeof name);
    if (!state->skipped++)
        snprintf(state->why, sizeof state->why, "%s: %s: %s",
                 text_safe(label, sizeof label, name, strlen(name)), calls_name(failed->call),
                 strerror(failed->error));
    state->unread++;
}

static void drop_last(struct segment_state *state)
{
    struct segment_mapping *mapping = &state->items[--state->count].mapping;
    mapping->segment.kind->unmap(mapping);
}

int mapped_all(struct segment_state *state, const struct procfs *fs)
{
    int status = EXIT_DONE;
    size_t foreign = 0;
    for (size_t i = 0; segment_kinds[i]; i++) {
        struct segment_list list = {0};
        if (segment_kinds[i]->list(&list, false))
            status = report_refused("segments");
        else if (!mapped_reserve(state, list.count))
            status = report_error("segments", "map");
        for (size_t k = 0; status == EXIT_DONE && k < list.count; k++) {
            const char *rule = map_segment(state, fs, &list.items[k].segment);
            if (rule && !*rule && is_our_failure())
                skip_unmapped(state, &list.items[k].segment);
            if (!rule && state->items[state->count - 1].foreign && ++foreign > FOREIGN_MOST)
                drop_last(state);
        }
        segment_list_free(&list);
    }
    return status;
}

void mapped_release(struct segment_state *state)
{
    for (size_t i = 0; i < state->count; i++) {
        struct segment_mapping *mapping = &state->items[i].mapping;
        mapping->segment.kind->unmap(mapping);
    }
    free(state->items);
}
