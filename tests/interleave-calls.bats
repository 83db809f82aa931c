#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What interleave takes for a step, and what it refuses because it would not see the step: the library
# that it preloads (src/interleave/runtime/).

load helpers/common

setup() {
    trace_failures
    cd "$BATS_TEST_TMPDIR" || return
}

# program NAME [ARGUMENT...]: compiles the C on standard input, after the headers that all use, to NAME,
# so that loads and stores are steps.
program() {
    { headers && cat; } >"$1.c"
    interleave cc -O1 -Wall -o "$1" "$1.c" "${@:2}"
}

# plain NAME [ARGUMENT...]: the same with cc, so that only calls are steps.
plain() {
    { headers && cat; } >"$1.c"
    "${CC:-cc}" -g -O1 -Wall -o "$1" "$1.c" "${@:2}"
}

headers() {
    echo '#define _GNU_SOURCE'
    printf '#include <%s.h>\n' errno fcntl pthread sched semaphore signal stdint stdio stdlib string \
        sys/ipc sys/mman sys/msg sys/sem sys/shm sys/syscall sys/time sys/wait time unistd
    cat <<'END'
static inline void *segment(size_t size)
{
    return shmat(shmget(0x4d2, size, IPC_CREAT | 0600), NULL, 0);
}
END
}

# explore ARGUMENT...: interleave, with time for a machine that others use.
explore() {
    run --separate-stderr timeout 120 interleave --time 60s "$@"
}

# refused TEXT ARGUMENT...: nothing is said to hold, and a message has TEXT.
refused() {
    explore "${@:2}"
    assert [ "$status" -ne 0 ]
    refute_output --partial "holds"
    refute_output --partial "no failure"
    [[ $stderr == *"$1"* ]] || fail "no \"$1\" in: $stderr"
}

# deadlocked "NUMBER CALL"...: the last exploration has ended in a deadlock, in which these wait.
deadlocked() {
    local waiter
    assert_failure 1
    assert_output --partial "deadlock"
    for waiter; do assert_output --partial "program ${waiter%% *} waits: ${waiter#* }"; done
}

# --- what interleave would not see --------------------------------------------

@test "a static program is refused before it runs" {
    plain one -static <<'END'
int main(void) { return creat("ran", 0600) < 0; }
END
    refused "./one: it is statically linked" ./one
    assert [ ! -e ran ]
}

@test "a call by syscall(2) is refused where it is a step, and passes where it is none" {
    plain one <<'END'
int main(void) { return syscall(SYS_shmget, IPC_PRIVATE, 100, 0600) < 0; }
END
    plain other <<'END'
int main(void) { return syscall(SYS_getpid) != getpid(); }
END
    refused "program 1: it makes the call shmget by syscall(2)" ./one
    explore ./other
    assert_success
    assert_output --partial "holds"
}

# by_instruction: C for a system call that libc does not make.
by_instruction() {
    case $(uname -m) in
    x86_64) cat <<'END' ;;
static long call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}
END
    *) skip "the kernel sees instructions outside of libc on x86-64" ;;
    esac
}

@test "a call by an instruction outside of libc is refused, in a library as well" {
    { by_instruction && cat; } <<'END' >library.body
int make(void) { return (int)call(SYS_semget, IPC_PRIVATE, 1, 0600); }
END
    plain libmake.so -shared -fPIC <library.body
    plain one ./libmake.so <<'END'
int make(void);
int main(void) { return make() < 0; }
END
    refused "program 1: it makes the call semget by an instruction outside of libc" ./one
}

@test "a call by an instruction that is no step passes, with its result and errno" {
    { by_instruction && cat; } <<'END' >one.body
int main(void)
{
    errno = 7;
    return call(SYS_getpid, 0, 0, 0) != getpid() || call(SYS_close, -1, 0, 0) != -EBADF || errno != 7;
}
END
    plain one <one.body
    explore ./one ::: ./one
    assert_success
}

@test "a forked child's instructions are seen, too" {
    { by_instruction && cat; } <<'END' >one.body
int main(void)
{
    if (fork() == 0)
        return call(SYS_shmget, IPC_PRIVATE, 100, 0600) < 0;
    wait(NULL);
    return 0;
}
END
    plain one <one.body
    refused "it makes the call shmget by an instruction" ./one
}

@test "a static program that a process executes is refused before it runs" {
    plain second -static <<'END'
int main(void) { return creat("ran", 0600) < 0; }
END
    plain one <<'END'
int main(void) { return execl("./second", "second", (char *)NULL), 1; }
END
    refused "program 1: it executes ./second: it is statically linked" ./one
    assert [ ! -e ran ]
}

