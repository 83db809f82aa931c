/* SPDX-License-Identifier: MIT */
/*
 * condition.c - see condition.h.
 */
#include "config.h"

#include "lib/base/condition.h"

#include <stdlib.h>
#include <string.h>

enum { LESS = 1, EQUAL = 2, GREATER = 4 };

/* An operator comes before any other that is a prefix of it. */
static const struct {
    const char *text;
    unsigned accepts;
} operators[] = {
    {"==", EQUAL}, {"!=", LESS | GREATER}, {"<=", LESS | EQUAL}, {">=", GREATER | EQUAL},
    {"<", LESS},   {">", GREATER},
};
#define OPERATORS (sizeof operators / sizeof *operators)

static const char RULE[] =
    "a condition is TYPE@OFFSET OP VALUE; OP is == != < <= > or >=: \"u32@0 > 0\"";

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* Parses the two as TYPE@OFFSET=VALUE (value.h). PLACE is LENGTH bytes. */
static const char *parse_value(const char *place, size_t length, const char *value,
                               struct value *out)
{
    char *setting = malloc(length + strlen(value) + 2);
    if (!setting)
        return "not enough memory";
    memcpy(setting, place, length);
    setting[length] = '=';
    strcpy(setting + length + 1, value);
    const char *rule = value_parse_setting(setting, out);
    free(setting);
    if (!rule && out->text)
        out->text = value; /* SETTING is freed */
    return rule;
}

const char *condition_parse(const char *text, struct condition *out)
{
    struct condition condition = {0};
    text = skip_blanks(text);
    const size_t place = strcspn(text, "=!<> \t");
    const char *at = skip_blanks(text + place);
    size_t i = 0;
    while (i < OPERATORS && strncmp(at, operators[i].text, strlen(operators[i].text)))
        i++;
    if (i == OPERATORS || !place)
        return RULE;
    const char *rule =
        parse_value(text, place, skip_blanks(at + strlen(operators[i].text)), &condition.value);
    if (rule)
        return rule;
    condition.accepts = operators[i].accepts;
    condition.not_equal = condition.accepts == (LESS | GREATER);
    *out = condition;
    return NULL;
}

bool condition_fits(const struct condition *condition, uint64_t size)
{
    return value_fits(&condition->value, size);
}

bool condition_holds(const struct condition *condition, const void *base, uint64_t size)
{
    bool ordered;
    const int order = value_compare(&condition->value, base, size, &ordered);
    if (!ordered)
        return condition->not_equal;
    return condition->accepts & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL);
}
