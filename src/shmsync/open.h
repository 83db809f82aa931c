/* SPDX-License-Identifier: MIT */
/*
 * open.h - a segment with objects: found, mapped, checked, and unmapped.
 */
#ifndef IPCLAB_SHMSYNC_OPEN_H
#define IPCLAB_SHMSYNC_OPEN_H

#include "lib/base/operand.h"
#include "lib/pshared/pshared.h"
#include "lib/segment/segment.h"

struct sync_segment {
    const char *text;
    char shown[512]; /* TEXT, safe to print */
    struct operand operand;
    struct segment_mapping mapping;
    struct pshared pshared;
    bool mapped;
};

enum open_how {
    OPEN_READ, /* map it read-only */
    OPEN_WRITE,
    OPEN_MAKE, /* and make the header if there is none */
};

/* Reads the SEGMENT of a command line. Returns NULL, or the rule that TEXT broke. */
const char *sync_parse(const char *text, struct sync_segment *out);

/*
 * Finds and maps the segment, and checks its header. From then on a SIGBUS, which an access beyond
 * a segment that was truncated raises (mmap(2)), ends the program with a message. Reports what is
 * wrong. Returns EXIT_DONE or EXIT_REFUSED; sync_close() in any case.
 */
int sync_open(struct sync_segment *segment, enum open_how how);
void sync_close(struct sync_segment *segment);

/* Finds an object of KIND (0: any) by its name. Reports what is wrong. Returns EXIT_DONE or
 * EXIT_REFUSED. */
int sync_find(const struct sync_segment *segment, const char *name, enum pshared_kind kind,
              struct pshared_object *out);

/* The data area, and its size in bytes. */
void *sync_data(const struct sync_segment *segment);
uint64_t sync_data_size(const struct sync_segment *segment);

/* "5: m", the subject of a message about an object. Valid until the next call. */
const char *sync_subject(const struct sync_segment *segment, const struct pshared_object *object);

/* Reports the last refused call, which was about this object. Returns EXIT_BLOCKED where it would
 * have blocked (ETIMEDOUT, EBUSY, EAGAIN), otherwise EXIT_REFUSED. */
int sync_refused(const struct sync_segment *segment, const struct pshared_object *object);

#endif
