/* SPDX-License-Identifier: MIT */
/*
 * operand.c - the one parser of what the user types; see operand.h.
 */
#include "config.h"

#include "lib/base/operand.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char RULE_SEGMENT[] =
    "a segment is an id (5), a key (0x4d2), ftok:PATH[:PROJ] or /name";
static const char RULE_ID[] = "an id is a decimal number from 0 to 2147483647, with no leading 0";
static const char RULE_HEX_KEY[] = "a key is 0x and one to eight hexadecimal digits";
static const char RULE_KEY[] =
    "a key is 0x and one to eight hexadecimal digits, a decimal number below 4294967296, "
    "or ftok:PATH[:PROJ]";
static const char RULE_PRIVATE[] =
    "key 0 is IPC_PRIVATE, which names no existing object: use its id";
static const char RULE_FTOK[] = "ftok: needs a path: ftok:PATH[:PROJ]";
static const char RULE_FTOK_LONG[] = "the path of ftok: is too long (PATH_MAX)";
static const char RULE_PROJ[] =
    "PROJ, after the last colon, is one character or a number from 1 to 255";
static const char RULE_NAME[] =
    "a POSIX name is a slash and 1 to 255 characters, none of them a slash";
#if UINTPTR_MAX > UINT32_MAX
static const char RULE_ADDRESS[] = "an address is 0x and hexadecimal digits, at most 64 bits";
#else
static const char RULE_ADDRESS[] = "an address is 0x and hexadecimal digits, at most 32 bits";
#endif
static const char RULE_ATTACH[] =
    "a segment may be followed by @ADDRESS, then by ,ro ,rnd ,remap ,exec";
static const char RULE_TWICE[] = "an option is repeated";
static const char RULE_SIZE[] =
    "a size is a whole number with K, M, G, T, P, E (powers of 1024; KiB, ... too) or KB, "
    "MB, ... (powers of 1000)";
static const char RULE_SIZE_RANGE[] = "this size does not fit in 64 bits";
static const char RULE_OFFSET[] = "an offset is a whole number of bytes: 512, 4K or 0x200";
static const char RULE_RANGE[] =
    "a range is OFFSET[:LENGTH], each a number of bytes: 512, 4K or 0x200";
static const char RULE_RANGE_END[] = "the sum of OFFSET and LENGTH does not fit in 64 bits";
static const char RULE_BYTE[] =
    "a fill is BYTE[@OFFSET[:LENGTH]]; BYTE is 0 to 255, 0x00 to 0xff, or one character";
static const char RULE_MODE[] = "a mode is octal, from 0 to 0777: 0600, 640";
static const char RULE_DURATION[] =
    "a duration is a number with us, ms, s, m, h or d: 5, 0.5, 500ms, 2s";
static const char RULE_DURATION_RANGE[] = "a duration is at most a hundred years";

/*
 * Reads the digits of BASE (10, 8 or 16) at S into *OUT: no sign, no blank, no prefix. Returns the
 * end of the digits, S itself when there are none, NULL when the number is above MAX.
 */
static const char *read_digits(const char *s, unsigned base, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    for (;; s++) {
        unsigned digit;
        if (*s >= '0' && *s <= '9')
            digit = (unsigned)(*s - '0');
        else if (base == 16 && isxdigit((unsigned char)*s))
            digit = (unsigned)(tolower((unsigned char)*s) - 'a') + 10;
        else
            break;
        if (digit >= base)
            break;
        if (digit > max || value > (max - digit) / base)
            return NULL;
        value = value * base + digit;
    }
    *out = value;
    return s;
}

/* The whole of S is at least one digit of BASE and the number is at most MAX. */
static bool whole(const char *s, unsigned base, uint64_t max, uint64_t *out)
{
    uint64_t value;
    const char *end = read_digits(s, base, max, &value);
    if (!end || end == s || *end)
        return false;
    *out = value;
    return true;
}

