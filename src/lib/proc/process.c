/*
 * procfs_process.c - what is known of a process; see procfs.h.
 */
#include "config.h"

#include "lib/proc/tree.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Field 3 of /proc/PID/stat is the state, field 4 the parent and field 22 the start, in clock ticks
 * since boot (proc_pid_stat(5)). */
static void read_stat(const struct procfs *fs, pid_t pid, struct slurp *buffer,
                      struct procfs_process *out)
{
    char state;
    long threads;
    uint64_t ticks;
    if (procfs_slurp(fs, pid, "stat", buffer))
        return;
    /* The name in front is the process's own choice and may hold anything, parentheses too. */
    const char *name = strchr(buffer->text, '('), *end = strrchr(buffer->text, ')');
    if (!name || !end || end < name ||
        sscanf(
            end + 1,
            " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %" SCNu64,
            &state, &out->parent, &threads, &ticks) != 4)
        return;
    out->exists = (state != 'Z' && state != 'X') ||
                  threads > 1; /* the first thread may end before the others */
    if (fs->boot)
        out->started = fs->boot + (time_t)(ticks / (uint64_t)sysconf(_SC_CLK_TCK));
    int length =
        snprintf(out->command, sizeof out->command, "[%.*s]", (int)(end - name - 1), name + 1);
    out->command_length =
        (size_t)length < sizeof out->command ? (size_t)length : sizeof out->command - 1;
}

static void read_command_line(const struct procfs *fs, pid_t pid, struct slurp *buffer,
                              struct procfs_process *out)
{
    if (procfs_slurp(fs, pid, "cmdline", buffer) || !buffer->length)
        return;
    size_t length = buffer->length < sizeof out->command ? buffer->length : sizeof out->command - 1;
    while (length > 1 && !buffer->text[length - 1])
        length--;
    for (size_t i = 0; i < length; i++)
        out->command[i] = buffer->text[i] ? buffer->text[i] : ' ';
    out->command[length] = '\0';
    out->command_length = length;
}

void procfs_process(const struct procfs *fs, pid_t pid, struct procfs_process *out)
{
    struct slurp buffer = {0};
    *out = (struct procfs_process){.uid = (uid_t)-1};
    read_stat(fs, pid, &buffer, out);
    if (out->exists) {
        const char *line;
        read_command_line(fs, pid, &buffer, out);
        /* "Uid:" real effective saved filesystem; the owner of the folder is root's for a process
         * that cannot dump */
        if (procfs_slurp(fs, pid, "status", &buffer) == 0 && (line = strstr(buffer.text, "\nUid:")))
            sscanf(line + 5, " %*u %u", &out->uid);
    }
    free(buffer.text);
}

pid_t procfs_tgid(const struct procfs *fs, pid_t tid)
{
    struct slurp buffer = {0};
    const char *line;
    pid_t tgid = 0;
    char state = 'X';
    if (procfs_slurp(fs, tid, "status", &buffer) == 0) {
        if ((line = strstr(buffer.text, "\nState:")))
            sscanf(line + 7, " %c", &state);
        if (state != 'Z' && state != 'X' && (line = strstr(buffer.text, "\nTgid:")))
            sscanf(line + 6, " %d", &tgid);
    }
    free(buffer.text);
    return tgid;
}

void procfs_cgroup(const struct procfs *fs, pid_t pid, char *path, size_t size)
{
    struct slurp buffer = {0};
    path[0] = '\0';
    if (procfs_slurp(fs, pid, "cgroup", &buffer) == 0) {
        /* "0::/path" is version 2; else the first line, "12:name:/path" */
        const char *line =
            !strncmp(buffer.text, "0::", 3) ? buffer.text : strstr(buffer.text, "\n0::");
        line = line ? line + (*line == '\n') : buffer.text;
        const char *first = strchr(line, ':'), *at = first ? strchr(first + 1, ':') : NULL;
        if (at)
            snprintf(path, size, "%.*s", (int)(procfs_line_end(at) - at - 1), at + 1);
    }
    free(buffer.text);
}

/* A process that was asked about, in a tree of tsearch(3). */
struct seen {
    pid_t pid;
    struct procfs_process process;
};

static int by_pid(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

const struct procfs_process *procfs_process_once(const struct procfs *fs, void **seen, pid_t pid)
{
    static const struct procfs_process unknown = {.uid = (uid_t)-1};
    const struct seen wanted = {.pid = pid};
    struct seen *const *found = tfind(&wanted, seen, by_pid);
    if (found)
        return &(*found)->process;
    struct seen *added = malloc(sizeof *added);
    if (!added)
        return &unknown;
    added->pid = pid;
    procfs_process(fs, pid, &added->process);
    if (!tsearch(added, seen, by_pid)) {
        free(added);
        return &unknown;
    }
    return &added->process;
}

void procfs_seen_free(void **seen)
{
    tdestroy(*seen, free);
    *seen = NULL;
}