@test "an executed program is in it, with an empty environment and without files" {
    program second <<'END'
int main(void)
{
    int *count = segment(8);
    (*count)++;
    return getenv("HOME") != NULL;
}
END
    plain one <<'END'
int main(int count, char *words[])
{
    char *const none[] = {NULL};
    close_range(3, ~0u, 0);
    return count > 1 ? execve("./second", words, none) : execle("./second", "second", (char *)NULL, none);
}
END
    explore --finally '0x4d2 u32@0 == 2' ./one ::: ./one 1
    assert_failure 1
    assert_output --partial "finally 0x4d2 u32@0 == 2: not so"
}

@test "posix_spawn(3), popen(3) and system(3) are refused" {
    plain one <<'END'
int main(int count, char *words[])
{
    (void)words;
    return count > 1 ? popen("true", "r") == NULL : system("true");
}
END
    refused "it starts a process by system(3)" ./one
    refused "it starts a process by popen(3)" ./one 1
}

# --- bytes that functions load and store --------------------------------------

# lost FILE: of two that do the same, one store is lost: some schedule ends with 1 in the first word.
lost() {
    explore --finally '0x4d2 u32@0 == 2' "./$1" ::: "./$1"
    assert_failure 1
    assert_output --partial "finally 0x4d2 u32@0 == 2: not so"
}

@test "memcpy(3), memmove(3) and mempcpy(3) from and to shared memory are two steps" {
    local copy
    for copy in memcpy memmove mempcpy; do
        program one -DCOPY="$copy" <<'END'
int main(void)
{
    int *shared = segment(8), own;
    COPY(&own, shared, sizeof own);
    own++;
    COPY(shared, &own, sizeof own);
    return 0;
}
END
        lost one
        assert_output --partial "load 0"
    done
}

@test "a copy within shared memory stores what it has loaded, whatever comes in between" {
    # 0 is left in word 1 only if the other one's stores come between the load and the store.
    program one <<'END'
int main(int count, char *words[])
{
    int *shared = segment(8);
    (void)words;
    if (count == 1) {
        memmove(&shared[1], &shared[0], sizeof *shared);
        return 0;
    }
    shared[0] = 9;
    shared[1] = 7;
    return 0;
}
END
    explore --finally '0x4d2 u32@4 != 0' ./one ::: ./one 1
    assert_failure 1
    assert_output --partial "finally"
}

@test "strings: loads and stores of shared memory are steps" {
    program one <<'END'
int main(void)
{
    char *shared = segment(64), own[64];
    strcpy(own, shared);
    snprintf(own, sizeof own, "%d", atoi(shared) + 1);
    strcpy(shared, own);
    return 0;
}
END
    explore --after 'exit 0' --finally '0x4d2 u8@0 == 50' ./one ::: ./one
    assert_failure 1
    assert_output --partial "finally"
}

@test "printf(3), puts(3) and snprintf(3) load strings, and snprintf(3) stores one" {
    program one <<'END'
int main(int count, char *words[])
{
    char *shared = segment(64);
    (void)words;
    if (count > 1)
        return snprintf(shared, 60, "%s %.1f", "two", 2.5) != 7;
    printf("%d %.1f %s\n", 1, 2.5, shared);
    puts(shared);
    return 0;
}
END
    explore --races ./one ::: ./one 1
    assert_failure 1
    assert_output --partial "race"
    assert_output --regexp 'stores.*loads|loads.*stores'
    explore ./one 1
    assert_success
}

@test "memset(3), memcmp(3), strlen(3), strcmp(3), strcat(3), strncpy(3) and strdup(3): a race each" {
    local call
    for call in 'memset(shared, 1, 8)' 'memcmp(shared, own, 8)' 'strlen(shared)' 'strcmp(shared, own)' \
        'strcat(shared, own)' 'strncpy(shared, own, 8)' 'strdup(shared)' 'strncmp(own, shared, 3)'; do
        program one -DCALL="$call" <<'END'
int main(int count, char *words[])
{
    char *shared = segment(64), own[64] = "own";
    volatile intptr_t result = own[0]; /* so that the compiler leaves out no call */
    (void)words;
    if (count > 1)
        shared[0] = 'x';
    else
        result = (intptr_t)CALL;
    return result == 1;
}
END
        explore --races ./one ::: ./one 1
        assert_failure 1
        assert_output --partial "race"
    done
}

