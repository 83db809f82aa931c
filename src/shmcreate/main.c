/* SPDX-License-Identifier: MIT */
/*
 * shmcreate - create a shared memory segment, System V or POSIX, or open one, and print its id or
 * name.
 *
 *   $ id=$(shmcreate -k ftok:/etc/hostname:A 64K)
 *   $ echo hello | shmattach --write "$id"
 *   $ shmctl-tool rm "$id"
 *
 * Exit status: 0 the id or name was printed; 1 the system refused; 2 the command line is wrong.
 */
#include "config.h"

#include "lib/run/guard.h"
#include "lib/segment/limits.h"
#include "lib/base/operand.h"
#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/cli/segment_io.h"
#include "lib/segment/segment.h"
#include "lib/cli/table.h"
#include "lib/base/text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

struct options {
    struct segment_request request;
    struct operand key;   /* of --key or --name */
    const char *key_text; /* what messages are about: key, name or SIZE */
    const char *input;
    bool has_key, has_name, has_mode, json;
};

/* What --json prints. */
struct result {
    struct segment_info info;
    bool created;
};

COLUMN_GETTER(struct result, get_key)
{
    snprintf(cell, size, "0x%.8x", (unsigned)row->info.key);
}

COLUMN_GETTER(struct result, get_id)
{
    row->info.segment.kind->print(&row->info.segment, cell, size);
}

COLUMN_GETTER(struct result, get_size)
{
    snprintf(cell, size, "%" PRIu64, row->info.size);
}

COLUMN_GETTER(struct result, get_created)
{
    snprintf(cell, size, "%s", row->created ? "true" : "false");
}

enum { KEY, ID, NAME, SIZE, CREATED };

static const struct column columns[] = {
    [KEY] = {"KEY", 0, get_key, ""},
    [ID] = {"ID", COLUMN_NUMBER, get_id, ""},
    [NAME] = {"NAME", COLUMN_FOREIGN, get_id, ""},
    [SIZE] = {"SIZE", COLUMN_NUMBER, get_size, ""},
    /* As a number, because JSON's true and false have no quotes either. */
    [CREATED] = {"CREATED", COLUMN_NUMBER, get_created, ""},
};

