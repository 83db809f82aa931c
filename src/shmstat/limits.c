/* SPDX-License-Identifier: MIT */
/*
 * limits.c - shmstat --limits: the kernel's limits, and how much of each is in use.
 */
#include "config.h"

#include "shmstat/shmstat.h"

#include "lib/cli/limit_table.h"
#include "lib/segment/limits.h"

#include <inttypes.h>
#include <sys/statvfs.h>
#include <unistd.h>

static uint64_t largest_segment(void)
{
    struct segment_list list = {0};
    uint64_t largest = 0;
    segment_sysv.list(&list, false);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].size > largest)
            largest = list.items[i].size;
    segment_list_free(&list);
    return largest;
}

static bool add_segments(struct table *table, const struct limits_shm *shm, uint64_t page)
{
    uint64_t forced = 0;
    const bool has_forced = limits_read("/proc/sys/kernel/shm_rmid_forced", &forced);
    const struct limit_row rows[] = {
        {"SHMMNI", "segments", shm->shmmni, shm->segments, true, 0},
        {"SHMMAX", "largest segment", shm->shmmax, largest_segment(), true, 1},
        {"SHMALL", "all segments together; in pages with -J, -r, -e", shm->shmall, shm->pages, true,
         page},
        {"shm_rmid_forced", "0: segments persist; 1: the last detach removes them", forced, 0,
         false, 0},
    };
    return limit_table_add(table, rows, sizeof rows / sizeof *rows - !has_forced);
}

static bool add_huge(struct table *table)
{
    struct limits_huge huge[LIMITS_HUGE_MAX];
    const size_t count = limits_huge(huge, LIMITS_HUGE_MAX);
    for (size_t i = 0; i < count; i++) {
        char name[32], size[24], description[64];
        snprintf(name, sizeof name, "huge_%s", text_size(size, sizeof size, huge[i].page));
        snprintf(description, sizeof description, "huge pages of %s; %" PRIu64 " reserved",
                 text_size_words(size, sizeof size, huge[i].page), huge[i].reserved);
        const struct limit_row row = {
            name, description, huge[i].total, huge[i].total - huge[i].free, true, 0};
        if (!limit_table_add(table, &row, 1))
            return false;
    }
    return true;
}

/* POSIX objects are files in one tmpfs, whose size and number of files are their only limits. */
static bool add_posix(struct table *table)
{
    struct statvfs fs;
    if (statvfs(SEGMENT_POSIX_DIR, &fs))
        return true;
    const bool sized = fs.f_blocks, numbered = fs.f_files;
    const struct limit_row rows[] = {
        {SEGMENT_POSIX_DIR, "all POSIX objects and named semaphores together",
         sized ? fs.f_blocks * fs.f_frsize : UINT64_MAX, (fs.f_blocks - fs.f_bfree) * fs.f_frsize,
         sized, 1},
        {"nr_inodes", "files there, the directory itself included", fs.f_files,
         fs.f_files - fs.f_ffree, true, 0},
    };
    return limit_table_add(table, rows, sizeof rows / sizeof *rows - !numbered);
}

int stat_print_limits(const struct procfs *fs, const struct table_style *style, FILE *to)
{
    struct limits_shm shm;
    if (limits_shm(&shm))
        return -1;
    struct table *table = limit_table_new(style);
    const bool good = table && add_segments(table, &shm, (uint64_t)sysconf(_SC_PAGESIZE)) &&
                      add_huge(table) && add_posix(table) && limit_table_add_namespace(table, fs) &&
                      table_print(table, to) == 0;
    table_free(table);
    return good ? 0 : -1;
}