@test "what libc and plain programs copy is no step" {
    plain one <<'END'
int main(void)
{
    char *shared = segment(64), own[64];
    memcpy(own, shared, 64);
    return 0;
}
END
    explore --races ./one ::: ./one
    assert_success
}

# --- what memory is shared ----------------------------------------------------

@test "anonymous shared memory is a region, and the trace shows its bytes" {
    local map
    for map in '-1, 0' 'open("/dev/zero", O_RDWR), 0'; do
        program one -DFILE_OF_IT="$map" <<'END'
static int mmap_flags(int fd) { return fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED; }
static int *map(int fd, off_t offset) { return mmap(NULL, 100, PROT_READ | PROT_WRITE, mmap_flags(fd), fd, offset); }
int main(void)
{
    int *count = map(FILE_OF_IT);
    if (fork() == 0) {
        ++*count;
        _exit(0);
    }
    ++*count;
    wait(NULL);
    return *count != 2;
}
END
        explore ./one
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
        assert_output --regexp "0 ?> ?1"
    done
}

@test "a lock in anonymous shared memory makes it hold, with every schedule" {
    program one -DCOUNT=2 <<'END'
int main(void)
{
    struct { sem_t lock; int count; } *shared = mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    sem_init(&shared->lock, 1, 1);
    const int child = fork() == 0;
    sem_wait(&shared->lock);
    shared->count++;
    sem_post(&shared->lock);
    if (child)
        _exit(0);
    wait(NULL);
    return shared->count != COUNT;
}
END
    explore ./one
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "a state that two schedules of a POSIX object come to is searched once" {
    program one <<'END'
int main(void)
{
    const int file = shm_open("/one", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, 8))
        return 1;
    volatile int *shared = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int i = 0; i < 3; i++)
        shared[0] = 1;
    return 0;
}
END
    explore --runs 1000 ./one ::: ./one
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "an object that is unlinked is not left, and is seen as long as it is mapped" {
    program one <<'END'
int main(void)
{
    const int file = shm_open("/one", O_CREAT | O_EXCL | O_RDWR, 0600);
    shm_unlink("/one");
    if (ftruncate(file, 8))
        return 1;
    int *count = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    const int child = fork() == 0;
    ++*count;
    if (child)
        _exit(0);
    wait(NULL);
    return *count != 2;
}
END
    explore --clean --exit 1:0 ./one
    assert_failure 1
    assert_output --partial "program 1 exits with 1"
    assert_output --regexp "0 ?> ?1"
    refute_output --partial "left:"
}

@test "part of a file, the same segment twice, and what munmap(2) leaves are regions" {
    truncate -s 8192 file
    program one <<'END'
int main(void)
{
    const int file = open("file", O_RDWR), id = shmget(0x4d2, 100, IPC_CREAT | 0600);
    int *part = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4096);
    int *whole = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int *first = shmat(id, NULL, 0), *second = shmat(id, NULL, 0);
    munmap(whole, 4096);
    shmdt(first);
    if (fork() == 0) {
        whole[1024] = 1;
        second[0] = 1;
        _exit(0);
    }
    const int seen = part[0] * 2 + second[0];
    wait(NULL);
    part[0] = 0;
    return seen;
}
END
    # 2 is seen only if the child stops between the two stores, and 1 only if the parent stops between the
    # two loads.
    explore --exit 1:0 --always '0x4d2 u32@0 <= 1' ./one
    assert_failure 1
    for seen in 0 1 2 3; do
        explore --finally '0x4d2 u32@0 == 1' --exit "1:$seen" ./one
        assert_failure 1
    done
}

@test "two orders of writes to a pipe are two states" {
    plain one -DEXPECTED=0 <<'END'
int main(void)
{
    int ends[2];
    char first = 0;
    if (pipe(ends))
        return 2;
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            char byte = (char)i;
            _exit(write(ends[1], &byte, 1) != 1);
        }
    wait(NULL);
    wait(NULL);
    return read(ends[0], &first, 1) != 1 || first != EXPECTED;
}
END
    for first in 0 1; do
        cc -g -DEXPECTED=$first -o one one.c
        explore ./one
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
    done
}

# --- objects of pthreads ------------------------------------------------------

# sharing NAME TYPE: C that makes an object of TYPE, and a count, shared by this process and its child;
# in_both() is then called in both.
sharing() {
    cat <<END
static struct { pthread_$1_t object; int count, other; } *shared;
static int in_both(int child);
static inline void map(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
static inline int both(void)
{
    int status;
    if (fork() == 0)
        _exit(in_both(1));
    const int result = in_both(0);
    wait(&status);
    return result + WEXITSTATUS(status);
}
END
}

# barrier COUNT: C that makes a barrier of COUNT.
barrier() {
    sharing barrier
    cat <<END
static void make(void)
{
    pthread_barrierattr_t attributes;
    map();
    pthread_barrierattr_init(&attributes);
    pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->object, &attributes, $1);
}
END
}

