/* SPDX-License-Identifier: MIT */
/*
 * world.c - see world.h.
 */
#include "config.h"

#include "interleave/world/world.h"

#include "interleave/world/queues.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_OBJECTS = 64, MOST_VALUES = 256, FIRST_PID = 99 };

/* Memory that we have mapped in order to see it: a segment, or an object of /dev/shm. */
struct memory {
    bool is_segment;
    int id;
    char name[64]; /* an object's; "" a segment, or what has no name in /dev/shm */
    dev_t device;
    ino_t inode;
    uint64_t key; /* the same in each run, where the inode is not */
    bool linked;  /* the name is still there */
    unsigned char *at;
    size_t size;
};

struct set {
    int id;
    size_t count;
};

static struct memory memories[MOST_OBJECTS];
static struct set sets[MOST_OBJECTS];
static size_t memory_count, set_count;
static int made[3]; /* segments, sets and queues of this run */

/* --- a run begins and ends --- */

static void forget_memory(struct memory *memory)
{
    if (memory->is_segment)
        shmdt(memory->at);
    else
        munmap(memory->at, memory->size);
    *memory = memories[--memory_count];
}

void world_forget(struct board *board)
{
    while (memory_count)
        forget_memory(&memories[0]);
    set_count = 0;
    queues_forget();
    made[0] = made[1] = made[2] = 0;
    board->watched_count = 0;
}

/* Writes a number to a file of /proc/sys/kernel, open as *FILE from the first time on. */
static int write_setting(int *file, const char *path, int value)
{
    char text[16];
    const int length = snprintf(text, sizeof text, "%d", value);
    if (*file <= 0)
        *file = open(path, O_WRONLY | O_CLOEXEC);
    return *file >= 0 && pwrite(*file, text, (size_t)length, 0) == length ? 0 : -1;
}

/* The next process gets the number after FIRST_PID: proc_sys_kernel(5), ns_last_pid. */
int world_begin(void)
{
    static int file;
    return write_setting(&file, "/proc/sys/kernel/ns_last_pid", FIRST_PID);
}

int world_choose_id(unsigned makes, int id)
{
    static int segment_file, set_file, queue_file;
    switch (makes) {
    case MAKES_SEGMENT: return write_setting(&segment_file, "/proc/sys/kernel/shm_next_id", id);
    case MAKES_SET: return write_setting(&set_file, "/proc/sys/kernel/sem_next_id", id);
    default: return write_setting(&queue_file, "/proc/sys/kernel/msg_next_id", id);
    }
}

/* Ids count from 0 in each run. */
void world_expect(unsigned makes)
{
    struct shmid_ds segment;
    struct semid_ds set;
    struct msqid_ds queue;
    while (shmctl(made[0], IPC_STAT, &segment) == 0)
        made[0]++;
    while (semctl(made[1], 0, IPC_STAT, &set) == 0)
        made[1]++;
    while (msgctl(made[2], IPC_STAT, &queue) == 0)
        made[2]++;
    if (makes & MAKES_SEGMENT)
        world_choose_id(MAKES_SEGMENT, made[0]);
    if (makes & MAKES_SET)
        world_choose_id(MAKES_SET, made[1]);
    if (makes & MAKES_QUEUE)
        world_choose_id(MAKES_QUEUE, made[2]);
}

/* --- what there is --- */

static struct memory *find_segment(int id)
{
    for (size_t i = 0; i < memory_count; i++)
        if (memories[i].is_segment && memories[i].id == id)
            return &memories[i];
    return NULL;
}

static struct memory *find_file(dev_t device, ino_t inode)
{
    for (size_t i = 0; i < memory_count; i++)
        if (!memories[i].is_segment && memories[i].device == device && memories[i].inode == inode)
            return &memories[i];
    return NULL;
}

void *world_memory(bool is_segment, int id, const char *name)
{
    for (size_t i = 0; i < memory_count; i++)
        if (memories[i].is_segment == is_segment &&
            (is_segment ? memories[i].id == id : !strcmp(memories[i].name, name)))
            return memories[i].at;
    return NULL;
}

static void add_memory(const struct memory *memory)
{
    if (memory_count == MOST_OBJECTS)
        return;
    memories[memory_count++] = *memory;
}

