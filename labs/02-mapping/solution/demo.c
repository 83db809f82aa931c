/*
 * demo.c - what becomes of a mapping. For the walk-through: nothing to do here, but read it.
 *
 *   $ ./demo fork ID      attach the segment twice, then fork, then exec, and look at nattch each
 * time $ ./demo address ID   attach it, and print the address $ ./demo write ID     attach it
 * read-only, and write to it nevertheless
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

/* The segment ID at an address of the kernel's choice. When shmat fails it returns (void *)-1, not
 * NULL. */
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

/* The child waits before execve(2) for a byte from us, and after it: cat(1) sends back the second
 * byte, which says that it is there, and then reads its standard input to the end, that is until we
 * close it. */
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
