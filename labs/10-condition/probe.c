/*
 * probe.c - lets the check look at and use the student's buffer
 *
 *   probe where ID PID         print which object of the buffer process PID sleeps on: mutex,
 *                              not_full or not_empty; otherwise print elsewhere, running or ended
 *   probe state ID             print "used U next N closed C items 3 4 -"; - is an empty slot
 *   probe wake ID CONDITION    wake all processes that sleep on CONDITION, for no reason
 *   probe run COMMAND...       let "probe where" look at COMMAND, and become it
 *   probe hold KEY             lock the mutex, print held, and obey each line of input:
 *       stored TEXT            leave a put half done: the item is stored, next and used are old
 *       counted                leave a put half done: next and used are new, the item is not stored
 *       emptied                leave a get half done: the item is gone, used is old
 *       signal CONDITION       call pthread_cond_signal()
 *       release                unlock the mutex, and end
 *
 * "probe hold" does not unlock the mutex at end of input, nor when it is killed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "starter/buffer.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct buffer *attach(int id)
{
    struct buffer *buffer = shmat(id, NULL, 0);
    if (buffer == (void *)-1)
        fail("shmat");
    return buffer;
}

/* --- where ----------------------------------------------------------------------------------- */

/* Returns the offset in segment ID of ADDRESS in process PID, or -1. */
static long offset_of(const char *pid, int id, unsigned long address)
{
    char path[64], line[512];
    long found = -1;
    snprintf(path, sizeof path, "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "re");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to, offset, inode;
        if (strstr(line, "/SYSV") &&
            sscanf(line, "%lx-%lx %*s %lx %*s %lu", &from, &to, &offset, &inode) == 4 &&
            inode == (unsigned long)id && from <= address && address < to)
            found = (long)(address - from + offset);
    }
    if (maps)
        fclose(maps);
    return found;
}

static int is_within(long offset, size_t begin, size_t size)
{
    return offset >= (long)begin && offset < (long)(begin + size);
}

static const char *where(const char *pid, int id)
{
    char path[64], line[256] = "";
    long call;
    unsigned long address;
    snprintf(path, sizeof path, "/proc/%s/syscall", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return "ended";
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    fclose(file);
    if (!strncmp(line, "running", 7))
        return "running";
    if (sscanf(line, "%ld %lx", &call, &address) != 2 || call != SYS_futex)
        return "elsewhere";
    const long offset = offset_of(pid, id, address);
    if (is_within(offset, offsetof(struct buffer, mutex), sizeof(pthread_mutex_t)))
        return "mutex";
    if (is_within(offset, offsetof(struct buffer, not_full), sizeof(pthread_cond_t)))
        return "not_full";
    if (is_within(offset, offsetof(struct buffer, not_empty), sizeof(pthread_cond_t)))
        return "not_empty";
    return "elsewhere";
}

/* --- state, wake and hold -------------------------------------------------------------------- */

static void state(const struct buffer *buffer)
{
    printf("used %u next %llu closed %u items", buffer->used, (unsigned long long)buffer->next,
           buffer->closed);
    for (uint32_t i = 0; i < buffer->slots && i < most_slots; i++) {
        if (buffer->item[i].number)
            printf(" %llu", (unsigned long long)buffer->item[i].number);
        else
            printf(" -");
    }
    putchar('\n');
}

static pthread_cond_t *condition(struct buffer *buffer, const char *name)
{
    return !strcmp(name, "not_full") ? &buffer->not_full : &buffer->not_empty;
}

static void store(struct buffer *buffer, const char *text)
{
    struct item *item = &buffer->item[buffer->next % buffer->slots];
    const size_t length = strnlen(text, text_size - 1);
    memcpy(item->text, text, length);
    item->text[length] = '\0';
    item->number = buffer->next;
}

static void hold(struct buffer *buffer)
{
    char line[256];
    const int error = pthread_mutex_lock(&buffer->mutex);
    if (error) {
        printf("not held: %s\n", strerror(error));
        return;
    }
    puts("held");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, "stored ", 7))
            store(buffer, line + 7);
        else if (!strcmp(line, "counted"))
            buffer->next++, buffer->used++;
        else if (!strcmp(line, "emptied"))
            buffer->item[(buffer->next - buffer->used) % buffer->slots].number = 0;
        else if (!strncmp(line, "signal ", 7))
            pthread_cond_signal(condition(buffer, line + 7));
        else if (!strcmp(line, "release")) {
            pthread_mutex_unlock(&buffer->mutex);
            return;
        }
        puts("did");
    }
}

/* The security module Yama lets only the ancestors of a process look into it, unless the process
 * itself allows more; prctl(2), PR_SET_PTRACER. Elsewhere prctl(2) fails, and is not needed. */
static void run(char *command[])
{
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    execvp(*command, command);
    fail(*command);
}

int main(int argc, char *argv[])
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *what = argc > 2 ? argv[1] : "";
    if (!strcmp(what, "run"))
        run(argv + 2);
    const int id = strcmp(what, "hold") ? atoi(argc > 2 ? argv[2] : "")
                                        : shmget((key_t)strtoul(argv[2], NULL, 0), 0, 0);
    if (!strcmp(what, "where") && argc == 4) {
        puts(where(argv[3], id));
        return 0;
    }
    struct buffer *buffer = attach(id);
    if (!strcmp(what, "state")) {
        state(buffer);
    } else if (!strcmp(what, "wake") && argc == 4) {
        pthread_cond_broadcast(condition(buffer, argv[3]));
    } else if (!strcmp(what, "hold")) {
        hold(buffer);
    } else {
        return 2;
    }
    return 0;
}
