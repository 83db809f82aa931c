/* SPDX-License-Identifier: MIT */
/*
 * saved.c - see saved.h.
 */
#include "config.h"

#include "interleave/saved.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 1000 };

/* By enum fault; a is the first of the errors that a call can have. */
static const char fault_letters[] = "-KTSEabcd";

static void write_word(FILE *file, const char *word)
{
    fputs("word ", file);
    for (; *word; word++)
        if (*word == '\n' || *word == '\\')
            fputs(*word == '\n' ? "\\n" : "\\\\", file);
        else
            fputc(*word, file);
    fputc('\n', file);
}

int saved_write(const char *path, char *const words[], int count, const struct schedule *schedule)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return -1;
    fputs("interleave 1\n", file);
    for (int i = 0; i < count; i++)
        write_word(file, words[i]);
    fputs("steps", file);
    for (size_t i = 0; i < schedule->length; i++) {
        fprintf(file, " %u", CHOICE_TASK(schedule->choices[i]));
        if (CHOICE_FAULT(schedule->choices[i]))
            fputc(fault_letters[CHOICE_FAULT(schedule->choices[i])], file);
    }
    fputc('\n', file);
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

static const char *read_steps(const char *text, struct schedule *schedule)
{
    char *next;
    for (schedule->length = 0; *text; text = next + strspn(next, " ")) {
        const unsigned long task = strtoul(text, &next, 10);
        enum fault fault = FAULT_NONE;
        if (next == text || task >= BOARD_TASKS || schedule->length == MOST_STEPS)
            return "a step is the number of a task";
        if (*next && *next != ' ') {
            const char *letter = strchr(fault_letters + 1, *next++);
            if (!letter)
                return "the letter after a task names no fault";
            fault = (enum fault)(letter - fault_letters);
        }
        schedule->choices[schedule->length++] = CHOICE(task, fault);
    }
    return NULL;
}

const char *saved_read(const char *path, char ***words, int *count, struct schedule *schedule)
{
    char *line = NULL;
    size_t size = 0;
    const char *rule = "it is no trace: it does not begin with \"interleave 1\"";
    FILE *file = fopen(path, "re");
    *count = 0;
    *words = calloc(MOST_WORDS + 1, sizeof **words);
    if (!file || !*words)
        return strerror(errno);
    errno = 0;
    if (getline(&line, &size, file) > 0 && !strcmp(line, "interleave 1\n"))
        rule = "it has no line of steps";
    while (!strncmp(rule, "it has", 6) && getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, "word ", 5) && *count < MOST_WORDS)
            (*words)[(*count)++] = read_word(strdup(line + 5));
        else if (!strncmp(line, "steps ", 6))
            rule = read_steps(line + 6, schedule);
        else
            rule = "a line is neither a word nor the steps";
        if (!rule)
            break;
    }
    free(line);
    fclose(file);
    return rule;
}
