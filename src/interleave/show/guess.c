/* SPDX-License-Identifier: MIT */
/*
 * guess.c - see guess.h.
 */
#include "config.h"

#include "interleave/show/guess.h"

#include "lib/trace/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell(struct guesses *guesses, bool right, const char *answer)
{
    guesses->asked++;
    guesses->right += right;
    if (right)
        puts("right");
    else
        printf("no: %s\n", answer);
}

/* --- the value of a load --- */

bool guess_before(struct guesses *guesses, const struct player *player, choice chosen, char *answer,
                  size_t size)
{
    const unsigned task = CHOICE_TASK(chosen);
    const struct board_task *slot = &player->run->board->tasks[task];
    answer[0] = '\0';
    if (!guesses->asks || CHOICE_FAULT(chosen) || slot->kind != STEP_LOAD || slot->size > 8)
        return true;
    printf("which value does program %u load? ", task + 1);
    return keys_read_line(NULL, answer, size);
}

void guess_after(struct guesses *guesses, const struct player *player, choice chosen,
                 const char *answer)
{
    char *end;
    const char *value = player->run->board->tasks[CHOICE_TASK(chosen)].result;
    if (!answer[0])
        return;
    const long long guessed = strtoll(answer, &end, 0);
    tell(guesses, end != answer && guessed == strtoll(value, NULL, 10), value);
}

/* --- who can go on --- */

/* The numbers in ANSWER, a bit each, from 1 on: "1 2", "1,2"; and "none". */
static unsigned read_set(const char *answer)
{
    unsigned set = 0;
    for (char *end; *answer; answer = end == answer ? answer + 1 : end) {
        const unsigned long number = strtoul(answer, &end, 10);
        if (end != answer && number >= 1 && number <= BOARD_TASKS)
            set |= 1u << (number - 1);
    }
    return set;
}

static unsigned set_of(const choice *choices, unsigned count)
{
    unsigned set = 0;
    for (unsigned i = 0; i < count; i++)
        if (!CHOICE_FAULT(choices[i]))
            set |= 1u << CHOICE_TASK(choices[i]);
    return set;
}

static void write_set(unsigned set, char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, "none of them");
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        if (set >> i & 1)
            used += (size_t)snprintf(text + used, size - used, "%s%u", used ? " " : "", i + 1);
}

/* A load or a store lets no task wait or go on. */
static bool may_have_changed(const struct player *player)
{
    const size_t count = player->trace.count;
    return count && player->played[count - 1].is_call &&
           player->trace.rows[count - 1].mark != TRACE_QUIET;
}

bool guess_next(struct guesses *guesses, const struct player *player, const choice *choices,
                unsigned count)
{
    char answer[80], text[80];
    const unsigned set = set_of(choices, count);
    if (!guesses->asks || !may_have_changed(player))
        return true;
    printf("which programs can go on now? ");
    if (!keys_read_line(NULL, answer, sizeof answer))
        return false;
    write_set(set, text, sizeof text);
    tell(guesses, read_set(answer) == set, text);
    return true;
}

void guess_tell(const struct guesses *guesses)
{
    if (guesses->asked)
        printf("%u of %u answers right\n", guesses->right, guesses->asked);
}
