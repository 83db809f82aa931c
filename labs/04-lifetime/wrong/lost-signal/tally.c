/*
 * tally.c - count the lines of several files at once, a process for each; leave nothing behind
 *
 *   $ ./tally /etc/passwd /etc/group
 *   24 /etc/passwd
 *   51 /etc/group
 *   75 total
 */
#define _GNU_SOURCE
#include <errno.h>
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
static int start(struct child *children, int n, uint64_t *counts)
{
    for (int i = 0; i < n; i++) {
        const pid_t pid = fork();
        if (pid < 0) {
            perror("tally: fork");
            return 0;
        }
        if (pid == 0) {
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
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

static volatile sig_atomic_t asked;

static void on_signal(int number)
{
    asked = number;
}

/* Wait until no child is left. */
static void await(struct child *children, int n)
{
    for (int left = n; left > 0;) {
        int status;
        if (asked)
            stop(children, n);
        const pid_t pid = wait(&status);
        if (pid < 0 && errno != EINTR)
            return;
        for (int i = 0; pid > 0 && i < n; i++)
            if (children[i].pid == pid) {
                left--;
                children[i].pid = 0;
                children[i].lost = status != 0 && !asked;
                if (children[i].lost && WIFSIGNALED(status))
                    fprintf(stderr, "tally: %s: a signal ended the child: %s\n", children[i].file,
                            strsignal(WTERMSIG(status)));
            }
    }
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

/* End by the signal NUMBER, so that the program that started us sees the reason. */
static void die_by(int number)
{
    signal(number, SIG_DFL);
    raise(number);
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

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

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

    const int started = start(children, n, counts);
    if (!started)
        stop(children, n);
    await(children, n);

    /* No child is left, but we are still attached. So the key becomes free now, and the numbers
     * stay until we end. Whatever ends us while we print them, we leave nothing behind. */
    shmctl(id, IPC_RMID, NULL);
    const int failed = report(children, n, counts) || !started;
    if (asked)
        die_by(asked);
    return failed;
}
