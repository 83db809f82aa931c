/*
 * record.c - read and write a record that other processes read and write, too. This file is
 * complete.
 *
 *   $ ./fair 0x1ab08 setup
 *   $ ./fair 0x1ab08 write        and ./fair 0x1ab08 read in other terminals
 *   writing 1                     the writer is in; Enter: it leaves
 *   wrote 1
 *   left 1                        Enter: the writer comes again; ^D: it ends
 *   $ ./fair 0x1ab08 cleanup
 *
 * A whole record has the same value in all its bytes. A writer increments this value: in the first
 * half of the record when it begins, in the second when it ends. With TIMES, a reader or writer
 * comes this many times without waiting for Enter, and prints nothing.
 *
 * Exit status: 0 done; 1 a call failed, or the record was not whole; 2 usage.
 */
#include "record.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static int set;
static struct shared *shared;
static long times; /* 0: wait for Enter */

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void operate(int id, unsigned short number, short change)
{
    struct sembuf op = {number, change, 0};
    while (semop(id, &op, 1))
        if (errno != EINTR)
            fail("semop");
}

void take(int id, unsigned short number)
{
    operate(id, number, -1);
}

void give(int id, unsigned short number)
{
    operate(id, number, 1);
}

/* Wait for Enter. Return false at the end of the input. */
static bool next_line(void)
{
    int c;
    do
        c = getchar();
    while (c != '\n' && c != EOF);
    return c != EOF;
}

/* Stay in until Enter; with TIMES, stay in for a moment, so that other processes come. */
static bool stay(void)
{
    const struct timespec moment = {0, 50000};
    if (!times)
        return next_line();
    nanosleep(&moment, NULL);
    return true;
}

static void say(const char *what, long number)
{
    if (!times)
        printf("%s %ld\n", what, number);
}

/* Fail unless all bytes of the record are VALUE: otherwise another process has written to it. */
static void must_be(unsigned char value)
{
    for (int i = 0; i < record_size; i++)
        if (shared->record[i] != value) {
            fprintf(stderr, "the record is not whole: byte %d is %d, not %d\n", i,
                    shared->record[i], value);
            exit(EXIT_FAILURE);
        }
}

static bool read_once(long visit)
{
    begin_read(set, shared);
    const unsigned char value = shared->record[0];
    must_be(value);
    say("reading", visit);
    const bool more = stay();
    must_be(value);
    say("read", value);
    end_read(set, shared);
    return more;
}

static bool write_once(long visit)
{
    begin_write(set, shared);
    const unsigned char old = shared->record[0], value = (unsigned char)(old + 1);
    must_be(old);
    memset(shared->record, value, record_size / 2);
    say("writing", visit);
    const bool more = stay();
    memset(shared->record + record_size / 2, value, record_size / 2);
    must_be(value);
    say("wrote", value);
    end_write(set, shared);
    return more;
}

static int run(bool (*once)(long))
{
    for (long visit = 1; !times || visit <= times; visit++) {
        const bool more = once(visit);
        say("left", visit);
        if (!times && !(more && next_line()))
            break;
    }
    return EXIT_SUCCESS;
}

static int set_up(key_t key)
{
    set = semget(key, semaphores, IPC_CREAT | IPC_EXCL | 0600);
    if (set < 0)
        fail("setup: semget");
    if (semctl(set, 0, SETALL, (union semun){.array = (unsigned short *)initial_values}))
        fail("setup: semctl");
    if (shmget(key, sizeof(struct shared), IPC_CREAT | IPC_EXCL | 0600) < 0)
        fail("setup: shmget");
    return EXIT_SUCCESS;
}

static void open_both(key_t key)
{
    set = semget(key, semaphores, 0);
    if (set < 0)
        fail("semget (setup first)");
    const int id = shmget(key, sizeof(struct shared), 0);
    if (id < 0)
        fail("shmget (setup first)");
    shared = shmat(id, NULL, 0);
    if (shared == (void *)-1)
        fail("shmat");
}

static int clean_up(key_t key)
{
    const int id = shmget(key, 0, 0);
    set = semget(key, 0, 0);
    if (set < 0 || semctl(set, 0, IPC_RMID))
        fail("cleanup: set");
    if (id < 0 || shmctl(id, IPC_RMID, NULL))
        fail("cleanup: segment");
    return EXIT_SUCCESS;
}

static unsigned long number(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    errno = 0;
    const unsigned long value = strtoul(text, &end, 0);
    if (end == text || *end || *text == '-' || errno || value < least || value > most) {
        fprintf(stderr, "%s: not a number from %lu to %lu\n", text, least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char *argv[])
{
    const char *what = argc > 2 ? argv[2] : "";
    const bool reads = !strcmp(what, "read"), visits = reads || !strcmp(what, "write");
    setvbuf(stdout, NULL, _IOLBF, 0); /* write each line at once, even to a pipe */
    if (visits ? argc > 4 : argc != 3 || (strcmp(what, "setup") && strcmp(what, "cleanup"))) {
        fprintf(stderr, "usage: %s KEY setup | read [TIMES] | write [TIMES] | cleanup\n", argv[0]);
        return 2;
    }
    const key_t key = (key_t)number(argv[1], 1, 0xffffffff);
    if (!visits)
        return *what == 's' ? set_up(key) : clean_up(key);
    times = argc > 3 ? (long)number(argv[3], 1, 1000000000) : 0;
    open_both(key);
    return run(reads ? read_once : write_once);
}
