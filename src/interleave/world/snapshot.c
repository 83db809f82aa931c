/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - see snapshot.h.
 */
#include "config.h"

#include "interleave/world/snapshot.h"

#include "interleave/world/queues.h"
#include "interleave/world/world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { SEGMENT, SET, OBJECT };

enum { MOST_KEPT = 64 };

static struct kept {
    enum kind kind;
    int id;
    char name[64]; /* of a POSIX object */
    union {
        struct shmid_ds segment;
        struct semid_ds set;
        struct stat file;
    } as;
    size_t size;  /* bytes, or semaphores */
    void *copy;   /* the bytes, or the values */
    bool present; /* as snapshot_restore() finds it */
} all[MOST_KEPT];
static size_t count;

/* Calls FOUND for the id of each segment or set; the kernel numbers them by an index of its own:
 * SHM_STAT of shmctl(2), SEM_STAT of semctl(2). */
static int each_id(enum kind kind, int (*found)(enum kind kind, int id))
{
    struct shm_info segments;
    struct shmid_ds segment;
    struct seminfo sets;
    struct semid_ds set;
    const int last = kind == SEGMENT ? shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&segments)
                                     : semctl(0, 0, SEM_INFO, &sets);
    for (int index = 0; index <= last; index++) {
        const int id =
            kind == SEGMENT ? shmctl(index, SHM_STAT, &segment) : semctl(index, 0, SEM_STAT, &set);
        if (id >= 0 && found(kind, id))
            return -1;
    }
    return 0;
}

static int each_name(int (*found)(const char *name))
{
    DIR *dir = opendir("/dev/shm");
    const struct dirent *entry;
    int status = dir ? 0 : -1;
    while (dir && !status && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            status = found(entry->d_name);
    if (dir)
        closedir(dir);
    return status;
}

/* --- taking it --- */

static struct kept *add(enum kind kind, int id)
{
    if (count == MOST_KEPT) {
        errno = ENOSPC;
        return NULL;
    }
    all[count] = (struct kept){.kind = kind, .id = id};
    return &all[count++];
}

static int copy_bytes(struct kept *kept)
{
    const void *at = world_memory(kept->kind == SEGMENT, kept->id, kept->name);
    kept->copy = malloc(kept->size + 1);
    if (!kept->copy || (!at && kept->size))
        return -1;
    if (at)
        memcpy(kept->copy, at, kept->size);
    return 0;
}

static int keep_segment(struct kept *kept)
{
    if (shmctl(kept->id, IPC_STAT, &kept->as.segment))
        return -1;
    kept->size = kept->as.segment.shm_segsz;
    return copy_bytes(kept);
}

static int keep_set(struct kept *kept)
{
    if (semctl(kept->id, 0, IPC_STAT, &kept->as.set))
        return -1;
    kept->size = kept->as.set.sem_nsems;
    kept->copy = calloc(kept->size, sizeof(unsigned short));
    return kept->copy ? semctl(kept->id, 0, GETALL, kept->copy) : -1;
}

static int keep_id(enum kind kind, int id)
{
    struct kept *kept = add(kind, id);
    return !kept ? -1 : kind == SEGMENT ? keep_segment(kept) : keep_set(kept);
}

static void path_of(const char *name, char path[96])
{
    snprintf(path, 96, "/dev/shm/%.63s", name);
}

static int keep_name(const char *name)
{
    char path[96];
    struct kept *kept = strlen(name) < sizeof kept->name ? add(OBJECT, -1) : NULL;
    if (!kept)
        return -1;
    strcpy(kept->name, name);
    path_of(name, path);
    if (stat(path, &kept->as.file))
        return -1;
    kept->size = (size_t)kept->as.file.st_size;
    return copy_bytes(kept);
}

int snapshot_take(struct board *board)
{
    world_look(board);
    return each_id(SEGMENT, keep_id) || each_id(SET, keep_id) || each_name(keep_name) ||
                   queues_keep()
               ? -1
               : 0;
}

/* --- restoring it --- */

static struct kept *find(enum kind kind, int id, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].kind == kind && (kind == OBJECT ? !strcmp(all[i].name, name) : all[i].id == id))
            return &all[i];
    return NULL;
}

static int remove_other_id(enum kind kind, int id)
{
    struct shmid_ds segment;
    struct kept *kept = find(kind, id, "");
    if (kind == SEGMENT && shmctl(id, IPC_STAT, &segment) == 0 && segment.shm_perm.mode & SHM_DEST)
        return 0; /* it goes with its last attach */
    if (kept)
        kept->present = true;
    else if (kind == SEGMENT)
        shmctl(id, IPC_RMID, NULL);
    else
        semctl(id, 0, IPC_RMID);
    return 0;
}

static int remove_other_name(const char *name)
{
    char path[96];
    struct stat file;
    struct kept *kept = find(OBJECT, -1, name);
    path_of(name, path);
    if (kept && stat(path, &file) == 0 && file.st_size == kept->as.file.st_size)
        kept->present = true;
    else
        unlink(path);
    return 0;
}

static int make_object(const struct kept *kept)
{
    char path[96];
    path_of(kept->name, path);
    const int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const int failed = file < 0 || fchmod(file, kept->as.file.st_mode & 07777) ||
                       ftruncate(file, kept->as.file.st_size);
    if (file >= 0)
        close(file);
    return failed ? -1 : 0;
}

static int make_again(const struct kept *kept)
{
    switch (kept->kind) {
    case SEGMENT:
        world_choose_id(MAKES_SEGMENT, kept->id);
        return shmget(kept->as.segment.shm_perm.__key, kept->size, IPC_CREAT | 0600) < 0 ? -1 : 0;
    case SET:
        world_choose_id(MAKES_SET, kept->id);
        return semget(kept->as.set.sem_perm.__key, (int)kept->size, IPC_CREAT | 0600) < 0 ? -1 : 0;
    case OBJECT: break;
    }
    return make_object(kept);
}

/* By the file, for what is mapped of it is only to be read. */
static int fill_object(const struct kept *kept)
{
    char path[96];
    path_of(kept->name, path);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    const bool filled = file >= 0 && pwrite(file, kept->copy, kept->size, 0) == (ssize_t)kept->size;
    if (file >= 0)
        close(file);
    return filled ? 0 : -1;
}

static int fill(struct kept *kept)
{
    if (kept->kind == SET)
        return semctl(kept->id, 0, SETALL, kept->copy) ||
                       semctl(kept->id, 0, IPC_SET, &kept->as.set)
                   ? -1
                   : 0;
    if (kept->kind == OBJECT)
        return fill_object(kept);
    void *at = world_memory(true, kept->id, "");
    if (at)
        memcpy(at, kept->copy, kept->size);
    return shmctl(kept->id, IPC_SET, &kept->as.segment);
}

int snapshot_restore(struct board *board)
{
    world_forget(board);
    for (size_t i = 0; i < count; i++)
        all[i].present = false;
    if (each_id(SEGMENT, remove_other_id) || each_id(SET, remove_other_id) ||
        each_name(remove_other_name) || queues_restore(world_choose_id))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!all[i].present && make_again(&all[i]))
            return -1;
    world_look(board);
    for (size_t i = 0; i < count; i++)
        if (fill(&all[i]))
            return -1;
    return 0;
}
