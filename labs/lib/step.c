/*
 * step.c - to be preloaded: as gate.c, but a program stops before and after each call, and tells
 * what it does
 *
 *   $ IPCLAB_GATE=/tmp/gate/a LD_PRELOAD=/tmp/gate/gate.so ./student-program
 *
 * A line is written to the FIFO IPCLAB_GATE.at, "before semop 0-1,2-1" or "after semop 0-1,2-1",
 * and then a byte is read from IPCLAB_GATE.go. So the check can be the other process that comes
 * between two steps of the program, where these are loads and stores: between a program's giving
 * something back and whatever it does next. Of a call that fails there is no "after". Nothing else
 * changes: arguments, results, errno are the program's own. Where there is no FIFO, nothing is
 * stopped.
 *
 * The POSIX calls are told with the name of the object: "before sem_wait /apples".
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

enum { longest_line = 200, most_semaphores = 64 };

/* Opens the FIFO IPCLAB_GATE.END. The check has it open for both, so this does not wait. */
static int open_fifo(const char *end, int flags)
{
    int (*real)(const char *, int, ...);
    void *found = dlsym(RTLD_NEXT, "open");
    char path[256];
    const char *gate = getenv("IPCLAB_GATE");
    if (!found || !gate || snprintf(path, sizeof path, "%s.%s", gate, end) >= (int)sizeof path)
        return -1;
    memcpy(&real, &found,
           sizeof found); /* POSIX has no other way to make a function pointer of it */
    return real(path, flags | O_CLOEXEC);
}

/* Says WHEN and WHAT, and waits until it may go on; invariant: one byte read for one line written.
 * Keeps errno. */
static void stop(const char *when, const char *call, const char *what)
{
    const int saved = errno;
    const int at = open_fifo("at", O_WRONLY);
    const int go = open_fifo("go", O_RDONLY);
    char line[longest_line];
    int length = snprintf(line, sizeof line, "%s %s%s%s\n", when, call, *what ? " " : "", what);
    if (length >= longest_line) {
        length = longest_line - 1;
        line[length - 1] = '\n';
    }
    if (at >= 0 && go >= 0 && write(at, line, (size_t)length) == length)
        while (read(go, line, 1) < 0 && errno == EINTR)
            ;
    if (at >= 0)
        close(at);
    if (go >= 0)
        close(go);
    errno = saved;
}

static void next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

/* The call NAME, told with WHAT; FAILED says of its result whether it has. */
#define STEPPED(type, name, parameters, arguments, what, failed) \
    type name parameters                                         \
    {                                                            \
        type(*real) parameters;                                  \
        type result;                                             \
        next(#name, &real);                                      \
        stop("before", #name, what);                             \
        result = real arguments;                                 \
        if (!(failed))                                           \
            stop("after", #name, what);                          \
        return result;                                           \
    }

/* --- System V
 * ------------------------------------------------------------------------------------------------------
 */

/* A list as semop-tool writes it, "0-1,2-1". */
static const char *list(const struct sembuf *operations, size_t count)
{
    static char text[longest_line];
    int used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < longest_line - 32; i++)
        used += snprintf(text + used, sizeof text - (size_t)used,
                         operations[i].sem_op ? "%s%d%+d" : "%s%d=%d", i ? "," : "",
                         operations[i].sem_num, operations[i].sem_op);
    return text;
}

STEPPED(int, shmget, (key_t key, size_t size, int flags), (key, size, flags), "", result < 0)
STEPPED(void *, shmat, (int id, const void *address, int flags), (id, address, flags), "",
        result == (void *)-1)
STEPPED(int, shmctl, (int id, int command, struct shmid_ds *buffer), (id, command, buffer), "",
        result < 0)
STEPPED(int, semget, (key_t key, int count, int flags), (key, count, flags), "", result < 0)
STEPPED(int, semop, (int id, struct sembuf *operations, size_t count), (id, operations, count),
        list(operations, count), result < 0)
STEPPED(int, semtimedop,
        (int id, struct sembuf *operations, size_t count, const struct timespec *timeout),
        (id, operations, count, timeout), list(operations, count), result < 0)

/* semctl(2) is variadic: the fourth argument is passed on as the kernel takes it, whether it is
 * there or not. */
int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    int result;
    va_list rest;
    void *argument;
    va_start(rest, command);
    argument = va_arg(rest, void *);
    va_end(rest);
    next("semctl", &real);
    stop("before", "semctl", "");
    result = real(id, number, command, argument);
    if (result >= 0)
        stop("after", "semctl", "");
    return result;
}

/* --- POSIX
 * ---------------------------------------------------------------------------------------------------------
 */

/* What sem_open has returned, for the calls that do not get the name. */
static struct {
    const sem_t *semaphore;
    char name[64];
} opened[most_semaphores];
static int count_opened;

static const char *name_of(const sem_t *semaphore)
{
    for (int i = count_opened; i-- > 0;)
        if (opened[i].semaphore == semaphore)
            return opened[i].name;
    return "";
}

static void note_name(const sem_t *semaphore, const char *name)
{
    if (count_opened < most_semaphores) {
        opened[count_opened].semaphore = semaphore;
        snprintf(opened[count_opened++].name, sizeof opened[0].name, "%s", name);
    }
}

STEPPED(int, shm_open, (const char *name, int flags, mode_t mode), (name, flags, mode), name,
        result < 0)
STEPPED(int, shm_unlink, (const char *name), (name), name, result < 0)
STEPPED(int, ftruncate, (int fd, off_t length), (fd, length), "", result < 0)
STEPPED(int, sem_unlink, (const char *name), (name), name, result < 0)
STEPPED(int, sem_wait, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)
STEPPED(int, sem_trywait, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)
STEPPED(int, sem_post, (sem_t * semaphore), (semaphore), name_of(semaphore), result < 0)

/* The loader and malloc(3) map memory, too, by calls of their own. */
STEPPED(void *, mmap,
        (void *address, size_t length, int protection, int flags, int fd, off_t offset),
        (address, length, protection, flags, fd, offset), "", result == MAP_FAILED)

/* Variadic, too. glibc's own calls link(2) or open(2) for it, which are not seen here. */
sem_t *sem_open(const char *name, int flags, ...)
{
    sem_t *(*real)(const char *, int, ...);
    sem_t *result;
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    const unsigned value = flags & O_CREAT ? va_arg(rest, unsigned) : 0;
    va_end(rest);
    next("sem_open", &real);
    stop("before", "sem_open", name);
    result = real(name, flags, mode, value);
    if (result != SEM_FAILED) {
        note_name(result, name);
        stop("after", "sem_open", name);
    }
    return result;
}
