/* SPDX-License-Identifier: MIT */
/*
 * text-test.c - text.h: what others wrote made safe to print; sizes, times, permissions and ages
 * for people.
 */
#include "config.h"

#include "lib/base/text.h"

#include "tap.h"

#include <locale.h>

/* --- text_safe --------------------------------------------------------------------- */

/* The bytes that a string literal holds, NULs inside it too. */
#define BYTES(literal) literal, sizeof literal - 1

struct safe_row {
    const char *name;
    const char *text;
    size_t length;
    const char *utf8; /* what comes out in a locale of UTF-8 */
    const char *c;    /* in the C locale; NULL: the same */
};

static const struct safe_row safe_rows[] = {
    {"nothing", BYTES(""), "", NULL},
    {"plain characters", BYTES("shmat(2) ~ #1!"), "shmat(2) ~ #1!", NULL},
    {"a backslash", BYTES("\\"), "\\\\", NULL},
    {"what looks like an escape", BYTES("\\033"), "\\\\033", NULL},
    {"ESC [31m", BYTES("\033[31m"), "\\033[31m", NULL},
    {"an operating system command", BYTES("\033]0;title\a"), "\\033]0;title\\007", NULL},
    {"newline, tab, return", BYTES("a\nb\tc\rd"), "a\\012b\\011c\\015d", NULL},
    {"backspace", BYTES("a\bb"), "a\\010b", NULL},
    {"NUL", BYTES("a\0b"), "a\\000b", NULL},
    {"DEL", BYTES("a\x7f"), "a\\177", NULL},
    {"the last below blank", BYTES("\x1f "), "\\037 ", NULL},
    {"an accented letter", BYTES("\xc3\xa9"), "\xc3\xa9", "\\303\\251"},
    {"three bytes: a euro", BYTES("\xe2\x82\xac"), "\xe2\x82\xac", "\\342\\202\\254"},
    {"four bytes: beyond 16 bits", BYTES("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80",
     "\\360\\237\\230\\200"},
    /* C1 control characters: CSI is ESC [ in one */
    {"CSI as UTF-8",
     BYTES("\xc2\x9b"
           "31m"),
     "\\302\\23331m", NULL},
    {"CSI as one byte",
     BYTES("\x9b"
           "31m"),
     "\\23331m", NULL},
    {"NEL as UTF-8", BYTES("\xc2\x85"), "\\302\\205", NULL},
    /* what turns the line around, or ends it */
    {"left-to-right mark", BYTES("\xe2\x80\x8e"), "\\342\\200\\216", NULL},
    {"right-to-left mark", BYTES("\xe2\x80\x8f"), "\\342\\200\\217", NULL},
    {"Arabic letter mark", BYTES("\xd8\x9c"), "\\330\\234", NULL},
    {"left-to-right embedding", BYTES("\xe2\x80\xaa"), "\\342\\200\\252", NULL},
    {"right-to-left override",
     BYTES("a\xe2\x80\xae"
           "b"),
     "a\\342\\200\\256b", NULL},
    {"left-to-right isolate", BYTES("\xe2\x81\xa6"), "\\342\\201\\246", NULL},
    {"pop directional isolate", BYTES("\xe2\x81\xa9"), "\\342\\201\\251", NULL},
    {"line separator", BYTES("\xe2\x80\xa8"), "\\342\\200\\250", NULL},
    {"paragraph separator", BYTES("\xe2\x80\xa9"), "\\342\\200\\251", NULL},
    {"byte order mark", BYTES("\xef\xbb\xbf"), "\\357\\273\\277", NULL},
    {"a hyphen and a dot beside the marks", BYTES("\xe2\x80\x90\xe2\x80\xa7"),
     "\xe2\x80\x90\xe2\x80\xa7", "\\342\\200\\220\\342\\200\\247"},
    /* no UTF-8 */
    {"a continuation alone", BYTES("\x80"), "\\200", NULL},
    {"a character cut short", BYTES("a\xe2\x82"), "a\\342\\202", NULL},
    {"cut short, then a letter", BYTES("\xe2\x82z"), "\\342\\202z", NULL},
    {"overlong slash", BYTES("\xc0\xaf"), "\\300\\257", NULL},
    {"overlong NUL", BYTES("\xc0\x80"), "\\300\\200", NULL},
    {"a surrogate", BYTES("\xed\xa0\x80"), "\\355\\240\\200", NULL},
    {"above the last character", BYTES("\xf4\x90\x80\x80"), "\\364\\220\\200\\200", NULL},
    {"bytes that are never UTF-8", BYTES("\xfe\xff"), "\\376\\377", NULL},
    {"Latin-1, then good UTF-8", BYTES("\xe9\xc3\xa9"), "\\351\xc3\xa9", "\\351\\303\\251"},
};

/* SRC in memory of its own, without a NUL, so that a sanitizer sees who reads beyond. To be freed.
 */
static char *exact_copy(const char *src, size_t length)
{
    char *own = malloc(length ? length : 1);
    if (!own)
        abort();
    memcpy(own, src, length);
    return own;
}

/* What text_safe_print() writes, to be freed. */
static char *print_safe(const char *src, size_t length)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        abort();
    text_safe_print(src, length, to);
    fclose(to);
    return text;
}