/* A segment that is removed, and that only we hold, is gone for the programs. */
static void look_at_segments(struct board *board)
{
    struct shmid_ds segment;
    struct shm_info info;
    const int last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);
    board->watched_count = 0;
    for (int index = 0; index <= last; index++) {
        const int id = shmctl(index, SHM_STAT, &segment);
        if (id < 0)
            continue;
        struct memory *known = find_segment(id);
        if (known && segment.shm_perm.mode & SHM_DEST && segment.shm_nattch == 1) {
            forget_memory(known);
            continue;
        }
        if (!known && !(segment.shm_perm.mode & SHM_DEST)) {
            void *at = shmat(id, NULL, 0);
            if (at != (void *)-1)
                add_memory(&(struct memory){.is_segment = true,
                                            .id = id,
                                            .key = (uint64_t)id,
                                            .at = at,
                                            .size = segment.shm_segsz});
        }
        if (find_segment(id) && board->watched_count < BOARD_REGIONS)
            board->watched[board->watched_count++] = id;
    }
}

/* NAME is that in /dev/shm, or "" for a file that has KEY. */
static void look_at_file(int fd, const char *name, uint64_t key)
{
    struct stat file;
    if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_size <= 0)
        return;
    struct memory *known = find_file(file.st_dev, file.st_ino);
    if (known && known->size == (size_t)file.st_size) {
        known->linked |= *name != '\0';
        return;
    }
    if (known)
        forget_memory(known);
    void *at = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return;
    struct memory memory = {.device = file.st_dev,
                            .inode = file.st_ino,
                            .key = key,
                            .linked = *name != '\0',
                            .at = at,
                            .size = (size_t)file.st_size};
    snprintf(memory.name, sizeof memory.name, "%.62s", name);
    add_memory(&memory);
}

static void look_at_files(void)
{
    DIR *dir = opendir("/dev/shm");
    const struct dirent *entry;
    for (size_t i = 0; i < memory_count; i++)
        memories[i].linked = false;
    while (dir && (entry = readdir(dir))) {
        const int fd = entry->d_name[0] == '.'
                           ? -1
                           : openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
            continue;
        look_at_file(fd, entry->d_name, board_mix_bytes(2, entry->d_name, strlen(entry->d_name)));
        close(fd);
    }
    if (dir)
        closedir(dir);
}

/* What programs have mapped and what has no name in /dev/shm: the process has kept it open. */
static void look_at_mapped(const struct board *board)
{
    char path[48];
    for (uint32_t i = 0; i < board->file_count; i++) {
        const struct board_file *file = &board->files[i];
        if (find_file((dev_t)file->device, (ino_t)file->inode))
            continue;
        snprintf(path, sizeof path, "/proc/%d/fd/%d", file->pid, file->fd);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        look_at_file(fd, "", file->id);
        close(fd);
    }
}

static struct set *find_set(int id)
{
    for (size_t i = 0; i < set_count; i++)
        if (sets[i].id == id)
            return &sets[i];
    return NULL;
}

static void look_at_sets(void)
{
    struct semid_ds set;
    struct seminfo info;
    const int last = semctl(0, 0, SEM_INFO, &info);
    for (size_t i = 0; i < set_count; i++)
        if (semctl(sets[i].id, 0, IPC_STAT, &set) < 0)
            sets[i--] = sets[--set_count];
    for (int index = 0; index <= last; index++) {
        const int id = semctl(index, 0, SEM_STAT, &set);
        if (id >= 0 && !find_set(id) && set_count < MOST_OBJECTS && set.sem_nsems <= MOST_VALUES)
            sets[set_count++] = (struct set){.id = id, .count = set.sem_nsems};
    }
}

void world_look(struct board *board)
{
    look_at_segments(board);
    look_at_sets();
    queues_look();
    look_at_files();
    look_at_mapped(board);
}

size_t world_left(char *text, size_t size)
{
    size_t count = 0, used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < memory_count && used + 80 < size; i++)
        if (!memories[i].is_segment && !memories[i].linked) {
            continue;
        } else if (!memories[i].is_segment) {
            used += (size_t)snprintf(text + used, size - used, "%s/%s", count++ ? ", " : "",
                                     memories[i].name);
        } else {
            used += (size_t)snprintf(text + used, size - used, "%ssegment %d", count++ ? ", " : "",
                                     memories[i].id);
        }
    for (size_t i = 0; i < set_count && used + 40 < size; i++)
        used +=
            (size_t)snprintf(text + used, size - used, "%sset %d", count++ ? ", " : "", sets[i].id);
    return count + queues_left(text + used, size - used, count ? ", " : "");
}

