/* SPDX-License-Identifier: MIT */
/*
 * actions.c - what shmattach does with the bytes of a segment, a few functions for each action; see
 * the tables at the end.
 */
#include "config.h"

#include "shmattach/shmattach.h"

#include "lib/segment/dump.h"
#include "lib/run/hold.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/cli/segment_io.h"
#include "lib/base/text.h"
#include "lib/segment/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *start_of(const struct attachment *attachment)
{
    return (char *)attachment->mapping.address;
}

static uint64_t size_of(const struct attachment *attachment)
{
    return attachment->mapping.info.size;
}

/*
 * Bytes are written in chunks, so where a write failed with EFAULT is not known exactly. An object
 * that was truncated lacks all its pages from there to its end: the last byte explains it.
 */
static int output_failed(const struct attachment *attachment)
{
    const uint64_t size = size_of(attachment);
    if (errno != EFAULT)
        return report_output_failed(true);
    return segment_io_failed(&attachment->mapping, size ? size - 1 : 0, attachment->text, "read");
}

/* --- ranges: read, write, dump, fill --- */

static const char *parse_range(struct request *request, const char *argument)
{
    request->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_range(argument, &request->range) : NULL;
}

static const char *parse_write(struct request *request, const char *argument)
{
    request->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_offset(argument, &request->range.offset) : NULL;
}

static const char *parse_fill(struct request *request, const char *argument)
{
    return operand_fill(argument, &request->byte, &request->range);
}

static const char *range_fits(const struct request *request, uint64_t size)
{
    if (request->range.offset > size)
        return "OFFSET is beyond the segment's end";
    if (request->range.length != UINT64_MAX && request->range.length > size - request->range.offset)
        return "OFFSET and LENGTH extend beyond the segment's end";
    return NULL;
}

/* How many bytes the range has in this segment, after range_fits(). */
static uint64_t length_in(const struct request *request, const struct attachment *attachment)
{
    const uint64_t rest = size_of(attachment) - request->range.offset;
    return request->range.length < rest ? request->range.length : rest;
}

static int run_read(const struct request *request, const struct attachment *attachment)
{
    const char *from = start_of(attachment) + request->range.offset;
    const uint64_t length = length_in(request, attachment);
    const int failed = isatty(STDOUT_FILENO)
                           ? transfer_safe(from, length, stdout)
                           : transfer_out(from, length, STDOUT_FILENO, segment_io_progress);
    return failed ? output_failed(attachment) : EXIT_DONE;
}

static int run_write(const struct request *request, const struct attachment *attachment)
{
    return segment_io_fill(&attachment->mapping, request->range.offset,
                           length_in(request, attachment), STDIN_FILENO, attachment->text,
                           "read from standard input");
}

static int run_dump(const struct request *request, const struct attachment *attachment)
{
    const unsigned char *from = (const unsigned char *)start_of(attachment) + request->range.offset;
    return dump(from, length_in(request, attachment), request->range.offset, stdout,
                segment_io_progress)
               ? output_failed(attachment)
               : EXIT_DONE;
}

static int run_fill(const struct request *request, const struct attachment *attachment)
{
    memset(start_of(attachment) + request->range.offset, request->byte,
           length_in(request, attachment));
    return EXIT_DONE;
}

/* --- values: get, set, increment --- */

static const char *parse_get(struct request *request, const char *argument)
{
    return value_parse_place(argument, &request->value);
}

static const char *parse_set(struct request *request, const char *argument)
{
    return value_parse_setting(argument, &request->value);
}

static const char *parse_increment(struct request *request, const char *argument)
{
    const char *rule = value_parse_place(argument, &request->value);
    return !rule && value_is_text(&request->value) ? "str is not a number and cannot be incremented"
                                                   : rule;
}

static const char *place_fits(const struct request *request, uint64_t size)
{
    return value_fits(&request->value, size) ? NULL : "the value extends beyond the segment's end";
}

static const char *check_increment(const struct request *request,
                                   const struct attachment *attachment)
{
    uint64_t times = 0; /* in all attachments of this segment together */
    for (const struct attachment *any = request->attachments;
         any < request->attachments + request->count; any++)
        if (any->attached && any->mapping.segment.id == attachment->mapping.segment.id)
            times = times > UINT64_MAX - request->times ? UINT64_MAX : times + request->times;
    return value_overflows(&request->value, start_of(attachment), times)
               ? "adding 1 this many times would overflow the type"
               : NULL;
}

static int run_get(const struct request *request, const struct attachment *attachment)
{
    value_print(&request->value, start_of(attachment), size_of(attachment), isatty(STDOUT_FILENO),
                stdout);
    putchar('\n');
    return EXIT_DONE;
}

static int run_set(const struct request *request, const struct attachment *attachment)
{
    value_store(&request->value, start_of(attachment));
    return EXIT_DONE;
}

/* In pieces of about a tenth of a second, so that progress can be printed. */
static int run_increment(const struct request *request, const struct attachment *attachment)
{
    const uint64_t piece = 1 << 24;
    for (uint64_t done = 0; done < request->times;) {
        const uint64_t times = request->times - done < piece ? request->times - done : piece;
        value_increment(&request->value, start_of(attachment), times, request->atomic);
        done += times;
        report_progress(done, request->times, "increments");
    }
    return run_get(request, attachment);
}

/* --- where it is mapped: no action, --hold, --maps --- */