static void try_safe(const struct safe_row *row, bool utf8)
{
    char to[256], name[128];
    char *src = exact_copy(row->text, row->length);
    const char *expected = utf8 || !row->c ? row->utf8 : row->c;
    snprintf(name, sizeof name, "%s: %s", utf8 ? "UTF-8" : "C locale", row->name);
    memset(to, 'x', sizeof to);
    ok(text_safe(to, sizeof to, src, row->length) == to, "%s: returns DST", name);
    same_text(expected, to, name);

    char *whole = print_safe(src, row->length);
    snprintf(name, sizeof name, "%s: %s, printed", utf8 ? "UTF-8" : "C locale", row->name);
    same_text(expected, whole, name);
    free(whole);
    free(src);
}

/* Into every size from 1 to what is needed: always the longest whole part that fits, never a byte
 * beyond. */
static void try_truncated(void)
{
    static const struct {
        const char *text;
        const char *pieces[6]; /* what each character becomes */
    } rows[] = {
        {"abc", {"a", "b", "c"}},
        {"a\xc3\xa9\xe2\x82\xacz", {"a", "\xc3\xa9", "\xe2\x82\xac", "z"}},
        {"a\033\\b", {"a", "\\033", "\\\\", "b"}},
        {"\xf0\x9f\x98\x80\xff", {"\xf0\x9f\x98\x80", "\\377"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t length = strlen(rows[i].text);
        for (size_t size = 1; size <= length * TEXT_SAFE_EXPANSION + 1; size++) {
            char expected[64] = "", *to = malloc(size);
            if (!to)
                abort();
            for (size_t j = 0; rows[i].pieces[j]; j++) {
                if (strlen(expected) + strlen(rows[i].pieces[j]) >= size)
                    break;
                strcat(expected, rows[i].pieces[j]);
            }
            text_safe(to, size, rows[i].text, length);
            if (!ok(!strcmp(to, expected), "'%s' into %zu bytes", rows[i].text, size))
                diag("expected: '%s', got: '%s'", expected, to);
            free(to);
        }
    }
}

/* Printed in pieces: no character is cut wherever it lies, and nothing is left out. */
static void try_long(void)
{
    unsigned wrong = 0;
    for (size_t before = 0; before < 1100; before++) {
        char src[1200], expected[1200];
        memset(src, 'a', sizeof src);
        memcpy(src + before, "\xf0\x9f\x98\x80\xe2\x82\xac", 7);
        memcpy(expected, src, sizeof src);
        expected[before + 7 + 20] = '\0';
        char *whole = print_safe(src, before + 7 + 20);
        wrong += strcmp(whole, expected) != 0;
        free(whole);
    }
    same_number(0, wrong, "characters of several bytes anywhere in a long text are printed whole");

    char bad[3000];
    memset(bad, 0x80, sizeof bad);
    char *whole = print_safe(bad, sizeof bad);
    ok(strlen(whole) == 4 * sizeof bad && strspn(whole, "\\20") == 4 * sizeof bad,
       "three thousand bytes that are no characters are all printed as \\200");
    free(whole);
}

/* Every byte alone: what comes out is printable ASCII, whatever went in. */
static void try_every_byte(void)
{
    unsigned wrong = 0;
    for (unsigned c = 0; c < 256; c++) {
        const char src = (char)c;
        char to[TEXT_SAFE_EXPANSION + 1];
        text_safe(to, sizeof to, &src, 1);
        const bool plain = c >= 0x20 && c < 0x7f && c != '\\';
        wrong += plain ? to[0] != src || to[1] : to[0] != '\\' || !to[1];
        for (const char *at = to; *at; at++)
            wrong += *at < 0x20 || *at > 0x7e;
    }
    same_number(0, wrong, "every byte alone comes out as plain ASCII");
}

/* --- sizes ----------------------------------------------------------------------------- */

struct size_row {
    uint64_t bytes;
    const char *short_form, *words;
};

#define KI 1024ULL
#define EI (KI * KI * KI * KI * KI * KI)

static const struct size_row size_rows[] = {
    {0, "0", "0 bytes"},
    {1, "1", "1 byte"},
    {2, "2", "2 bytes"},
    {700, "700", "700 bytes"},
    {1023, "1023", "1023 bytes"},
    {1024, "1K", "1 KiB"},
    {1025, "1.0K", "1.0 KiB"},
    {1126, "1.0K", "1.0 KiB"},
    {1127, "1.1K", "1.1 KiB"},
    {1228, "1.1K", "1.1 KiB"},
    {1229, "1.2K", "1.2 KiB"},
    {1536, "1.5K", "1.5 KiB"},
    {1843, "1.7K", "1.7 KiB"},
    {1844, "1.8K", "1.8 KiB"},
    {2047, "1.9K", "1.9 KiB"},
    {2048, "2K", "2 KiB"},
    {4096, "4K", "4 KiB"},
    {65536, "64K", "64 KiB"},
    {65537, "64.0K", "64.0 KiB"},
    {1024 * KI - 1, "1023.9K", "1023.9 KiB"},
    {1024 * KI, "1M", "1 MiB"},
    {1024 * KI + 1, "1.0M", "1.0 MiB"},
    {1536 * KI, "1.5M", "1.5 MiB"},
    {KI * KI * 1024 - 1, "1023.9M", "1023.9 MiB"},
    {KI * KI * KI, "1G", "1 GiB"},
    {KI * KI * 1536, "1.5G", "1.5 GiB"},
    {KI * KI * KI * KI, "1T", "1 TiB"},
    {KI * KI * KI * KI * KI, "1P", "1 PiB"},
    {EI - 1, "1023.9P", "1023.9 PiB"},
    {EI, "1E", "1 EiB"},
    {EI + EI / 2, "1.5E", "1.5 EiB"},
    {15 * EI, "15E", "15 EiB"},
    {UINT64_MAX, "15.9E", "15.9 EiB"},
};

static void try_size(const struct size_row *row)
{
    char to[32], name[64];
    snprintf(name, sizeof name, "%" PRIu64 " bytes", row->bytes);
    same_text(row->short_form, text_size(to, sizeof to, row->bytes), name);
    snprintf(name, sizeof name, "%" PRIu64 " bytes in words", row->bytes);
    same_text(row->words, text_size_words(to, sizeof to, row->bytes), name);
}

/* --- times ----------------------------------------------------------------------------- */

#define NOW 1767358800 /* 2026-01-02 13:00:00 UTC */

struct time_row {
    const char *name;
    const char *zone; /* as TZ has it; its own words, so that no time zone data is needed */
    time_t when, now;
    enum text_time format;
    const char *shown;
};

static const struct time_row time_rows[] = {
    {"never, short", "UTC0", 0, NOW, TEXT_TIME_SHORT, ""},
    {"never, full", "UTC0", 0, NOW, TEXT_TIME_FULL, ""},
    {"never, iso", "UTC0", 0, NOW, TEXT_TIME_ISO, ""},
    {"never, raw", "UTC0", 0, NOW, TEXT_TIME_RAW, ""},
    {"raw", "UTC0", NOW, NOW, TEXT_TIME_RAW, "1767358800"},
    {"raw, of 1969", "UTC0", -1, NOW, TEXT_TIME_RAW, "-1"},
    {"raw is the same anywhere", "CET-1", NOW, NOW, TEXT_TIME_RAW, "1767358800"},
    {"short: now", "UTC0", NOW, NOW, TEXT_TIME_SHORT, "13:00:00"},
    {"short: the first second of today", "UTC0", NOW - 13 * 3600, NOW, TEXT_TIME_SHORT, "00:00:00"},
    {"short: the last second of today", "UTC0", NOW + 11 * 3600 - 1, NOW, TEXT_TIME_SHORT,
     "23:59:59"},
    {"short: yesterday", "UTC0", NOW - 13 * 3600 - 1, NOW, TEXT_TIME_SHORT, "Jan01"},
    {"short: tomorrow", "UTC0", NOW + 11 * 3600, NOW, TEXT_TIME_SHORT, "Jan03"},
    {"short: last year", "UTC0", NOW - 37 * 3600 - 1, NOW, TEXT_TIME_SHORT, "2025"},
    {"short: a year ago, the same day", "UTC0", NOW - 365 * 86400, NOW, TEXT_TIME_SHORT, "2025"},
    {"short: next year", "UTC0", NOW + 365 * 86400, NOW, TEXT_TIME_SHORT, "2027"},
    {"short: later this year", "UTC0", NOW + 334 * 86400, NOW, TEXT_TIME_SHORT, "Dec02"},
    {"short: today is local: still yesterday", "EST5", NOW - 13 * 3600, NOW, TEXT_TIME_SHORT,
     "Jan01"},
    {"short: today is local: already tomorrow", "JST-9", NOW + 2 * 3600, NOW, TEXT_TIME_SHORT,
     "Jan03"},
    {"short: with an offset", "CET-1", NOW, NOW, TEXT_TIME_SHORT, "14:00:00"},
    {"full", "UTC0", NOW, NOW, TEXT_TIME_FULL, "2026-01-02 13:00:00+00:00"},
    {"full, east", "CET-1", NOW, NOW, TEXT_TIME_FULL, "2026-01-02 14:00:00+01:00"},
    {"full, west", "EST5", NOW, NOW, TEXT_TIME_FULL, "2026-01-02 08:00:00-05:00"},
    {"full, of 1970", "UTC0", 1, NOW, TEXT_TIME_FULL, "1970-01-01 00:00:01+00:00"},
    {"full, of 1969", "UTC0", -1, NOW, TEXT_TIME_FULL, "1969-12-31 23:59:59+00:00"},
    {"full, beyond 2038", "UTC0", 4102444800, NOW, TEXT_TIME_FULL, "2100-01-01 00:00:00+00:00"},
    {"iso", "UTC0", NOW, NOW, TEXT_TIME_ISO, "2026-01-02T13:00:00+00:00"},
    {"iso, east", "<+0545>-5:45", NOW, NOW, TEXT_TIME_ISO, "2026-01-02T18:45:00+05:45"},
    {"iso, west", "NST3:30", NOW, NOW, TEXT_TIME_ISO, "2026-01-02T09:30:00-03:30"},
    {"iso, winter", "CET-1CEST,M3.5.0,M10.5.0", NOW, NOW, TEXT_TIME_ISO,
     "2026-01-02T14:00:00+01:00"},
    {"iso, summer", "CET-1CEST,M3.5.0,M10.5.0", 1782907200, NOW, TEXT_TIME_ISO,
     "2026-07-01T14:00:00+02:00"},
    {"iso: now does not matter", "UTC0", NOW, 0, TEXT_TIME_ISO, "2026-01-02T13:00:00+00:00"},
};

static void try_time(const struct time_row *row)
{
    char to[64];
    setenv("TZ", row->zone, 1);
    tzset();
    memset(to, 'x', sizeof to);
    text_time(to, sizeof to, row->when, row->now, row->format);
    same_text(row->shown, to, row->name);
}

/* A time that no calendar of 32 bits years holds is still shown, as seconds. */
static void try_time_beyond(void)
{
    char to[64], expected[64];
    snprintf(expected, sizeof expected, "%jd", (intmax_t)INT64_MAX);
    text_time(to, sizeof to, (time_t)INT64_MAX, NOW, TEXT_TIME_ISO);
    same_text(expected, to, "a year that struct tm cannot hold");
}

/* --- permissions ------------------------------------------------------------------------- */

static const struct {
    unsigned mode;
    const char *shown;
} perms_rows[] = {
    {0, "---------"},    {0777, "rwxrwxrwx"}, {0640, "rw-r-----"},
    {0600, "rw-------"}, {0400, "r--------"}, {0200, "-w-------"},
    {0100, "--x------"}, {0070, "---rwx---"}, {0001, "--------x"},
    {0002, "-------w-"}, {0004, "------r--"}, {03666, "rw-rw-rw-"}, /* SHM_LOCKED, SHM_DEST */
};

static void try_perms(unsigned mode, const char *shown)
{
    char to[10], name[32];
    memset(to, 'x', sizeof to);
    snprintf(name, sizeof name, "the permissions %04o", mode);
    same_text(shown, text_perms(to, sizeof to, mode), name);
}

/* --- ages ------------------------------------------------------------------------------- */

static const struct {
    uint64_t seconds;
    const char *shown;
} age_rows[] = {
    {0, "0s"},      {1, "1s"},      {90, "90s"},        {119, "119s"},
    {120, "2m"},    {179, "2m"},    {180, "3m"},        {720, "12m"},
    {7199, "119m"}, {7200, "2h"},   {10800, "3h"},      {172799, "47h"},
    {172800, "2d"}, {432000, "5d"}, {31536000, "365d"}, {UINT64_MAX, "213503982334601d"},
};

static void try_age(uint64_t seconds, const char *shown)
{
    char to[32], name[64];
    snprintf(name, sizeof name, "the age of %" PRIu64 " seconds", seconds);
    same_text(shown, text_age(to, sizeof to, seconds), name);
}

static void try_locale(const char *locale)
{
    const bool utf8 = strcmp(locale, "C") != 0;
    if (!setlocale(LC_ALL, locale)) {
        skip(locale, "this locale is not installed");
        return;
    }
    for (size_t i = 0; i < sizeof safe_rows / sizeof *safe_rows; i++)
        try_safe(&safe_rows[i], utf8);
    try_every_byte();
    if (utf8) {
        try_truncated();
        try_long();
    }
}

int main(void)
{
    try_locale("C.UTF-8");
    try_locale("C");
    for (size_t i = 0; i < sizeof size_rows / sizeof *size_rows; i++)
        try_size(&size_rows[i]);
    for (size_t i = 0; i < sizeof time_rows / sizeof *time_rows; i++)
        try_time(&time_rows[i]);
    try_time_beyond();
    for (size_t i = 0; i < sizeof perms_rows / sizeof *perms_rows; i++)
        try_perms(perms_rows[i].mode, perms_rows[i].shown);
    for (size_t i = 0; i < sizeof age_rows / sizeof *age_rows; i++)
        try_age(age_rows[i].seconds, age_rows[i].shown);
    return tap_end();
}
