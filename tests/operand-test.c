/* SPDX-License-Identifier: MIT */
/*
 * operand-test.c - every reader of operand.h, on good and on bad texts.
 *
 * A row is a text and either what the reader makes of it, written out, or a part of the rule that
 * it breaks. After a refusal, nothing must have been stored, and the rule must be fit to stand
 * behind "PROGRAM: TEXT: ".
 *
 * In texts and results, <N> stands for N letters n.
 */
#include "config.h"

#include "lib/base/operand.h"

#include "tap.h"

#include <ctype.h>
#include <stdint.h>

/* The highest address of this machine. */
#if UINTPTR_MAX > UINT32_MAX
#define HIGHEST "0xffffffffffffffff"
#else
#define HIGHEST "0xffffffff"
#endif

struct row {
    const char *text;
    const char *result; /* NULL: refused */
    const char *rule;   /* refused: words of the rule */
};

/* What a reader stores; the readers are tried with all of it filled with a pattern. */
union storage {
    struct operand operand;
    struct operand_attach attach;
    struct operand_range range;
    struct {
        unsigned char byte;
        struct operand_range range;
    } fill;
    mode_t mode;
    struct timespec duration;
    uint64_t number;
};

struct reader {
    const char *name;
    const char *(*read)(const char *text, union storage *out);
    void (*write)(const union storage *from, char *to, size_t size);
    const struct row *rows;
    size_t count;
};

/* --- the readers, all with the same arguments ------------------------------- */

static const char *read_operand(const char *text, union storage *out)
{
    return operand_parse(text, &out->operand);
}

static const char *read_key(const char *text, union storage *out)
{
    return operand_key(text, &out->operand);
}

static const char *read_attach(const char *text, union storage *out)
{
    return operand_attach(text, &out->attach);
}

static const char *read_size(const char *text, union storage *out)
{
    return operand_size(text, &out->number);
}

static const char *read_offset(const char *text, union storage *out)
{
    return operand_offset(text, &out->number);
}

static const char *read_range(const char *text, union storage *out)
{
    return operand_range(text, &out->range);
}

static const char *read_fill(const char *text, union storage *out)
{
    return operand_fill(text, &out->fill.byte, &out->fill.range);
}

static const char *read_mode(const char *text, union storage *out)
{
    return operand_mode(text, &out->mode);
}

static const char *read_duration(const char *text, union storage *out)
{
    return operand_duration(text, &out->duration);
}

static const char *read_any_number(const char *text, union storage *out)
{
    return operand_number(text, 0, UINT64_MAX, "any number", &out->number);
}

static const char *read_10_to_255(const char *text, union storage *out)
{
    return operand_number(text, 10, 255, "from 10 to 255", &out->number);
}

static const char *read_0_to_5(const char *text, union storage *out)
{
    return operand_number(text, 0, 5, "from 0 to 5", &out->number);
}

/* --- what they stored, written out ------------------------------------------ */

static void write_operand(const union storage *from, char *to, size_t size)
{
    const struct operand *operand = &from->operand;
    switch (operand->kind) {
    case OPERAND_ID: snprintf(to, size, "id %d", operand->id); break;
    case OPERAND_KEY: snprintf(to, size, "key 0x%x", (unsigned)operand->key); break;
    case OPERAND_FTOK: snprintf(to, size, "ftok %d %s", operand->proj, operand->path); break;
    case OPERAND_POSIX: snprintf(to, size, "posix %s", operand->path); break;
    default: snprintf(to, size, "kind %d", (int)operand->kind);
    }
}

/* "id 5 at 0x1000 ro rnd remap exec" */
static void write_attach(const union storage *from, char *to, size_t size)
{
    const struct operand_attach *attach = &from->attach;
    char segment[PATH_MAX + 64];
    union storage *inner = malloc(sizeof *inner);
    if (!inner)
        abort();
    inner->operand = attach->segment;
    write_operand(inner, segment, sizeof segment);
    free(inner);
    snprintf(to, size, "%s at 0x%jx%s%s%s%s", segment, (uintmax_t)attach->address,
             attach->ro ? " ro" : "", attach->rnd ? " rnd" : "", attach->remap ? " remap" : "",
             attach->exec ? " exec" : "");
}

static void write_number(const union storage *from, char *to, size_t size)
{
    snprintf(to, size, "%" PRIu64, from->number);
}

/* "512 for 16", "512 to the end" */
static void put_range(const struct operand_range *range, char *to, size_t size)
{
    if (range->length == UINT64_MAX)
        snprintf(to, size, "%" PRIu64 " to the end", range->offset);
    else
        snprintf(to, size, "%" PRIu64 " for %" PRIu64, range->offset, range->length);
}

static void write_range(const union storage *from, char *to, size_t size)
{
    put_range(&from->range, to, size);
}

static void write_fill(const union storage *from, char *to, size_t size)
{
    char range[64];
    put_range(&from->fill.range, range, sizeof range);
    snprintf(to, size, "%u: %s", from->fill.byte, range);
}

static void write_mode(const union storage *from, char *to, size_t size)
{
    snprintf(to, size, "%04o", (unsigned)from->mode);
}

static void write_duration(const union storage *from, char *to, size_t size)
{
    snprintf(to, size, "%jd.%09ld", (intmax_t)from->duration.tv_sec, from->duration.tv_nsec);
}

/* --- the tables -------------------------------------------------------------- */

