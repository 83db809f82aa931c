/* SPDX-License-Identifier: MIT */
/*
 * outcomes.c - see outcomes.h.
 */
#include "config.h"

#include "interleave/run/outcomes.h"

#include "interleave/run/known.h"
#include "interleave/world/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static void describe(const struct run *run, FILE *to)
{
    const char *between = world_print(to) ? "; " : "";
    for (unsigned i = 0; i < run->board->count; i++) {
        const bool ended = run->board->tasks[i].state == TASK_NONE;
        const int status = run->status[i];
        if (ended && (!status || run->harmed[i] == FAULT_KILL))
            continue;
        fprintf(to, "%s%u ", between, i + 1);
        between = "; ";
        if (!ended)
            fputs("waits", to);
        else if (WIFSIGNALED(status))
            fprintf(to, "is killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
        else
            fprintf(to, "exits %d", WEXITSTATUS(status));
    }
}

void outcomes_note(const struct run *run)
{
    static struct known known;
    char text[4096] = "";
    bool is_new;
    FILE *to = fmemopen(text, sizeof text - 1, "w");
    if (!to)
        return;
    describe(run, to);
    fclose(to);
    known_visit(&known, board_mix_bytes(1, text, strlen(text)), 0, 0, &is_new);
    if (is_new)
        puts(text);
}