static bool is_hex(const char *s)
{
    return s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

static bool hex_key(const char *text, key_t *out)
{
    uint64_t value;
    if (!is_hex(text) || strlen(text + 2) > 8 || !whole(text + 2, 16, UINT32_MAX, &value))
        return false;
    *out = (key_t)value;
    return true;
}

/* A character that is no digit means its code; digits mean a number: 1 is 1, not 49. */
static bool read_proj(const char *s, int *out)
{
    uint64_t number;
    if (s[0] && !s[1] && !isdigit((unsigned char)s[0])) {
        *out = (unsigned char)s[0];
        return true;
    }
    if (!whole(s, 10, 255, &number) || number == 0)
        return false;
    *out = (int)number;
    return true;
}

/* The last colon separates PROJ, so a path with colons must be given with its PROJ: ftok:/a:b:1. */
static const char *read_ftok(const char *text, struct operand *out)
{
    const char *path = text + strlen("ftok:");
    const char *colon = strrchr(path, ':');
    size_t length = colon ? (size_t)(colon - path) : strlen(path);
    int proj = 1;

    if (length == 0)
        return RULE_FTOK;
    if (length >= sizeof out->path)
        return RULE_FTOK_LONG;
    if (colon && !read_proj(colon + 1, &proj))
        return RULE_PROJ;
    out->kind = OPERAND_FTOK;
    out->proj = proj;
    memcpy(out->path, path, length);
    out->path[length] = '\0';
    return NULL;
}

static const char *read_name(const char *text, struct operand *out)
{
    size_t length = strlen(text);
    if (length < 2 || length > OPERAND_NAME_MAX || strchr(text + 1, '/') || !strcmp(text, "/.") ||
        !strcmp(text, "/.."))
        return RULE_NAME;
    out->kind = OPERAND_POSIX;
    memcpy(out->path, text, length + 1);
    return NULL;
}

static const char *read_id(const char *text, struct operand *out)
{
    uint64_t value;
    /* 010 would be eight in C and ten here, so it is refused. */
    if ((text[0] == '0' && text[1]) || !whole(text, 10, INT_MAX, &value))
        return RULE_ID;
    out->kind = OPERAND_ID;
    out->id = (int)value;
    return NULL;
}

const char *operand_parse(const char *text, struct operand *out)
{
    if (!strncmp(text, "ftok:", 5))
        return read_ftok(text, out);
    if (text[0] == '/')
        return read_name(text, out);
    if (is_hex(text)) {
        key_t key;
        if (!hex_key(text, &key))
            return RULE_HEX_KEY;
        if (key == 0)
            return RULE_PRIVATE;
        out->kind = OPERAND_KEY;
        out->key = key;
        return NULL;
    }
    return isdigit((unsigned char)text[0]) ? read_id(text, out) : RULE_SEGMENT;
}

const char *operand_name(const char *text, struct operand *out)
{
    return text[0] == '/' ? read_name(text, out) : RULE_NAME;
}

const char *operand_key(const char *text, struct operand *out)
{
    uint64_t value;
    key_t key;
    if (!strncmp(text, "ftok:", 5))
        return read_ftok(text, out);
    if (is_hex(text)) {
        if (!hex_key(text, &key))
            return RULE_HEX_KEY;
    } else {
        if ((text[0] == '0' && text[1]) || !whole(text, 10, UINT32_MAX, &value))
            return RULE_KEY;
        key = (key_t)value;
    }
    out->kind = OPERAND_KEY;
    out->key = key;
    return NULL;
}

/* Removes the last ",word" from TEXT and sets its flag, if the word is one of shmattach's. */
static const char *take_option(char *text, struct operand_attach *out, bool *taken)
{
    const struct {
        const char *word;
        bool *flag;
    } words[] = {
        {"ro", &out->ro}, {"rnd", &out->rnd}, {"remap", &out->remap}, {"exec", &out->exec}};
    char *comma = strrchr(text, ',');

    *taken = false;
    for (size_t i = 0; comma && i < sizeof words / sizeof *words; i++) {
        if (strcmp(comma + 1, words[i].word))
            continue;
        if (*words[i].flag)
            return RULE_TWICE;
        *words[i].flag = *taken = true;
        *comma = '\0';
        return NULL;
    }
    return NULL;
}

/*
 * Parses from the right, because a path may contain commas and @: only the four known words, and an
 * @ that 0x follows, belong to the syntax.
 */
const char *operand_attach(const char *text, struct operand_attach *out)
{
    char copy[PATH_MAX + 128];
    struct operand_attach result = {0};
    const char *rule;
    bool taken = true;

    if (strlen(text) >= sizeof copy)
        return text[0] == 'f' ? RULE_FTOK_LONG : operand_parse(text, &result.segment);
    strcpy(copy, text);
    while (taken)
        if ((rule = take_option(copy, &result, &taken)))
            return rule;

    char *at = strrchr(copy, '@');
    if (at && is_hex(at + 1)) {
        uint64_t address;
        if (!whole(at + 3, 16, UINTPTR_MAX, &address))
            return RULE_ADDRESS;
        result.address = (uintptr_t)address;
        *at = '\0';
    } else if (at && copy[0] != 'f' && copy[0] != '/') {
        return RULE_ADDRESS;
    }
    if ((rule = operand_parse(copy, &result.segment)))
        return strpbrk(copy, ",@") && copy[0] != 'f' && copy[0] != '/' ? RULE_ATTACH : rule;
    *out = result;
    return NULL;
}

/* The factor that a suffix stands for; 0 for no known suffix. An empty suffix and B are bytes. */
static uint64_t size_factor(const char *suffix)
{
    static const char letters[] = "KMGTPE";
    const char *letter;
    unsigned base;
    uint64_t factor = 1;

    if (!*suffix || !strcasecmp(suffix, "B"))
        return 1;
    letter = strchr(letters, toupper((unsigned char)suffix[0]));
    if (!letter)
        return 0;
    if (!suffix[1] || !strcasecmp(suffix + 1, "iB"))
        base = 1024;
    else if (!strcasecmp(suffix + 1, "B"))
        base = 1000;
    else
        return 0;
    for (const char *l = letters; l <= letter; l++)
        factor *= base;
    return factor;
}

enum size_error { SIZE_GOOD, SIZE_SYNTAX, SIZE_RANGE };

static enum size_error parse_size(const char *text, uint64_t *out)
{
    uint64_t value, factor;
    const char *end = read_digits(text, 10, UINT64_MAX, &value);
    if (!end)
        return SIZE_RANGE;
    if (end == text || !(factor = size_factor(end)))
        return SIZE_SYNTAX;
    if (value > UINT64_MAX / factor)
        return SIZE_RANGE;
    *out = value * factor;
    return SIZE_GOOD;
}

static enum size_error parse_hex(const char *digits, uint64_t *out)
{
    uint64_t value;
    const char *end = read_digits(digits, 16, UINT64_MAX, &value);
    if (!end)
        return SIZE_RANGE;
    if (end == digits || *end)
        return SIZE_SYNTAX;
    *out = value;
    return SIZE_GOOD;
}

/* SYNTAX is the rule for what is written. */
static const char *size_rule(enum size_error error, const char *syntax)
{
    return error == SIZE_GOOD ? NULL : error == SIZE_RANGE ? RULE_SIZE_RANGE : syntax;
}

const char *operand_size(const char *text, uint64_t *out)
{
    return size_rule(parse_size(text, out), RULE_SIZE);
}

const char *operand_offset(const char *text, uint64_t *out)
{
    return size_rule(is_hex(text) ? parse_hex(text + 2, out) : parse_size(text, out), RULE_OFFSET);
}

const char *operand_range(const char *text, struct operand_range *out)
{
    char first[64];
    struct operand_range range = {0, UINT64_MAX};
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);

    if (length >= sizeof first)
        return RULE_RANGE;
    memcpy(first, text, length);
    first[length] = '\0';
    if (operand_offset(first, &range.offset) || (colon && operand_offset(colon + 1, &range.length)))
        return RULE_RANGE;
    if (colon && (range.length == UINT64_MAX || range.length > UINT64_MAX - range.offset))
        return RULE_RANGE_END;
    *out = range;
    return NULL;
}

