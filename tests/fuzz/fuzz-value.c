/* SPDX-License-Identifier: MIT */
/*
 * fuzz-value.c - TYPE@OFFSET and TYPE@OFFSET=VALUE. What is taken must be aligned, and must come
 * back the same when it is stored, printed, parsed and stored once more; what is refused must leave
 * no trace.
 */
#include "config.h"

#include "lib/base/value.h"

#include "fuzz.h"

/* Bytes in the type that TEXT, which was taken, begins with. */
static uint64_t type_size(const char *text)
{
    return text[0] == 's' ? 1 : strtoul(text + 1, NULL, 10) / 8;
}

static void require_place(const struct value *value, const char *text)
{
    const uint64_t size = type_size(text);
    const uint64_t length = value->text ? strlen(value->text) + 1 : size;
    REQUIRE(size == 1 || size == 2 || size == 4 || size == 8);
    REQUIRE(value->offset % size == 0);
    REQUIRE(value_is_text(value) == !strncmp(text, "str@", 4));
    REQUIRE(!value_fits(value, value->offset));
    if (value->offset <= UINT64_MAX - length) {
        REQUIRE(value_fits(value, value->offset + length));
        REQUIRE(!value_fits(value, value->offset + length - 1));
    } else {
        REQUIRE(!value_fits(value, UINT64_MAX));
    }
}

static void try_place(const char *text)
{
    struct value out;
    memset(&out, PATTERN, sizeof out);
    const char *rule = value_parse_place(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    REQUIRE(!out.text);
    require_place(&out, text);
}

/* "TYPE@0=" and what VALUE prints as at the start of MEMORY; to be freed. */
static char *written(const struct value *value, const char *text, const void *memory, uint64_t size)
{
    char *line = NULL;
    size_t length;
    FILE *to = open_memstream(&line, &length);
    if (!to)
        abort();
    fprintf(to, "%.*s@0=", (int)strcspn(text, "@"), text);
    value_print(value, memory, size, false, to);
    fclose(to);
    return line;
}

static void try_setting(const char *text)
{
    struct value out, again;
    memset(&out, PATTERN, sizeof out);
    const char *rule = value_parse_setting(text, &out);
    if (rule) {
        require_refusal(rule, &out, sizeof out);
        return;
    }
    require_place(&out, text);
    REQUIRE(value_is_text(&out) == !!out.text);
    REQUIRE(!out.text || (out.text > text && out.text <= text + strlen(text)));

    const uint64_t size = out.text ? strlen(out.text) + 1 : type_size(text);
    void *first = aligned_alloc(8, (size + 7) / 8 * 8),
         *second = aligned_alloc(8, (size + 7) / 8 * 8);
    if (!first || !second)
        abort();
    out.offset = 0;
    value_store(&out, first);
    char *line = written(&out, text, first, size);
    REQUIRE(!value_parse_setting(line, &again));
    REQUIRE(again.type == out.type && again.offset == 0);
    value_store(&again, second);
    REQUIRE(!memcmp(first, second, size));

    /* to print it safe must not read beyond either */
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere) {
        value_print(&out, first, size, true, nowhere);
        fclose(nowhere);
    }
    if (!out.text && !value_overflows(&out, first, 3)) {
        value_increment(&out, first, 3, false);
        value_increment(&again, second, 3, true);
        REQUIRE(!memcmp(first, second, size));
    }
    free(line);
    free(first);
    free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = input_text(data, size);
    try_place(text);
    try_setting(text);
    free(text);
    return 0;
}
