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

/* What the parent knows about the child for one FILE. */
struct child {
    const char *file;
    pid_t pid; /* 0: the child has ended, or has never started */
    int lost;  /* the child failed or crashed, so its number means nothing */
};

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

/* Start a child for each FILE. It calls _exit, not exit: the parent does the work of atexit and
 * stdio. */
static int start(struct child *children, int n, uint64_t *counts, const sigset_t *usual)
{
    for (int i = 0; i < n; i++) {
        const pid_t pid = fork();
        if (pid < 0) {
            perror("tally: fork");
            return 0;
        }
        if (pid == 0) {
            sigprocmask(SIG_SETMASK, usual, NULL);
            _exit(count_lines(children[i].file, &counts[i]));
        }
        children[i].pid = pid;
    }
    return 1;
}

static void stop(const struct child *children, int n)
{
    for (int i = 0; i < n; i++)
        if (children[i].pid)
            kill(children[i].pid, SIGTERM);
}

/* Note all children that have ended. Returns how many are left. */
static int collect(struct child *children, int n, int stopped)
{
    int left = 0;
    for (int i = 0; i < n; i++) {
        int status;
        if (children[i].pid && waitpid(children[i].pid, &status, WNOHANG) == children[i].pid) {
            children[i].pid = 0;
            children[i].lost = status != 0 && !stopped;
            if (children[i].lost && WIFSIGNALED(status))
                fprintf(stderr, "tally: %s: a signal ended the child: %s\n", children[i].file,
                        strsignal(WTERMSIG(status)));
        }
        left += children[i].pid != 0;
    }
    return left;
}

/* Wait until no child is left. SIGCHLD, SIGINT and SIGTERM are blocked: if one comes between
 * collect and sigwait, it stays pending, and sigwait returns at once. Returns the signal that asked
 * us to end, or 0. */
static int await(struct child *children, int n, const sigset_t *ours, int stopped)
{
    int asked = 0, number;
    while (collect(children, n, stopped || asked)) {
        if (sigwait(ours, &number) || number == SIGCHLD)
            continue;
        asked = number;
        stop(children, n);
    }
    return asked;
}

static int report(const struct child *children, int n, const uint64_t *counts)
{
    uint64_t total = 0;
    int lost = 0;
    for (int i = 0; i < n; i++) {
        lost |= children[i].lost;
        if (children[i].lost)
            continue;
        printf("%" PRIu64 " %s\n", counts[i], children[i].file);
        total += counts[i];
    }
    printf("%" PRIu64 " total\n", total);
    return fflush(stdout) != 0 || lost;
}

int main(int argc, char **argv)
{
    struct child children[most_files] = {0};
    const int n = argc - 1;
    if (n < 1 || n > most_files) {
        fprintf(stderr, "usage: tally FILE... (%d at most)\n", most_files);
        return 2;
    }
    for (int i = 0; i < n; i++)
        children[i].file = argv[i + 1];

    /* Block the signals before there is anything to clean up: from now on they wait for sigwait. */
    sigset_t ours, usual;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ours, &usual);

    const int id = shmget(segment_key, segment_size, IPC_CREAT | IPC_EXCL | 0600);
    if (id < 0) {
        perror("tally: cannot create the segment");
        return 1;
    }
    uint64_t *const counts = shmat(id, NULL, 0);
    if (counts == (void *)-1) {
        perror("tally: shmat");
        shmctl(id, IPC_RMID, NULL);
        return 1;
    }

    const int started = start(children, n, counts, &usual);
    if (!started)
        stop(children, n);
    const int asked = await(children, n, &ours, !started);

    /* No child is left, but we are still attached. So the key becomes free now, and the numbers
     * stay until we end. Whatever ends us while we print them, we leave nothing behind. */
    shmctl(id, IPC_RMID, NULL);
    const int failed = report(children, n, counts) || !started;
    if (asked)
        return 1;
    return failed;
}
