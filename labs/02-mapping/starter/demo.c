/*
 * demo.c - show what happens to a mapping. For the walk-through: read it; you write nothing here.
 *
 *   $ ./demo fork ID       attach the segment twice, fork, exec; print nattch after each step
 *   $ ./demo address ID    attach the segment, and print its address
 *   $ ./demo write ID      attach the segment read-only, and write to it nevertheless
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* Attach segment ID at an address that the kernel chooses. If shmat fails, it returns (void *)-1,
 * not NULL. */
static char *attach(int id, int flags)
{
    char *address = shmat(id, NULL, flags);
    if (address == (void *)-1) {
        perror("demo: shmat");
        exit(1);
    }
    return address;
}

static void show_nattch(int id, const char *when)
{
    struct shmid_ds about;
    if (shmctl(id, IPC_STAT, &about)) {
        perror("demo: shmctl");
        exit(1);
    }
    printf("%-28s nattch is %lu\n", when, (unsigned long)about.shm_nattch);
    fflush(stdout);
}

/* The child reads one byte before it calls execve(2). The second byte is for cat(1), which copies
 * it to us and so shows that it runs; then cat waits for the end of its input, until we close the
 * pipe. */
static void demo_fork(int id)
{
    int go_on[2], is_there[2];
    char byte;
    pid_t child;
    attach(id, 0);
    show_nattch(id, "attached:");
    attach(id, SHM_RDONLY);
    show_nattch(id, "attached a second time:");
    if (pipe(go_on) || pipe(is_there) || (child = fork()) < 0) {
        perror("demo");
        exit(1);
    }
    if (child == 0) {
        dup2(go_on[0], STDIN_FILENO);
        dup2(is_there[1], STDOUT_FILENO);
        close(go_on[1]);
        if (read(STDIN_FILENO, &byte, 1) == 1)
            execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    show_nattch(id, "after fork:");
    if (write(go_on[1], "gx", 2) != 2 || read(is_there[0], &byte, 1) != 1)
        exit(1);
    show_nattch(id, "after the child's exec:");
    close(go_on[1]);
    waitpid(child, NULL, 0);
    show_nattch(id, "after the child's end:");
}

static void demo_write(int id)
{
    char *address = attach(id, SHM_RDONLY);
    printf("the first byte is %d; now it becomes 1\n", address[0]);
    fflush(stdout);
    address[0] = 1;
    puts("it did");
}

int main(int argc, char **argv)
{
    const int id = argc == 3 ? atoi(argv[2]) : 0;
    if (argc == 3 && !strcmp(argv[1], "fork"))
        demo_fork(id);
    else if (argc == 3 && !strcmp(argv[1], "address"))
        printf("%p\n", (void *)attach(id, 0));
    else if (argc == 3 && !strcmp(argv[1], "write"))
        demo_write(id);
    else {
        fprintf(stderr, "usage: demo fork|address|write ID\n");
        return 2;
    }
    return 0;
}
