/* SPDX-License-Identifier: MIT */
/*
 * pshared-test.c - the header, the directory and the lock of a segment with objects
 * (lib/pshared.h), what is read from the C library's objects (lib/glibc_layout.h), and those
 * objects themselves between processes.
 *
 * Damage is done by hand to a buffer: each bit of the header and of a directory is turned, and what
 * then is opened must be refused or be right. Who dies in the middle is played by writing what he
 * would have left.
 */
#include "config.h"

#include "lib/calls/calls_pthread.h"
#include "lib/pshared/glibc_layout.h"
#include "lib/pshared/layout.h"

#include "tap.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 4096

/* Shared with the children of this process, as a segment is. */
static void *new_segment(size_t size)
{
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        abort();
    return base;
}

static struct pshared made(void *base, size_t size)
{
    struct pshared pshared;
    const char *wrong = pshared_make(&pshared, base, size);
    if (wrong) {
        diag("not made: %s", wrong);
        abort();
    }
    return pshared;
}

static const char *add(const struct pshared *pshared, const char *text)
{
    struct pshared_spec spec;
    bool refused;
    const char *wrong = pshared_parse(text, &spec);
    if (!wrong)
        wrong = pshared_lock(pshared);
    if (wrong)
        return wrong;
    wrong = pshared_add(pshared, &spec, &refused);
    pshared_unlock(pshared);
    return wrong;
}

static void *at(const struct pshared *pshared, const char *name)
{
    struct pshared_object object;
    const char *wrong = pshared_find(pshared, name, &object);
    if (wrong) {
        diag("%s: %s", name, wrong);
        abort();
    }
    return object.at;
}

/* --- how objects are written ------------------------------------------------- */

static const struct {
    const char *text;
    const char *attributes; /* NULL: refused */
    const char *name;
    uint32_t count;
} specs[] = {
    {"mutex:m", "", "m", 0},
    {"mutex:m,robust", "robust", "m", 0},
    {"mutex:m,prio=inherit,recursive,robust", "robust,recursive,prio=inherit", "m", 0},
    {"mutex:m,errorcheck", "errorcheck", "m", 0},
    {"cond:c", "", "c", 0},
    {"cond:c,clock=monotonic", "clock=monotonic", "c", 0},
    {"sem:s=0", "", "s", 0},
    {"sem:s=2147483647", "", "s", INT_MAX},
    {"rwlock:r", "", "r", 0},
    {"barrier:b=1", "", "b", 1},
    {"barrier:b=2147483647", "", "b", INT_MAX},
    {"mutex:_a.b-9", "", "_a.b-9", 0},
    {"mutex:abcdefghijabcdefghijabcdefghij1", "", "abcdefghijabcdefghijabcdefghij1", 0},
    {"mutex:abcdefghijabcdefghijabcdefghij12", NULL, NULL, 0},
    {"mutex", NULL, NULL, 0},
    {"mutex:", NULL, NULL, 0},
    {"mutex:m,", NULL, NULL, 0},
    {"mutex:m,,robust", NULL, NULL, 0},
    {"mutex:m,Robust", NULL, NULL, 0},
    {"mutex:m,recursive,errorcheck", NULL, NULL, 0},
    {"mutex:m,clock=monotonic", NULL, NULL, 0},
    {"mutex:m=1", NULL, NULL, 0},
    {"mutex:.m", NULL, NULL, 0},
    {"mutex:-m", NULL, NULL, 0},
    {"mutex:m m", NULL, NULL, 0},
    {"mutex:m/m", NULL, NULL, 0},
    {"mutex:\xc3\xa9", NULL, NULL, 0},
    {"Mutex:m", NULL, NULL, 0},
    {"cond:c,robust", NULL, NULL, 0},
    {"rwlock:r,robust", NULL, NULL, 0},
    {"sem:s", NULL, NULL, 0},
    {"sem:s=", NULL, NULL, 0},
    {"sem:s=-1", NULL, NULL, 0},
    {"sem:s=2147483648", NULL, NULL, 0},
    {"sem:s=1,robust", NULL, NULL, 0},
    {"sem:s,robust", NULL, NULL, 0},
    {"barrier:b=0", NULL, NULL, 0},
    {"barrier:b", NULL, NULL, 0},
    {"", NULL, NULL, 0},
    {":", NULL, NULL, 0},
};

static void test_specs(void)
{
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct pshared_spec spec;
        char text[128];
        const char *rule = pshared_parse(specs[i].text, &spec);
        if (!specs[i].attributes)
            ok(rule != NULL, "refused: '%s'", specs[i].text);
        else
            ok(!rule && !strcmp(spec.name, specs[i].name) && spec.count == specs[i].count &&
                   !strcmp(pshared_attributes(&spec, text, sizeof text), specs[i].attributes),
               "taken: '%s'", specs[i].text);
    }
}

