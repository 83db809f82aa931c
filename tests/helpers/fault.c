/* SPDX-License-Identifier: MIT */
/*
 * fault.c - to be preloaded: makes calls fail that the kernel will not make fail for us.
 *
 *   $ IPCLAB_FAULT='shmget=ENFILE,shmctl:IPC_STAT=EIDRM' LD_PRELOAD=.../fault.so shmcreate 4K
 *
 * IPCLAB_FAULT is a list of CALL[:COMMAND]=ERRNO; a call that matches fails with it and nothing is
 * done, all others go through. CALL is shmget, shmat, shmdt, shmctl, semget, semop, semtimedop,
 * semctl, shm_open, shm_unlink, ftruncate, fchmod or fchown.
 *
 * With IPCLAB_TIME_STEP=-7200, time(2) gives the time as if the clock had been set back two hours.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct symbol {
    const char *name;
    int value;
};

#define S(name)     \
    {               \
#name, name \
    }
static const struct symbol errors[] = {
    S(EACCES), S(EEXIST), S(EFAULT), S(EIDRM),  S(EINVAL), S(ENFILE),
    S(ENOENT), S(ENOMEM), S(ENOSPC), S(ENOSYS), S(EPERM),  S(EOVERFLOW),
    S(EIO),    S(E2BIG),  S(EAGAIN), S(EFBIG),  S(EBADF),  S(ETXTBSY),
    S(EINTR),  S(ERANGE), S(EMFILE), S(EROFS),  S(ENXIO),  S(ENAMETOOLONG),
};
static const struct symbol commands[] = {
    S(IPC_RMID),     S(IPC_SET),      S(IPC_STAT), S(IPC_INFO),   S(SHM_INFO),
    S(SHM_STAT),     S(SHM_STAT_ANY), S(SHM_LOCK), S(SHM_UNLOCK), S(SEM_STAT),
    S(SEM_STAT_ANY), S(SEM_INFO),     S(GETPID),   S(GETVAL),     S(GETALL),
    S(GETNCNT),      S(GETZCNT),      S(SETVAL),   S(SETALL),
};
#undef S

/* The value of the name that TEXT begins with; a name not in the table is a mistake of the test:
 * the end. */
static int value_of(const char *text, const struct symbol *table, size_t count)
{
    const size_t length = strcspn(text, "=,:");
    for (size_t i = 0; i < count; i++)
        if (strlen(table[i].name) == length && !strncmp(table[i].name, text, length))
            return table[i].value;
    fprintf(stderr, "fault: unknown name: %s\n", text);
    abort();
}

/* The errno that CALL (with COMMAND, -1 for none) is to fail with, 0 for none. */
static int fault(const char *call, int command)
{
    const char *at = getenv("IPCLAB_FAULT");
    const size_t length = strlen(call);
    for (; at && *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
        const char *rest = at + length;
        if (strncmp(at, call, length))
            continue;
        if (*rest == ':' &&
            value_of(rest + 1, commands, sizeof commands / sizeof *commands) != command)
            continue;
        if (*rest != ':' && *rest != '=')
            continue;
        return value_of(strchr(rest, '=') + 1, errors, sizeof errors / sizeof *errors);
    }
    return 0;
}

/* POSIX has no way to turn an object pointer into a function pointer but this. */
static void next(const char *name, void *function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(function, &found, sizeof found);
}

time_t time(time_t *out)
{
    const char *step = getenv("IPCLAB_TIME_STEP");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    now.tv_sec += step ? strtol(step, NULL, 10) : 0;
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int shmget(key_t key, size_t size, int flags)
{
    int (*real)(key_t, size_t, int);
    next("shmget", &real);
    errno = fault("shmget", -1);
    return errno ? -1 : real(key, size, flags);
}

void *shmat(int id, const void *address, int flags)
{
    void *(*real)(int, const void *, int);
    next("shmat", &real);
    errno = fault("shmat", -1);
    return errno ? (void *)-1 : real(id, address, flags);
}

int shmdt(const void *address)
{
    int (*real)(const void *);
    next("shmdt", &real);
    errno = fault("shmdt", -1);
    return errno ? -1 : real(address);
}

int shmctl(int id, int command, struct shmid_ds *buffer)
{
    int (*real)(int, int, struct shmid_ds *);
    next("shmctl", &real);
    errno = fault("shmctl", command);
    return errno ? -1 : real(id, command, buffer);
}

int semget(key_t key, int count, int flags)
{
    int (*real)(key_t, int, int);
    next("semget", &real);
    errno = fault("semget", -1);
    return errno ? -1 : real(key, count, flags);
}

int semop(int id, struct sembuf *ops, size_t count)
{
    int (*real)(int, struct sembuf *, size_t);
    next("semop", &real);
    errno = fault("semop", -1);
    return errno ? -1 : real(id, ops, count);
}

int semtimedop(int id, struct sembuf *ops, size_t count, const struct timespec *timeout)
{
    int (*real)(int, struct sembuf *, size_t, const struct timespec *);
    next("semtimedop", &real);
    errno = fault("semtimedop", -1);
    return errno ? -1 : real(id, ops, count, timeout);
}

int shm_open(const char *name, int flags, mode_t mode)
{
    int (*real)(const char *, int, mode_t);
    next("shm_open", &real);
    errno = fault("shm_open", -1);
    return errno ? -1 : real(name, flags, mode);
}

int shm_unlink(const char *name)
{
    int (*real)(const char *);
    next("shm_unlink", &real);
    errno = fault("shm_unlink", -1);
    return errno ? -1 : real(name);
}

int ftruncate(int fd, off_t size)
{
    int (*real)(int, off_t);
    next("ftruncate", &real);
    errno = fault("ftruncate", -1);
    return errno ? -1 : real(fd, size);
}

int fchmod(int fd, mode_t mode)
{
    int (*real)(int, mode_t);
    next("fchmod", &real);
    errno = fault("fchmod", -1);
    return errno ? -1 : real(fd, mode);
}

int fchown(int fd, uid_t uid, gid_t gid)
{
    int (*real)(int, uid_t, gid_t);
    next("fchown", &real);
    errno = fault("fchown", -1);
    return errno ? -1 : real(fd, uid, gid);
}

/* The fourth argument is a union that each program defines for itself (semctl(2)); whatever is in
 * it is passed on. */
union argument {
    int value;
    void *pointer;
};

int semctl(int id, int number, int command, ...)
{
    int (*real)(int, int, int, ...);
    union argument argument;
    va_list arguments;
    va_start(arguments, command);
    argument = va_arg(arguments, union argument);
    va_end(arguments);
    next("semctl", &real);
    errno = fault("semctl", command);
    return errno ? -1 : real(id, number, command, argument);
}
