/* SPDX-License-Identifier: MIT */
/*
 * lock.c - the lock of a segment's directory: one word, which is 0 when no task holds it.
 *
 * A pthread mutex would not do, for three reasons. This lock is unlocked in a segment of zeros, so
 * it needs no initialisation. A nonsense word is a holder that does not exist, and does not crash
 * the C library. And the word alone identifies the holder, so that a killed one is found out.
 *
 * The word combines the holder's TID, its start time and its PID namespace: another task that gets
 * the same TID has another start time. The invariant: a task changes the word from 0 to its own and
 * back to 0, or from that of a task that has ended to its own; no other change is made. A task that
 * has ended writes no more, so at any time at most one task is between pshared_acquire() and
 * pshared_release().
 */
#include "config.h"

#include "lib/pshared/layout.h"

#include "lib/base/deadline.h"
#include "lib/proc/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The parts of the word. The mark distinguishes it from other data. */
#define TID_BITS       22 /* PID_MAX_LIMIT of the kernel is 2^22 */
#define START_BITS     24
#define NAMESPACE_BITS 10
#define MARK           0xa5u

/* Waiters sleep in slices and check whether the holder still lives: a dead holder wakes no waiter.
 */
#define SLICE_NS 20000000L
#define LONGEST  10 /* seconds */

static uint64_t low_bits(uint64_t value, unsigned bits)
{
    return value & ((UINT64_C(1) << bits) - 1);
}

static uint64_t make_word(uint64_t tid, uint64_t start, uint64_t namespace)
{
    uint64_t word = MARK;
    word = word << NAMESPACE_BITS | low_bits(namespace, NAMESPACE_BITS);
    word = word << START_BITS | low_bits(start, START_BITS);
    return word << TID_BITS | low_bits(tid, TID_BITS);
}

bool pshared_is_lock(uint64_t word)
{
    return word >> (TID_BITS + START_BITS + NAMESPACE_BITS) == MARK;
}

/* Reads the stat file of task TID. Returns false when that is not possible. */
static bool read_stat(pid_t tid, struct procfs_stat *stat)
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", tid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    return procfs_parse_stat(text, stat);
}

/* The number of our PID namespace; 0 for a kernel without them. */
static uint64_t own_namespace(void)
{
    struct stat st;
    return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

/* Our own word; computed once for each task, and again after a fork. */
static uint64_t own_word(void)
{
    static _Thread_local uint64_t word;
    static _Thread_local pid_t tid;
    const pid_t self = gettid();
    if (tid != self) {
        struct procfs_stat stat = {0};
        read_stat(self, &stat);
        word = make_word((uint64_t)self, stat.started, own_namespace());
        tid = self;
    }
    return word;
}

/*
 * Has the holder certainly ended? Nothing is known of a task in another PID namespace, or of one
 * that /proc hides from us: then the answer is false. A zombie has ended, since it writes no more.
 */
static bool has_ended(uint64_t word)
{
    struct procfs_stat stat;
    const pid_t tid = (pid_t)low_bits(word, TID_BITS);
    if (word >> (TID_BITS + START_BITS) != own_word() >> (TID_BITS + START_BITS))
        return false;
    if (tid == 0 || (kill(tid, 0) && errno == ESRCH))
        return true;
    if (!read_stat(tid, &stat))
        return false;
    return stat.state == 'Z' || stat.state == 'X' ||
           low_bits(stat.started, START_BITS) != low_bits(word >> TID_BITS, START_BITS);
}

/* The half of the lock to sleep on, since a futex has 32 bits: the one with the TID. */
static uint32_t *half_of(uint64_t *lock)
{
    return (uint32_t *)(void *)lock + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static void sleep_on(uint64_t *lock, uint64_t seen)
{
    const struct {
        long sec, nsec;
    } slice = {0, SLICE_NS};
    syscall(SYS_futex, half_of(lock), FUTEX_WAIT, (uint32_t)seen, &slice, NULL, 0);
}

static const char *too_long(uint64_t word)
{
    static char rule[128];
    snprintf(rule, sizeof rule,
             "process %d has held the directory lock for ten seconds; is it stopped?",
             (int)low_bits(word, TID_BITS));
    return rule;
}

/*
 * No wake-up is lost: the kernel puts us to sleep only while the word is the one that we saw
 * (futex(2)), and the holder wakes us after it has changed the word. A holder that was killed
 * between the two, or before, is found out after a slice. EINTR only ends a slice early.
 */
const char *pshared_acquire(uint64_t *lock)
{
    const struct timespec longest = {LONGEST, 0}, deadline = deadline_in(&longest);
    uint64_t seen;
    do {
        seen = 0;
        if (__atomic_compare_exchange_n(lock, &seen, own_word(), false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE))
            return NULL;
        if (!pshared_is_lock(seen))
            return "the directory lock is corrupted: another program wrote to it";
        if (has_ended(seen) && __atomic_compare_exchange_n(lock, &seen, own_word(), false,
                                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return NULL;
        sleep_on(lock, seen);
    } while (!deadline_passed(&deadline));
    return too_long(seen);
}

void pshared_release(uint64_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, half_of(lock), FUTEX_WAKE, 1, NULL, NULL, 0);
}
