/* SPDX-License-Identifier: MIT */
/*
 * shmattach - attach segments, do one thing with their bytes, and detach.
 *
 *   $ echo hello | shmattach --write 5
 *   $ shmattach --dump=0:6 5
 *   00000000  68 65 6c 6c 6f 0a                                 |hello.|
 *   00000006
 *   $ shmattach --hold 5@0x700000000000,ro
 *   pid 4711: 5 (key 0x000004d2) at 0x700000000000-0x700000010000 r-- 64 KiB
 *
 * Exit status: 0 done; 1 the system refused at least one operand, the others were still done; 2 the
 * command line is wrong and nothing was done; with -- COMMAND the command's own, 125 if a segment
 * could not be attached, 126 if the command cannot be executed, 127 if it was not found.
 */
#include "config.h"

#include "shmattach/shmattach.h"

#include "lib/cli/options.h"
#include "lib/cli/report.h"
#include "lib/run/bus_error.h"
#include "lib/run/child.h"
#include "lib/run/hold.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- attaching and doing --- */

static void explain_bus_error(const void *arg, uintptr_t address, char *why, char *hint)
{
    const struct request *request = arg;
    for (size_t i = 0; i < request->count; i++) {
        const struct segment_mapping *mapping = &request->attachments[i].mapping;
        if (request->attachments[i].attached && address - mapping->address < mapping->info.size)
            mapping->segment.kind->explain_sigbus(mapping, address, why, hint);
    }
}

/* Actions that only read attach read-only, so that read permission is enough; --hold and COMMAND
 * attach as the operand says. */
static bool attaches_read_only(const struct request *request)
{
    return request->action && !(request->action->flags & (ACTION_WRITES | ACTION_WAITS));
}

/*
 * Finds the segment. The kernel records an attach of a System V segment (shm_atime, shm_lpid), so
 * we ask for its size first if what we are to do does not fit every segment: one byte is the
 * smallest. We leave it to shmat(2) to report what refuses us.
 */
static int find(const struct request *request, struct attachment *attachment)
{
    const struct operand_attach *operand = &attachment->operand;
    const struct action *action = request->action;
    struct segment_mapping *mapping = &attachment->mapping;
    const struct segment_kind *kind = segment_kind_of(&operand->segment);
    struct segment_info info;
    *mapping = (struct segment_mapping){
        .address = operand->address,
        .ro = operand->ro || attaches_read_only(request),
        .rnd = operand->rnd,
        .remap = operand->remap,
        .exec = operand->exec,
    };
    if (kind->open(&operand->segment, &mapping->segment))
        return report_refused(attachment->text);
    attachment->found = true;
    if (kind->tracks_attaches && action && action->fits && action->fits(request, 1) &&
        !kind->stat(&mapping->segment, &info))
        mapping->info = info;
    return EXIT_DONE;
}

static int attach(struct attachment *attachment)
{
    if (!attachment->found)
        return EXIT_DONE; /* find() has reported it */
    if (attachment->mapping.segment.kind->map(&attachment->mapping))
        return report_refused(attachment->text);
    attachment->attached = true;
    return EXIT_DONE;
}

static bool any_remaps(const struct request *request)
{
    for (size_t i = 0; i < request->count; i++)
        if (request->attachments[i].operand.remap)
            return true;
    return false;
}

/* SHM_REMAP detaches a segment that it replaces: then shmdt(2) finds nothing to detach (EINVAL). */
static int detach(const struct request *request, struct attachment *attachment)
{
    if (!attachment->attached)
        return EXIT_DONE;
    attachment->attached = false;
    if (attachment->mapping.segment.kind->unmap(&attachment->mapping) == 0 ||
        (errno == EINVAL && any_remaps(request)))
        return EXIT_DONE;
    return report_refused(attachment->text);
}

static const char *check(const struct request *request, const struct attachment *attachment)
{
    const struct action *action = request->action;
    const uint64_t size = attachment->mapping.info.size;
    const char *rule = size && action->fits ? action->fits(request, size) : NULL;
    return !rule && action->check && attachment->attached ? action->check(request, attachment)
                                                          : rule;
}

/* Checks all whose size is known, before the first is attached, and again before the first is
 * touched. */
static int check_all(const struct request *request)
{
    const char *rule = NULL;
    for (size_t i = 0; request->action && !rule && i < request->count; i++)
        rule = check(request, &request->attachments[i]);
    return rule ? report_usage(request->argument ? request->argument : request->action->name, rule)
                : EXIT_DONE;
}

/* Sets IPCLAB_SEGMENT to the ids and names, "5 /demo", and IPCLAB_SIZE to the sizes. */
static void export_attachments(const struct request *request)
{
    const size_t room = (SEGMENT_NAME_SIZE + 1) * request->count + 1;
    char *ids = calloc(1, room), *sizes = calloc(1, room);
    for (size_t i = 0; ids && sizes && i < request->count; i++) {
        const struct segment_info *info = &request->attachments[i].mapping.info;
        char id[SEGMENT_NAME_SIZE];
        info->segment.kind->print(&info->segment, id, sizeof id);
        snprintf(ids + strlen(ids), room - strlen(ids), "%s%s", i ? " " : "", id);
        snprintf(sizes + strlen(sizes), room - strlen(sizes), "%s%" PRIu64, i ? " " : "",
                 info->size);
    }
    if (ids && sizes) {
        setenv("IPCLAB_SEGMENT", ids, 1);
        setenv("IPCLAB_SIZE", sizes, 1);
    }
    free(ids);
    free(sizes);
}

