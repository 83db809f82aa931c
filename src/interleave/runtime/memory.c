/* SPDX-License-Identifier: MIT */
/*
 * memory.c - what names memory, the same in each run, and what the threads of a process have
 * stored.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the memory of a process with threads --- */

bool gate_is_first(void)
{
    return gate_self() == &gate_board()->tasks[gate_self()->process];
}

uint64_t gate_private(void)
{
    return ID_PRIVATE | gate_self()->process;
}

static struct place {
    uint64_t word, hash;
} * places;

/* Not in the private memory of the process, of which interleave asks whether it is again as it was.
 */
static struct place *make_places(size_t size)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);
    next_function("mmap", (void *)&real);
    void *const at = real(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        gate_refuse("there is no memory for what threads store");
    return at;
}

void gate_stored_nothing(void)
{
    places = NULL;
}

/*
 * What a task stores is made of what it has learnt: so SEEN stands for the value, and a sum over
 * all words for the memory. Of the words, only those that threads have stored to are known; a table
 * that is full takes the last place for all others, whose order then counts.
 */
void gate_stored(const void *address, size_t size, bool adds)
{
    enum { WORD = 4, PLACES = 1 << 14 };
    if (!places)
        places = make_places(PLACES * sizeof *places);
    struct board_task *const self = gate_self();
    struct board_task *process = &gate_board()->tasks[self->process];
    const uint64_t first = (uint64_t)(uintptr_t)address;
    self->stored++;
    for (uint64_t word = first / WORD; word <= (first + size - 1) / WORD; word++) {
        size_t at = board_mix(1, word) % PLACES;
        unsigned tries = 0;
        while (places[at].word && places[at].word != word && ++tries < 64)
            at = (at + 1) % PLACES;
        const bool shares = places[at].word && places[at].word != word;
        const uint64_t old = places[at].word ? board_mix(places[at].word, places[at].hash) : 0;
        const bool chains = adds || shares || size % WORD || first % WORD;
        const uint64_t hash = board_mix(chains ? places[at].hash : 0, self->seen);
        places[at].word = places[at].word ? places[at].word : word;
        places[at].hash = hash;
        process->memory += board_mix(places[at].word, hash) - old;
    }
}

/* --- files that are mapped --- */

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 1;
    for (; *text; text++)
        hash = board_mix(hash, (unsigned char)*text);
    return hash;
}

/* By its name, and how many others had the name before. A name that is removed ends in
 * " (deleted)": proc_pid_fd(5). */
static uint64_t name_file(int fd)
{
    char link[40], path[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *const removed = strstr(path, " (deleted)");
    if (removed)
        *removed = '\0';
    const struct board *board = gate_board();
    uint64_t id = ID_FILE(hash_text(path));
    for (uint32_t i = 0; i < board->file_count; i++)
        if (board->files[i].id == id) {
            id++;
            i = UINT32_MAX; /* from the first one again */
        }
    return id;
}

uint64_t gate_file(int fd, bool anonymous)
{
    enum { HIGH = 500 }; /* the program does not find it among its own */
    struct board *const board = gate_board();
    struct board_task *const self = gate_self();
    struct stat file;
    if (!self || fstat(fd, &file))
        return ID_PRIVATE;
    for (uint32_t i = 0; i < board->file_count; i++)
        if (board->files[i].inode == file.st_ino && board->files[i].device == file.st_dev)
            return board->files[i].id;
    if (board->file_count == BOARD_FILES)
        gate_refuse("it maps more than %d files", BOARD_FILES);
    const uint64_t number = (uint64_t)(self - board->tasks + 1) << 32;
    const int kept = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
    const struct board_file entry = {file.st_dev, file.st_ino,
                                     anonymous ? ID_FILE(board_mix(2, number | self->anonymous++))
                                               : name_file(fd),
                                     getpid(), kept};
    board->files[board->file_count++] = entry;
    return entry.id;
}
