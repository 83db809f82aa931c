/* SPDX-License-Identifier: MIT */
/*
 * holder.c - processes that have segments attached in every way there is, and stay until told to
 * go.
 *
 *   holder [--fork N] [--threads N] [--exec] [--leader-exits] [--file PATH] [ID[@ADDRESS][,ro]...]
 *
 * Attaches each ID (touching its first byte if it may write), maps PATH shared as well, then starts
 * N children that inherit all of it, or N threads, or (--exec) one child that attaches and then
 * becomes another program, which detaches it. Prints "ready PID [CHILD...]" and holds until
 * standard input ends. The children end with it, however it ends. With --leader-exits its first
 * thread has ended by then and another one holds: a zombie in ps(1), and yet attached.
 */
#include "config.h"

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void attach(const char *text)
{
    char *end;
    const int id = (int)strtol(text, &end, 10);
    void *address = *end == '@' ? (void *)strtoull(end + 1, &end, 16) : NULL;
    const int ro = !strcmp(end, ",ro");
    char *at = shmat(id, address, ro ? SHM_RDONLY : 0);
    if (at == (void *)-1)
        die(text);
    if (!ro)
        *(volatile char *)at = 1;
}

static void map_file(const char *path)
{
    const int fd = open(path, O_RDWR);
    if (fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED)
        die(path);
    close(fd);
}

static void *stay(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* A child that inherits everything; with EXEC it becomes a program that has nothing of it and that
 * says so. */
static pid_t start(int exec)
{
    int ready[2];
    char byte;
    if (pipe2(ready, O_CLOEXEC))
        die("pipe2");
    const pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (exec)
            execlp("sleep", "sleep", "infinity", (char *)NULL);
        close(ready[1]);
        stay(NULL);
    }
    /* The pipe ends when the child has closed its end, by exec or by hand: then it is in place. */
    close(ready[1]);
    while (read(ready[0], &byte, 1) > 0)
        ;
    close(ready[0]);
    return pid;
}

static void *hold(void *arg)
{
    char sink[256];
    while (read(STDIN_FILENO, sink, sizeof sink) > 0)
        ;
    exit(0);
    return arg;
}

/* Says "ready" when the first thread, which is the caller's, has become a zombie. */
static void *hold_alone(void *arg)
{
    char stat[256], state = 0;
    while (state != 'Z') {
        FILE *file = fopen("/proc/self/stat", "r");
        const char *end = file && fgets(stat, sizeof stat, file) ? strrchr(stat, ')') : NULL;
        state = end && end[1] ? end[2] : 0;
        if (file)
            fclose(file);
    }
    putchar('\n');
    fflush(stdout);
    return hold(arg);
}

static void exit_leader(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, hold_alone, NULL))
        die("pthread_create");
    pthread_exit(NULL);
}

int main(int argc, char *argv[])
{
    static const struct option options[] = {
        {"fork", required_argument, NULL, 'f'},    {"exec", no_argument, NULL, 'e'},
        {"threads", required_argument, NULL, 't'}, {"file", required_argument, NULL, 'm'},
        {"leader-exits", no_argument, NULL, 'l'},  {NULL, 0, NULL, 0},
    };
    long forks = 0, threads = 0;
    int option, exec = 0, leader_exits = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'f')
            forks = strtol(optarg, NULL, 10);
        else if (option == 't')
            threads = strtol(optarg, NULL, 10);
        else if (option == 'e')
            exec = 1;
        else if (option == 'm')
            map_file(optarg);
        else if (option == 'l')
            leader_exits = 1;
        else
            return 2;
    }
    for (; optind < argc; optind++)
        attach(argv[optind]);
    for (; threads > 0; threads--) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, stay, NULL))
            die("pthread_create");
    }
    /* Nothing may be in stdio's buffer when a child is made, or it would be printed twice. */
    printf("ready %d", (int)getpid());
    fflush(stdout);
    for (; forks > 0; forks--) {
        printf(" %d", (int)start(0));
        fflush(stdout);
    }
    if (exec)
        printf(" %d", (int)start(1));
    if (leader_exits)
        exit_leader();
    putchar('\n');
    fflush(stdout);
    hold(NULL);
    return 0;
}
