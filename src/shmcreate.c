/*
 * shmcreate - create a System V shared memory segment, or open one, and print its id.
 *
 *   $ id=$(shmcreate -k ftok:/etc/hostname:A 64K)
 *   $ echo hello | shmattach --write "$id"
 *   $ shmctl-tool rm "$id"
 *
 * Exit status: 0 the id was printed; 1 the system refused; 2 the command line is wrong.
 */
#include "config.h"

#include "lib/guard.h"
#include "lib/limits.h"
#include "lib/operand.h"
#include "lib/report.h"
#include "lib/segment.h"
#include "lib/table.h"
#include "lib/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

static const char help[] =
    "Usage: shmcreate [options] SIZE\n"
    "Create a System V shared memory segment of SIZE bytes and print its id.\n"
    "SIZE: 4096, 64K, 1MiB (powers of 1024), 2MB (powers of 1000).\n"
    "\n"
    "  -k, --key=KEY       give it this key: 0x4d2, 1234 or ftok:PATH[:PROJ];\n"
    "                      without: IPC_PRIVATE, a segment with no key\n"
    "  -x, --exclusive     fail if the key already names a segment (IPC_EXCL)\n"
    "  -o, --open          never create: the segment must exist\n"
    "  -m, --mode=MODE     permissions, octal (default 0600; umask does not apply)\n"
    "      --huge[=SIZE]   in huge pages (SHM_HUGETLB), of SIZE each\n"
    "      --noreserve     reserve no swap space (SHM_NORESERVE)\n"
    "  -i, --input=FILE    fill it from FILE, - for standard input\n"
    "      --json          print key, id, size and whether it was created\n"
    "      --calls         show each call of the C API on standard error\n"
    "      --help          this text\n"
    "      --version       the version\n"
    "\n"
    "If KEY already names a segment, and neither -x nor -o is given, it is opened.\n"
    "\n"
    "Example: id=$(shmcreate -k 0x4d2 64K); ipcs -m -i \"$id\"; ipcrm -m \"$id\"\n";

struct options {
    struct segment_request request;
    struct operand key;
    const char *key_text;
    const char *input;
    bool json;
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
    snprintf(cell, size, "%d", row->info.segment.id);
}

COLUMN_GETTER(struct result, get_size)
{
    snprintf(cell, size, "%" PRIu64, row->info.size);
}

COLUMN_GETTER(struct result, get_created)
{
    snprintf(cell, size, "%s", row->created ? "true" : "false");
}

static const struct column columns[] = {
    {"KEY", 0, get_key, ""},
    {"ID", COLUMN_NUMBER, get_id, ""},
    {"SIZE", COLUMN_NUMBER, get_size, ""},
    {"CREATED", COLUMN_NUMBER, get_created, ""}, /* true and false stand bare, as numbers do */
};

static const struct segment_kind *half_made;

/* Only what a signal handler may call: IPC_RMID is a bare system call. */
static void discard(int id)
{
    half_made->remove(&(struct segment){half_made, id});
}

static void progress(uint64_t done, uint64_t total)
{
    report_progress(done, total, "bytes");
}

/* How much of an endless input is counted before giving up. */
#define LEFT_LIMIT ((uint64_t)64 * 1024 * 1024)

static int fill_failed(const char *input)
{
    if (errno != EFAULT)
        return report_error(input, "read");
    report_about(input, "read: EFAULT: the kernel has no page to put behind this part of the segment");
    return EXIT_REFUSED;
}