/* --- as it is now --- */

/* A sum, for in what order they were found says nothing. */
uint64_t world_hash_memory(void)
{
    uint64_t hash = 1;
    for (size_t i = 0; i < memory_count; i++) {
        const uint64_t kind = memories[i].is_segment ? 1 : 2 + memories[i].linked;
        hash += board_mix_bytes(board_mix(kind, memories[i].key), memories[i].at, memories[i].size);
    }
    return hash;
}

uint64_t world_hash_sets(void)
{
    unsigned short values[MOST_VALUES];
    uint64_t hash = queues_hash(1);
    for (size_t i = 0; i < set_count; i++)
        if (semctl(sets[i].id, 0, GETALL, values) == 0)
            hash = board_mix_bytes(board_mix(hash, (uint64_t)sets[i].id), (unsigned char *)values,
                                   sets[i].count * sizeof *values);
    return hash;
}

/* Of memory first, and then of sets. */
bool world_object(size_t index, struct world_object *object)
{
    *object = (struct world_object){.name = ""};
    if (index < memory_count) {
        const struct memory *memory = &memories[index];
        object->id = memory->id;
        object->name = memory->name;
        object->device = memory->device;
        object->inode = memory->inode;
        object->bytes = memory->at;
        object->size = memory->size;
    } else if (index - memory_count < set_count) {
        object->id = sets[index - memory_count].id;
        object->is_set = true;
        object->size = sets[index - memory_count].count;
    }
    object->is_segment = index < memory_count && memories[index].is_segment;
    return index < memory_count + set_count;
}

static void print_memory(const struct memory *memory, FILE *to)
{
    if (memory->is_segment)
        fprintf(to, "segment %d", memory->id);
    else
        fprintf(to, "/%s", memory->name);
    for (size_t at = 0; at + 4 <= memory->size; at += 4) {
        int32_t value;
        memcpy(&value, memory->at + at, 4);
        if (value)
            fprintf(to, " @%zu=%d", at, value);
    }
}

bool world_print(FILE *to)
{
    unsigned short values[MOST_VALUES];
    for (size_t i = 0; i < memory_count; i++) {
        fputs(i ? "; " : "", to);
        print_memory(&memories[i], to);
    }
    for (size_t i = 0; i < set_count; i++) {
        fprintf(to, "%sset %d", i || memory_count ? "; " : "", sets[i].id);
        if (semctl(sets[i].id, 0, GETALL, values) == 0)
            for (size_t n = 0; n < sets[i].count; n++)
                if (values[n])
                    fprintf(to, " %zu=%u", n, values[n]);
    }
    return memory_count + set_count > 0;
}

/* --- claims --- */

static key_t key_of(const struct operand *operand)
{
    return operand->kind == OPERAND_FTOK ? ftok(operand->path, operand->proj) : operand->key;
}

static const struct memory *memory_of(const struct operand *operand)
{
    if (operand->kind == OPERAND_POSIX) {
        for (size_t i = 0; i < memory_count; i++)
            if (memories[i].linked && !strcmp(memories[i].name, operand->path + 1))
                return &memories[i];
        return NULL;
    }
    const int id = operand->kind == OPERAND_ID ? operand->id : shmget(key_of(operand), 0, 0);
    return id < 0 ? NULL : find_segment(id);
}

static bool semaphore_fulfils(const struct claim *claim, bool may_be_absent)
{
    const int id =
        claim->object.kind == OPERAND_ID ? claim->object.id : semget(key_of(&claim->object), 0, 0);
    const int32_t value = id < 0 ? -1 : semctl(id, (int)claim->number, GETVAL);
    return value < 0 ? may_be_absent : condition_holds(&claim->condition, &value, sizeof value);
}

bool world_fulfils(const struct claim *claim, bool may_be_absent)
{
    if (claim->is_semaphore)
        return semaphore_fulfils(claim, may_be_absent);
    const struct memory *memory = memory_of(&claim->object);
    return memory && condition_fits(&claim->condition, memory->size)
               ? condition_holds(&claim->condition, memory->at, memory->size)
               : may_be_absent;
}