@test "pthread_barrier_wait(3): nobody passes before all are there, twice, and one is told so" {
    { barrier 2 && cat; } <<'END' >one.body
static int in_both(int child)
{
    int last = 0;
    for (int round = 1; round <= 2; round++) {
        __atomic_fetch_add(&shared->count, 1, __ATOMIC_SEQ_CST);
        last += pthread_barrier_wait(&shared->object) == PTHREAD_BARRIER_SERIAL_THREAD;
        if (shared->count < 2 * round)
            return 100;
    }
    return last;
}
int main(void)
{
    make();
    const int result = both();
    return result != 2 || pthread_barrier_destroy(&shared->object);
}
END
    plain one <one.body
    explore ./one
    assert_success
    assert_output --partial "holds: all schedules"
    # Each of both is the last in some schedule.
    sed -i 's/return result != 2.*/return result + (shared->other == OTHER);/; s/return last;/if (child) shared->other = last; return 0;/' one.c
    for last in 0 1 2; do
        cc -g -DOTHER=$last -o one one.c
        explore ./one
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
    done
}

@test "pthread_barrier_wait(3): one too few is a deadlock" {
    { barrier 3 && cat; } <<'END' >one.body
static int in_both(int child) { return pthread_barrier_wait(&shared->object) + child; }
int main(void) { return make(), both(); }
END
    plain one <one.body
    explore ./one
    assert_failure 1
    deadlocked "1 barrier_wait: goes on" "2 barrier_wait: goes on"
}

@test "spin locks: both never hold it, trying fails at once, and taking it twice is a deadlock" {
    { sharing spinlock && cat; } <<'END' >one.body
static int in_both(int child)
{
    int busy = 0;
    if (child) {
        busy = pthread_spin_trylock(&shared->object);
        if (busy == EBUSY)
            return 1;
    } else {
        pthread_spin_lock(&shared->object);
    }
    if (TWICE)
        pthread_spin_lock(&shared->object);
    shared->count++;
    pthread_spin_unlock(&shared->object);
    return busy;
}
int main(void)
{
    map();
    pthread_spin_init(&shared->object, PTHREAD_PROCESS_SHARED);
    const int busy = both();
    return shared->count + busy != 2;
}
END
    program one -DTWICE=0 <one.body
    explore --races ./one
    assert_success
    assert_output --partial "holds: all schedules"
    program one -DTWICE=1 <one.body
    explore ./one
    assert_failure 1
    assert_output --partial "waits: spin_lock"
}

@test "locks with a time limit, of a mutex, a rwlock, a condition variable and a semaphore" {
    local call
    for call in 'pthread_mutex_timedlock(&shared->object, &soon)' \
        'pthread_mutex_clocklock(&shared->object, CLOCK_MONOTONIC, &soon)' \
        'pthread_rwlock_timedrdlock(&shared->rwlock, &soon)' \
        'pthread_rwlock_timedwrlock(&shared->rwlock, &soon)' \
        'pthread_rwlock_clockrdlock(&shared->rwlock, CLOCK_REALTIME, &soon)' \
        'pthread_rwlock_clockwrlock(&shared->rwlock, CLOCK_REALTIME, &soon)' \
        'pthread_cond_timedwait(&shared->condition, &own, &soon)' \
        'pthread_cond_clockwait(&shared->condition, &own, CLOCK_REALTIME, &soon)' \
        'sem_timedwait(&shared->semaphore, &soon) ? errno : 0' \
        'sem_clockwait(&shared->semaphore, CLOCK_MONOTONIC, &soon) ? errno : 0'; do
        plain one -DCALL="$call" <<'END'
static struct { pthread_mutex_t object; pthread_rwlock_t rwlock; pthread_cond_t condition; sem_t semaphore; } *shared;
int main(void)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    const struct timespec soon = {1, 0};
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutex_lock(&own);
    pthread_mutex_lock(&shared->object);
    pthread_rwlock_wrlock(&shared->rwlock);
    if (fork() == 0)
        _exit((CALL) != ETIMEDOUT);
    int status;
    wait(&status);
    return status != 0;
}
END
        explore ./one
        assert_success
        assert_output --partial "holds: all schedules"
    done
}

# --- message queues -----------------------------------------------------------