static int fill(const struct options *options, const struct segment *segment)
{
    struct segment_mapping mapping = {.segment = *segment};
    const bool standard = !strcmp(options->input, "-");
    int status;

    const int fd = standard ? STDIN_FILENO : open(options->input, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return report_error(options->input, "open");
    if (segment->kind->map(&mapping)) {
        status = report_refused(options->key_text);
    } else {
        status = segment_io_fill(&mapping, 0, mapping.info.size, fd, options->input, "read");
        segment->kind->unmap(&mapping);
    }
    if (!standard)
        close(fd);
    return status;
}

static int print(const struct options *options, const struct segment *segment, bool created)
{
    static const size_t of_key[] = {KEY, ID, SIZE, CREATED}, of_name[] = {NAME, SIZE, CREATED};
    const struct table_style style = {.format = TABLE_JSON};
    struct result result = {.created = created};
    int status = EXIT_DONE;

    if (!options->json) {
        char text[SEGMENT_NAME_SIZE];
        segment->kind->print(segment, text, sizeof text);
        puts(text);
        return report_finish(status);
    }
    if (segment->kind->stat(segment, &result.info))
        return report_refused(options->key_text);
    struct table *table = options->has_name ? table_new("segments", &style, columns, of_name, 3)
                                            : table_new("segments", &style, columns, of_key, 4);
    if (!table || !table_row(table, &result, NULL) || table_print(table, stdout))
        status = report_error("--json", "print");
    table_free(table);
    return report_finish(status);
}

/* With shm_rmid_forced, the kernel removes a segment that no process has attached when its creator
 * ends (proc_sys_kernel(5)). */
static void warn_if_forced(const struct options *options, const struct segment_kind *kind)
{
    uint64_t forced;
    if (kind->tracks_attaches && limits_read("/proc/sys/kernel/shm_rmid_forced", &forced) && forced)
        report_about(options->key_text,
                     "kernel.shm_rmid_forced is 1, and no process has attached this "
                     "segment: the kernel removes it when this program ends");
}

static void note_opened(const struct options *options, const struct segment *segment)
{
    char text[SEGMENT_NAME_SIZE], safe[sizeof text * TEXT_SAFE_EXPANSION];
    segment->kind->print(segment, text, sizeof text);
    text_safe(safe, sizeof safe, text, strlen(text));
    report_about(options->key_text, "this %s already names %s %s, which was opened",
                 segment->kind->key_noun, segment->kind->noun, safe);
}

static int create(const struct options *options)
{
    const struct segment_kind *kind = segment_kind_of(options->request.name);
    struct segment segment;
    bool created;
    int status = EXIT_DONE;

    if (kind->create(&options->request, &segment, &created))
        return report_refused(options->key_text);
    if (!created && !options->request.open)
        note_opened(options, &segment);
    if (options->input)
        status = fill(options, &segment);
    if (created)
        warn_if_forced(options, kind);
    /* If the id cannot be printed, the user could not remove the segment. */
    if (status == EXIT_DONE)
        status = print(options, &segment, created);
    if (status != EXIT_DONE && created)
        kind->remove(&segment, NULL);
    guard_end();
    return status;
}

OPTION_SETTER(struct options, set_key)
{
    options->key_text = argument;
    options->has_key = true;
    return operand_key(argument, &options->key);
}

OPTION_SETTER(struct options, set_name)
{
    options->key_text = argument;
    options->has_name = true;
    return operand_name(argument, &options->key);
}

OPTION_SETTER(struct options, set_mode)
{
    options->has_mode = true;
    return operand_mode(argument, &options->request.mode);
}

OPTION_SETTER(struct options, set_huge)
{
    uint64_t page = 0;
    options->request.huge = true;
    if (!argument)
        return NULL;
    if (operand_size(argument, &page) || page < 4096 || page & (page - 1))
        return "the size of a huge page is a power of 2: 2M, 1G";
    options->request.huge_log = (unsigned)__builtin_ctzll(page);
    return NULL;
}

static const struct cli_option option_table[] = {
    OPTION('k', "key", "=KEY", set_key,
           "give it this key: 0x4d2, 1234 or ftok:PATH[:PROJ]; default: IPC_PRIVATE, no key"),
    OPTION('n', "name", "=/NAME", set_name, "create a POSIX object of this name (shm_open)"),
    OPTION_FLAG('x', "exclusive", struct options, request.exclusive,
                "fail if the key or name is in use (IPC_EXCL, O_EXCL)"),
    OPTION_FLAG('o', "open", struct options, request.open, "never create: the segment must exist"),
    OPTION('m', "mode", "=MODE", set_mode,
           "permissions, octal (default 0600); the umask applies to POSIX objects, not to System V "
           "segments"),
    OPTION(0, "huge", "[=SIZE]", set_huge, "use huge pages (SHM_HUGETLB), of SIZE each"),
    OPTION_FLAG(0, "noreserve", struct options, request.noreserve,
                "reserve no swap space (SHM_NORESERVE)"),
    OPTION_TEXT('i', "input", "=FILE", struct options, input,
                "fill it from FILE; - is standard input"),
    OPTION_FLAG(0, "json", struct options, json,
                "print key and id or name, size, and whether it was created"),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "shmcreate",
    .operands = "SIZE",
    .summary = "Create a shared memory segment of SIZE bytes and print its id or name.\n"
               "SIZE: 4096, 64K, 1MiB (powers of 1024), 2MB (powers of 1000).",
    .options = option_table,
    .notes = "If KEY or NAME is in use, and neither -x nor -o is given, that segment is opened.",
    .example = "id=$(shmcreate -k 0x4d2 64K); ipcs -m -i \"$id\"; ipcrm -m \"$id\"",
};

/* Checks options that exclude each other. Returns -1 to go on, else the status to leave with. */
static int check(struct options *options, const char *size)
{
    struct segment_request *request = &options->request;
    /* A new segment needs a mode; --open without --mode requests no permission (shmget(2)). */
    if (!options->has_mode && !request->open)
        request->mode = 0600;
    request->name = options->key_text ? &options->key : NULL;
    if (request->open &&
        (!request->name || (options->key.kind == OPERAND_KEY && options->key.key == IPC_PRIVATE)))
        return report_usage("--open", "give a key, not IPC_PRIVATE, which always creates a segment "
                                      "(-k 0x4d2), or a name (-n /NAME)");
    if (request->open && request->exclusive)
        return report_usage("--open", "not allowed with --exclusive");
    if (options->has_key && options->has_name)
        return report_usage(
            "--name",
            "not allowed with --key: one names a POSIX object, the other a System V segment");
    const char *const *cannot = segment_kind_of(request->name)->unsupported;
    if (request->huge && cannot[SEGMENT_HUGE_PAGES])
        return report_usage("--huge", cannot[SEGMENT_HUGE_PAGES]);
    if (request->noreserve && cannot[SEGMENT_NO_RESERVE])
        return report_usage("--noreserve", cannot[SEGMENT_NO_RESERVE]);
    if (!options->key_text)
        options->key_text = size;
    return -1;
}

/* Returns -1 to go on, else the status to leave with. */
static int parse(int argc, char *argv[], struct options *options)
{
    struct operands operands;
    const int status = options_parse(&usage, argc, argv, options, &operands);
    if (status >= 0)
        return status;
    const char *rule = operand_size(operands.items[0], &options->request.size);
    return rule ? report_usage(operands.items[0], rule) : check(options, operands.items[0]);
}

int main(int argc, char *argv[])
{
    struct options options = {0};
    report_start("shmcreate");
    const int status = parse(argc, argv, &options);
    return status >= 0 ? report_finish(status) : create(&options);
}
