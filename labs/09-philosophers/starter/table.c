/*
 * table.c - a philosopher sits down at the table, eats, and leaves; do not change this file
 *
 *   $ ./table 0x1ab09 setup 5
 *   $ ./table 0x1ab09 sit 0       and seats 1 to 4 in other terminals
 *   eating 1                      Enter puts the forks back
 *   left 1                        Enter makes the philosopher hungry again; ^D ends the program
 *   $ ./table 0x1ab09 cleanup
 *
 * With "sit SEAT MEALS", the philosopher eats MEALS times without input, and prints nothing.
 *
 * Exit status: 0 success; 1 a call failed, or a neighbour ate at the same time; 2 usage error.
 */
#include "table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <time.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static int set;
static struct table *table;
static long meals; /* 0: the user presses Enter */

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

void operate(int id, struct sembuf *ops, size_t count)
{
    while (semop(id, ops, count))
        if (errno != EINTR)
            fail("semop");
}

void take(int id, unsigned short number)
{
    operate(id, &(struct sembuf){number, -1, 0}, 1);
}

void give(int id, unsigned short number)
{
    operate(id, &(struct sembuf){number, 1, 0}, 1);
}

/* Waits for Enter. Returns false at end of input. */
static bool next_line(void)
{
    int c;
    do
        c = getchar();
    while (c != '\n' && c != EOF);
    return c != EOF;
}

/* The length of a meal: until Enter, or only a moment if MEALS was given. */
static bool stay(void)
{
    const struct timespec moment = {0, 50000};
    if (!meals)
        return next_line();
    nanosleep(&moment, NULL);
    return true;
}

/* Fails if a neighbour is eating: the two share a fork. */
static void must_eat_alone(int seat)
{
    const int neighbours[] = {(seat + 1) % table->seats, (seat + table->seats - 1) % table->seats};
    for (int i = 0; i < 2; i++)
        if (__atomic_load_n(&table->eating[neighbours[i]], __ATOMIC_SEQ_CST)) {
            fprintf(stderr, "seats %d and %d eat at the same time, but they share a fork\n", seat,
                    neighbours[i]);
            exit(EXIT_FAILURE);
        }
}

static bool eat(int seat, long visit)
{
    take_forks(set, table, seat);
    __atomic_store_n(&table->eating[seat], 1, __ATOMIC_SEQ_CST);
    must_eat_alone(seat);
    table->meals[seat]++;
    if (!meals)
        printf("eating %ld\n", visit);
    const bool more = stay();
    must_eat_alone(seat);
    __atomic_store_n(&table->eating[seat], 0, __ATOMIC_SEQ_CST);
    put_forks(set, table, seat);
    return more;
}

static int sit(int seat)
{
    for (long visit = 1; !meals || visit <= meals; visit++) {
        const bool more = eat(seat, visit);
        if (!meals)
            printf("left %ld\n", visit);
        if (!meals && !(more && next_line()))
            break;
    }
    return EXIT_SUCCESS;
}

static struct table *attach(int id)
{
    struct table *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
    if (at == (void *)-1)
        fail("cannot open the segment (run setup first)");
    return at;
}

static int set_up(key_t key, int seats)
{
    unsigned short values[most_semaphores] = {0};
    const int count = initial_values(seats, values);
    if (count < seats || count > most_semaphores) {
        fprintf(stderr, "setup: initial_values returned %d semaphores: too few or too many\n",
                count);
        return EXIT_FAILURE;
    }
    set = semget(key, count, IPC_CREAT | IPC_EXCL | 0600);
    if (set < 0 || semctl(set, 0, SETALL, (union semun){.array = values}))
        fail("setup: cannot create the set");
    attach(shmget(key, sizeof *table, IPC_CREAT | IPC_EXCL | 0600))->seats = seats;
    return EXIT_SUCCESS;
}

static int clean_up(key_t key)
{
    const int id = shmget(key, 0, 0);
    set = semget(key, 0, 0);
    if (set < 0 || semctl(set, 0, IPC_RMID))
        fail("cleanup: cannot remove the set");
    if (id < 0 || shmctl(id, IPC_RMID, NULL))
        fail("cleanup: cannot remove the segment");
    return EXIT_SUCCESS;
}

static long number(const char *text, long least, long most)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 0);
    if (end == text || *end || errno || value < least || value > most) {
        fprintf(stderr, "%s: expected a number from %ld to %ld\n", text, least, most);
        exit(2);
    }
    return value;
}

int main(int argc, char *argv[])
{
    const char *what = argc > 2 ? argv[2] : "";
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    if (argc == 3 && !strcmp(what, "cleanup"))
        return clean_up((key_t)number(argv[1], 1, 0xffffffff));
    if (argc == 4 && !strcmp(what, "setup"))
        return set_up((key_t)number(argv[1], 1, 0xffffffff), (int)number(argv[3], 2, most_seats));
    if ((argc != 4 && argc != 5) || strcmp(what, "sit")) {
        fprintf(stderr, "usage: table KEY setup SEATS | sit SEAT [MEALS] | cleanup\n");
        return 2;
    }
    const key_t key = (key_t)number(argv[1], 1, 0xffffffff);
    meals = argc > 4 ? number(argv[4], 1, 1000000000) : 0;
    set = semget(key, 0, 0);
    if (set < 0)
        fail("cannot open the set (run setup first)");
    table = attach(shmget(key, sizeof *table, 0));
    return sit((int)number(argv[3], 0, table->seats - 1));
}