/* The mapping that begins at ADDRESS, and the number of its line in /proc/self/maps. */
struct own_map {
    uint64_t address;
    uint64_t end;
    char perms[5];
    long line, found; /* the present line; that of the mapping, -1 until it is found */
};

static bool find_own(void *arg, const struct procfs_map *map)
{
    struct own_map *own = arg;
    if (map->start == own->address) {
        own->found = own->line;
        own->end = map->end;
        memcpy(own->perms, map->perms, sizeof own->perms);
    }
    own->line++;
    return own->found < 0;
}

static bool print_neighbour(void *arg, const struct procfs_map *map)
{
    struct own_map *own = arg;
    if (own->line >= own->found - 2 && own->line <= own->found + 2) {
        printf("%s ", own->line == own->found ? ">" : " ");
        text_safe_print(map->line, map->line_length, stdout);
        putchar('\n');
    }
    own->line++;
    return own->line <= own->found + 2;
}

/* Prints what /proc/self/maps says about the mapping; without /proc, the request. */
static void show(const struct request *request, const struct attachment *attachment,
                 const char *before)
{
    struct procfs fs;
    char label[SEGMENT_NAME_SIZE * TEXT_SAFE_EXPANSION], words[32];
    const struct segment_info *info = &attachment->mapping.info;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct own_map own = {.address = attachment->mapping.address, .found = -1};

    own.end = own.address + (info->size + page - 1) / page * page;
    memcpy(own.perms, attachment->mapping.ro ? "r--s" : "rw-s", sizeof own.perms);
    const bool readable = procfs_open(&fs, "/proc") == 0;
    if (readable)
        procfs_each_map(&fs, getpid(), find_own, &own);
    info->segment.kind->label(info, label, sizeof label);
    printf("%s%s at 0x%" PRIx64 "-0x%" PRIx64 " %.3s %s\n", before, label, own.address, own.end,
           own.perms, text_size_words(words, sizeof words, info->size));
    own.line = 0;
    if (request->maps && own.found >= 0)
        procfs_each_map(&fs, getpid(), print_neighbour, &own);
    procfs_close(&fs);
}

static const char *parse_hold(struct request *request, const char *argument)
{
    request->has_duration = argument != NULL;
    return argument ? operand_duration(argument, &request->duration) : NULL;
}

/* Called for each attachment: the last one that succeeded waits, for all. */
static int run_hold(const struct request *request, const struct attachment *attachment)
{
    char before[32];
    snprintf(before, sizeof before, "pid %d: ", (int)getpid());
    show(request, attachment, before);
    for (const struct attachment *later = attachment + 1;
         later < request->attachments + request->count; later++)
        if (later->attached)
            return EXIT_DONE;
    if (fflush(stdout))
        return EXIT_REFUSED; /* report_finish() reports why */
    return hold_wait(request->has_duration ? &request->duration : NULL)
               ? report_error("--hold", "wait")
               : EXIT_DONE;
}

int show_attachment(const struct request *request, const struct attachment *attachment)
{
    show(request, attachment, "");
    return EXIT_DONE;
}

/* --- the actions, and their options --- */

static const struct action actions[] = {
    {'r', "--read", 0, parse_range, range_fits, NULL, run_read},
    {'w', "--write", ACTION_WRITES | ACTION_ONE_SEGMENT, parse_write, range_fits, NULL, run_write},
    {'d', "--dump", 0, parse_range, range_fits, NULL, run_dump},
    {'f', "--fill", ACTION_WRITES, parse_fill, range_fits, NULL, run_fill},
    {'g', "--get", 0, parse_get, place_fits, NULL, run_get},
    {'s', "--set", ACTION_WRITES, parse_set, place_fits, NULL, run_set},
    {'i', "--increment", ACTION_WRITES | ACTION_REPEATS, parse_increment, place_fits,
     check_increment, run_increment},
    {'H', "--hold", ACTION_WAITS | ACTION_SHOWS, parse_hold, NULL, NULL, run_hold},
};

OPTION_SETTER(struct request, set_action)
{
    const struct action *action = actions;
    while (action->letter != option->letter)
        action++;
    if (options->action)
        return "only one action is allowed";
    options->action = action;
    options->argument = argument;
    return action->parse(options, argument);
}

#define ACTION(letter_, name_, argument_, help_)                                          \
    {                                                                                     \
        .letter = (letter_), .name = (name_), .argument = (argument_), .set = set_action, \
        .help = (help_), .flags = OPTION_STRIP_EQUALS                                     \
    }

const struct cli_option action_options[] = {
    ACTION('r', "read", "[=RANGE]", "copy bytes to standard output"),
    ACTION('w', "write", "[=OFFSET]", "copy standard input into the segment"),
    ACTION('d', "dump", "[=RANGE]", "print bytes as hexdump -C does"),
    ACTION('f', "fill", "=BYTE[@RANGE]", "set every byte"),
    ACTION('g', "get", "=TYPE@OFFSET", "print it; TYPE: u8..u64, i8..i64, f32, f64, str"),
    ACTION('s', "set", "=TYPE@OFFSET=VALUE", "store a value"),
    ACTION('i', "increment", "=TYPE@OFFSET", "add 1 and print the result"),
    ACTION('H', "hold", "[=DURATION]",
           "print PID and mapping, and wait: for DURATION, SIGINT, SIGTERM, or the end of a pipe"),
    {0},
};