static int run_command(const struct request *request)
{
    export_attachments(request);
    const int status = child_run(request->command, NULL, CHILD_OUTLIVES);
    if (errno)
        report_error(request->command[0], status == CHILD_FAILED ? "fork" : "run");
    return status;
}

static int do_action(const struct request *request)
{
    int status = check_all(request);
    if (status)
        return status;
    for (size_t i = 0; i < request->count; i++)
        if (request->attachments[i].attached)
            status =
                report_worse(status, (request->action ? request->action->run : show_attachment)(
                                         request, &request->attachments[i]));
    return status;
}

static int run(const struct request *request)
{
    int status = EXIT_DONE;
    catch_bus_error("shmattach", explain_bus_error, request);
    if (action_has(request->action, ACTION_WAITS))
        hold_prepare();
    for (size_t i = 0; i < request->count; i++)
        status = report_worse(status, find(request, &request->attachments[i]));
    const int checked = check_all(request);
    if (checked)
        return checked;
    for (size_t i = 0; i < request->count; i++)
        status = report_worse(status, attach(&request->attachments[i]));
    if (request->command)
        status = status ? CHILD_FAILED : run_command(request);
    else
        status = report_worse(status, do_action(request));
    for (size_t i = 0; i < request->count; i++)
        if (detach(request, &request->attachments[i]) && !request->command)
            status = report_worse(status, EXIT_REFUSED);
    return status;
}

/* --- the command line --- */

OPTION_SETTER(struct request, set_how)
{
    options->has_how = true;
    options->atomic = !strcmp(argument, "atomic");
    return options->atomic || !strcmp(argument, "plain") ? NULL : "use plain or atomic";
}

OPTION_SETTER(struct request, set_times)
{
    options->has_times = true;
    return operand_number(argument, 1, INT64_MAX, "invalid count: use 1 to 9223372036854775807",
                          &options->times);
}

static const struct cli_option option_table[] = {
    {.include = action_options},
    OPTION(0, "times", "=N", set_times, "increment N times"),
    OPTION(0, "how", "=plain|atomic", set_how, "increment in two steps (default), or in one"),
    OPTION_FLAG(0, "maps", struct request, maps, "show the mapping among its neighbours"),
    OPTION_STANDARD,
    {0},
};

static const struct usage usage = {
    .name = "shmattach",
    .operands = "SEGMENT[@ADDRESS][,ro][,rnd][,remap][,exec]...\n[-- COMMAND [ARG...]]",
    .summary = "Attach each SEGMENT (5, 0x4d2, ftok:PATH[:PROJ], /name), do one thing, and\n"
               "detach; by default, print where each was mapped. RANGE is OFFSET[:LENGTH].",
    .options = option_table,
    .command_help = "run it with the segments attached; it gets "
                    "IPCLAB_SEGMENT (ids or names) and IPCLAB_SIZE",
    .example = "echo hello | shmattach -w 5 && shmattach -r=0:6 5",
};

static int parse_attachments(struct request *request, char *argv[])
{
    request->attachments = calloc(request->count, sizeof *request->attachments);
    if (!request->attachments)
        return report_error("SEGMENT", "read");
    for (size_t i = 0; i < request->count; i++) {
        struct attachment *attachment = &request->attachments[i];
        const char *rule = operand_attach(argv[i], &attachment->operand);
        if (!rule && attachment->operand.remap && !attachment->operand.address)
            rule =
                segment_kind_of(&attachment->operand.segment)->unsupported[SEGMENT_REMAP_ANYWHERE];
        if (rule)
            return report_usage(argv[i], rule);
        if (action_has(request->action, ACTION_WRITES) && attachment->operand.ro)
            return report_usage(argv[i], "cannot write: ,ro attaches it read-only");
        attachment->text = argv[i];
    }
    return -1;
}

/* Checks options that exclude each other. Returns -1 to go on, else the status to leave with. */
static int check_options(const struct request *request)
{
    const struct action *action = request->action;
    if (request->command && action)
        return report_usage(action->name, "not allowed with -- COMMAND");
    if ((request->has_times || request->has_how) && !action_has(action, ACTION_REPEATS))
        return report_usage(request->has_times ? "--times" : "--how",
                            "only valid with --increment");
    if (action_has(action, ACTION_ONE_SEGMENT) && request->count > 1)
        return report_usage(action->name, "standard input can fill only one segment");
    if (request->maps && ((action && !action_has(action, ACTION_SHOWS)) || request->command))
        return report_usage("--maps", "only valid with --hold, or with no action and no COMMAND");
    return -1;
}

static int parse(int argc, char *argv[], struct request *request)
{
    struct operands operands;
    int status = options_parse(&usage, argc, argv, request, &operands);
    if (status >= 0)
        return status;
    request->count = (size_t)operands.count;
    request->command = operands.command;
    if ((status = check_options(request)) >= 0)
        return status;
    return parse_attachments(request, operands.items);
}

int main(int argc, char *argv[])
{
    struct request request = {.times = 1};
    report_start("shmattach");
    int status = parse(argc, argv, &request);
    if (status < 0)
        status = run(&request);
    free(request.attachments);
    return report_finish(status);
}