const char *operand_fill(const char *text, unsigned char *byte, struct operand_range *out)
{
    struct operand_range range = {0, UINT64_MAX};
    char number[8];
    const char *rule;
    uint64_t value;
    /* The first character may be the byte itself, even an @. */
    const char *at = text[0] ? strchr(text + 1, '@') : NULL;
    size_t length = at ? (size_t)(at - text) : strlen(text);

    if (length == 0 || length >= sizeof number)
        return RULE_BYTE;
    memcpy(number, text, length);
    number[length] = '\0';
    if (length == 1 && !isdigit((unsigned char)number[0]))
        value = (unsigned char)number[0];
    else if (!(is_hex(number) ? whole(number + 2, 16, 255, &value)
                              : whole(number, 10, 255, &value)))
        return RULE_BYTE;
    if (at && (rule = operand_range(at + 1, &range)))
        return rule;
    *byte = (unsigned char)value;
    *out = range;
    return NULL;
}

const char *operand_mode(const char *text, mode_t *out)
{
    uint64_t value;
    if (strlen(text) > 5 || !whole(text, 8, 0777, &value))
        return RULE_MODE;
    *out = (mode_t)value;
    return NULL;
}

/* The nanoseconds of a unit; 0 for no known unit. */
static uint64_t duration_unit(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t nanoseconds;
    } units[] = {
        {"", 1000000000},   {"s", 1000000000},       {"ms", 1000000},          {"us", 1000},
        {"m", 60000000000}, {"h", 3600000000000ULL}, {"d", 86400000000000ULL},
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(unit, units[i].name))
            return units[i].nanoseconds;
    return 0;
}

const char *operand_duration(const char *text, struct timespec *out)
{
    const uint64_t century = 100ULL * 366 * 86400; /* seconds; its nanoseconds fit in 63 bits */
    uint64_t value, unit, fraction = 0;
    const char *point = NULL, *end = read_digits(text, 10, century * 1000000, &value);

    if (!end)
        return RULE_DURATION_RANGE;
    if (end == text)
        return RULE_DURATION;
    if (*end == '.') {
        point = end;
        end += 1 + strspn(end + 1, "0123456789");
        if (end == point + 1)
            return RULE_DURATION;
    }
    if (!(unit = duration_unit(end)))
        return RULE_DURATION;
    /* From the last digit to the first: exact to the nanosecond, and without overflow. */
    for (const char *digit = point ? end - 1 : NULL; digit && digit > point; digit--)
        fraction = (fraction + (uint64_t)(*digit - '0') * unit) / 10;
    if (value > century * 1000000000 / unit || value * unit + fraction > century * 1000000000)
        return RULE_DURATION_RANGE;
    uint64_t total = value * unit + fraction;
    out->tv_sec = (time_t)(total / 1000000000);
    out->tv_nsec = (long)(total % 1000000000);
    return NULL;
}

const char *operand_number(const char *text, uint64_t min, uint64_t max, const char *rule,
                           uint64_t *out)
{
    uint64_t value;
    if (!whole(text, 10, max, &value) || value < min)
        return rule;
    *out = value;
    return NULL;
}
