/*
 * procfs_file.h - what the files behind procfs.h share: reading a file of a process, and a line of
 * its maps.
 */
#ifndef IPCLAB_PROCFS_FILE_H
#define IPCLAB_PROCFS_FILE_H

#include "lib/proc/procfs.h"

/* A whole file of /proc; the buffer is kept from file to file. */
struct slurp {
    char *text; /* ended by NUL */
    size_t length, capacity;
};

/* Reads /proc/PID/NAME into *OUT, which is to be freed. Returns 0, or -1 with errno. */
int procfs_slurp(const struct procfs *fs, pid_t pid, const char *name, struct slurp *out);

/*
 * Takes a line of maps apart: "7f1c-7f2c rw-s 00000000 00:01 5    /SYSV000004d2 (deleted)". The
 * line ends at *end, a newline or NUL. Returns false for a line of another shape.
 */
bool procfs_parse_map(const char *line, const char *end, struct procfs_map *map);

/* Where the line ends: at its newline, or at the NUL. */
const char *procfs_line_end(const char *line);

#endif
