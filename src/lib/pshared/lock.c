/*
 * pshared_lock.c - the lock of a segment's directory: one word, which is 0 when nobody holds it.
 *
 * It is no pthread mutex for three reasons: a segment of zeros has it unlocked, so there is no
 * moment before it is initialised; a word that holds nonsense is a holder that does not exist, and
 * not a crash in the C library; and who holds it can be told from the word alone, so that one who
 * was killed is found out.
 *
 * The word is the holder's TID, when that task began, and where it counts its TIDs: a TID that is
 * used again by another task has begun at another time. The invariant: the word changes from 0 to a
 * task's by that task, and back to 0 by that task; or from a task that has ended to another's, by
 * that other one. A task that has ended writes no more, so at any time one at most is between
 * pshared_take() and pshared_give().
 */
#include "config.h"

#include "lib/pshared/layout.h"

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

/* The parts of the word. A mark tells it from what others may have written there. */
#define TID_BITS   22 /* PID_MAX_LIMIT of the kernel is 2^22 */
#define START_BITS 24
#define SPACE_BITS 10
#define MARK       0xa5u

/* Waited for in slices, to see whether the holder still lives: nobody wakes those who wait for the
 * dead. */
#define SLICE_NS 20000000L
#define LONGEST  10 /* seconds */

static uint64_t low_bits(uint64_t value, unsigned bits)
{
    return value & ((UINT64_C(1) << bits) - 1);
}

static uint64_t make_word(uint64_t tid, uint64_t start, uint64_t space)
{
    uint64_t word = MARK;
    word = word << SPACE_BITS | low_bits(space, SPACE_BITS);
    word = word << START_BITS | low_bits(start, START_BITS);
    return word << TID_BITS | low_bits(tid, TID_BITS);
}

bool pshared_is_lock(uint64_t word)
{
    return word >> (TID_BITS + START_BITS + SPACE_BITS) == MARK;
}

/*
 * When task TID began, in clock ticks after the machine (proc_pid_stat(5)), and its state, a
 * letter. False when that cannot be read.
 */
static bool read_start(pid_t tid, uint64_t *start, char *state)
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", tid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    text[length > 0 ? length : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end && sscanf(end + 1,
                         " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                         "%*d %" SCNu64,
                         state, start) == 2;
}

/* The number of our PID namespace; 0 where there are none. */
static uint64_t own_space(void)
{
    struct stat st;
    return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

/* Our own word; made once for each task, and anew after a fork. */
static uint64_t own_word(void)
{
    static _Thread_local uint64_t word;
    static _Thread_local pid_t tid;
    const pid_t self = gettid();
    if (tid != self) {
        uint64_t start = 0;
        char state;
        read_start(self, &start, &state);
        word = make_word((uint64_t)self, start, own_space());
        tid = self;
    }
    return word;
}

/*
 * Has the holder ended? Only what is known counts: of another PID namespace nothing is, nor of a
 * process that /proc hides from us. One that has ended and was not waited for yet (a zombie) writes
 * no more.
 */
static bool has_ended(uint64_t word)
{
    uint64_t start;
    char state;
    const pid_t tid = (pid_t)low_bits(word, TID_BITS);
    if (word >> (TID_BITS + START_BITS) != own_word() >> (TID_BITS + START_BITS))
        return false;
    if (tid == 0 || (kill(tid, 0) && errno == ESRCH))
        return true;
    if (!read_start(tid, &start, &state))
        return false;
    return state == 'Z' || state == 'X' ||
           low_bits(start, START_BITS) != low_bits(word >> TID_BITS, START_BITS);
}

/* The half of the lock that a futex, which has 32 bits, can sleep on: the one with the TID. */
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

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static const char *too_long(uint64_t word)
{
    static char rule[128];
    snprintf(rule, sizeof rule,
             "process %d has had the directory locked for ten seconds: is it stopped?",
             (int)low_bits(word, TID_BITS));
    return rule;
}

/*
 * No wake-up is lost: the kernel puts us to sleep only while the word is as we saw it (futex(2)),
 * and who gives the lock wakes after the word has changed. One that does not wake because it was
 * killed is found out after a slice. EINTR ends a slice early and nothing else.
 */
const char *pshared_take(uint64_t *lock)
{
    const time_t until = now() + LONGEST;
    uint64_t seen = 0;
    while (now() <= until) {
        seen = 0;
        if (__atomic_compare_exchange_n(lock, &seen, own_word(), false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_ACQUIRE))
            return NULL;
        if (!pshared_is_lock(seen))
            return "what stands where the lock of the directory is is no lock: something else "
                   "wrote there";
        if (has_ended(seen) && __atomic_compare_exchange_n(lock, &seen, own_word(), false,
                                                           __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return NULL;
        sleep_on(lock, seen);
    }
    return too_long(seen);
}

void pshared_give(uint64_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
    syscall(SYS_futex, half_of(lock), FUTEX_WAKE, 1, NULL, NULL, 0);
}
