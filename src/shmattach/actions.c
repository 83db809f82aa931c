/*
 * shmattach-verbs.c - the things that shmattach does with the bytes of a segment, one function
 * each; see the table.
 */
#include "config.h"

#include "shmattach/shmattach.h"

#include "lib/segment/dump.h"
#include "lib/run/hold.h"
#include "lib/proc/procfs.h"
#include "lib/cli/report.h"
#include "lib/base/text.h"
#include "lib/segment/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every verb's words are in bytes of a target. */
static char *start_of(const struct target *target)
{
    return (char *)target->mapping.address;
}

static uint64_t size_of(const struct target *target)
{
    return target->mapping.info.size;
}

static void progress(uint64_t done, uint64_t total)
{
    report_progress(done, total, "bytes");
}

/* Tells what a failed read or write means. AT is near where it failed. */
static int io_failed(const struct target *target, const char *action, uint64_t at)
{
    char why[512], hint[512];
    if (errno != EFAULT)
        return report_error(target->text, action);
    target->mapping.segment.kind->explain_sigbus(&target->mapping, target->mapping.address + at,
                                                 why, hint);
    report_about(target->text, "%s: EFAULT: %s", action, why);
    return EXIT_REFUSED;
}

/* Output goes in chunks, and a file that was cut off is cut off to its end: the last byte tells. */
static int output_failed(const struct target *target)
{
    const uint64_t size = size_of(target);
    return errno == EFAULT ? io_failed(target, "read", size ? size - 1 : 0)
                           : report_output_failed(true);
}

/* --- ranges: read, write, dump, fill --- */

static const char *parse_range(struct job *job, const char *argument)
{
    job->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_range(argument, &job->range) : NULL;
}

static const char *parse_write(struct job *job, const char *argument)
{
    job->range = (struct operand_range){0, UINT64_MAX};
    return argument ? operand_offset(argument, &job->range.offset) : NULL;
}

static const char *parse_fill(struct job *job, const char *argument)
{
    return operand_fill(argument, &job->byte, &job->range);
}

static const char *check_range(const struct job *job, const struct target *target)
{
    const uint64_t size = size_of(target);
    if (job->range.offset > size)
        return "OFFSET is beyond the segment's end";
    if (job->range.length != UINT64_MAX && job->range.length > size - job->range.offset)
        return "OFFSET and LENGTH reach beyond the segment's end";
    return NULL;
}

/* How many bytes the range has in this segment, after check_range(). */
static uint64_t length_in(const struct job *job, const struct target *target)
{
    const uint64_t rest = size_of(target) - job->range.offset;
    return job->range.length < rest ? job->range.length : rest;
}

static int run_read(const struct job *job, const struct target *target)
{
    const char *from = start_of(target) + job->range.offset;
    const uint64_t length = length_in(job, target);
    const int failed = isatty(STDOUT_FILENO) ? transfer_safe(from, length, stdout)
                                             : transfer_out(from, length, STDOUT_FILENO, progress);
    return failed ? output_failed(target) : EXIT_DONE;
}

/* How much of an endless input is counted before giving up. */
#define LEFT_LIMIT ((uint64_t)64 * 1024 * 1024)

static int run_write(const struct job *job, const struct target *target)
{
    const uint64_t room = length_in(job, target);
    uint64_t got, left = 0;
    bool more = false;
    if (transfer_in(start_of(target) + job->range.offset, room, STDIN_FILENO, &got, progress) ||
        (got == room && transfer_left(STDIN_FILENO, LEFT_LIMIT, &left, &more)))
        return io_failed(target, "read from standard input", job->range.offset + got);
    if (!left)
        return EXIT_DONE;
    report_about(target->text,
                 "%s%" PRIu64 " bytes did not fit; the first %" PRIu64 " were written",
                 more ? "more than " : "", left, got);
    return EXIT_REFUSED;
}

static int run_dump(const struct job *job, const struct target *target)
{
    const unsigned char *from = (const unsigned char *)start_of(target) + job->range.offset;
    return dump(from, length_in(job, target), job->range.offset, stdout, progress)
               ? output_failed(target)
               : EXIT_DONE;
}

static int run_fill(const struct job *job, const struct target *target)
{
    memset(start_of(target) + job->range.offset, job->byte, length_in(job, target));
    return EXIT_DONE;
}

/* --- values: get, set, increment --- */

static const char *parse_get(struct job *job, const char *argument)
{
    return value_parse_place(argument, &job->value);
}

static const char *parse_set(struct job *job, const char *argument)
{
    return value_parse_setting(argument, &job->value);
}

