/* SPDX-License-Identifier: MIT */
/*
 * keep.c - hold all processes of a check together, and end them
 *
 * A PID namespace ends its processes when its init ends. Where there is none, a child subreaper
 * (prctl(2), PR_SET_CHILD_SUBREAPER) takes its part: a process whose parent ends becomes a child of
 * ours, so all that the student's programs start remain our descendants, whatever sessions and
 * process groups they make. No process takes our part if SIGKILL ends us: then the check itself
 * ends (PR_SET_PDEATHSIG), and the student's programs that still run remain.
 */
#define _GNU_SOURCE

#include "ipclab/sandbox/keep.h"

#include "ipclab/sandbox/student.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
    pid_t pid, parent;
    char state;
    bool ours;
};

struct processes {
    struct process *list;
    size_t count, room;
};

static bool read_process(const char *pid, struct process *process)
{
    char path[300], line[512];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    const bool read = fgets(line, sizeof line, file);
    fclose(file);
    /* The name, in parentheses, may hold anything. */
    const char *rest = read ? strrchr(line, ')') : NULL;
    *process = (struct process){.pid = atoi(pid)};
    return rest && sscanf(rest, ") %c %d", &process->state, &process->parent) == 2;
}

static void read_processes(struct processes *all)
{
    DIR *directory = opendir("/proc");
    if (!directory)
        give_up("/proc");
    all->count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (!isdigit((unsigned char)*entry->d_name))
            continue;
        if (all->count == all->room) {
            all->room = all->room ? 2 * all->room : 256;
            all->list = realloc(all->list, all->room * sizeof *all->list);
            if (!all->list)
                give_up("memory");
        }
        if (read_process(entry->d_name, all->list + all->count))
            all->count++;
    }
    closedir(directory);
}

static bool is_ours(const struct processes *all, pid_t parent)
{
    if (parent == getpid())
        return true;
    for (size_t i = 0; i < all->count; i++)
        if (all->list[i].pid == parent)
            return all->list[i].ours;
    return false;
}

/* A child may have a lower PID than its parent, so this looks until it finds no more. */
static void mark_ours(struct processes *all)
{
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < all->count; i++)
            if (!all->list[i].ours && is_ours(all, all->list[i].parent))
                more = all->list[i].ours = true;
    }
}

/* Sends SIGNAL to all our descendants that still run. Returns how many could still start others:
 * neither stopped nor ended. */
static size_t send_to_ours(struct processes *all, int signal)
{
    size_t running = 0;
    read_processes(all);
    mark_ours(all);
    for (size_t i = 0; i < all->count; i++) {
        const struct process *process = all->list + i;
        if (!process->ours || process->state == 'Z' || process->state == 'X')
            continue;
        kill(process->pid, signal);
        running += process->state != 'T' && process->state != 't';
    }
    return running;
}

/* Stops all before it kills any, because a fork bomb fills the room that each killed process
 * leaves. A process in an uninterruptible sleep stops later, so the number of rounds is bounded. */
static void end_all(void)
{
    enum { most_rounds = 50 };
    struct processes all = {0};
    do {
        for (int round = 0; round < most_rounds && send_to_ours(&all, SIGSTOP); round++)
            ;
        send_to_ours(&all, SIGKILL);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    } while (waitpid(-1, NULL, 0) > 0 || errno != ECHILD);
    free(all.list);
}

static pid_t start(char **command, const sigset_t *mask)
{
    const pid_t keeper = getpid(), pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid)
        return pid;
    sigprocmask(SIG_SETMASK, mask, NULL);
    /* We may have ended before the prctl. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != keeper)
        _exit(cannot_enter);
    execvp(*command, command);
    give_up(*command);
}

int keep_box(char **command, char **last)
{
    sigset_t awaited, before;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    sigaddset(&awaited, SIGCHLD);
    /* Blocked, a signal that arrives at any moment waits for sigwaitinfo; and LAST runs to its end.
     */
    if (sigprocmask(SIG_BLOCK, &awaited, &before) || prctl(PR_SET_CHILD_SUBREAPER, 1))
        give_up("subreaper");
    const pid_t pid = start(command, &before);
    bool ended = false;
    while (!ended) {
        pid_t child;
        const int signal = sigwaitinfo(&awaited, NULL);
        ended = signal > 0 && signal != SIGCHLD;
        while ((child = waitpid(-1, NULL, WNOHANG)) > 0)
            ended |= child == pid;
    }
    end_all();
    execvp(*last, last);
    give_up(*last);
}