static const struct row parse_rows[] = {
    /* an id */
    {"0", "id 0", NULL},
    {"5", "id 5", NULL},
    {"2147483647", "id 2147483647", NULL},
    {"2147483648", NULL, "an id is"},
    {"4294967296", NULL, "an id is"},
    {"18446744073709551616", NULL, "an id is"},
    {"18446744073709551621", NULL, "an id is"}, /* 5, if it wrapped */
    {"99999999999999999999999999999999999999999", NULL, "an id is"},
    {"00", NULL, "an id is"},
    {"05", NULL, "an id is"},
    {"5x", NULL, "an id is"},
    {"5 ", NULL, "an id is"},
    {"5\n", NULL, "an id is"},
    {"5,", NULL, "an id is"},
    {"5.0", NULL, "an id is"},
    {"5K", NULL, "an id is"},
    {"4d2", NULL, "an id is"},
    {"1e3", NULL, "an id is"},
    {"", NULL, "a segment is"},
    {" ", NULL, "a segment is"},
    {" 5", NULL, "a segment is"},
    {"\t5", NULL, "a segment is"},
    {"+5", NULL, "a segment is"},
    {"-1", NULL, "a segment is"},
    {"-0", NULL, "a segment is"},
    {"x4d2", NULL, "a segment is"},
    {"all", NULL, "a segment is"},
    {"\xd9\xa5", NULL, "a segment is"}, /* an Arabic five */
    /* a key */
    {"0x4d2", "key 0x4d2", NULL},
    {"0X4d2", "key 0x4d2", NULL},
    {"0x4D2", "key 0x4d2", NULL},
    {"0x1", "key 0x1", NULL},
    {"0x00000001", "key 0x1", NULL},
    {"0x7fffffff", "key 0x7fffffff", NULL},
    {"0x80000000", "key 0x80000000", NULL},
    {"0xffffffff", "key 0xffffffff", NULL},
    {"0xABCDEFab", "key 0xabcdefab", NULL},
    {"0x0", NULL, "IPC_PRIVATE"},
    {"0x00000000", NULL, "IPC_PRIVATE"},
    {"0x100000000", NULL, "one to eight"},
    {"0x000000001", NULL, "one to eight"},
    {"0x1234567890abcdef1", NULL, "one to eight"},
    {"0x", NULL, "one to eight"},
    {"0x ", NULL, "one to eight"},
    {"0xg", NULL, "one to eight"},
    {"0x4g", NULL, "one to eight"},
    {"0x4d2 ", NULL, "one to eight"},
    {"0x 4d2", NULL, "one to eight"},
    {"0x-1", NULL, "one to eight"},
    {"0x+1", NULL, "one to eight"},
    {"0x0x1", NULL, "one to eight"},
    {"00x1", NULL, "an id is"},
    {" 0x1", NULL, "a segment is"},
    {"-0x1", NULL, "a segment is"},
    /* ftok: */
    {"ftok:/etc/passwd", "ftok 1 /etc/passwd", NULL},
    {"ftok:.", "ftok 1 .", NULL},
    {"ftok: ", "ftok 1  ", NULL},
    {"ftok:/a:1", "ftok 1 /a", NULL},
    {"ftok:/a:01", "ftok 1 /a", NULL},
    {"ftok:/a:9", "ftok 9 /a", NULL},
    {"ftok:/a:49", "ftok 49 /a", NULL},
    {"ftok:/a:255", "ftok 255 /a", NULL},
    {"ftok:/a:a", "ftok 97 /a", NULL},
    {"ftok:/a:A", "ftok 65 /a", NULL},
    {"ftok:/a:-", "ftok 45 /a", NULL},
    {"ftok:/a:/", "ftok 47 /a", NULL},
    {"ftok:/a: ", "ftok 32 /a", NULL},
    {"ftok:/a:\xff", "ftok 255 /a", NULL},
    {"ftok:/a\xc3\xa9", "ftok 1 /a\xc3\xa9", NULL},
    {"ftok:/a:b:c", "ftok 99 /a:b", NULL},
    {"ftok:/a::1", "ftok 1 /a:", NULL},
    {"ftok::::1", "ftok 1 ::", NULL},
    {"ftok:ftok:1", "ftok 1 ftok", NULL},
    {"ftok:/a,ro", "ftok 1 /a,ro", NULL},
    {"ftok:<4095>", "ftok 1 <4095>", NULL},
    {"ftok:<4095>:255", "ftok 255 <4095>", NULL},
    {"ftok:<4096>", NULL, "too long"},
    {"ftok:<4096>:1", NULL, "too long"},
    {"ftok:<9000>", NULL, "too long"},
    {"ftok:", NULL, "needs a path"},
    {"ftok::", NULL, "needs a path"},
    {"ftok::1", NULL, "needs a path"},
    {"ftok:/a:", NULL, "PROJ"},
    {"ftok:/a::", NULL, "PROJ"},
    {"ftok:/a:0", NULL, "PROJ"},
    {"ftok:/a:00", NULL, "PROJ"},
    {"ftok:/a:256", NULL, "PROJ"},
    {"ftok:/a:18446744073709551617", NULL, "PROJ"},
    {"ftok:/a:-1", NULL, "PROJ"},
    {"ftok:/a:+1", NULL, "PROJ"},
    {"ftok:/a:1 ", NULL, "PROJ"},
    {"ftok:/a:0x1", NULL, "PROJ"},
    {"ftok:/a:ab", NULL, "PROJ"},
    {"ftok:/a:\xc3\xa9", NULL, "PROJ"}, /* two bytes; the key has room for one */
    {"ftok", NULL, "a segment is"},
    {"Ftok:/a", NULL, "a segment is"},
    {"FTOK:/a", NULL, "a segment is"},
    {" ftok:/a", NULL, "a segment is"},
    /* a POSIX name */
    {"/a", "posix /a", NULL},
    {"/name", "posix /name", NULL},
    {"/...", "posix /...", NULL},
    {"/.a", "posix /.a", NULL},
    {"/a b", "posix /a b", NULL},
    {"/5", "posix /5", NULL},
    {"/a:1", "posix /a:1", NULL},
    {"/\xc3\xa9", "posix /\xc3\xa9", NULL},
    {"/<255>", "posix /<255>", NULL},
    {"/<256>", NULL, "a POSIX name is"},
    {"/<9000>", NULL, "a POSIX name is"},
    {"/", NULL, "a POSIX name is"},
    {"/.", NULL, "a POSIX name is"},
    {"/..", NULL, "a POSIX name is"},
    {"//", NULL, "a POSIX name is"},
    {"//a", NULL, "a POSIX name is"},
    {"/a/", NULL, "a POSIX name is"},
    {"/a/b", NULL, "a POSIX name is"},
    {"name", NULL, "a segment is"},
};

