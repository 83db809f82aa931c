/*
 * buffer.c - the functions that buffer.h specifies
 */
#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *semaphore_name(const char *name, int which, char full_name[NAME_SIZE])
{
    const char *const suffixes[SEMAPHORES] = SUFFIXES;
    snprintf(full_name, NAME_SIZE, "%s%s", name, suffixes[which]);
    return full_name;
}

/* A new segment has size 0, and each access would raise SIGBUS, so set its size first. */
static int fill_in(int fd, uint32_t slots)
{
    const size_t size = sizeof(struct buffer) + (size_t)slots * TEXT_SIZE;
    if (ftruncate(fd, (off_t)size))
        return -1;
    struct buffer *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (buffer == MAP_FAILED)
        return -1;
    buffer->slots = slots;
    return munmap(buffer, size);
}

/* On error, removes what it has created, and nothing else. */
static int create_segment(const char *name, uint32_t slots)
{
    const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0660);
    if (fd < 0)
        return -1;
    const int result = fill_in(fd, slots);
    const int error = errno;
    if (result)
        shm_unlink(name);
    close(fd);
    errno = error;
    return result;
}

static int create_semaphores(const char *name, const unsigned values[SEMAPHORES])
{
    char full_name[NAME_SIZE];
    for (int i = SEMAPHORES - 1; i >= 0; i--) {
        sem_t *semaphore =
            sem_open(semaphore_name(name, i, full_name), O_CREAT | O_EXCL, 0660, values[i]);
        if (semaphore == SEM_FAILED) {
            const int error = errno;
            while (++i < SEMAPHORES)
                sem_unlink(semaphore_name(name, i, full_name));
            errno = error;
            return -1;
        }
        sem_close(semaphore);
    }
    return 0;
}

/* Creates the segment first and EMPTY last. buffer_open opens EMPTY first; if it finds EMPTY, it
 * finds all. */
int buffer_create(const char *name, uint32_t slots)
{
    const unsigned values[SEMAPHORES] = {[EMPTY] = slots, [FULL] = 0, [MUTEX] = 1};
    const mode_t mask = umask(0);
    int result = create_segment(name, slots);
    if (!result) {
        result = create_semaphores(name, values);
        const int error = errno;
        errno = error; /* WRONG: it created the segment, and leaves it */
    }
    umask(mask);
    return result;
}

/* fstat(2) reports the size. The mapping remains after the descriptor is closed. */
static struct buffer *map(const char *name)
{
    struct stat about;
    const int fd = shm_open(name, O_RDWR, 0);
    if (fd < 0)
        return MAP_FAILED;
    struct buffer *buffer = MAP_FAILED;
    if (!fstat(fd, &about))
        buffer = mmap(NULL, (size_t)about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    const int error = errno;
    close(fd);
    errno = error;
    return buffer;
}

int buffer_open(const char *name, struct handle *handle)
{
    char full_name[NAME_SIZE];
    int opened = 0;
    while (opened < SEMAPHORES) {
        handle->semaphores[opened] = sem_open(semaphore_name(name, opened, full_name), 0);
        if (handle->semaphores[opened] == SEM_FAILED)
            break;
        opened++;
    }
    handle->buffer = opened == SEMAPHORES ? map(name) : MAP_FAILED;
    if (handle->buffer != MAP_FAILED)
        return 0;
    const int error = errno;
    while (opened > 0)
        sem_close(handle->semaphores[--opened]);
    errno = error;
    return -1;
}

/* P. If a signal handler interrupts sem_wait(3), it fails with EINTR and has changed nothing. */
static int take_one(sem_t *semaphore)
{
    int result;
    do
        result = sem_wait(semaphore);
    while (result && errno == EINTR);
    return result;
}

/* First acquires a slot, then the mutex: a process that holds the mutex never waits, so each
 * process gets the mutex in the end. */
int buffer_put(const struct handle *handle, const char *text, uint64_t *number)
{
    struct buffer *buffer = handle->buffer;
    sem_t *const *semaphores = handle->semaphores;
    if (take_one(semaphores[EMPTY]) || take_one(semaphores[MUTEX]))
        return -1;
    *number = buffer->in;
    strcpy(buffer->text[*number % buffer->slots], text);
    buffer->in = *number + 1;
    return sem_post(semaphores[MUTEX]) || sem_post(semaphores[FULL]) ? -1 : 0;
}

/* Copies the text before it releases the slot. */
int buffer_take(const struct handle *handle, char text[TEXT_SIZE], uint64_t *number)
{
    struct buffer *buffer = handle->buffer;
    sem_t *const *semaphores = handle->semaphores;
    if (take_one(semaphores[FULL]) || take_one(semaphores[MUTEX]))
        return -1;
    *number = buffer->out;
    memcpy(text, buffer->text[*number % buffer->slots], TEXT_SIZE);
    buffer->out = *number + 1;
    return sem_post(semaphores[MUTEX]) || sem_post(semaphores[EMPTY]) ? -1 : 0;
}

/* If setup was killed, some of the names may exist without the others. */
int buffer_remove(const char *name)
{
    char full_name[NAME_SIZE];
    bool had = false;
    for (int i = 0; i < SEMAPHORES; i++)
        had = sem_unlink(semaphore_name(name, i, full_name)) == 0 || had;
    return shm_unlink(name) == 0 || had ? 0 : -1;
}
