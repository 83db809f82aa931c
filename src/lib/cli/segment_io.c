/* SPDX-License-Identifier: MIT */
/*
 * segment_io.c - see segment_io.h.
 */
#include "config.h"

#include "lib/cli/segment_io.h"

#include "lib/cli/report.h"
#include "lib/segment/transfer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>

/* How much of an endless input is counted. */
#define LEFT_LIMIT ((uint64_t)64 * 1024 * 1024)

void segment_io_progress(uint64_t done, uint64_t total)
{
    report_progress(done, total, "bytes");
}

int segment_io_failed(const struct segment_mapping *mapping, uint64_t offset, const char *subject,
                      const char *action)
{
    char why[512], hint[512];
    if (errno != EFAULT)
        return report_error(subject, action);
    mapping->segment.kind->explain_sigbus(mapping, mapping->address + (uintptr_t)offset, why, hint);
    report_about(subject, "%s: EFAULT: %s", action, why);
    return EXIT_REFUSED;
}

int segment_io_fill(const struct segment_mapping *mapping, uint64_t offset, uint64_t room, int fd,
                    const char *subject, const char *action)
{
    uint64_t got, left = 0;
    bool more = false;
    if (transfer_in((char *)mapping->address + offset, room, fd, &got, segment_io_progress) ||
        (got == room && transfer_left(fd, LEFT_LIMIT, &left, &more)))
        return segment_io_failed(mapping, offset + got, subject, action);
    if (!left)
        return EXIT_DONE;
    report_about(subject, "%s%" PRIu64 " bytes did not fit; the first %" PRIu64 " were written",
                 more ? "more than " : "", left, got);
    return EXIT_REFUSED;
}