static const struct row key_rows[] = {
    {"0", "key 0x0", NULL},
    {"0x0", "key 0x0", NULL},
    {"0x00000000", "key 0x0", NULL},
    {"1", "key 0x1", NULL},
    {"1234", "key 0x4d2", NULL},
    {"0x4d2", "key 0x4d2", NULL},
    {"0XFFFFFFFF", "key 0xffffffff", NULL},
    {"2147483648", "key 0x80000000", NULL},
    {"4294967295", "key 0xffffffff", NULL},
    {"ftok:/a", "ftok 1 /a", NULL},
    {"ftok:/a:b:255", "ftok 255 /a:b", NULL},
    {"4294967296", NULL, "below 4294967296"},
    {"18446744073709551617", NULL, "below 4294967296"},
    {"01", NULL, "below 4294967296"},
    {"00", NULL, "below 4294967296"},
    {"", NULL, "a key is"},
    {" 1", NULL, "a key is"},
    {"1 ", NULL, "a key is"},
    {"-1", NULL, "a key is"},
    {"+1", NULL, "a key is"},
    {"1234L", NULL, "a key is"},
    {"4d2", NULL, "a key is"},
    {"/name", NULL, "a key is"},
    {"IPC_PRIVATE", NULL, "a key is"},
    {"0x", NULL, "one to eight"},
    {"0x100000000", NULL, "one to eight"},
    {"0x4d2 ", NULL, "one to eight"},
    {"0xx1", NULL, "one to eight"},
    {"ftok:", NULL, "needs a path"},
    {"ftok:/a:256", NULL, "PROJ"},
    {"ftok:<4096>", NULL, "too long"},
};

