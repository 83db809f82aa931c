/* SPDX-License-Identifier: MIT */
/*
 * calls_shm.h - shmget(2), shmat(2), shmdt(2) and shmctl(2), traced; see calls.h.
 */
#ifndef IPCLAB_CALLS_SHM_H
#define IPCLAB_CALLS_SHM_H

#include <stdint.h>
#include <sys/ipc.h>
#include <sys/shm.h>

/* shmget(2). <linux/shm.h> defines them, but cannot be included together with <sys/shm.h>. */
#ifndef SHM_HUGE_SHIFT
#define SHM_HUGE_SHIFT 26
#define SHM_HUGE_MASK  0x3f
#endif

/*
 * Arguments, results and errno are those of the calls. SIZE is in bytes. BUF is what CMD takes: a
 * struct shmid_ds, shminfo (IPC_INFO) or shm_info (SHM_INFO), or NULL. A SIZE that does not fit
 * into size_t, as it may be in a program of 32 bits, is never passed on cut: EINVAL, without a
 * call.
 */
int calls_shmget(key_t key, uint64_t size, int flags);
void *calls_shmat(int id, const void *addr, int flags);
int calls_shmdt(const void *addr);
int calls_shmctl(int id, int cmd, void *buf);

#endif