/* --- the header -------------------------------------------------------------- */

static void test_header(void)
{
    struct pshared pshared;
    bool uninitialised;
    char *base = new_segment(SIZE);
    ok(pshared_open(&pshared, base, SIZE, &uninitialised) && uninitialised,
       "zeros are not initialised");
    ok(!pshared_make(&pshared, base, SIZE) && pshared.data_offset == 2048 && pshared.capacity == 15,
       "made");
    ok(!pshared_open(&pshared, base, SIZE, &uninitialised) && !uninitialised, "opened");
    ok(pshared_open(&pshared, base, SIZE / 2, NULL) != NULL, "cut short: refused");
    ok(pshared_open(&pshared, base, SIZE * 2, NULL) != NULL, "grown: refused");
    ok(pshared_make(&pshared, base, SIZE / 2) != NULL, "cut short: not made anew");
    ok(pshared_make(&pshared, base, 511) != NULL, "511 bytes are too few");
    for (size_t size = 512; size < 40000; size += 511) {
        char *other = new_segment(size);
        if (pshared_make(&pshared, other, size) || pshared.data_offset > size / 2 ||
            pshared.data_offset > 8192 ||
            pshared.data_offset != 128 * ((uint64_t)pshared.capacity + 1) || !pshared.capacity ||
            pshared.capacity > PSHARED_OBJECTS_MAX)
            ok(false, "what %zu bytes have place for", size);
        munmap(other, size);
    }
    munmap(base, SIZE);
}

static void test_foreign(void)
{
    struct pshared pshared;
    for (size_t offset = 0; offset < 2048; offset += 61) {
        char *base = new_segment(SIZE), copy[SIZE];
        base[offset] = 'x';
        memcpy(copy, base, SIZE);
        const char *wrong = pshared_make(&pshared, base, SIZE);
        if (!wrong || memcmp(copy, base, SIZE))
            ok(false, "a byte of others at %zu: refused and left alone: %s", offset,
               wrong ? wrong : "made");
        munmap(base, SIZE);
    }
    char *base = new_segment(SIZE);
    base[2048] = 'x';
    ok(!pshared_make(&pshared, base, SIZE) && base[2048] == 'x',
       "what is in the data area already does no harm");
    munmap(base, SIZE);
}

/* Turned bits: refused; but for the lock, which the readers do not look at, and what nothing uses.
 */
static void test_header_bits(void)
{
    char *base = new_segment(SIZE);
    struct pshared pshared = made(base, SIZE);
    size_t taken = 0;
    for (size_t bit = 0; bit < 8 * sizeof(struct pshared_header); bit++) {
        base[bit / 8] = (char)(base[bit / 8] ^ 1 << bit % 8);
        const size_t byte = bit / 8;
        const bool lock = byte >= offsetof(struct pshared_header, lock) &&
                          byte < offsetof(struct pshared_header, sizes);
        if (!pshared_open(&pshared, base, SIZE, NULL) != lock)
            ok(false, "bit %zu of byte %zu", bit % 8, byte);
        if (!lock && !pshared_make(&pshared, base, SIZE))
            taken++;
        base[bit / 8] = (char)(base[bit / 8] ^ 1 << bit % 8);
    }
    ok(!taken && !pshared_open(&pshared, base, SIZE, NULL),
       "each bit of the header that is turned is noticed");
    munmap(base, SIZE);
}

static void test_entry_bits(void)
{
    char *base = new_segment(SIZE);
    const struct pshared pshared = made(base, SIZE);
    struct pshared_object object;
    const char *wrong = add(&pshared, "mutex:name,robust");
    size_t read = 0, lost = 0;
    char *entry = (char *)pshared_entry_at(&pshared, 0);
    ok(!wrong && pshared_entry(&pshared, 0, &object) == 1, "an entry is read");
    for (size_t bit = 0; bit < 8 * offsetof(struct pshared_entry, holder); bit++) {
        entry[bit / 8] = (char)(entry[bit / 8] ^ 1 << bit % 8);
        const int there = pshared_entry(&pshared, 0, &object);
        read += there > 0;
        lost += there == 0;
        entry[bit / 8] = (char)(entry[bit / 8] ^ 1 << bit % 8);
    }
    ok(!read && !lost, "each bit of an entry that is turned is noticed");
    memcpy(pshared_entry_at(&pshared, 1), entry, sizeof(struct pshared_entry));
    ok(pshared_entry(&pshared, 1, &object) == -1, "an entry that was copied elsewhere is noticed");
    munmap(base, SIZE);
}