static const struct row attach_rows[] = {
    {"5", "id 5 at 0x0", NULL},
    {"0x4d2", "key 0x4d2 at 0x0", NULL},
    {"/name", "posix /name at 0x0", NULL},
    {"ftok:/a", "ftok 1 /a at 0x0", NULL},
    /* options, in any order */
    {"5,ro", "id 5 at 0x0 ro", NULL},
    {"5,rnd", "id 5 at 0x0 rnd", NULL},
    {"5,remap", "id 5 at 0x0 remap", NULL},
    {"5,exec", "id 5 at 0x0 exec", NULL},
    {"5,ro,rnd,remap,exec", "id 5 at 0x0 ro rnd remap exec", NULL},
    {"5,exec,remap,rnd,ro", "id 5 at 0x0 ro rnd remap exec", NULL},
    {"0x4d2,rnd,ro", "key 0x4d2 at 0x0 ro rnd", NULL},
    {"/name,ro", "posix /name at 0x0 ro", NULL},
    {"5,ro,ro", NULL, "repeated"},
    {"5,ro,rnd,ro", NULL, "repeated"},
    {"5,exec,ro,remap,rnd,exec", NULL, "repeated"},
    {"5,rw", NULL, "may be followed by"},
    {"5,RO", NULL, "may be followed by"},
    {"5,r", NULL, "may be followed by"},
    {"5,rox", NULL, "may be followed by"},
    {"5, ro", NULL, "may be followed by"},
    {"5,ro ", NULL, "may be followed by"},
    {"5,ro,bad", NULL, "may be followed by"},
    {"5,bad,ro", NULL, "may be followed by"},
    {"5,", NULL, "may be followed by"},
    {"5,,ro", NULL, "may be followed by"},
    {"5,ro,", NULL, "may be followed by"},
    {"5 ,ro", NULL, "an id is"},
    {",ro", NULL, "a segment is"},
    {"", NULL, "a segment is"},
    {"x,ro", NULL, "a segment is"},
    {"0x0,ro", NULL, "IPC_PRIVATE"},
    {"2147483648,ro", NULL, "an id is"},
    {"ro", NULL, "a segment is"},
    /* addresses */
    {"5@0x1000", "id 5 at 0x1000", NULL},
    {"5@0X1000", "id 5 at 0x1000", NULL},
    {"5@0x7f00DEAD", "id 5 at 0x7f00dead", NULL},
    {"5@0x00000000000000000000001000", "id 5 at 0x1000", NULL},
    {"5@" HIGHEST, "id 5 at " HIGHEST, NULL},
    {"5@0x1001,rnd", "id 5 at 0x1001 rnd", NULL},
    {"0x4d2@0x1000,ro,exec", "key 0x4d2 at 0x1000 ro exec", NULL},
    {"/name@0x1000,remap", "posix /name at 0x1000 remap", NULL},
    {"ftok:/a@0x1000", "ftok 1 /a at 0x1000", NULL},
    {"ftok:/a:b@0x1000,ro", "ftok 98 /a at 0x1000 ro", NULL},
    {"5@" HIGHEST "0", NULL, "an address is"},
    {"5@0x10000000000000000", NULL, "an address is"},
    {"5@0x1ffffffffffffffff", NULL, "an address is"},
    {"5@0x123456789abcdef0123456789abcdef", NULL, "an address is"},
    {"5@0x", NULL, "an address is"},
    {"5@0xg", NULL, "an address is"},
    {"5@0x1000 ", NULL, "an address is"},
    {"5@", NULL, "an address is"},
    {"5@,ro", NULL, "an address is"},
    {"5@1000", NULL, "an address is"},
    {"5@4K", NULL, "an address is"},
    {"5@-0x1000", NULL, "an address is"},
    {"5@ 0x1000", NULL, "an address is"},
    {"/name@0x", NULL, "an address is"},
    {"ftok:/a@0xzz", NULL, "an address is"},
    {"@0x1000", NULL, "a segment is"},
    {"5,ro@0x1000", NULL, "may be followed by"},
    {"5@0x1000@0x2000", NULL, "may be followed by"},
    {"5@0x1000,bad", NULL, "an address is"},
    /* @ and , that belong to a path or a name */
    {"ftok:/a@b", "ftok 1 /a@b at 0x0", NULL},
    {"ftok:/a@1000", "ftok 1 /a@1000 at 0x0", NULL},
    {"ftok:/a@b@0x1000", "ftok 1 /a@b at 0x1000", NULL},
    {"ftok:/a@b,c:1@0x1000,ro", "ftok 1 /a@b,c at 0x1000 ro", NULL},
    {"ftok:/a,b", "ftok 1 /a,b at 0x0", NULL},
    {"ftok:/a,b,ro", "ftok 1 /a,b at 0x0 ro", NULL},
    {"ftok:/a,ro:1", "ftok 1 /a,ro at 0x0", NULL},
    {"ftok:/a,ro:1,ro", "ftok 1 /a,ro at 0x0 ro", NULL},
    {"ftok:/a:,,ro", "ftok 44 /a at 0x0 ro", NULL},
    {"ftok:/a:@", "ftok 64 /a at 0x0", NULL},
    {"ftok:/a:@@0x1000", "ftok 64 /a at 0x1000", NULL},
    {"/na@me", "posix /na@me at 0x0", NULL},
    {"/na,me,ro", "posix /na,me at 0x0 ro", NULL},
    {"/na,me@0x1000", "posix /na,me at 0x1000", NULL},
    {"ftok:/a,ro,ro", NULL, "repeated"},
    {"ftok:,ro", NULL, "needs a path"},
    {"ftok:@0x1000", NULL, "needs a path"},
    {"ftok:/a:0,ro", NULL, "PROJ"},
    {"ftok:/a,b:0", NULL, "PROJ"},
    {"/a,b/c", NULL, "a POSIX name is"},
    {"ftok:/a:1@0x1000:2", NULL, "an address is"},
    {"/,ro", NULL, "a POSIX name is"},
    {"/@0x1000", NULL, "a POSIX name is"},
    /* lengths */
    {"ftok:<4095>:255@" HIGHEST ",ro,rnd,remap,exec",
     "ftok 255 <4095> at " HIGHEST " ro rnd remap exec", NULL},
    {"/<254>@0x1000,ro", "posix /<254> at 0x1000 ro", NULL},
    {"ftok:<4096>,ro", NULL, "too long"},
    {"ftok:<9000>,ro", NULL, "too long"},
    {"/<256>,ro", NULL, "a POSIX name is"},
    {"/<9000>", NULL, "a POSIX name is"},
    {"<9000>", NULL, "a segment is"},
    {"<4223>", NULL, "a segment is"}, /* as long as the reader's own copy can be, and one more */
    {"<4224>", NULL, "a segment is"},
};

