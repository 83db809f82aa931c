/*
 * other.c - the check's own producer, consumer and observer of a buffer of POSIX objects
 *
 *   $ ./other DIRECTORY NAME VERB [OPERAND...]
 *
 * The objects in the box are files in its /dev/shm, which outside the box is a different DIRECTORY.
 * So this program maps them as files, including the semaphores: in glibc, a semaphore is a sem_t in
 * the file sem.NAME. Only new, segment and semaphore use POSIX names, and so run inside the box.
 *
 *   new SLOTS             create a buffer
 *   segment               create only its segment
 *   semaphore SUFFIX      create only one of its semaphores
 *   put TEXT..., take     put or take as a producer or a consumer does
 *   hold                  acquire the mutex
 *   put_held TEXT         put, after hold
 *   take_held             take, after hold
 *   values, in, out, slots, item N
 *                         print this
 *   seek N                set in and out as if N items had gone in and out
 *
 * If it would have to wait for more than OTHER_LIMIT seconds (default: 10), it gives up.
 *
 * Exit status: 0 success; 1 failure.
 */
#include "starter/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const suffixes[SEMAPHORES] = SUFFIXES;
static struct buffer *buffer;
static sem_t *semaphores[SEMAPHORES];

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/*
 * Maps a whole file, which must have at least LEAST bytes; a shorter one is an error of the
 * student. The student can put something else in its place: outside the box, a symbolic link would
 * lead to a file of the check's user, and to open a FIFO could wait for ever.
 */
static void *map(const char *path, size_t least)
{
    struct stat about;
    const int fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about))
        give_up(path);
    if (!S_ISREG(about.st_mode)) {
        fprintf(stderr, "%s is not a file\n", path);
        exit(EXIT_FAILURE);
    }
    if ((size_t)about.st_size < least) {
        fprintf(stderr, "%s has %jd bytes\n", path, (intmax_t)about.st_size);
        exit(EXIT_FAILURE);
    }
    void *address = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED)
        give_up(path);
    close(fd);
    return address;
}

static void open_all(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s", directory, name);
    buffer = map(path, sizeof *buffer);
    for (int i = 0; i < SEMAPHORES; i++) {
        snprintf(path, sizeof path, "%s/sem.%s%s", directory, name + 1, suffixes[i]);
        semaphores[i] = map(path, sizeof(sem_t));
    }
}

static void take_one(int which)
{
    struct timespec end;
    const char *limit = getenv("OTHER_LIMIT");
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += limit ? atol(limit) : 10;
    while (sem_timedwait(semaphores[which], &end))
        if (errno != EINTR)
            give_up(suffixes[which]);
}

/* What follows the P operations: the work on the buffer, and the V operations. */
static void insert(const char *text)
{
    snprintf(buffer->text[buffer->in % buffer->slots], TEXT_SIZE, "%s", text);
    buffer->in++;
    sem_post(semaphores[MUTEX]);
    sem_post(semaphores[FULL]);
}

static void extract(void)
{
    buffer->out++;
    sem_post(semaphores[MUTEX]);
    sem_post(semaphores[EMPTY]);
}

static void put(const char *text)
{
    take_one(EMPTY);
    take_one(MUTEX);
    insert(text);
}

static void take(void)
{
    take_one(FULL);
    take_one(MUTEX);
    extract();
}

/* Called with the mutex held, and only if there is a free slot, or an item, so it does not wait. */
static void put_held(const char *text)
{
    take_one(EMPTY);
    insert(text);
}

static void take_held(void)
{
    take_one(FULL);
    extract();
}

static void new_semaphore(const char *name, const char *suffix, unsigned value)
{
    char full_name[NAME_SIZE];
    snprintf(full_name, sizeof full_name, "%s%s", name, suffix);
    if (sem_open(full_name, O_CREAT | O_EXCL, 0660, value) == SEM_FAILED)
        give_up(full_name);
}

static void new_segment(const char *name, uint32_t slots)
{
    const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0660);
    if (fd < 0 || ftruncate(fd, (off_t)(sizeof *buffer + (size_t)slots * TEXT_SIZE)) ||
        write(fd, &slots, sizeof slots) != sizeof slots)
        give_up(name);
    close(fd);
}

static void new_buffer(const char *name, uint32_t slots)
{
    new_segment(name, slots);
    for (int i = 0; i < SEMAPHORES; i++)
        new_semaphore(name, suffixes[i], (const unsigned[]){slots, 0, 1}[i]);
}

static void show_values(void)
{
    int value;
    for (int i = 0; i < SEMAPHORES; i++)
        if (!sem_getvalue(semaphores[i], &value))
            printf("%d%c", value, i + 1 < SEMAPHORES ? ',' : '\n');
}

static void do_at_buffer(const char *verb, int count, char *operands[])
{
    const char *first = count ? operands[0] : "";
    if (!strcmp(verb, "put"))
        for (int i = 0; i < count; i++)
            put(operands[i]);
    else if (!strcmp(verb, "take"))
        take();
    else if (!strcmp(verb, "hold"))
        take_one(MUTEX);
    else if (!strcmp(verb, "put_held"))
        put_held(first);
    else if (!strcmp(verb, "take_held"))
        take_held();
    else if (!strcmp(verb, "values"))
        show_values();
    else if (!strcmp(verb, "slots"))
        printf("%" PRIu32 "\n", buffer->slots);
    else if (!strcmp(verb, "item"))
        printf("%.*s\n", TEXT_SIZE, buffer->text[strtoull(first, NULL, 10) % buffer->slots]);
    else if (!strcmp(verb, "seek"))
        buffer->in = buffer->out = strtoull(first, NULL, 10);
    else
        printf("%" PRIu64 "\n", strcmp(verb, "in") ? buffer->out : buffer->in);
}

int main(int argc, char *argv[])
{
    if (argc < 4)
        return EXIT_FAILURE;
    const char *first = argc > 4 ? argv[4] : "1";
    umask(0);
    if (!strcmp(argv[3], "new"))
        new_buffer(argv[2], (uint32_t)atol(first));
    else if (!strcmp(argv[3], "segment"))
        new_segment(argv[2], 1);
    else if (!strcmp(argv[3], "semaphore"))
        new_semaphore(argv[2], first, 1);
    else {
        open_all(argv[1], argv[2]);
        do_at_buffer(argv[3], argc - 4, argv + 4);
    }
    return EXIT_SUCCESS;
}
