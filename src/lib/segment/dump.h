/* SPDX-License-Identifier: MIT */
/*
 * dump.h - print bytes as hexdump -C does.
 */
#ifndef IPCLAB_DUMP_H
#define IPCLAB_DUMP_H

#include <stdint.h>
#include <stdio.h>

/*
 * Writes LENGTH bytes of DATA to TO exactly as `hexdump -C -s OFFSET -n LENGTH` prints a file:
 * sixteen bytes a line, offsets from OFFSET on, one * for a run of equal lines, the end's offset
 * last, and nothing at all for no bytes. Calls PROGRESS with the number of bytes done. Returns 0,
 * or -1 with errno.
 */
int dump(const unsigned char *data, uint64_t length, uint64_t offset, FILE *to,
         void (*progress)(uint64_t done, uint64_t total));

#endif
