/* SPDX-License-Identifier: MIT */
/*
 * call_list.h - every call that the library makes for its user, once: X(NAME, name, SECTION). NAME
 * makes the constant CALL_NAME, name is what the trace and the messages print, and SECTION is the
 * section of the manual that documents the call. A new call is a new line here; its order means
 * nothing.
 */
#ifndef IPCLAB_CALL_LIST_H
#define IPCLAB_CALL_LIST_H

// clang-format off
#define CALL_LIST(X)                                              \
    X(FTOK,                     ftok,                         3)  \
    /* calls_shm.h */                                             \
    X(SHMGET,                   shmget,                       2)  \
    X(SHMAT,                    shmat,                        2)  \
    X(SHMDT,                    shmdt,                        2)  \
    X(SHMCTL,                   shmctl,                       2)  \
    /* calls_sem.h */                                             \
    X(SEMGET,                   semget,                       2)  \
    X(SEMOP,                    semop,                        2)  \
    X(SEMTIMEDOP,               semtimedop,                   2)  \
    X(SEMCTL,                   semctl,                       2)  \
    /* calls_posix.h */                                           \
    X(SHM_OPEN,                 shm_open,                     3)  \
    X(SHM_UNLINK,               shm_unlink,                   3)  \
    X(FTRUNCATE,                ftruncate,                    2)  \
    X(FSTAT,                    fstat,                        2)  \
    X(MMAP,                     mmap,                         2)  \
    X(MUNMAP,                   munmap,                       2)  \
    X(FCHMOD,                   fchmod,                       2)  \
    X(FCHOWN,                   fchown,                       2)  \
    /* the list of objects (shm_posix.c) */                        \
    X(OPENDIR,                  opendir,                      3)  \
    X(READDIR,                  readdir,                      3)  \
    /* calls_pthread.h */                                         \
    X(PTHREAD_MUTEX_INIT,       pthread_mutex_init,           3)  \
    X(PTHREAD_MUTEX_LOCK,       pthread_mutex_lock,           3)  \
    X(PTHREAD_MUTEX_TRYLOCK,    pthread_mutex_trylock,        3)  \
    X(PTHREAD_MUTEX_CLOCKLOCK,  pthread_mutex_clocklock,      3)  \
    X(PTHREAD_MUTEX_UNLOCK,     pthread_mutex_unlock,         3)  \
    X(PTHREAD_MUTEX_CONSISTENT, pthread_mutex_consistent,     3)  \
    X(PTHREAD_MUTEX_DESTROY,    pthread_mutex_destroy,        3)  \
    X(PTHREAD_COND_INIT,        pthread_cond_init,            3)  \
    X(PTHREAD_COND_WAIT,        pthread_cond_wait,            3)  \
    X(PTHREAD_COND_SIGNAL,      pthread_cond_signal,          3)  \
    X(PTHREAD_COND_BROADCAST,   pthread_cond_broadcast,       3)  \
    X(PTHREAD_COND_DESTROY,     pthread_cond_destroy,         3)  \
    X(PTHREAD_RWLOCK_INIT,      pthread_rwlock_init,          3)  \
    X(PTHREAD_RWLOCK_RDLOCK,    pthread_rwlock_rdlock,        3)  \
    X(PTHREAD_RWLOCK_WRLOCK,    pthread_rwlock_wrlock,        3)  \
    X(PTHREAD_RWLOCK_TRYRDLOCK, pthread_rwlock_tryrdlock,     3)  \
    X(PTHREAD_RWLOCK_TRYWRLOCK, pthread_rwlock_trywrlock,     3)  \
    X(PTHREAD_RWLOCK_CLOCKRDLOCK, pthread_rwlock_clockrdlock, 3)  \
    X(PTHREAD_RWLOCK_CLOCKWRLOCK, pthread_rwlock_clockwrlock, 3)  \
    X(PTHREAD_RWLOCK_UNLOCK,    pthread_rwlock_unlock,        3)  \
    X(PTHREAD_RWLOCK_DESTROY,   pthread_rwlock_destroy,       3)  \
    X(PTHREAD_BARRIER_INIT,     pthread_barrier_init,         3)  \
    X(PTHREAD_BARRIER_WAIT,     pthread_barrier_wait,         3)  \
    X(PTHREAD_BARRIER_DESTROY,  pthread_barrier_destroy,      3)  \
    X(SEM_INIT,                 sem_init,                     3)  \
    X(SEM_WAIT,                 sem_wait,                     3)  \
    X(SEM_TRYWAIT,              sem_trywait,                  3)  \
    X(SEM_CLOCKWAIT,            sem_clockwait,                3)  \
    X(SEM_POST,                 sem_post,                     3)  \
    X(SEM_DESTROY,              sem_destroy,                  3)
// clang-format on

#endif
