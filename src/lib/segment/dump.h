/*
 * dump.h - bytes as hexdump -C shows them.
 */
#ifndef IPCLAB_DUMP_H
#define IPCLAB_DUMP_H

#include <stdint.h>
#include <stdio.h>

/*
 * Writes LENGTH bytes of DATA to TO, byte for byte as `hexdump -C` would, numbered from OFFSET on
 * (so as `hexdump -C -s OFFSET -n LENGTH` does with a file): sixteen a line, runs of equal lines as
 * one *, the end's offset last, nothing at all for no bytes. PROGRESS is told how many bytes are
 * done. Returns 0, or -1 with errno.
 */
int dump(const unsigned char *data, uint64_t length, uint64_t offset, FILE *to,
         void (*progress)(uint64_t done, uint64_t total));

#endif