# queue_program NAME COMPILER: compiles a program that does what its arguments say, one after the
# other: sN send type N, rN receive type N, RN try to receive it, fN send until the queue is
# full, d remove the queue, D and x: a child removes it, receives one message; =N fail unless the last call
# returned N.
queue_program() {
    "$2" "$1" <<'END'
static struct { long type; char text[4000]; } message;
int main(int count, char *words[])
{
    const int queue = msgget(0x4d2, IPC_CREAT | 0600);
    long result = 0;
    for (int i = 1; i < count; i++) {
        const long number = atol(words[i] + 1);
        message.type = number;
        switch (words[i][0]) {
        case 's': result = msgsnd(queue, &message, 4000, 0); break;
        case 'f':
            while (msgsnd(queue, &message, 4000, IPC_NOWAIT) == 0)
                ;
            break;
        case 'r': result = msgrcv(queue, &message, 4000, number, 0) < 0 ? -errno : message.type; break;
        case 'R': result = msgrcv(queue, &message, 4000, number, IPC_NOWAIT) < 0 ? -errno : message.type; break;
        case 'd': result = msgctl(queue, IPC_RMID, NULL); break;
        case 'D':
            if (fork() == 0)
                _exit(msgctl(queue, IPC_RMID, NULL));
            break;
        case 'x':
            if (fork() == 0)
                _exit(msgrcv(queue, &message, 4000, 0, 0) < 0);
            break;
        case '=':
            if (result != number)
                return 1;
        }
    }
    return 0;
}
END
}

@test "message queues: a receiver waits for its type, and nobody is a deadlock" {
    queue_program one plain
    explore --clean ./one r2 =2 r0 =1 d ::: ./one s1 s2
    assert_success
    assert_output --partial "holds: all schedules"
    explore ./one r3 ::: ./one s1 s2
    assert_failure 1
    deadlocked "1 msgrcv(0, type 3)"
}

@test "message queues: the order of two senders is both, and --clean names what is left" {
    queue_program one plain
    for first in 1 2; do
        explore ./one s1 ::: ./one s2 ::: ./one r0 =$first
        assert_failure 1
        assert_output --partial "program 3 exits with 1"
    done
    explore --clean ./one s1
    assert_failure 1
    assert_output --partial "left: queue 0"
}

@test "message queues: who tries gets ENOMSG, who waits gets EIDRM, or EINVAL if it comes too late" {
    queue_program one plain
    explore ./one R0 =-42
    assert_success
    for error in 43 22; do
        explore ./one D r0 "=-$error"
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
    done
}

@test "message queues: a sender waits for room" {
    queue_program one plain
    explore ./one f1 x s1
    assert_success
    assert_output --partial "holds: all schedules"
    explore ./one f1 s1
    assert_failure 1
    deadlocked "1 msgsnd(0, type 1)"
}

