/* SPDX-License-Identifier: MIT */
/*
 * fuzz-operand.c - every reader of operand.h on the same input. What is taken must be in range, and
 * must be the same again when it is written out and read once more; what is refused must leave no
 * trace.
 */
#include "config.h"

#include "lib/base/operand.h"

#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>

#define LONGEST (PATH_MAX + 128)

/* --- segments and keys ------------------------------------------------------------ */

static bool same_operand(const struct operand *a, const struct operand *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case OPERAND_ID: return a->id == b->id;
    case OPERAND_KEY: return a->key == b->key;
    case OPERAND_FTOK: return a->proj == b->proj && !strcmp(a->path, b->path);
    case OPERAND_POSIX: return !strcmp(a->path, b->path);
    }
    return false;
}

static void write_operand(const struct operand *operand, char *to)
{
    switch (operand->kind) {
    case OPERAND_ID: snprintf(to, LONGEST, "%d", operand->id); break;
    case OPERAND_KEY: snprintf(to, LONGEST, "0x%x", (unsigned)operand->key); break;
    case OPERAND_FTOK: snprintf(to, LONGEST, "ftok:%s:%d", operand->path, operand->proj); break;
    case OPERAND_POSIX: snprintf(to, LONGEST, "%s", operand->path); break;
    }
}

static void require_operand(const struct operand *operand, const char *text)
{
    const bool has_path = operand->kind == OPERAND_FTOK || operand->kind == OPERAND_POSIX;
    const size_t length = has_path ? strlen(operand->path) : 0;
    REQUIRE(has_path || operand->kind == OPERAND_ID || operand->kind == OPERAND_KEY);
    switch (operand->kind) {
    case OPERAND_ID: REQUIRE(operand->id >= 0); break;
    case OPERAND_KEY: break;
    case OPERAND_FTOK:
        REQUIRE(operand->proj >= 1 && operand->proj <= 255);
        REQUIRE(length > 0 && length < PATH_MAX);
        REQUIRE(!strncmp(text, "ftok:", 5) && !strncmp(text + 5, operand->path, length));
        break;
    case OPERAND_POSIX:
        REQUIRE(operand->path[0] == '/' && length > 1 && length <= OPERAND_NAME_MAX);
        REQUIRE(!strchr(operand->path + 1, '/') && !strncmp(text, operand->path, length));
        break;
    }
}

