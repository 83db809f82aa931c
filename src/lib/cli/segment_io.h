/* SPDX-License-Identifier: MIT */
/*
 * segment_io.h - copying into and out of a mapped segment, with what can go wrong reported.
 */
#ifndef IPCLAB_SEGMENT_IO_H
#define IPCLAB_SEGMENT_IO_H

#include "lib/segment/segment.h"

#include <stdint.h>

/* A transfer_progress of bytes (transfer.h), for a terminal. */
void segment_io_progress(uint64_t done, uint64_t total);

/*
 * Reports errno of a read or write of MAPPING that failed near OFFSET, in bytes from its start:
 * "SUBJECT: ACTION: ...". EFAULT means that no page is there, and is explained. Returns
 * EXIT_REFUSED.
 */
int segment_io_failed(const struct segment_mapping *mapping, uint64_t offset, const char *subject,
                      const char *action);

/*
 * Reads FD to its end, into ROOM bytes of MAPPING from OFFSET on, all of which are in the segment.
 * What does not fit is an error, so that an input that was cut off is not taken for a whole one.
 * Reports it, and failures, which say ACTION, about SUBJECT. Returns an exit status.
 */
int segment_io_fill(const struct segment_mapping *mapping, uint64_t offset, uint64_t room, int fd,
                    const char *subject, const char *action);

#endif