static const char *parse_increment(struct job *job, const char *argument)
{
    const char *rule = value_parse_place(argument, &job->value);
    return !rule && value_is_text(&job->value) ? "str is no number, so it cannot be incremented"
                                               : rule;
}

static const char *check_value(const struct job *job, const struct target *target)
{
    return value_fits(&job->value, size_of(target)) ? NULL
                                                    : "the value reaches beyond the segment's end";
}

static const char *check_increment(const struct job *job, const struct target *target)
{
    const char *rule = check_value(job, target);
    uint64_t times = 0; /* by all targets that are this segment */
    for (const struct target *any = job->targets; any < job->targets + job->count; any++)
        if (any->attached && any->mapping.segment.id == target->mapping.segment.id)
            times = times > UINT64_MAX - job->times ? UINT64_MAX : times + job->times;
    return !rule && value_overflows(&job->value, start_of(target), times)
               ? "so many times would overflow the type: the value there is too high"
               : rule;
}

static int run_get(const struct job *job, const struct target *target)
{
    value_print(&job->value, start_of(target), size_of(target), isatty(STDOUT_FILENO), stdout);
    putchar('\n');
    return EXIT_DONE;
}

static int run_set(const struct job *job, const struct target *target)
{
    value_store(&job->value, start_of(target));
    return EXIT_DONE;
}

/* In pieces of about a tenth of a second, for the sake of the progress. */
static int run_increment(const struct job *job, const struct target *target)
{
    const uint64_t piece = 1 << 24;
    for (uint64_t done = 0; done < job->times;) {
        const uint64_t times = job->times - done < piece ? job->times - done : piece;
        value_increment(&job->value, start_of(target), times, job->atomic);
        done += times;
        report_progress(done, job->times, "increments");
    }
    return run_get(job, target);
}

/* --- where it is: nothing asked, hold, maps --- */

/* The mapping that begins at an address, and the line's number in /proc/self/maps. */
struct own_map {
    uint64_t address;
    uint64_t end;
    char perms[5];
    long line, found; /* found: -1 before */
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

/* What the kernel says of it; where /proc is not to be had, what was asked for. */
static void show(const struct job *job, const struct target *target, const char *before)
{
    struct procfs fs;
    char label[SEGMENT_NAME_SIZE * TEXT_SAFE_EXPANSION], words[32];
    const struct segment_info *info = &target->mapping.info;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct own_map own = {.address = target->mapping.address, .found = -1};

    own.end = own.address + (info->size + page - 1) / page * page;
    memcpy(own.perms, target->mapping.ro ? "r--s" : "rw-s", sizeof own.perms);
    const bool readable = procfs_open(&fs, "/proc") == 0;
    if (readable)
        procfs_each_map(&fs, getpid(), find_own, &own);
    info->segment.kind->label(info, label, sizeof label);
    printf("%s%s at 0x%" PRIx64 "-0x%" PRIx64 " %.3s %s\n", before, label, own.address, own.end,
           own.perms, text_size_words(words, sizeof words, info->size));
    own.line = 0;
    if (job->maps && own.found >= 0)
        procfs_each_map(&fs, getpid(), print_neighbour, &own);
    procfs_close(&fs);
}

static const char *parse_hold(struct job *job, const char *argument)
{
    job->has_duration = argument != NULL;
    return argument ? operand_duration(argument, &job->duration) : NULL;
}

/* Once for all targets: the last one waits. */
static int run_hold(const struct job *job, const struct target *target)
{
    char before[32];
    snprintf(before, sizeof before, "pid %d: ", (int)getpid());
    show(job, target, before);
    for (const struct target *later = target + 1; later < job->targets + job->count; later++)
        if (later->attached)
            return EXIT_DONE;
    if (fflush(stdout))
        return EXIT_REFUSED; /* report_finish() says why */
    return hold_wait(job->has_duration ? &job->duration : NULL) ? report_error("--hold", "wait")
                                                                : EXIT_DONE;
}

int attach_show(const struct job *job, const struct target *target)
{
    show(job, target, "");
    return EXIT_DONE;
}

static const struct verb verbs[] = {
    {'r', "--read", false, parse_range, check_range, run_read},
    {'w', "--write", true, parse_write, check_range, run_write},
    {'d', "--dump", false, parse_range, check_range, run_dump},
    {'f', "--fill", true, parse_fill, check_range, run_fill},
    {'g', "--get", false, parse_get, check_value, run_get},
    {'s', "--set", true, parse_set, check_value, run_set},
    {'i', "--increment", true, parse_increment, check_increment, run_increment},
    {'H', "--hold", false, parse_hold, NULL, run_hold},
};

const struct verb *attach_verb(int option)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (verbs[i].option == option)
            return &verbs[i];
    return NULL;
}
