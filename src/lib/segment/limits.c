/* SPDX-License-Identifier: MIT */
/*
 * limits.c - see limits.h.
 */
#include "config.h"

#include "lib/segment/limits.h"

#include "lib/calls/calls_shm.h"
#include "lib/segment/segment.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool limits_read(const char *path, uint64_t *out)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool good = fscanf(file, "%" SCNu64, out) == 1;
    fclose(file);
    return good;
}

uint64_t limits_meminfo(const char *name)
{
    char line[128];
    uint64_t kib = 0;
    size_t length = strlen(name);
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, name, length) && line[length] == ':') {
            kib = strtoull(line + length + 1, NULL, 10);
            break;
        }
    fclose(file);
    return kib * 1024;
}

static bool limits_by_call(struct limits_shm *out)
{
    struct shminfo info;
    struct shm_info totals;
    if (calls_shmctl(0, IPC_INFO, &info) < 0 || calls_shmctl(0, SHM_INFO, &totals) < 0)
        return false;
    *out = (struct limits_shm){
        .shmmax = info.shmmax,
        .shmall = info.shmall,
        .shmmni = info.shmmni,
        .segments = (uint64_t)totals.used_ids,
        .pages = totals.shm_tot,
        .rss_pages = totals.shm_rss,
        .swap_pages = totals.shm_swp,
    };
    return true;
}

/* Adds up what the segments have. */
static int add_segments(struct limits_shm *out)
{
    struct segment_list list = {0};
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (segment_sysv.list(&list, true))
        return -1;
    out->segments = list.count;
    out->pages = out->rss_pages = out->swap_pages = 0;
    for (size_t i = 0; i < list.count; i++) {
        out->pages += (list.items[i].size + page - 1) / page;
        out->rss_pages += list.items[i].rss / page;
        out->swap_pages += list.items[i].swap / page;
    }
    segment_list_free(&list);
    return 0;
}

int limits_shm(struct limits_shm *out)
{
    /* More in memory than exists: huge pages, which the kernel multiplies (see shm_sysv.c). */
    if (limits_by_call(out))
        return out->rss_pages > out->pages ? add_segments(out) : 0;
    *out = (struct limits_shm){0};
    if (!limits_read("/proc/sys/kernel/shmmax", &out->shmmax) ||
        !limits_read("/proc/sys/kernel/shmall", &out->shmall) ||
        !limits_read("/proc/sys/kernel/shmmni", &out->shmmni))
        return -1;
    return add_segments(out);
}

static int by_page(const void *a, const void *b)
{
    const struct limits_huge *x = a, *y = b;
    return (x->page > y->page) - (x->page < y->page);
}

size_t limits_huge(struct limits_huge *out, size_t max)
{
    static const char root[] = "/sys/kernel/mm/hugepages";
    size_t count = 0;
    const struct dirent *entry;
    DIR *dir = opendir(root);

    while (dir && count < max && (entry = readdir(dir))) {
        char path[sizeof root + sizeof entry->d_name + 32];
        struct limits_huge *huge = &out[count];
        uint64_t kib;
        if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kib) != 1)
            continue;
        *huge = (struct limits_huge){.page = kib * 1024};
        snprintf(path, sizeof path, "%s/%s/nr_hugepages", root, entry->d_name);
        limits_read(path, &huge->total);
        snprintf(path, sizeof path, "%s/%s/free_hugepages", root, entry->d_name);
        limits_read(path, &huge->free);
        snprintf(path, sizeof path, "%s/%s/resv_hugepages", root, entry->d_name);
        limits_read(path, &huge->reserved);
        count++;
    }
    if (dir)
        closedir(dir);
    qsort(out, count, sizeof *out, by_page);
    return count;
}