@test "message queues: one message, and either of two receivers waits for ever" {
    queue_program one plain
    for first in "r0 ::: ./one r0" "R1 r0 ::: ./one r0"; do
        # shellcheck disable=SC2086 # words
        explore ./one $first ::: ./one s1
        assert_failure 1
        assert_output --regexp 'program [12] waits: msgrcv\(0, type 0\)'
        assert_equal "$(grep -c ' waits: msgrcv' <<<"${output#*deadlock}")" 1
    done
}

@test "message queues order accesses: no race" {
    program one <<'END'
int main(int count, char *words[])
{
    struct { long type; char byte; } message = {1, 0};
    int *shared = segment(8);
    const int queue = msgget(0x4d2, IPC_CREAT | 0600);
    (void)words;
    if (count > 1) {
        shared[0] = 1;
        return msgsnd(queue, &message, 1, 0);
    }
    return msgrcv(queue, &message, 1, 0, 0) != 1 || shared[0] != 1;
}
END
    explore --races ./one ::: ./one 1
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "POSIX message queues are refused" {
    plain one <<'END'
#include <mqueue.h>
int main(void) { return mq_open("/one", O_CREAT | O_RDWR, 0600, NULL) < 0; }
END
    refused "it opens a POSIX message queue" ./one
}

# --- threads ------------------------------------------------------------------

# two_threads NAME [ARGUMENT...]: a program whose two threads call act(), of standard input, and whose
# result is 1 unless count is 2 at the end.
two_threads() {
    { threads_head && cat && threads_tail; } >body
    program "$@" <body
}

threads_head() {
    cat <<'END'
static int count, other;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
END
}

threads_tail() {
    cat <<'END'
static void *begin(void *number) { return act((int)(intptr_t)number), NULL; }
int main(void)
{
    pthread_t first, second;
    pthread_create(&first, NULL, begin, (void *)0);
    pthread_create(&second, NULL, begin, (void *)1);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return count + other != 2;
}
END
}

@test "threads: a lost update of a global is found, and named as a race" {
    two_threads one <<'END'
static void act(int number) { (void)number, count++; }
END
    explore ./one
    assert_failure 1
    assert_output --partial "program 1 exits with 1"
    explore --races ./one
    assert_failure 1
    assert_output --partial "race"
}

@test "threads: with a mutex it holds, in every schedule and without a race" {
    two_threads one <<'END'
static void act(int number)
{
    (void)number;
    pthread_mutex_lock(&mutex);
    count++;
    pthread_mutex_unlock(&mutex);
}
END
    explore --races ./one
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "threads: the last store of two is both, though nobody has loaded in between" {
    for last in 0 1; do
        two_threads one -DLAST=$last <<'END'
static void act(int number) { other = number == LAST ? 2 : 3; }
END
        explore ./one
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
    done
}

@test "threads of a plain program: calls are steps, and the order of all counts" {
    for last in 0 1; do
        { threads_head && cat && threads_tail; } <<'END' >body
static void act(int number)
{
    sched_yield();
    other = number == LAST ? 2 : 3;
}
END
        plain one -DLAST=$last <body
        explore ./one
        assert_failure 1
        assert_output --partial "program 1 exits with 1"
    done
}

@test "threads: two mutexes in two orders are a deadlock" {
    two_threads one <<'END'
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static void act(int number)
{
    pthread_mutex_lock(number ? &mutex : &second);
    pthread_mutex_lock(number ? &second : &mutex);
    count++;
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&mutex);
}
END
    explore ./one
    assert_failure 1
    deadlocked "1 pthread_join" "2 lock" "3 lock"
}

@test "threads: a condition variable wakes who tests first, and a signal before the wait is lost" {
    for test in 'count != 2' 1; do
        two_threads one -DTEST="$test" <<'END'
static void act(int number)
{
    pthread_mutex_lock(&mutex);
    if (number)
        count = 2, pthread_cond_signal(&changed);
    else if (TEST)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}
END
        explore --races ./one
        [[ $test == 1 ]] || assert_success
        [[ $test == 1 ]] || assert_output --partial "holds: all schedules"
    done
    assert_failure 1
    deadlocked "1 pthread_join" "2 cond_wait"
}

@test "threads: a flag that is polled is seen, and no livelock" {
    two_threads one <<'END'
static volatile int flag;
static void act(int number)
{
    if (number)
        flag = 1;
    else
        while (!flag)
            sched_yield();
    __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
}
END
    explore ./one
    assert_success
}

@test "threads: exit(3) ends them all, pthread_exit(3) of the first waits, and a crash kills the process" {
    program one <<'END'
static int *shared;
static void *begin(void *argument)
{
    shared[0] = 1;
    if (argument)
        exit(7);
    pthread_exit(NULL);
}
int main(int count, char *words[])
{
    pthread_t thread;
    (void)words;
    shared = segment(8);
    pthread_create(&thread, NULL, begin, count > 1 ? &thread : NULL);
    if (count > 1)
        pthread_join(thread, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}
END
    explore --finally '0x4d2 u32@0 == 1' ./one
    assert_success
    assert_output --partial "holds: all schedules"
    explore --crash --finally '0x4d2 u32@0 == 1' ./one
    assert_failure 1
    assert_output --partial "KILLED"
    explore --exit 1:7 ./one 1
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "threads: a child that is forked has one, with what the others stored" {
    two_threads one <<'END'
static void act(int number)
{
    int status;
    if (number) {
        count = 2;
        return;
    }
    if (fork() == 0)
        _exit(count + 1);
    wait(&status);
    other = WEXITSTATUS(status) == 1 ? 0 : 5;
}
END
    explore ./one
    assert_failure 1
    assert_output --partial "program 1 exits with 1"
}

# --- time and random bytes ----------------------------------------------------

@test "the time stands still but for what tasks sleep, and is the same in each run" {
    plain one <<'END'
static int64_t now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}
int main(void)
{
    struct timeval day;
    struct timespec until;
    const int64_t real = now(CLOCK_REALTIME), monotonic = now(CLOCK_MONOTONIC);
    if (now(CLOCK_REALTIME) != real || time(NULL) != real / 1000000000)
        return 1;
    sleep(3);
    usleep(1500000);
    nanosleep(&(struct timespec){0, 7}, NULL);
    if (now(CLOCK_REALTIME) != real + 4500000007 || now(CLOCK_MONOTONIC) != monotonic + 4500000007)
        return 2;
    until = (struct timespec){real / 1000000000 + 10, 0};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL);
    gettimeofday(&day, NULL);
    printf("%ld.%06ld\n", (long)day.tv_sec, (long)day.tv_usec);
    return day.tv_sec != real / 1000000000 + 10;
}
END
    explore ./one
    assert_success
    assert_output --partial "holds: all schedules"
}

@test "a wait that is late has taken its time" {
    local call
    for call in 'sem_timedwait(&shared->semaphore, &until)' 'semtimedop(set, &(struct sembuf){0, -1, 0}, 1, &(struct timespec){2, 0})' \
        'pthread_mutex_timedlock(&shared->mutex, &until)' 'pthread_cond_timedwait(&shared->condition, &own, &until)'; do
        plain one -DCALL="$call" <<'END'
static struct { pthread_mutex_t mutex; pthread_cond_t condition; sem_t semaphore; } *shared;
int main(void)
{
    pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
    const int set = semget(IPC_PRIVATE, 1, 0600);
    const time_t before = time(NULL);
    const struct timespec until = {before + 2, 0};
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutex_lock(&own);
    pthread_mutex_lock(&shared->mutex);
    return (CALL) == 0 || time(NULL) != before + 2 || semctl(set, 0, IPC_RMID);
}
END
        explore ./one
        assert_success
    done
}

@test "polling until a time is no livelock" {
    program one <<'END'
int main(void)
{
    volatile int *flag = segment(8);
    const time_t end = time(NULL) + 2;
    while (!*flag && time(NULL) < end)
        usleep(10000);
    return 0;
}
END
    explore ./one
    assert_success
}

@test "random bytes are the same in each run, and others in each process" {
    plain one <<'END'
#include <sys/random.h>
int main(void)
{
    unsigned char *shared = segment(64), *own = shared;
    const int child = fork() == 0;
    own = child ? shared + 32 : shared;
    FILE *file = fopen("/dev/urandom", "re");
    const int fd = open("/dev/random", O_RDONLY);
    if (getrandom(own, 8, 0) != 8 || getentropy(own + 8, 8) || fread(own + 16, 1, 8, file) != 8 || read(fd, own + 24, 8) != 8)
        return 1;
    if (child)
        _exit(0);
    wait(NULL);
    for (int i = 0; i < 64; i += 8)
        for (int j = 0; j < i; j += 8)
            if (!memcmp(shared + i, shared + j, 8))
                return 2;
    return 64 + shared[0] % 64;
}
END
    explore ./one
    assert_failure 1
    [[ $output =~ "program 1 exits with "([0-9]+) ]] || fail "$output"
    ((BASH_REMATCH[1] >= 64)) || fail "$output"
    explore --exit "1:${BASH_REMATCH[1]}" ./one
    assert_success
    assert_output --partial "holds: all schedules"
}

# --- signals that processes send ----------------------------------------------

# signalled NAME COMPILER: the parent sends SIGUSR1 to a child that does act(), and takes its status for
# its own; the handler stores 1 to shared[0].
signalled() {
    { signalled_head && cat && signalled_tail; } >body
    "$2" "$1" <body
}

signalled_head() {
    cat <<'END'
static volatile int *shared;
static void on_signal(int number) { (void)number, shared[0]++; }
static int act(void);
END
}

signalled_tail() {
    cat <<'END'
int main(void)
{
    int status;
    shared = segment(8);
    signal(SIGUSR1, on_signal);
    const pid_t child = fork();
    if (child == 0)
        _exit(act());
    kill(child, SIGUSR1);
    wait(&status);
    return WEXITSTATUS(status);
}
END
}

@test "a handler runs in the steps of its process, and its stores are steps" {
    # The child can be between its load and its store when the handler adds 1: then that is lost.
    signalled one program <<'END'
static int act(void)
{
    const int before = shared[0];
    shared[0] = before + 10;
    return 0;
}
END
    for end in 0 1 10 11; do
        explore --finally "0x4d2 u32@0 != $end" ./one
        case $end in 10 | 11) assert_failure 1 ;; *) assert_success ;; esac
        refute_output --partial "without a step"
    done
}