static const struct row size_rows[] = {
    {"0", "0", NULL},
    {"1", "1", NULL},
    {"16", "16", NULL},
    {"007", "7", NULL},
    {"00000000000000000000000000000000000000000000000000000000000000000016", "16", NULL},
    {"4294967295", "4294967295", NULL},
    {"4294967296", "4294967296", NULL},
    {"18446744073709551615", "18446744073709551615", NULL},
    {"0E", "0", NULL},
    /* every suffix, in every case */
    {"1B", "1", NULL},
    {"1b", "1", NULL},
    {"1K", "1024", NULL},
    {"1k", "1024", NULL},
    {"1KiB", "1024", NULL},
    {"1kib", "1024", NULL},
    {"1KIB", "1024", NULL},
    {"1KB", "1000", NULL},
    {"1kB", "1000", NULL},
    {"1kb", "1000", NULL},
    {"1M", "1048576", NULL},
    {"1m", "1048576", NULL},
    {"1MiB", "1048576", NULL},
    {"1mib", "1048576", NULL},
    {"2MB", "2000000", NULL},
    {"2mb", "2000000", NULL},
    {"1G", "1073741824", NULL},
    {"1g", "1073741824", NULL},
    {"1GiB", "1073741824", NULL},
    {"1GB", "1000000000", NULL},
    {"1T", "1099511627776", NULL},
    {"1t", "1099511627776", NULL},
    {"1TiB", "1099511627776", NULL},
    {"1TB", "1000000000000", NULL},
    {"1P", "1125899906842624", NULL},
    {"1p", "1125899906842624", NULL},
    {"1PiB", "1125899906842624", NULL},
    {"1PB", "1000000000000000", NULL},
    {"1E", "1152921504606846976", NULL},
    {"1e", "1152921504606846976", NULL},
    {"1EiB", "1152921504606846976", NULL},
    {"1EB", "1000000000000000000", NULL},
    /* the last that fits, and the first that does not */
    {"15E", "17293822569102704640", NULL},
    {"18EB", "18000000000000000000", NULL},
    {"18014398509481983K", "18446744073709550592", NULL},
    {"18446744073709551KB", "18446744073709551000", NULL},
    {"17179869183G", "18446744072635809792", NULL},
    {"18446744073709551615B", "18446744073709551615", NULL},
    {"18446744073709551616", NULL, "does not fit in 64 bits"},
    {"184467440737095516150", NULL, "does not fit in 64 bits"},
    {"99999999999999999999999999", NULL, "does not fit in 64 bits"},
    {"16E", NULL, "does not fit in 64 bits"},
    {"19EB", NULL, "does not fit in 64 bits"},
    {"18014398509481984K", NULL, "does not fit in 64 bits"},
    {"18446744073709552KB", NULL, "does not fit in 64 bits"},
    {"17179869184G", NULL, "does not fit in 64 bits"},
    {"18446744073709551615E", NULL, "does not fit in 64 bits"},
    /* what is no size */
    {"", NULL, "a size is"},
    {" ", NULL, "a size is"},
    {"K", NULL, "a size is"},
    {"B", NULL, "a size is"},
    {" 1", NULL, "a size is"},
    {"1 ", NULL, "a size is"},
    {"1 K", NULL, "a size is"},
    {"1K ", NULL, "a size is"},
    {"+1", NULL, "a size is"},
    {"-1", NULL, "a size is"},
    {"-0", NULL, "a size is"},
    {"1.5K", NULL, "a size is"},
    {"1,5K", NULL, "a size is"},
    {"1KK", NULL, "a size is"},
    {"1Ki", NULL, "a size is"},
    {"1iB", NULL, "a size is"},
    {"1BK", NULL, "a size is"},
    {"1KiBB", NULL, "a size is"},
    {"1KBi", NULL, "a size is"},
    {"1Z", NULL, "a size is"},
    {"1Y", NULL, "a size is"},
    {"1K1", NULL, "a size is"},
    {"1x", NULL, "a size is"},
    {"0x10", NULL, "a size is"},
    {"1e3", NULL, "a size is"},
    {"1\xc2\xb5", NULL, "a size is"},
    {"1K\n", NULL, "a size is"},
};

static const struct row offset_rows[] = {
    {"0", "0", NULL},
    {"512", "512", NULL},
    {"4K", "4096", NULL},
    {"1kb", "1000", NULL},
    {"0x0", "0", NULL},
    {"0x200", "512", NULL},
    {"0X200", "512", NULL},
    {"0xB", "11", NULL},
    {"0xE", "14", NULL},
    {"0xAbC", "2748", NULL},
    {"0x0000000000000000000000000000000000000000000000000000000000000000001", "1", NULL},
    {"18446744073709551615", "18446744073709551615", NULL},
    {"0xffffffffffffffff", "18446744073709551615", NULL},
    {"15E", "17293822569102704640", NULL},
    {"0x10000000000000000", NULL, "does not fit in 64 bits"},
    {"18446744073709551616", NULL, "does not fit in 64 bits"},
    {"16E", NULL, "does not fit in 64 bits"},
    {"", NULL, "an offset is"},
    {"0x", NULL, "an offset is"},
    {"0x ", NULL, "an offset is"},
    {"0xg", NULL, "an offset is"},
    {"0x20K", NULL, "an offset is"},
    {"0x-1", NULL, "an offset is"},
    {"x200", NULL, "an offset is"},
    {"200h", NULL, "an offset is"},
    {"-1", NULL, "an offset is"},
    {"+1", NULL, "an offset is"},
    {" 1", NULL, "an offset is"},
    {"1 ", NULL, "an offset is"},
    {"1.0", NULL, "an offset is"},
};

