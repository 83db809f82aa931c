/* SPDX-License-Identifier: MIT */
/*
 * calls_posix.h - shm_open(3), shm_unlink(3) and the calls on the descriptor that shm_open(3)
 * returns, traced; see calls.h.
 */
#ifndef IPCLAB_CALLS_POSIX_H
#define IPCLAB_CALLS_POSIX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * Arguments, results and errno are those of the calls. NAME is the object's, with its slash; the
 * functions that take a descriptor need it for explanations only. SIZE is in bytes; mmap(2) maps
 * from offset 0.
 */
int calls_shm_open(const char *name, int flags, mode_t mode);
int calls_shm_unlink(const char *name);
int calls_fstat(int fd, const char *name, struct stat *st);
int calls_ftruncate(int fd, const char *name, uint64_t size);
int calls_fchmod(int fd, const char *name, mode_t mode);
int calls_fchown(int fd, const char *name, uid_t uid, gid_t gid);
void *calls_mmap(void *addr, uint64_t size, int prot, int flags, int fd, const char *name);
int calls_munmap(void *addr, size_t size, const char *name);

/* close(2). Keeps errno and reports no failure: a shared memory object has nothing to write back.
 */
void calls_close(int fd);

#endif
