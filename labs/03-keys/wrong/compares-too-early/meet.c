/*
 * meet.c - see meet.h
 */
#include "meet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *failed(const char *file, const char *why)
{
    fprintf(stderr, "%s: %s\n", file, why);
    return NULL;
}

/* Return the key of FILE, and set *ABOUT by stat(2). Returns -1, with errno set, if a call fails.
 * Create FILE if it does not exist, but never replace it: a new file has another inode, and so
 * another key. */
static key_t key_of(const char *file, struct stat *about)
{
    const int made = open(file, O_RDONLY | O_CREAT, 0600);
    if (made < 0)
        return -1;
    close(made);
    return stat(file, about) ? -1 : ftok(file, CHAT_PROJECT);
}

struct chat *chat_create(const char *file, int *id)
{
    struct stat about;
    struct chat *chat;
    const key_t key = key_of(file, &about);
    if (key == -1)
        return failed(file, strerror(errno));
    /* In one step: if two servers call this at once, the kernel lets one of them create the
     * segment, and only that one fills it in. */
    *id = shmget(key, sizeof *chat, IPC_CREAT | IPC_EXCL | 0600);
    if (*id < 0 && errno == EEXIST)
        return failed(file,
                      "its segment exists: a server is running, or left it behind; see shmstat -p");
    if (*id < 0)
        return failed(file, strerror(errno));
    chat = shmat(*id, NULL, 0);
    if (chat == (void *)-1) {
        failed(file, strerror(errno));
        shmctl(*id, IPC_RMID, NULL);
        return NULL;
    }
    chat->device = about.st_dev;
    chat->inode = about.st_ino;
    word_move(&chat->word, CHAT_BEING_MADE, CHAT_IDLE, 0);
    return chat;
}

/* Attach the segment with KEY. Returns NULL, with errno set, if a call fails; ENOENT means that
 * there is no such segment (yet). */
static struct chat *attach(key_t key)
{
    struct chat *chat;
    const int id = shmget(key, sizeof *chat, 0);
    if (id < 0)
        return NULL;
    chat = shmat(id, NULL, 0);
    if (chat != (void *)-1)
        return chat;
    if (errno == EINVAL || errno == EIDRM) /* removed since shmget */
        errno = ENOENT;
    return NULL;
}

struct chat *chat_claim(const char *file, double end)
{
    const struct timespec nap = {0, 20000000};
    struct stat about;
    struct chat *chat;
    const key_t key = key_of(file, &about);
    if (key == -1)
        return failed(file, strerror(errno));
    for (;;) {
        chat = attach(key);
        if (!chat && errno != ENOENT)
            return failed(file, strerror(errno));
        if (chat && (chat->device != about.st_dev || chat->inode != about.st_ino))
            return failed(file, "its key leads to the chat of another file");
        if (chat &&
            word_move(&chat->word, CHAT_IDLE, CHAT_CLAIMED, end > now() ? end - now() : 0) == 0)
            break;
        /* There is no segment yet, or the server has just closed the chat: look again. */
        if (chat && shmdt(chat) == 0 && errno == ETIMEDOUT)
            return failed(file, "the server is busy");
        if (now() >= end)
            return failed(file, "there is no server");
        nanosleep(&nap, NULL);
    }
    return chat;
}
