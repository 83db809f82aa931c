/* SPDX-License-Identifier: MIT */
/*
 * devices.c - see devices.h.
 */
#include "config.h"

#include "lib/proc/devices.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_shm.h"
#include "lib/proc/maps.h"
#include "lib/segment/limits.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void add_device(struct procfs *fs, unsigned flags)
{
    struct stat st;
    int fd = memfd_create("ipclab", MFD_CLOEXEC | flags);
    if (fd < 0)
        return;
    if (fs->device_count < PROCFS_DEVICES && fstat(fd, &st) == 0)
        fs->devices[fs->device_count++] = st.st_dev;
    close(fd);
}

struct own_segment {
    struct procfs *fs;
    uint64_t address;
};

static bool take_device(void *arg, const struct procfs_map *map)
{
    struct own_segment *own = arg;
    if (map->start != own->address)
        return true;
    own->fs->devices[own->fs->device_count++] = map->device;
    return false;
}

/*
 * Where a sandbox forbids memfd_create(2), a segment of our own shows the device. It is removed
 * while it is attached, with all signals blocked, so that no signal can make us leave it.
 */
static void add_own_segment(struct procfs *fs)
{
    CALLS_QUIETLY
    {
        sigset_t all, before;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        const int id = calls_shmget(IPC_PRIVATE, 1, 0600);
        void *const at = id < 0 ? (void *)-1 : calls_shmat(id, NULL, SHM_RDONLY);
        if (id >= 0)
            calls_shmctl(id, IPC_RMID, NULL);
        if (at != (void *)-1) {
            struct own_segment own = {fs, (uintptr_t)at};
            procfs_each_map(fs, getpid(), take_device, &own);
            calls_shmdt(at);
        }
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
}

void procfs_find_devices(struct procfs *fs)
{
    struct limits_huge huge[LIMITS_HUGE_MAX];
    size_t count = limits_huge(huge, LIMITS_HUGE_MAX);
    fs->device_count = 0;
    add_device(fs, 0);
    if (!fs->device_count)
        add_own_segment(fs);
    for (size_t i = 0; i < count; i++)
        add_device(fs, MFD_HUGETLB | (unsigned)__builtin_ctzll(huge[i].page) << MAP_HUGE_SHIFT);
}
