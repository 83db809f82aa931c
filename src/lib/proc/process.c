/* SPDX-License-Identifier: MIT */
/*
 * process.c - see process.h.
 */
#include "config.h"

#include "lib/proc/process.h"

#include "lib/proc/stat.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The error of reading PID's files was ERROR: is the process gone? */
static void judge(const struct procfs *fs, pid_t pid, int error, struct procfs_process *out)
{
    const bool absent = error == ENOENT || error == ESRCH;
    out->error = error;
    if (fs->partial == PROCFS_FOREIGN || fs->partial == PROCFS_NO_TREE)
        out->doubt = fs->partial;
    else if (!absent)
        out->doubt = PROCFS_UNREADABLE;
    else if (!fs->live || (kill(pid, 0) && errno == ESRCH))
        out->life = PROCFS_GONE;
    else
        out->doubt = PROCFS_HIDDEN;
}

static void read_stat(const struct procfs *fs, pid_t pid, struct file_buffer *buffer,
                      struct procfs_process *out)
{
    struct procfs_stat stat;
    if (procfs_read_file(fs, pid, "stat", buffer)) {
        judge(fs, pid, errno, out);
        return;
    }
    if (!procfs_parse_stat(buffer->text, &stat)) {
        judge(fs, pid, EBADMSG, out);
        return;
    }
    out->parent = stat.parent;
    /* The first thread is a zombie while others of the process still run. */
    out->life =
        (stat.state != 'Z' && stat.state != 'X') || stat.threads > 1 ? PROCFS_ALIVE : PROCFS_GONE;
    if (fs->partial == PROCFS_FOREIGN) {
        out->life = PROCFS_NOT_KNOWN;
        out->doubt = PROCFS_FOREIGN;
    }
    if (fs->boot)
        out->started = fs->boot + (time_t)(stat.started / (uint64_t)sysconf(_SC_CLK_TCK));
    const int length =
        snprintf(out->command, sizeof out->command, "[%.*s]", (int)stat.name_length, stat.name);
    out->command_length =
        (size_t)length < sizeof out->command ? (size_t)length : sizeof out->command - 1;
}

static void read_command_line(const struct procfs *fs, pid_t pid, struct file_buffer *buffer,
                              struct procfs_process *out)
{
    if (procfs_read_file(fs, pid, "cmdline", buffer) || !buffer->length)
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
    struct file_buffer buffer = {0};
    *out = (struct procfs_process){.uid = (uid_t)-1};
    if (pid <= 0) {
        out->doubt = PROCFS_ELSEWHERE;
        return;
    }
    read_stat(fs, pid, &buffer, out);
    if (out->command_length && out->life != PROCFS_GONE) {
        const char *line;
        read_command_line(fs, pid, &buffer, out);
        /* "Uid:" real effective saved filesystem. The folder's owner would not do: it is root for
         * a process that cannot dump core. */
        if (procfs_read_file(fs, pid, "status", &buffer) == 0 &&
            (line = strstr(buffer.text, "\nUid:")))
            sscanf(line + 5, " %*u %u", &out->uid);
    }
    free(buffer.text);
}

enum procfs_life procfs_life_at(const struct procfs *fs, const struct procfs_process *process,
                                time_t when, enum procfs_doubt *doubt)
{
    const time_t now = time(NULL);
    if (doubt)
        *doubt = process->doubt;
    if (process->life != PROCFS_ALIVE || (process->started && process->started <= when + 1))
        return process->life;
    if (process->started && !fs->stepped && process->started <= now + 1 && when >= fs->boot &&
        when <= now + 1)
        return PROCFS_GONE;
    if (doubt)
        *doubt = PROCFS_CLOCK;
    return PROCFS_NOT_KNOWN;
}

const char *procfs_life_word(enum procfs_life life)
{
    static const char *const words[] = {
        [PROCFS_NOT_KNOWN] = "?", [PROCFS_ALIVE] = "alive", [PROCFS_GONE] = "gone"};
    return words[life];
}

const char *procfs_doubt_text(enum procfs_doubt doubt)
{
    static const char *const texts[] = {
        [PROCFS_NO_DOUBT] = "nothing shows it",
        [PROCFS_NO_TREE] = "there is no /proc to read",
        [PROCFS_FOREIGN] = "/proc is that of another PID namespace",
        [PROCFS_ELSEWHERE] = "in another PID namespace",
        [PROCFS_HIDDEN] = "/proc hides it (hidepid)",
        [PROCFS_UNREADABLE] = "its files in /proc cannot be read",
        [PROCFS_CLOCK] = "the clock was set, so its start proves nothing",
    };
    return texts[doubt];
}

pid_t procfs_tgid(const struct procfs *fs, pid_t tid)
{
    struct file_buffer buffer = {0};
    const char *line;
    pid_t tgid = 0;
    char state = 'X';
    if (procfs_read_file(fs, tid, "status", &buffer) == 0) {
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
    struct file_buffer buffer = {0};
    path[0] = '\0';
    if (procfs_read_file(fs, pid, "cgroup", &buffer) == 0) {
        /* "0::/path" is version 2; without one, take the first line, "12:name:/path". */
        const char *line =
            !strncmp(buffer.text, "0::", 3) ? buffer.text : strstr(buffer.text, "\n0::");
        line = line ? line + (*line == '\n') : buffer.text;
        const char *first = strchr(line, ':'), *at = first ? strchr(first + 1, ':') : NULL;
        if (at)
            snprintf(path, size, "%.*s", (int)(procfs_line_end(at) - at - 1), at + 1);
    }
    free(buffer.text);
}

/* A process that was read already, in a tree of tsearch(3). */
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
    static const struct procfs_process unknown = {
        .doubt = PROCFS_UNREADABLE, .error = ENOMEM, .uid = (uid_t)-1};
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