/* --- those who die ----------------------------------------------------------- */

/* The lock as a process leaves it that is killed while holding it. */
static void die_with_lock(struct pshared_header *header)
{
    const pid_t pid = fork();
    if (pid == 0) {
        pshared_acquire(&header->lock);
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
}

static void test_dead_maker(void)
{
    struct pshared pshared;
    char *base = new_segment(SIZE);
    struct pshared_header *header = (void *)base;
    die_with_lock(header);
    ok(header->lock != 0 && !pshared_make(&pshared, base, SIZE) && header->lock == 0,
       "killed before it wrote anything: the next one makes the header");
    memset(base, 0, SIZE);
    die_with_lock(header);
    header->making = PSHARED_MAKING;
    header->version = 7;
    ok(!pshared_make(&pshared, base, SIZE) && !pshared_open(&pshared, base, SIZE, NULL),
       "killed in the middle of the header: the next one makes it anew");
    munmap(base, SIZE);
}

static void test_dead_adder(void)
{
    char *base = new_segment(SIZE);
    const struct pshared pshared = made(base, SIZE);
    struct pshared_header *header = (void *)base;
    struct pshared_object object;
    die_with_lock(header);
    struct pshared_entry *entry = pshared_entry_at(&pshared, 0);
    entry->state = ENTRY_MAKING;
    memset(entry->name, 'x', sizeof entry->name);
    memset(pshared_slot_at(&pshared, 0), 0xff, PSHARED_SLOT);
    ok(pshared_entry(&pshared, 0, &object) == 0, "what is half made does not show");
    ok(!add(&pshared, "mutex:m"), "and the next one adds in its place");
    ok(pshared_entry(&pshared, 0, &object) == 1 && !strcmp(object.spec.name, "m"),
       "which is whole");
    die_with_lock(header);
    ok(!pshared_lock(&pshared), "a dead process's lock is taken over");
    pshared_unlock(&pshared);
    munmap(base, SIZE);
}

/* Killed at random moments, again and again: the others always get on. */
static void test_killed_at_random(void)
{
    char *base = new_segment(SIZE);
    const struct pshared pshared = made(base, SIZE);
    const char *wrong = NULL;
    for (int round = 0; round < 200 && !wrong; round++) {
        const pid_t pid = fork();
        if (pid == 0)
            for (;;) {
                struct pshared_object object;
                add(&pshared, "mutex:victim");
                if (!pshared_lock(&pshared) && !pshared_find(&pshared, "victim", &object))
                    pshared_remove(&pshared, &object, true);
                pshared_unlock(&pshared);
            }
        for (int i = 0; i < round % 8; i++)
            sched_yield();
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct pshared_object object;
        if ((wrong = pshared_lock(&pshared)))
            break;
        if (!pshared_find(&pshared, "victim", &object))
            pshared_remove(&pshared, &object, true);
        pshared_unlock(&pshared);
        if ((wrong = add(&pshared, "sem:mine=1")))
            break;
        pshared_lock(&pshared);
        wrong = pshared_find(&pshared, "mine", &object);
        if (!wrong)
            pshared_remove(&pshared, &object, false);
        pshared_unlock(&pshared);
    }
    ok(!wrong, "killed 200 times while adding and removing: nothing is stuck: %s",
       wrong ? wrong : "");
    munmap(base, SIZE);
}

static void test_full(void)
{
    char *base = new_segment(SIZE), name[16];
    const struct pshared pshared = made(base, SIZE);
    const char *wrong = NULL;
    for (int i = 0; i < 15 && !wrong; i++) {
        snprintf(name, sizeof name, "mutex:m%d", i);
        wrong = add(&pshared, name);
    }
    ok(!wrong, "as many objects as there is place for");
    ok(add(&pshared, "mutex:more") != NULL, "and one more is refused");
    ok(add(&pshared, "sem:m3=1") != NULL, "a name that is taken is refused, whatever the kind");
    struct pshared_object object, again;
    pshared_find(&pshared, "m7", &object);
    pshared_lock(&pshared);
    pshared_remove(&pshared, &object, false);
    pshared_unlock(&pshared);
    ok(!pshared_is_current(&pshared, &object) && pshared_find(&pshared, "m7", &again),
       "one that is removed is gone");
    ok(!add(&pshared, "cond:m7") && !pshared_is_current(&pshared, &object),
       "its place is another's, and not it");
    ok(pshared_index_at(&pshared, 128 + 64 * 15) == 0 && pshared_index_at(&pshared, 127) == -1 &&
           pshared_index_at(&pshared, 2048) == -1 && pshared_index_at(&pshared, 2047) == 14,
       "whose a byte is");
    munmap(base, SIZE);
}

/* --- the C library's objects --------------------------------------------------- */

static void test_types(void)
{
    const struct pshared pshared = made(new_segment(SIZE), SIZE);
    struct layout_mutex state;
    add(&pshared, "mutex:r,recursive");
    add(&pshared, "mutex:e,errorcheck");
    add(&pshared, "mutex:p,prio=inherit,robust");
    pthread_mutex_t *r = at(&pshared, "r"), *e = at(&pshared, "e"), *p = at(&pshared, "p");
    ok(!calls_mutex_lock("r", r) && !calls_mutex_lock("r", r) && !calls_mutex_unlock("r", r) &&
           !calls_mutex_unlock("r", r),
       "recursive: locked twice by its owner");
    ok(calls_mutex_unlock("r", r) && errno == EPERM, "and not unlocked more often");
    ok(!calls_mutex_lock("e", e) && calls_mutex_lock("e", e) && errno == EDEADLK &&
           !calls_mutex_unlock("e", e),
       "errorcheck: its owner is told that he has it");
    ok(!calls_mutex_lock("p", p), "priority inheritance: locked");
    layout_mutex(p, &state);
    ok(!layout_known() || (state.state == LAYOUT_LOCKED && state.owner == gettid() && state.exact),
       "and its owner is seen");
    ok(!calls_mutex_unlock("p", p), "and unlocked");
}

/* A child locks it and is killed. */
static pid_t die_with(pthread_mutex_t *mutex)
{
    const pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(mutex);
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    return pid;
}

static void test_layout(const char *text, enum layout_state dead)
{
    const struct pshared pshared = made(new_segment(SIZE), SIZE);
    struct layout_mutex state;
    add(&pshared, text);
    pthread_mutex_t *mutex = at(&pshared, "m");
    layout_mutex(mutex, &state);
    ok(state.state == LAYOUT_UNLOCKED && !state.owner, "%s: unlocked", text);
    pthread_mutex_lock(mutex);
    layout_mutex(mutex, &state);
    ok(state.state == LAYOUT_LOCKED && state.owner == gettid(), "%s: locked, by us", text);
    pthread_mutex_unlock(mutex);
    const pid_t pid = die_with(mutex);
    layout_mutex(mutex, &state);
    ok(state.state == dead && state.owner == pid, "%s: its owner died, and is named", text);
    if (dead != LAYOUT_OWNER_DIED)
        return;
    ok(calls_mutex_lock("m", mutex) && errno == EOWNERDEAD && !calls_mutex_unlock("m", mutex),
       "%s: left inconsistent", text);
    layout_mutex(mutex, &state);
    ok(state.state == LAYOUT_NOT_RECOVERABLE, "%s: not recoverable", text);
    ok(calls_mutex_lock("m", mutex) && errno == ENOTRECOVERABLE, "%s: and nobody gets it", text);
}

/* The last one of each pair must not be lost: with one lost, the round never ends, and the test is
 * killed. */
#define PAIRS 10000

static void test_pairs(void)
{
    const struct pshared pshared = made(new_segment(SIZE), SIZE);
    int *turn = (int *)(void *)(pshared.base + pshared.data_offset), status;
    add(&pshared, "mutex:m");
    add(&pshared, "cond:c");
    add(&pshared, "cond:d");
    pthread_mutex_t *m = at(&pshared, "m");
    pthread_cond_t *conds[] = {at(&pshared, "c"), at(&pshared, "d")};
    const pid_t pid = fork();
    const int me = pid == 0;
    for (int i = 0; i < PAIRS; i++) {
        calls_mutex_lock("m", m);
        while (*turn != me)
            calls_cond_wait("c", conds[me], "m", m, NULL);
        *turn = !me;
        calls_object(CALL_PTHREAD_COND_SIGNAL, "d", conds[!me]);
        calls_mutex_unlock("m", m);
    }
    if (pid == 0)
        _exit(0);
    ok(waitpid(pid, &status, 0) == pid && status == 0, "%d signals and waits: no wake-up is lost",
       PAIRS);
}

int main(void)
{
    test_specs();
    test_header();
    test_foreign();
    test_header_bits();
    test_entry_bits();
    test_dead_maker();
    test_dead_adder();
    test_killed_at_random();
    test_full();
    test_types();
    if (layout_known()) {
        test_layout("mutex:m", LAYOUT_LOCKED);
        test_layout("mutex:m,robust", LAYOUT_OWNER_DIED);
        test_layout("mutex:m,robust,prio=inherit", LAYOUT_OWNER_DIED);
    } else {
        skip("the layout of the C library's objects", "this is not a glibc whose layout is known");
    }
    test_pairs();
    return tap_end();
}