@test "pause(2): a signal that comes before it is lost" {
    signalled one plain <<'END'
static int act(void) { return pause() != -1 || errno != EINTR; }
END
    explore ./one
    assert_failure 1
    deadlocked "1 wait for a child" "2 pause"
}

@test "sigsuspend(2) and sigwait(3) wait for a signal that is blocked, and lose none" {
    for wait in 'sigsuspend(&none) + 1' 'sigwait(&set, &number) || number != SIGUSR1'; do
        { signalled_head && cat && signalled_tail; } <<END >body
static int act(void)
{
    sigset_t none, set;
    int number = 0;
    sigemptyset(&none);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    return ($wait) + 0 * number * sigismember(&none, 1);
}
END
        # Blocked before fork(2), so that it cannot come too early.
        sed -i 's/    const pid_t child = fork/    sigset_t blocked; sigemptyset(\&blocked); sigaddset(\&blocked, SIGUSR1); sigprocmask(SIG_BLOCK, \&blocked, NULL);\n&/' body
        plain one <body
        explore ./one
        assert_success
        assert_output --partial "holds: all schedules"
    done
}

@test "a signal ends the wait of semop(2) and msgrcv(2) with EINTR, and not that of a mutex" {
    local call
    for call in 'semop(object, &(struct sembuf){0, -1, 0}, 1)' 'msgrcv(queue, &message, 4, 0, 0)'; do
        signalled one plain <<END
static int act(void)
{
    struct { long type; char text[4]; } message;
    const int object = semget(IPC_PRIVATE, 1, 0600), queue = msgget(IPC_PRIVATE, 0600);
    (void)message;
    return $call == -1 && errno == EINTR && shared[0] == 1 && object + queue >= 0 ? 3 : 4;
}
END
        explore --exit 1:4 ./one
        assert_failure 1
        # It waits for ever if the signal comes before the wait.
        assert_output --regexp 'program 1 exits with 3|deadlock'
        explore --exit 1:3 ./one
        assert_failure 1
        assert_output --partial "deadlock"
    done
    signalled one plain <<'END'
static int act(void)
{
    pthread_mutex_t *mutex = (void *)(shared + 1);
    return pthread_mutex_trylock(mutex) + pthread_mutex_lock(mutex);
}
END
    sed -i 's/segment(8)/segment(100)/' one.c
    cc -g -o one one.c
    explore ./one
    assert_failure 1
    deadlocked "2 lock"
}