static const struct row range_rows[] = {
    {"0", "0 to the end", NULL},
    {"512", "512 to the end", NULL},
    {"18446744073709551615", "18446744073709551615 to the end", NULL},
    {"0:0", "0 for 0", NULL},
    {"0:1", "0 for 1", NULL},
    {"512:16", "512 for 16", NULL},
    {"0x200:0x10", "512 for 16", NULL},
    {"1K:2KB", "1024 for 2000", NULL},
    {"0:18446744073709551614", "0 for 18446744073709551614", NULL},
    {"1:18446744073709551614", "1 for 18446744073709551614", NULL},
    {"18446744073709551615:0", "18446744073709551615 for 0", NULL},
    {"0x8000000000000000:0x7fffffffffffffff", "9223372036854775808 for 9223372036854775807", NULL},
    /* as many bytes as there can be is not the same as no LENGTH at all */
    {"0:18446744073709551615", NULL, "the sum of OFFSET and LENGTH"},
    {"0:0xffffffffffffffff", NULL, "the sum of OFFSET and LENGTH"},
    {"1:18446744073709551615", NULL, "the sum of OFFSET and LENGTH"},
    {"18446744073709551615:1", NULL, "the sum of OFFSET and LENGTH"},
    {"0x8000000000000000:0x8000000000000000", NULL, "the sum of OFFSET and LENGTH"},
    {"15E:1E", NULL, "the sum of OFFSET and LENGTH"},
    {"", NULL, "a range is"},
    {":", NULL, "a range is"},
    {":1", NULL, "a range is"},
    {"1:", NULL, "a range is"},
    {"1:2:3", NULL, "a range is"},
    {"1::2", NULL, "a range is"},
    {"1-2", NULL, "a range is"},
    {"-1:2", NULL, "a range is"},
    {"1:-2", NULL, "a range is"},
    {"1: 2", NULL, "a range is"},
    {"1 :2", NULL, "a range is"},
    {"a:b", NULL, "a range is"},
    {"0x:1", NULL, "a range is"},
    {"1:0x", NULL, "a range is"},
    {"<9000>", NULL, "a range is"},
    {"<9000>:1", NULL, "a range is"},
    {"<63>", NULL, "a range is"}, /* as long as the reader's own copy can be, and one more */
    {"<64>", NULL, "a range is"},
    {"<64>:1", NULL, "a range is"},
};

static const struct row fill_rows[] = {
    /* a number */
    {"0", "0: 0 to the end", NULL},
    {"7", "7: 0 to the end", NULL},
    {"65", "65: 0 to the end", NULL},
    {"065", "65: 0 to the end", NULL},
    {"255", "255: 0 to the end", NULL},
    {"0x0", "0: 0 to the end", NULL},
    {"0x41", "65: 0 to the end", NULL},
    {"0Xff", "255: 0 to the end", NULL},
    {"0xFF", "255: 0 to the end", NULL},
    {"256", NULL, "a fill is"},
    {"0x100", NULL, "a fill is"},
    {"18446744073709551616", NULL, "a fill is"},
    {"-1", NULL, "a fill is"},
    {"+1", NULL, "a fill is"},
    {" 1", NULL, "a fill is"},
    {"1 ", NULL, "a fill is"},
    {"0x", NULL, "a fill is"},
    {"0xg", NULL, "a fill is"},
    {"1K", NULL, "a fill is"},
    /* one character */
    {"a", "97: 0 to the end", NULL},
    {"x", "120: 0 to the end", NULL},
    {" ", "32: 0 to the end", NULL},
    {"-", "45: 0 to the end", NULL},
    {"\n", "10: 0 to the end", NULL},
    {"\xff", "255: 0 to the end", NULL},
    {":", "58: 0 to the end", NULL},
    {"@", "64: 0 to the end", NULL},
    {"", NULL, "a fill is"},
    {"ab", NULL, "a fill is"},
    {"\xc3\xa9", NULL, "a fill is"}, /* two bytes */
    {"@5", NULL, "a fill is"},
    {":5", NULL, "a fill is"},
    {"65:5", NULL, "a fill is"},
    {"<9000>", NULL, "a fill is"},
    {"<9000>@1", NULL, "a fill is"},
    {"<7>", NULL, "a fill is"}, /* as long as the reader's own copy can be, and one more */
    {"<8>", NULL, "a fill is"},
    {"<8>@1", NULL, "a fill is"},
    /* and a range */
    {"a@16", "97: 16 to the end", NULL},
    {"0@0", "0: 0 to the end", NULL},
    {"5@0:16", "5: 0 for 16", NULL},
    {"0x41@0x10:4K", "65: 16 for 4096", NULL},
    {"@@16", "64: 16 to the end", NULL},
    {"@@16:1", "64: 16 for 1", NULL},
    {":@16:1", "58: 16 for 1", NULL},
    {"5@0:0", "5: 0 for 0", NULL},
    {"@@", NULL, "a range is"},
    {"a@", NULL, "a range is"},
    {"a@:", NULL, "a range is"},
    {"a@b", NULL, "a range is"},
    {"a@@", NULL, "a range is"},
    {"a@1@2", NULL, "a range is"},
    {"a@1:2:3", NULL, "a range is"},
    {"a@-1", NULL, "a range is"},
    {"a@18446744073709551615:1", NULL, "the sum of OFFSET and LENGTH"},
    {"ab@1", NULL, "a fill is"},
    {"256@1", NULL, "a fill is"},
};