/* What does not fit is an error, so that nobody believes a cut file whole. */
static int fill(const struct options *options, const struct segment *segment)
{
    struct segment_mapping mapping = {.segment = *segment};
    const bool standard = !strcmp(options->input, "-");
    uint64_t got, left = 0;
    bool more = false;
    int status = EXIT_DONE;

    const int fd = standard ? STDIN_FILENO : open(options->input, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return report_error(options->input, "open");
    if (segment->kind->map(&mapping)) {
        status = report_refused(options->key_text);
    } else {
        const uint64_t size = mapping.info.size;
        if (transfer_in((char *)mapping.address, size, fd, &got, progress) ||
            (got == size && transfer_left(fd, LEFT_LIMIT, &left, &more)))
            status = fill_failed(options->input);
        else if (left) {
            report_about(options->input, "the input is longer than the segment's %" PRIu64 " bytes, by %s%" PRIu64,
                         size, more ? "more than " : "", left);
            status = EXIT_REFUSED;
        }
        segment->kind->unmap(&mapping);
    }
    if (!standard)
        close(fd);
    return status;
}

static int print(const struct options *options, const struct segment *segment, bool created)
{
    static const size_t all[] = {0, 1, 2, 3};
    const struct table_style style = {.format = TABLE_JSON};
    struct result result = {.created = created};
    int status = EXIT_DONE;

    if (!options->json) {
        printf("%d\n", segment->id);
        return report_finish(status);
    }
    if (segment->kind->stat(segment, &result.info))
        return report_refused(options->key_text);
    struct table *table = table_new("segments", &style, columns, all, 4);
    if (!table || !table_row(table, &result, NULL) || table_print(table, stdout))
        status = report_error("--json", "print");
    table_free(table);
    return report_finish(status);
}

/* proc(5): with shm_rmid_forced, what nobody has attached goes when the process that created it ends. */
static void warn_if_forced(const struct options *options)
{
    uint64_t forced;
    if (limits_read("/proc/sys/kernel/shm_rmid_forced", &forced) && forced)
        report_about(options->key_text,
                     "kernel.shm_rmid_forced is 1: nobody has it attached, so it goes when this program ends");
}

static int create(const struct options *options)
{
    struct segment segment;
    bool created;
    int status = EXIT_DONE;

    guard_begin();
    if (segment_sysv.create(&options->request, &segment, &created))
        return report_refused(options->key_text);
    half_made = segment.kind;
    guard_object(created ? discard : NULL, segment.id);
    if (!created && !options->request.open)
        report_about(options->key_text, "this key already names segment %d, which was opened", segment.id);
    if (options->input)
        status = fill(options, &segment);
    if (created)
        warn_if_forced(options);
    /* Whoever cannot read the id cannot remove the segment either. */
    if (status == EXIT_DONE)
        status = print(options, &segment, created);
    if (status != EXIT_DONE && created)
        segment.kind->remove(&segment);
    guard_end();
    return status;
}

static const char *parse_huge(const char *text, struct options *options)
{
    uint64_t page = 0;
    options->request.huge = true;
    if (!text)
        return NULL;
    if (operand_size(text, &page) || page < 4096 || page & (page - 1))
        return "the size of a huge page is a power of 2: 2M, 1G";
    options->request.huge_log = (unsigned)__builtin_ctzll(page);
    return NULL;
}

enum { OPT_HUGE = OPT_OWN, OPT_NORESERVE, OPT_JSON };

static const struct option long_options[] = {
    {"key", required_argument, NULL, 'k'},
    {"exclusive", no_argument, NULL, 'x'},
    {"open", no_argument, NULL, 'o'},
    {"mode", required_argument, NULL, 'm'},
    {"huge", optional_argument, NULL, OPT_HUGE},
    {"noreserve", no_argument, NULL, OPT_NORESERVE},
    {"input", required_argument, NULL, 'i'},
    {"json", no_argument, NULL, OPT_JSON},
    REPORT_OPTIONS,
};

/* Returns -1 when the command line is whole, else the status to leave with. */
static int parse(int argc, char *argv[], struct options *options)
{
    struct segment_request *request = &options->request;
    const char *rule = NULL;
    bool has_mode = false;
    int option, status;

    while ((option = getopt_long(argc, argv, ":k:xom:i:", long_options, NULL)) != -1) {
        switch (option) {
        case 'k':
            rule = operand_key(optarg, &options->key);
            options->key_text = optarg;
            break;
        case 'x': request->exclusive = true; break;
        case 'o': request->open = true; break;
        case 'm':
            rule = operand_mode(optarg, &request->mode);
            has_mode = true;
            break;
        case 'i': options->input = optarg; break;
        case OPT_HUGE: rule = parse_huge(optarg, options); break;
        case OPT_NORESERVE: request->noreserve = true; break;
        case OPT_JSON: options->json = true; break;
        default:
            if ((status = report_option(option, argv)) >= 0)
                return status;
        }
        if (rule)
            return report_usage(optarg, rule);
    }
    if (argc - optind != 1)
        return report_usage("SIZE", argc == optind ? "it is missing; see --help" : "there is only one; see --help");
    if ((rule = operand_size(argv[optind], &request->size)))
        return report_usage(argv[optind], rule);
    /* To open asks for no more permission than is asked for; to create needs some. */
    if (!has_mode && !request->open)
        request->mode = 0600;
    request->name = options->key_text ? &options->key : NULL;
    if (request->open && (!request->name || (options->key.kind == OPERAND_KEY && options->key.key == IPC_PRIVATE)))
        return report_usage("--open", "it needs a key: -k 0x4d2, and not IPC_PRIVATE, which is always new");
    if (request->open && request->exclusive)
        return report_usage("--open", "it never creates, and --exclusive always does: one or the other");
    if (!options->key_text)
        options->key_text = argv[optind];
    return -1;
}

int main(int argc, char *argv[])
{
    struct options options = {0};
    report_start("shmcreate", help);
    const int status = parse(argc, argv, &options);
    return status >= 0 ? report_finish(status) : create(&options);
}