@test "an alarm without a handler is none, and with one it is refused" {
    plain one <<'END'
static void on_alarm(int number) { (void)number; }
int main(int count, char *words[])
{
    (void)words;
    if (count > 1)
        signal(SIGALRM, on_alarm);
    return (int)alarm(1);
}
END
    explore ./one
    assert_success
    refused "it waits for SIGALRM" ./one 1
}

# --- files that are waited for ------------------------------------------------

@test "poll(2), select(2), waitid(2) and a write to a full pipe wait, and are seen to" {
    local call
    for call in 'poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, -1) == 1' \
        'select(ends[0] + 1, &set, NULL, NULL, NULL) == 1 && FD_ISSET(ends[0], &set)' \
        'poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, 5000) >= 0 && time(NULL) == start' \
        'waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 && info.si_status == 3'; do
        plain one -DCALL="$call" <<'END'
#include <poll.h>
#include <sys/select.h>
int main(int count, char *words[])
{
    int ends[2];
    const time_t start = time(NULL);
    fd_set set;
    siginfo_t info;
    (void)words;
    if (pipe(ends))
        return 2;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    info.si_status = 0;
    if (count == 1 && fork() == 0)
        _exit(write(ends[1], "x", 1) == 1 ? 3 : 4);
    return !(CALL) + 0 * (int)start;
}
END
        explore ./one
        assert_success
        assert_output --partial "holds: all schedules"
    done
    plain one <<'END'
int main(void)
{
    static char much[65536];
    int ends[2];
    return pipe(ends) || write(ends[1], much, sizeof much) < 0 || write(ends[1], much, 1) != 1;
}
END
    explore ./one
    deadlocked "1 write"
}

@test "poll(2) and select(2) end with their time, and that has passed" {
    local call
    for call in 'poll(&(struct pollfd){ends[0], POLLIN, 0}, 1, 3000)' \
        'select(ends[0] + 1, &set, NULL, NULL, &(struct timeval){3, 0}) || FD_ISSET(ends[0], &set)'; do
        plain one -DCALL="$call" <<'END'
#include <poll.h>
#include <sys/select.h>
int main(void)
{
    int ends[2];
    const time_t start = time(NULL);
    fd_set set;
    if (pipe(ends))
        return 2;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    return (CALL) || time(NULL) != start + 3;
}
END
        explore ./one
        assert_success
    done
}