static const struct row mode_rows[] = {
    {"0", "0000", NULL},
    {"00", "0000", NULL},
    {"00000", "0000", NULL},
    {"7", "0007", NULL},
    {"640", "0640", NULL},
    {"0600", "0600", NULL},
    {"777", "0777", NULL},
    {"0777", "0777", NULL},
    {"00777", "0777", NULL},
    {"000000", NULL, "a mode is"},
    {"000777", NULL, "a mode is"},
    {"01000", NULL, "a mode is"},
    {"1000", NULL, "a mode is"},
    {"1777", NULL, "a mode is"},
    {"4755", NULL, "a mode is"},
    {"8", NULL, "a mode is"},
    {"680", NULL, "a mode is"},
    {"0x1", NULL, "a mode is"},
    {"0o600", NULL, "a mode is"},
    {"", NULL, "a mode is"},
    {" 600", NULL, "a mode is"},
    {"600 ", NULL, "a mode is"},
    {"-600", NULL, "a mode is"},
    {"+600", NULL, "a mode is"},
    {"-1", NULL, "a mode is"},
    {"u=rw", NULL, "a mode is"},
    {"rw-r-----", NULL, "a mode is"},
    {"6\n", NULL, "a mode is"},
    {"7777777777777777777777", NULL, "a mode is"},
};

static const struct row duration_rows[] = {
    {"0", "0.000000000", NULL},
    {"5", "5.000000000", NULL},
    {"007", "7.000000000", NULL},
    /* every unit */
    {"1us", "0.000001000", NULL},
    {"10us", "0.000010000", NULL},
    {"500ms", "0.500000000", NULL},
    {"2s", "2.000000000", NULL},
    {"3m", "180.000000000", NULL},
    {"1h", "3600.000000000", NULL},
    {"2d", "172800.000000000", NULL},
    {"1500ms", "1.500000000", NULL},
    /* fractions, to the nanosecond */
    {"0.5", "0.500000000", NULL},
    {"0.0", "0.000000000", NULL},
    {"1.25s", "1.250000000", NULL},
    {"1.5m", "90.000000000", NULL},
    {"0.5h", "1800.000000000", NULL},
    {"0.25d", "21600.000000000", NULL},
    {"1.5us", "0.000001500", NULL},
    {"0.001us", "0.000000001", NULL},
    {"0.000001ms", "0.000000001", NULL},
    {"0.000001", "0.000001000", NULL},
    {"0.000000001", "0.000000001", NULL},
    {"0.123456789", "0.123456789", NULL},
    {"5.999999999s", "5.999999999", NULL},
    {"0.00000001m", "0.000000600", NULL},
    {"0.00000000001d", "0.000000864", NULL},
    {"0.1234567899", "0.123456789", NULL},
    {"0.0000000009", "0.000000000", NULL},
    {"0.99999999999999999999999999999999999999999", "0.999999999", NULL},
    /* a hundred years */
    {"36600d", "3162240000.000000000", NULL},
    {"878400h", "3162240000.000000000", NULL},
    {"3162240000", "3162240000.000000000", NULL},
    {"3162240000000000us", "3162240000.000000000", NULL},
    {"3162239999.999999999", "3162239999.999999999", NULL},
    {"36601d", NULL, "a hundred years"},
    {"36600.5d", NULL, "a hundred years"},
    {"3162240000.5", NULL, "a hundred years"},
    {"3162240001", NULL, "a hundred years"},
    {"3162240000000001us", NULL, "a hundred years"},
    {"3162240000000000s", NULL, "a hundred years"},
    {"18446744073709551616", NULL, "a hundred years"},
    {"99999999999999999999999d", NULL, "a hundred years"},
    /* what is none */
    {"", NULL, "a duration is"},
    {"s", NULL, "a duration is"},
    {"ms", NULL, "a duration is"},
    {".", NULL, "a duration is"},
    {".5", NULL, "a duration is"},
    {"5.", NULL, "a duration is"},
    {"5.s", NULL, "a duration is"},
    {"1.5.5", NULL, "a duration is"},
    {"1,5", NULL, "a duration is"},
    {"-1", NULL, "a duration is"},
    {"+1", NULL, "a duration is"},
    {" 1", NULL, "a duration is"},
    {"1 ", NULL, "a duration is"},
    {"1 s", NULL, "a duration is"},
    {"1S", NULL, "a duration is"},
    {"1M", NULL, "a duration is"},
    {"1ns", NULL, "a duration is"},
    {"1w", NULL, "a duration is"},
    {"1y", NULL, "a duration is"},
    {"1min", NULL, "a duration is"},
    {"1sec", NULL, "a duration is"},
    {"1h30m", NULL, "a duration is"},
    {"1:30", NULL, "a duration is"},
    {"1e3", NULL, "a duration is"},
    {"0x5", NULL, "a duration is"},
    {"inf", NULL, "a duration is"},
    {"5\n", NULL, "a duration is"},
};

static const struct row any_number_rows[] = {
    {"0", "0", NULL},
    {"007", "7", NULL},
    {"2147483648", "2147483648", NULL},
    {"18446744073709551615", "18446744073709551615", NULL},
    {"18446744073709551616", NULL, "any number"},
    {"18446744073709551617", NULL, "any number"},
    {"28446744073709551615", NULL, "any number"},
    {"", NULL, "any number"},
    {"-1", NULL, "any number"},
    {"+1", NULL, "any number"},
    {" 1", NULL, "any number"},
    {"1 ", NULL, "any number"},
    {"1K", NULL, "any number"},
    {"0x1", NULL, "any number"},
    {"1.0", NULL, "any number"},
};

