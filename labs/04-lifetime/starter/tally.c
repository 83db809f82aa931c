/*
 * tally.c - count the lines of several files at once, a process for each; leave nothing behind
 *
 *   $ ./tally /etc/passwd /etc/group
 *   24 /etc/passwd
 *   51 /etc/group
 *   75 total
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { segment_key = 0x1ab04, segment_size = 4096, most_files = 64 };

/* In the child: count the newlines of FILE in *lines, so that others can follow the count. Returns
 * the exit status of the child. */
static int count_lines(const char *file, uint64_t *lines)
{
    char buffer[4096];
    ssize_t got;
    const int fd = open(file, O_RDONLY);
    if (fd < 0) {
        fprintf(stderr, "tally: cannot read %s\n", file);
        return 1;
    }
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < got; i++)
            *lines += buffer[i] == '\n';
    return got < 0;
}

int main(int argc, char **argv)
{
    const int n = argc - 1;
    if (n < 1 || n > most_files) {
        fprintf(stderr, "usage: tally FILE... (%d at most)\n", most_files);
        return 2;
    }

    /* TODO: what must happen when SIGINT or SIGTERM comes? From which moment on? */

    /* TODO: what if the segment already exists? */
    const int id = shmget(segment_key, segment_size, IPC_CREAT | 0600);
    if (id < 0) {
        perror("tally: cannot create the segment");
        return 1;
    }
    uint64_t *const counts = shmat(id, NULL, 0);
    if (counts == (void *)-1) {
        perror("tally: shmat");
        return 1; /* TODO: what happens to the segment? */
    }

    /* TODO: count all FILEs at once, each in a child, instead of one by one in this process. */
    for (int i = 0; i < n; i++)
        count_lines(argv[i + 1], &counts[i]);

    /* TODO: wait for all children, however they end. */

    uint64_t total = 0;
    for (int i = 0; i < n; i++) {
        printf("%" PRIu64 " %s\n", counts[i], argv[i + 1]);
        total += counts[i];
    }
    printf("%" PRIu64 " total\n", total);

    /* TODO: remove the segment, on this way out and on every other. */
    return 0;
}
