/* SPDX-License-Identifier: MIT */
/*
 * saved.c - see saved.h.
 */
#include "config.h"

#include "interleave/search/saved.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 1000 };

/* By enum fault; a is the first of the errors that a call can have. */
static const char fault_letters[] = "-KTSEabcd";

/* NAME is "word" or "did". */
static void write_line(FILE *file, const char *name, const char *word)
{
    fprintf(file, "%s ", name);
    for (; *word; word++)
        if (*word == '\n' || *word == '\\')
            fputs(*word == '\n' ? "\\n" : "\\\\", file);
        else
            fputc(*word, file);
    fputc('\n', file);
}

static void write_trace(FILE *file, const struct trace *trace)
{
    char text[256];
    for (size_t i = 0; i < trace->count; i++) {
        trace_words(&trace->rows[i], text, sizeof text);
        if (trace->rows[i].step)
            write_line(file, "did", text);
    }
}

int saved_write(const char *path, char *const words[], int count, const struct schedule *schedule,
                const struct trace *trace)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return -1;
    fputs("interleave 1\n", file);
    for (int i = 0; i < count; i++)
        write_line(file, "word", words[i]);
    fputs("steps", file);
    for (size_t i = 0; i < schedule->length; i++) {
        fprintf(file, " %u", CHOICE_TASK(schedule->choices[i]));
        if (CHOICE_FAULT(schedule->choices[i]))
            fputc(fault_letters[CHOICE_FAULT(schedule->choices[i])], file);
    }
    fputc('\n', file);
    write_trace(file, trace);
    const bool failed = ferror(file) != 0;
    return fclose(file) || failed ? -1 : 0;
}

/* In place; the result is never longer. */
static char *read_word(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++)
        if (*from == '\\' && from[1])
            *to++ = *++from == 'n' ? '\n' : *from;
        else
            *to++ = *from;
    *to = '\0';
    return text;
}

/* A task, which is FIRST for the first, and a letter. Returns NULL, or the rule that TEXT breaks;
 * *END is what follows. */
static const char *read_choice(const char *text, unsigned first, choice *chosen, char **end)
{
    const unsigned long task = strtoul(text, end, 10) - first;
    enum fault fault = FAULT_NONE;
    if (*end == text || task >= BOARD_TASKS)
        return "a step is the number of a task";
    if (**end && **end != ' ') {
        const char *letter = strchr(fault_letters + 1, *(*end)++);
        if (!letter)
            return "the letter after a task names no fault";
        fault = (enum fault)(letter - fault_letters);
    }
    *chosen = CHOICE(task, fault);
    return NULL;
}

bool saved_choice(const char *text, choice *chosen)
{
    char *end;
    return !read_choice(text, 1, chosen, &end) && !*end;
}

static const char *read_steps(const char *text, struct schedule *schedule)
{
    char *next;
    for (schedule->length = 0; *text; text = next + strspn(next, " ")) {
        if (schedule->length == MOST_STEPS)
            return "it has too many steps";
        const char *rule = read_choice(text, 0, &schedule->choices[schedule->length++], &next);
        if (rule)
            return rule;
    }
    return NULL;
}

/* What a line says; returns the rule that it breaks, or NULL. */
static const char *read_one(char *line, struct saved *saved, struct schedule *schedule)
{
    line[strcspn(line, "\n")] = '\0';
    if (!strncmp(line, "word ", 5) && saved->count < MOST_WORDS)
        saved->words[saved->count++] = read_word(strdup(line + 5));
    else if (!strncmp(line, "did ", 4) && saved->told_count < schedule->length)
        saved->told[saved->told_count++] = read_word(strdup(line + 4));
    else if (!strncmp(line, "steps", 5))
        return read_steps(line + 5 + strspn(line + 5, " "), schedule);
    else
        return "a line is neither a word, nor the steps, nor what one of them did";
    return NULL;
}

const char *saved_read(const char *path, struct saved *saved, struct schedule *schedule)
{
    char *line = NULL;
    size_t size = 0;
    const char *rule = NULL;
    FILE *file = fopen(path, "re");
    *saved = (struct saved){.words = calloc(MOST_WORDS + 1, sizeof *saved->words),
                            .told = calloc(MOST_STEPS, sizeof *saved->told)};
    if (!file || !saved->words || !saved->told)
        return strerror(errno);
    errno = 0;
    bool has_steps = false;
    if (getline(&line, &size, file) <= 0 || strcmp(line, "interleave 1\n") != 0)
        rule = "it is no trace: it does not begin with \"interleave 1\"";
    while (!rule && getline(&line, &size, file) > 0) {
        has_steps |= !strncmp(line, "steps", 5);
        rule = read_one(line, saved, schedule);
    }
    free(line);
    fclose(file);
    return rule || has_steps ? rule : "it has no line of steps";
}