static void try_parse(const char *text)
{
    static struct operand out, again;
    static char written[LONGEST];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_parse(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    require_operand(&out, text);
    REQUIRE(out.kind != OPERAND_KEY || out.key != 0);
    write_operand(&out, written);
    REQUIRE(!operand_parse(written, &again) && same_operand(&out, &again));
    if (out.kind == OPERAND_KEY || out.kind == OPERAND_FTOK)
        REQUIRE(!operand_key(text, &again) && same_operand(&out, &again));
}

static void try_key(const char *text)
{
    static struct operand out, again;
    static char written[LONGEST];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_key(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    require_operand(&out, text);
    REQUIRE(out.kind == OPERAND_KEY || out.kind == OPERAND_FTOK);
    write_operand(&out, written);
    REQUIRE(!operand_key(written, &again) && same_operand(&out, &again));
}

static void try_attach(const char *text)
{
    static struct operand_attach out, again;
    static struct operand alone;
    static char written[2 * LONGEST], segment[LONGEST];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_attach(text, &out);
    if (!strpbrk(text, ",@")) /* then it is a segment and nothing more */
        REQUIRE(!rule == !operand_parse(text, &alone) &&
                (rule || same_operand(&out.segment, &alone)));
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    require_operand(&out.segment, text);
    write_operand(&out.segment, segment);
    snprintf(written, sizeof written, "%s@0x%jx%s%s%s%s", segment, (uintmax_t)out.address,
             out.ro ? ",ro" : "", out.exec ? ",exec" : "", out.remap ? ",remap" : "",
             out.rnd ? ",rnd" : "");
    REQUIRE(!operand_attach(written, &again) && same_operand(&out.segment, &again.segment));
    REQUIRE(out.address == again.address && out.ro == again.ro && out.rnd == again.rnd &&
            out.remap == again.remap && out.exec == again.exec);
}

/* --- sizes, offsets, ranges --------------------------------------------------------- */

/* TEXT is digits and nothing else, and 64 bits hold the number. */
static bool plain_number(const char *text, uint64_t *out)
{
    if (!*text || text[strspn(text, "0123456789")])
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0;
}

static void try_size(const char *text)
{
    uint64_t out, again, plain;
    char written[32];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_size(text, &out);
    if (plain_number(text, &plain))
        REQUIRE(!rule && out == plain);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    snprintf(written, sizeof written, "%" PRIu64, out);
    REQUIRE(!operand_size(written, &again) && again == out);
    REQUIRE(!operand_offset(text, &again) && again == out);
}

static void try_offset(const char *text)
{
    uint64_t out, again;
    char written[32];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_offset(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    snprintf(written, sizeof written, "0x%" PRIx64, out);
    REQUIRE(!operand_offset(written, &again) && again == out);
}

static void require_range(const struct operand_range *range, bool has_length)
{
    REQUIRE(has_length == (range->length != UINT64_MAX));
    REQUIRE(!has_length || range->length <= UINT64_MAX - range->offset);
}

/* ":LENGTH" only where there is one. */
static void write_range(const struct operand_range *range, char *to, size_t size)
{
    if (range->length == UINT64_MAX)
        snprintf(to, size, "%" PRIu64, range->offset);
    else
        snprintf(to, size, "%" PRIu64 ":0x%" PRIx64, range->offset, range->length);
}

static void try_range(const char *text)
{
    struct operand_range out, again;
    char written[64];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_range(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    require_range(&out, strchr(text, ':'));
    write_range(&out, written, sizeof written);
    REQUIRE(!operand_range(written, &again) && again.offset == out.offset &&
            again.length == out.length);
}

static void try_fill(const char *text)
{
    struct operand_range range, range_again;
    unsigned char byte = PATTERN, byte_again;
    char written[80];
    memset(&range, PATTERN, sizeof range);
    const char *rule = operand_fill(text, &byte, &range);
    if (rule) {
        require_refusal(rule, &range, sizeof range);
        REQUIRE(byte == PATTERN);
        return;
    }
    require_range(&range, strchr(text + 1, ':'));
    const int used = snprintf(written, sizeof written, "0x%x@", byte);
    write_range(&range, written + used, sizeof written - (size_t)used);
    REQUIRE(!operand_fill(written, &byte_again, &range_again) && byte_again == byte);
    REQUIRE(range_again.offset == range.offset && range_again.length == range.length);
}

/* --- modes, durations, numbers -------------------------------------------------------- */

static void try_mode(const char *text)
{
    mode_t out, again;
    char written[16];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_mode(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    REQUIRE(out <= 0777);
    snprintf(written, sizeof written, "%04o", (unsigned)out);
    REQUIRE(!operand_mode(written, &again) && again == out);
}

static void try_duration(const char *text)
{
    const time_t century = 100L * 366 * 86400;
    struct timespec out, again;
    char written[64];
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_duration(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    REQUIRE(out.tv_nsec >= 0 && out.tv_nsec < 1000000000);
    REQUIRE(out.tv_sec >= 0 && out.tv_sec <= century && (out.tv_sec < century || out.tv_nsec == 0));
    snprintf(written, sizeof written, "%jd.%09ld", (intmax_t)out.tv_sec, out.tv_nsec);
    REQUIRE(!operand_duration(written, &again) && again.tv_sec == out.tv_sec &&
            again.tv_nsec == out.tv_nsec);
}

static void try_number(const char *text, uint64_t min, uint64_t max)
{
    static const char the_rule[] = "the rule";
    uint64_t out, plain;
    memset(&out, PATTERN, sizeof out);
    const char *rule = operand_number(text, min, max, the_rule, &out);
    const bool good = plain_number(text, &plain) && plain >= min && plain <= max;
    REQUIRE(good == !rule);
    if (rule) {
        REQUIRE(rule == the_rule);
        require_refusal(rule, &out, sizeof out);
    } else {
        REQUIRE(out == plain);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = input_text(data, size);
    try_parse(text);
    try_key(text);
    try_attach(text);
    try_size(text);
    try_offset(text);
    try_range(text);
    try_fill(text);
    try_mode(text);
    try_duration(text);
    try_number(text, 0, UINT64_MAX);
    try_number(text, 1, INT64_MAX);
    try_number(text, 10, 255);
    try_number(text, 0, 5);
    free(text);
    return 0;
}
