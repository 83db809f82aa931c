/*
 * calls.h - the only door to the kernel's IPC, System V and POSIX. Each function is the call of its
 * name, and beyond it
 *
 *  - with a trace set (--calls), prints the call as it returns, the way strace(1) would, constants
 * by name;
 *  - remembers the last one that was refused, with its arguments, for explain().
 *
 * Without a trace a call costs what the call costs: one predicted branch.
 */
#ifndef IPCLAB_CALLS_H
#define IPCLAB_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/* shmget(2); <linux/shm.h>, which has them, cannot be included beside <sys/shm.h>. */
#ifndef SHM_HUGE_SHIFT
#define SHM_HUGE_SHIFT 26
#define SHM_HUGE_MASK  0x3f
#endif

enum call {
    CALL_NONE,
    CALL_FTOK,
    CALL_SHMGET,
    CALL_SHMAT,
    CALL_SHMDT,
    CALL_SHMCTL,
    CALL_SEMGET,
    CALL_SEMOP,
    CALL_SEMTIMEDOP,
    CALL_SEMCTL,
    CALL_SHM_OPEN,
    CALL_SHM_UNLINK,
    CALL_FTRUNCATE,
    CALL_FSTAT,
    CALL_MMAP,
    CALL_MUNMAP,
    CALL_FCHMOD,
    CALL_FCHOWN,
    /* calls_pthread.h */
    CALL_PTHREAD_MUTEX_INIT,
    CALL_PTHREAD_MUTEX_LOCK,
    CALL_PTHREAD_MUTEX_TRYLOCK,
    CALL_PTHREAD_MUTEX_CLOCKLOCK,
    CALL_PTHREAD_MUTEX_UNLOCK,
    CALL_PTHREAD_MUTEX_CONSISTENT,
    CALL_PTHREAD_MUTEX_DESTROY,
    CALL_PTHREAD_COND_INIT,
    CALL_PTHREAD_COND_WAIT,
    CALL_PTHREAD_COND_SIGNAL,
    CALL_PTHREAD_COND_BROADCAST,
    CALL_PTHREAD_COND_DESTROY,
    CALL_PTHREAD_RWLOCK_INIT,
    CALL_PTHREAD_RWLOCK_RDLOCK,
    CALL_PTHREAD_RWLOCK_WRLOCK,
    CALL_PTHREAD_RWLOCK_TRYRDLOCK,
    CALL_PTHREAD_RWLOCK_TRYWRLOCK,
    CALL_PTHREAD_RWLOCK_CLOCKRDLOCK,
    CALL_PTHREAD_RWLOCK_CLOCKWRLOCK,
    CALL_PTHREAD_RWLOCK_UNLOCK,
    CALL_PTHREAD_RWLOCK_DESTROY,
    CALL_PTHREAD_BARRIER_INIT,
    CALL_PTHREAD_BARRIER_WAIT,
    CALL_PTHREAD_BARRIER_DESTROY,
    CALL_SEM_INIT,
    CALL_SEM_WAIT,
    CALL_SEM_TRYWAIT,
    CALL_SEM_CLOCKWAIT,
    CALL_SEM_POST,
    CALL_SEM_DESTROY,
    CALL_COUNT, /* how many there are */
};

/* semctl(2) leaves its fourth argument's type to the program. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
    struct seminfo *info;
};

/* A call that failed: which, with what, and why. Members that the call does not have are 0. */
struct refusal {
    enum call call;
    int error;   /* errno; 0: not refused, but what it told will not do (fstat) */
    key_t key;   /* shmget, semget */
    size_t size; /* shmget, ftruncate, fstat, mmap, munmap: bytes; semget: semaphores; semop, ...:
                    operations */
    int flags;   /* shmget, semget, shmat, shm_open, mmap */
    int prot;    /* mmap */
    int id;      /* those that take one */
    const void *addr; /* shmat, shmdt, mmap, munmap; calls_pthread.h: the object */
    int cmd;          /* shmctl, semctl */
    int semnum, val;  /* semctl; VAL with SETVAL */
    /* These two are the caller's, valid as long as the caller keeps them. */
    const char *path;         /* ftok; of POSIX, and of calls_pthread.h: the object's name */
    const struct sembuf *ops; /* semop, semtimedop */
};

/* Where they are printed to; to be set by calls_trace() only. */
extern FILE *calls_trace_to;

/* Each prints what it did to TO from now on; NULL (as at the start) stops that. Returns what was
 * set before. */
FILE *calls_trace(FILE *to);

/* The last call that failed. */
const struct refusal *calls_refusal(void);

/* Makes REFUSAL the last one again, and errno its error: for those who try another way and fail
 * there too. */
void calls_restore(const struct refusal *refusal);

/* "shmget". */
const char *calls_name(enum call call);

/* "EEXIST" for those that the calls document; "errno 95" for others, valid until the next. */
const char *calls_errno(int error);

/*
 * The calls. Arguments, results and errno as in shmget(2), shmat(2), shmdt(2), shmctl(2); BUF is
 * what CMD takes: struct shmid_ds, shminfo (IPC_INFO) or shm_info (SHM_INFO).
 */
int calls_shmget(key_t key, size_t size, int flags);
void *calls_shmat(int id, const void *addr, int flags);
int calls_shmdt(const void *addr);
int calls_shmctl(int id, int cmd, void *buf);

/* Likewise semget(2), semop(2), semtimedop(2), semctl(2). */
int calls_semget(key_t key, int nsems, int flags);
int calls_semop_ended(int id, struct sembuf *ops, size_t count, int result);
static inline int calls_semop(int id, struct sembuf *ops, size_t count)
{
    /* Inline, because it is called by the million: each return that follows a system call is
     * mispredicted. */
    const int result = semop(id, ops, count);
    return result < 0 || calls_trace_to ? calls_semop_ended(id, ops, count, result) : result;
}
int calls_semtimedop(int id, struct sembuf *ops, size_t count, const struct timespec *timeout);
int calls_semctl(int id, int semnum, int cmd, union semun arg);

/* semctl(2) with GETALL or SETALL. NSEMS is how many values ARRAY has, which only the trace needs
 * to know. */
int calls_semctl_all(int id, int nsems, int cmd, unsigned short *array);

/*
 * ftok(3) into *key. PROJ 1..255. Returns 0, or -1 with errno as stat(2) sets it. The trace shows
 * the bits of the file that made the key, and says where some were lost.
 */
int calls_ftok(const char *path, int proj, key_t *key);

/*
 * shm_open(3), shm_unlink(3). NAME has its slash. Those that take a descriptor are fstat(2),
 * ftruncate(2), fchmod(2), fchown(2), mmap(2) from offset 0, and close(2); their NAME is the
 * object's, which only an explanation needs to know. calls_close() keeps errno and is no news when
 * it fails: there is nothing that it could have to write back.
 */
int calls_shm_open(const char *name, int flags, mode_t mode);
int calls_shm_unlink(const char *name);
int calls_fstat(int fd, const char *name, struct stat *st);
int calls_ftruncate(int fd, const char *name, uint64_t size);
int calls_fchmod(int fd, const char *name, mode_t mode);
int calls_fchown(int fd, const char *name, uid_t uid, gid_t gid);
void *calls_mmap(void *addr, size_t size, int prot, int flags, int fd, const char *name);
int calls_munmap(void *addr, size_t size, const char *name);
void calls_close(int fd);

#endif
