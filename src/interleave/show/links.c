/* SPDX-License-Identifier: MIT */
/*
 * links.c - see links.h.
 */
#include "config.h"

#include "interleave/show/links.h"

#include "lib/base/array.h"

#include <stdio.h>
#include <string.h>

/* --- which step a step builds on --- */

static bool is_store(const struct played *played)
{
    return played->object == OBJECT_MEMORY &&
           (played->kind == STEP_STORE || played->kind == STEP_ATOMIC);
}

static bool is_load(const struct played *played)
{
    return played->object == OBJECT_MEMORY &&
           (played->kind == STEP_LOAD || played->kind == STEP_ATOMIC);
}

static bool overlap(const struct played *a, const struct played *b)
{
    return a->id == b->id && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Did BEFORE make possible, or store, what PLAYED does? */
static bool builds_on(const struct player *player, const struct played *played,
                      const struct played *before)
{
    const uint32_t parent = player->run->board->tasks[before->task].parent;
    if (played->kind == STEP_START)
        return before->forked >> played->task & 1;
    if (before->signalled >> played->task & 1 && before->task != played->task)
        return true;
    if (played->sync_id == SYNC_CHILDREN)
        return before->kind == STEP_EXIT && parent == played->task && before->task != parent;
    if (is_load(played) && is_store(before))
        return overlap(played, before);
    return played->acquires && before->releases && played->sync_id &&
           played->sync_id == before->sync_id && played->sync_offset == before->sync_offset;
}

static unsigned find_cause(const struct player *player, const struct played *played)
{
    bool is_first = true; /* of its task, going back: a signal comes at the next step */
    for (size_t i = player->trace.count; i-- > 0;) {
        const struct played *before = &player->played[i];
        const bool is_signal = before->signalled >> played->task & 1;
        if ((!is_signal || is_first) && builds_on(player, played, before))
            return before->task == played->task ? 0 : player->trace.rows[i].step;
        is_first &= before->task != played->task;
    }
    return 0;
}

void links_add(struct player *player, struct trace_row *row, const struct played *played)
{
    const size_t count = player->trace.count;
    if (array_reserve(&player->played, &player->played_capacity, count + 1))
        return;
    row->after = row->step ? find_cause(player, played) : 0;
    if (trace_add(&player->trace, row))
        player->played[count] = *played;
}

unsigned links_holder(const struct player *player, unsigned task, const struct board_task *slot,
                      bool is_set, unsigned number)
{
    for (size_t i = player->trace.count; i-- > 0;) {
        const struct played *before = &player->played[i];
        if (before->sync_id != slot->sync_id || before->sync_offset != slot->sync_offset ||
            !slot->sync_id || slot->sync_id == SYNC_CHILDREN)
            continue;
        if (is_set ? number < 32 && before->lowered >> number & 1 : before->task != task)
            return before->task;
    }
    return BOARD_TASKS;
}

/* --- the line that says most --- */

static bool same_place(const struct source_line *a, const struct source_line *b)
{
    return a->line == b->line && !strcmp(a->file, b->file);
}

/* Do A, from line I on, and B, from line J on, have different callers? */
static bool differ_above(const struct played *a, size_t i, const struct played *b, size_t j)
{
    for (i++, j++; i < a->line_count && j < b->line_count; i++, j++)
        if (!same_place(&a->lines[i], &b->lines[j]))
            return true;
    return false;
}

/* False: OTHER is at another line of the function that PLAYED is in at DEPTH. *SEVERAL becomes true
 * if it is at the same line, and the function was called from elsewhere. */
static bool is_at_same_line(const struct played *played, size_t depth, const struct played *other,
                            bool *several)
{
    const struct source_line *line = &played->lines[depth];
    for (size_t i = 0; i < other->line_count; i++) {
        if (strcmp(other->lines[i].function, line->function) != 0 ||
            strcmp(other->lines[i].file, line->file) != 0)
            continue;
        if (other->lines[i].line != line->line)
            return false;
        *several |= differ_above(played, depth, other, i);
    }
    return true;
}

/*
 * Is the line at DEPTH of PLAYED that of a wrapper, such as P()? Then the place of the call says
 * more. The function of a wrapper does nothing but this line, and is called from several places.
 */
static bool is_wrapper(const struct player *player, const struct played *played, size_t depth)
{
    bool several = false;
    for (size_t i = 0; i < player->trace.count; i++)
        if (!is_at_same_line(played, depth, &player->played[i], &several))
            return false;
    for (size_t i = 0; i < BOARD_TASKS; i++)
        if (!is_at_same_line(played, depth, &player->next[i], &several))
            return false;
    return several;
}

/* A semicolon or a brace at the end only takes room. */
static void copy_line(const struct source_line *line, struct trace_row *row)
{
    size_t length = strlen(line->text);
    while (length && strchr(" \t;{", line->text[length - 1]))
        length--;
    snprintf(row->text, sizeof row->text, "%.*s", (int)length, line->text);
    snprintf(row->file, sizeof row->file, "%.63s", line->file);
    row->line = line->line;
}

const struct source_line *links_place(const struct player *player, const struct played *played)
{
    size_t depth = 0;
    if (!played->line_count)
        return NULL;
    while (played->is_call && depth + 1 < played->line_count && is_wrapper(player, played, depth))
        depth++;
    return &played->lines[depth];
}

void links_find_places(struct player *player)
{
    for (size_t i = 0; i < player->trace.count; i++) {
        const struct source_line *line = links_place(player, &player->played[i]);
        if (line)
            copy_line(line, &player->trace.rows[i]);
    }
}