static const struct row number_10_to_255_rows[] = {
    {"10", "10", NULL},
    {"255", "255", NULL},
    {"0000000000000000000000255", "255", NULL},
    {"9", NULL, "from 10 to 255"},
    {"0", NULL, "from 10 to 255"},
    {"256", NULL, "from 10 to 255"},
    {"260", NULL, "from 10 to 255"},
    {"2550", NULL, "from 10 to 255"},
    {"18446744073709551626", NULL, "from 10 to 255"}, /* 10, if it wrapped */
};

static const struct row number_0_to_5_rows[] = {
    {"0", "0", NULL},
    {"5", "5", NULL},
    {"6", NULL, "from 0 to 5"},
    {"9", NULL, "from 0 to 5"},
    {"10", NULL, "from 0 to 5"},
    {"05", "5", NULL},
    {"55", NULL, "from 0 to 5"},
};

#define ROWS(rows) rows, sizeof rows / sizeof *rows

static const struct reader readers[] = {
    {"operand_parse", read_operand, write_operand, ROWS(parse_rows)},
    {"operand_key", read_key, write_operand, ROWS(key_rows)},
    {"operand_attach", read_attach, write_attach, ROWS(attach_rows)},
    {"operand_size", read_size, write_number, ROWS(size_rows)},
    {"operand_offset", read_offset, write_number, ROWS(offset_rows)},
    {"operand_range", read_range, write_range, ROWS(range_rows)},
    {"operand_fill", read_fill, write_fill, ROWS(fill_rows)},
    {"operand_mode", read_mode, write_mode, ROWS(mode_rows)},
    {"operand_duration", read_duration, write_duration, ROWS(duration_rows)},
    {"operand_number", read_any_number, write_number, ROWS(any_number_rows)},
    {"operand_number 10 to 255", read_10_to_255, write_number, ROWS(number_10_to_255_rows)},
    {"operand_number 0 to 5", read_0_to_5, write_number, ROWS(number_0_to_5_rows)},
};

/* --- the judge ---------------------------------------------------------------- */

/*
 * TEXT with each <N> spelt out, in memory of its own that ends with it, so that a sanitizer sees
 * who reads beyond. To be freed.
 */
static char *expand(const char *text)
{
    char *result = NULL;
    size_t size;
    FILE *to = open_memstream(&result, &size);
    if (!to)
        abort();
    while (*text) {
        unsigned count;
        int used = 0;
        if (sscanf(text, "<%u>%n", &count, &used) == 1 && used) {
            while (count--)
                putc('n', to);
            text += used;
        } else {
            putc(*text++, to);
        }
    }
    fclose(to);
    result = realloc(result, size + 1);
    if (!result)
        abort();
    return result;
}

/* One line, not too long for a terminal, begun as the middle of a sentence and left without its
 * full stop. */
static const char *fault_of_rule(const char *rule)
{
    const size_t length = strlen(rule);
    if (length < 10 || length > 160)
        return "the rule's length";
    if (strpbrk(rule, "\n\r\t"))
        return "the rule is not one line";
    if (rule[length - 1] == '.' || isspace((unsigned char)rule[length - 1]))
        return "the end of the rule";
    if (isspace((unsigned char)rule[0]) ||
        (isupper((unsigned char)rule[0]) && !isupper((unsigned char)rule[1])))
        return "the beginning of the rule";
    return NULL;
}

static bool untouched(const void *memory, size_t size, unsigned char pattern)
{
    const unsigned char *at = memory;
    for (size_t i = 0; i < size; i++)
        if (at[i] != pattern)
            return false;
    return true;
}

/* What is wrong with how READER takes the row's TEXT; NULL when nothing is. GOT shows what came. */
static const char *judge(const struct reader *reader, const struct row *row, const char *text,
                         char *got, size_t size)
{
    static const unsigned char patterns[] = {
        0xa5, 0x5a}; /* two: neither can be what was stored by chance */
    const char *fault = NULL;
    union storage *out = malloc(sizeof *out);
    char *expected = row->result ? expand(row->result) : NULL;
    if (!out)
        abort();

    for (size_t i = 0; i < sizeof patterns && !fault; i++) {
        memset(out, patterns[i], sizeof *out);
        const char *rule = reader->read(text, out);
        if (rule)
            snprintf(got, size, "refused: %s", rule);
        else
            reader->write(out, got, size);
        if (expected)
            fault = rule || strcmp(got, expected) ? "not what was expected" : NULL;
        else if (!rule)
            fault = "it was taken";
        else if (!strstr(rule, row->rule))
            fault = "another rule";
        else if (!untouched(out, sizeof *out, patterns[i]))
            fault = "something was stored";
        else
            fault = fault_of_rule(rule);
    }
    free(expected);
    free(out);
    return fault;
}

static void try_row(const struct reader *reader, const struct row *row)
{
    static char got[2 * PATH_MAX];
    char *text = expand(row->text);
    const char *fault = judge(reader, row, text, got, sizeof got);
    if (!ok(!fault, "%s: '%s' %s", reader->name, row->text,
            row->result ? "is taken" : "is refused")) {
        diag("%s", fault);
        diag("expected: %s%s",
             row->result ? "" : "refused: ", row->result ? row->result : row->rule);
        diag("got:      %s", got);
    }
    free(text);
}

int main(void)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        for (size_t j = 0; j < readers[i].count; j++)
            try_row(&readers[i], &readers[i].rows[j]);
    return tap_end();
}
