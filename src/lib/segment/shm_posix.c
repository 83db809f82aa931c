/* SPDX-License-Identifier: MIT */
/*
 * shm_posix.c - POSIX shared memory objects: shm_open(3), ftruncate(2), mmap(2), shm_unlink(3).
 *
 * An object is a file on the tmpfs of SEGMENT_POSIX_DIR, so calls for files do what commands of
 * shmctl(2) do for System V. No descriptor is kept: each function opens the object and closes it
 * again; a mapping stays.
 */
#include "config.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_posix.h"
#include "lib/base/text.h"
#include "lib/run/create.h"
#include "lib/segment/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; before, the kernel takes no notice of it */
#endif

static bool posix_takes(const struct operand *name)
{
    return name->kind == OPERAND_POSIX;
}

static void posix_print(const struct segment *segment, char *text, size_t size)
{
    snprintf(text, size, "%s", segment->name);
}

static void posix_label(const struct segment_info *info, char *label, size_t size)
{
    text_safe(label, size, info->segment.name, strlen(info->segment.name));
}

static struct segment posix_segment(const char *name)
{
    return (struct segment){.kind = &segment_posix, .name = segment_name(name)};
}

/* stat(2) of the object's file: needs search permission for the folder, and none for the object. */
static int look(const char *name, struct stat *st)
{
    char path[sizeof SEGMENT_POSIX_DIR + SEGMENT_NAME_SIZE];
    snprintf(path, sizeof path, SEGMENT_POSIX_DIR "%s", name);
    return lstat(path, st);
}

/*
 * Any user may put a FIFO into the folder, and opening one for reading waits for a writer. So a
 * file that is not regular is opened without waiting; mmap(2) refuses it later.
 */
static int open_object(const char *name, int flags)
{
    struct stat st;
    if (look(name, &st) == 0 && !S_ISREG(st.st_mode))
        flags |= O_NONBLOCK;
    return calls_shm_open(name, flags, 0);
}

/*
 * st_blocks counts the object's blocks of 512 bytes in memory and in swap; a tmpfs does not
 * distinguish the two. ctime is when owner, mode or size last changed; stores through a mapping
 * change no time.
 */
static void info_from(const char *name, const struct stat *st, struct segment_info *out)
{
    *out = (struct segment_info){
        .segment = posix_segment(name),
        .device = st->st_dev,
        .inode = st->st_ino,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .cuid = (uid_t)-1,
        .cgid = (gid_t)-1,
        .mode = st->st_mode & 0777,
        .status = strncmp(name, "/sem.", 5) ? 0 : SEGMENT_SEMAPHORE,
        .size = (uint64_t)st->st_size,
        .ctime = st->st_ctime,
        .has_rss = true,
        .rss = (uint64_t)st->st_blocks * 512,
    };
}

/* Does not check that the object exists: the next call reports that. */
static int posix_open(const struct operand *name, struct segment *out)
{
    *out = posix_segment(name->path);
    return 0;
}

/* Closes FD and returns RESULT; calls_close() keeps errno and the failed call. */
static int close_after(int fd, int result)
{
    calls_close(fd);
    return result;
}

/* shm_open(3) creates an object of 0 bytes; removes it again when it cannot get its size. */
static int give_size(int fd, const char *name, uint64_t size)
{
    if (calls_ftruncate(fd, name, size) == 0)
        return 0;
    CALLS_KEEPING_FAILURE
    {
        calls_shm_unlink(name);
    }
    return -1;
}

/* shmget(2) refuses a segment that is smaller than requested; here the program must compare. */
static int check_size(int fd, const char *name, uint64_t least)
{
    struct stat st;
    if (calls_fstat(fd, name, &st))
        return -1;
    if ((uint64_t)st.st_size >= least)
        return 0;
    calls_set_failure(&(struct failed_call){.call = CALL_FSTAT, .name = name, .size = least});
    return -1;
}

struct posix_creation {
    const struct segment_request *request;
    const char *name;
};

static int create_object(void *arg)
{
    const struct posix_creation *creation = arg;
    const struct segment_request *request = creation->request;
    const int fd = calls_shm_open(creation->name, O_RDWR | O_CREAT | O_EXCL, request->mode);
    return fd < 0 ? -1 : close_after(fd, give_size(fd, creation->name, request->size));
}

static int open_existing(void *arg, bool *gone)
{
    const struct posix_creation *creation = arg;
    const int fd = open_object(creation->name, O_RDWR);
    *gone = fd < 0 && errno == ENOENT;
    return fd < 0 ? -1 : close_after(fd, check_size(fd, creation->name, creation->request->size));
}

/* An object has no id: a signal handler finds it by this. */
static const char *half_made;

static void discard(int id)
{
    (void)id;
    calls_shm_unlink(half_made);
}

static int posix_create(const struct segment_request *request, struct segment *out, bool *created)
{
    *out = posix_segment(request->name->path);
    struct posix_creation arg = {.request = request, .name = request->name->path};
    const struct creation creation = {.open_only = request->open,
                                      .exclusive = request->exclusive,
                                      .create = create_object,
                                      .open = open_existing,
                                      .discard = discard,
                                      .arg = &arg};
    half_made = out->name;
    return create_or_open(&creation, created);
}

static int map_flags(const struct segment_mapping *mapping)
{
    return MAP_SHARED | (!mapping->address ? 0 : mapping->remap ? MAP_FIXED : MAP_FIXED_NOREPLACE);
}

/* Maps FD, whose info is filled in, at the address requested and nowhere else: shmat(2) does so,
 * and mmap(2) only with MAP_FIXED or MAP_FIXED_NOREPLACE. */
static int map_descriptor(struct segment_mapping *mapping, int fd)
{
    const char *name = mapping->segment.name;
    const int prot = PROT_READ | (mapping->ro ? 0 : PROT_WRITE) | (mapping->exec ? PROT_EXEC : 0);
    const uint64_t size = mapping->info.size;
    if (mapping->rnd)
        mapping->address -= mapping->address % (uintptr_t)sysconf(_SC_PAGESIZE);
    void *const wanted = (void *)mapping->address;
    void *const at = calls_mmap(wanted, size, prot, map_flags(mapping), fd, name);
    if (at == MAP_FAILED)
        return -1;
    if (wanted && at != wanted) {
        calls_munmap(at, (size_t)size, name);
        calls_set_failure(&(struct failed_call){
            .call = CALL_MMAP, .error = EEXIST, .name = name, .addr = wanted, .size = size});
        return -1;
    }
    mapping->address = (uintptr_t)at;
    return 0;
}

/* The mapping keeps the object alive, so the descriptor can be closed. */
static int posix_map(struct segment_mapping *mapping)
{
    struct stat st;
    const char *name = mapping->segment.name;
    const int fd = open_object(name, mapping->ro ? O_RDONLY : O_RDWR);
    if (fd < 0)
        return -1;
    if (calls_fstat(fd, name, &st))
        return close_after(fd, -1);
    info_from(name, &st, &mapping->info);
    return close_after(fd, map_descriptor(mapping, fd));
}

static int posix_unmap(struct segment_mapping *mapping)
{
    return calls_munmap((void *)mapping->address, (size_t)mapping->info.size,
                        mapping->segment.name);
}

/* Runs in a signal handler: lstat(2) and statvfs(3) are plain system calls, and snprintf(3)
 * allocates no memory for these formats. */
static void posix_explain_sigbus(const struct segment_mapping *mapping, uintptr_t address,
                                 char text[512], char hint[512])
{
    struct stat st;
    struct statvfs fs;
    const bool same = look(mapping->segment.name, &st) == 0 && st.st_ino == mapping->info.inode &&
                      st.st_dev == mapping->info.device;
    *hint = '\0';
    if (same && (uint64_t)st.st_size < mapping->info.size &&
        address - mapping->address >= (uint64_t)st.st_size) {
        snprintf(text, 512,
                 "the object was truncated to %jd bytes while it was mapped with %" PRIu64,
                 (intmax_t)st.st_size, mapping->info.size);
        snprintf(hint, 512, "map it again: a mapping does not follow the size of its object");
    } else if (statvfs(SEGMENT_POSIX_DIR, &fs) == 0 && fs.f_blocks && fs.f_bavail == 0) {
        snprintf(text, 512,
                 SEGMENT_POSIX_DIR " is full: there is no page for this part of the object");
        snprintf(hint, 512,
                 "an object's size reserves no memory; see what each uses: shmstat --posix -o "
                 "NAME,SIZE,RSS");
    } else {
        snprintf(text, 512,
                 "the kernel has no page for this part of the object: it was truncated, or memory "
                 "ran out");
    }
}

/* Like SHM_STAT_ANY of shmctl(2): falls back to the folder, which everybody may search, when the
 * object itself may not be read. */
static int posix_stat(const struct segment *segment, struct segment_info *out)
{
    struct stat st;
    int result = 0;
    const int fd = open_object(segment->name, O_RDONLY);
    if (fd >= 0) {
        result = close_after(fd, calls_fstat(fd, segment->name, &st));
    } else {
        CALLS_KEEPING_FAILURE
        {
            result = errno == EACCES && look(segment->name, &st) == 0 ? 0 : -1;
        }
    }
    if (result == 0)
        info_from(segment->name, &st, out);
    return result;
}

static int posix_fields(const struct segment *segment, segment_field *each, void *arg)
{
    struct stat st;
    char value[32];
    const int fd = open_object(segment->name, O_RDONLY);
    if (fd < 0 || close_after(fd, calls_fstat(fd, segment->name, &st)))
        return -1;
#define FIELD(name, format, ...) \
    snprintf(value, sizeof value, format, __VA_ARGS__), each(arg, name, value)
    FIELD("st_dev", "0x%jx", (uintmax_t)st.st_dev);
    FIELD("st_ino", "%ju", (uintmax_t)st.st_ino);
    FIELD("st_mode", "0%.3o", (unsigned)st.st_mode);
    FIELD("st_nlink", "%ju", (uintmax_t)st.st_nlink);
    FIELD("st_uid", "%u", st.st_uid);
    FIELD("st_gid", "%u", st.st_gid);
    FIELD("st_size", "%jd", (intmax_t)st.st_size);
    FIELD("st_blocks", "%jd", (intmax_t)st.st_blocks);
    FIELD("st_atime", "%jd", (intmax_t)st.st_atime);
    FIELD("st_mtime", "%jd", (intmax_t)st.st_mtime);
    FIELD("st_ctime", "%jd", (intmax_t)st.st_ctime);
#undef FIELD
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct segment_info *x = a, *y = b;
    return strcmp(x->segment.name, y->segment.name);
}

/* The list is not complete. */
static int folder_failed(enum call call)
{
    calls_set_failure(&(struct failed_call){.call = call, .error = errno});
    return -1;
}

/* Folders, links and pipes are no objects, nor is a file that is removed during the walk. */
static int list_folder(DIR *dir, struct segment_list *list)
{
    const struct dirent *entry;
    while ((errno = 0, entry = readdir(dir))) {
        struct stat st;
        char name[SEGMENT_NAME_SIZE];
        if ((entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
            continue;
        struct segment_info *item = segment_list_add(list);
        if (!item)
            return folder_failed(CALL_READDIR);
        snprintf(name, sizeof name, "/%s", entry->d_name);
        info_from(name, &st, item);
    }
    return errno ? folder_failed(CALL_READDIR) : 0;
}

/* Sorted by name: a folder has no order. Without the folder there are no objects. */
static int posix_list(struct segment_list *list, __attribute__((unused)) bool want_rss)
{
    const size_t first = list->count;
    DIR *dir = opendir(SEGMENT_POSIX_DIR);
    if (!dir && errno != EACCES && errno != ENOENT && errno != ENOTDIR)
        return folder_failed(CALL_OPENDIR);
    list->hidden += !dir && errno == EACCES;
    if (!dir)
        return 0;
    const int result = list_folder(dir, list);
    closedir(dir);
    if (list->count > first)
        qsort(list->items + first, list->count - first, sizeof *list->items, by_name);
    return result;
}

/* Changing owner or mode needs a descriptor, and thus some permission; the owner may have left
 * themselves only one. */
static int open_any(const char *name)
{
    const int fd = open_object(name, O_RDONLY);
    return fd < 0 && errno == EACCES ? open_object(name, O_WRONLY) : fd;
}

/* The owner first: only root may give an object away, and root may set the mode of any object. */
static int posix_set(const struct segment *segment, const struct operand_change *change)
{
    const char *name = segment->name;
    const int fd = open_any(name);
    if (fd < 0)
        return -1;
    const bool owner = change->uid != (uid_t)-1 || change->gid != (gid_t)-1;
    int result = owner ? calls_fchown(fd, name, change->uid, change->gid) : 0;
    if (result == 0 && change->has_mode)
        result = calls_fchmod(fd, name, change->mode);
    return close_after(fd, result);
}

static int posix_resize(const struct segment *segment, uint64_t size)
{
    const int fd = open_object(segment->name, O_RDWR);
    return fd < 0 ? -1 : close_after(fd, calls_ftruncate(fd, segment->name, size));
}

/*
 * The kernel grants a write lease (F_SETLEASE in fcntl(2)) only when no other process has the file
 * open, and a mapping keeps it open; it counts the processes that we may not look into, too. It
 * grants leases only to the owner and to root. This releases the lease at once. A process that
 * opens the object at that moment waits until then, and the kernel sends us SIGIO.
 */
static int posix_held(const struct segment_info *info)
{
    struct stat st;
    int result = -1;
    const int fd = shm_open(info->segment.name, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    void (*const before)(int) = signal(SIGIO, SIG_IGN);
    if (fstat(fd, &st) == 0 && st.st_dev == info->device && st.st_ino == info->inode) {
        const bool granted = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
        result = granted ? 0 : errno == EAGAIN ? 1 : -1;
        if (granted)
            fcntl(fd, F_SETLEASE, F_UNLCK);
    }
    close(fd);
    signal(SIGIO, before);
    return result;
}

/* Nothing finds the object once its name is removed, so this looks at it before. */
static int posix_remove(const struct segment *segment, struct segment_info *left)
{
    struct stat st;
    const bool known = left && look(segment->name, &st) == 0;
    if (calls_shm_unlink(segment->name))
        return -1;
    if (left)
        *left = (struct segment_info){0};
    if (known) {
        info_from(segment->name, &st, left);
        left->status |= SEGMENT_DELETED;
    }
    return 0;
}

const struct segment_kind segment_posix = {
    .name = "posix",
    .noun = "object",
    .key_noun = "name",
    .remover = "shmctl-tool rm",
    .unsupported =
        {
            [SEGMENT_HUGE_PAGES] = "a POSIX object is a file on a tmpfs, which chooses its pages; "
                                   "for huge ones use a hugetlbfs, memfd_create(2) or a System V "
                                   "segment",
            [SEGMENT_NO_RESERVE] = "a tmpfs reserves nothing for a POSIX object in any case: it "
                                   "allocates a page at the first access",
            [SEGMENT_LOCK] = "a POSIX object cannot be locked: mlock(2) locks pages for the "
                             "process that calls it, and only while that process has them mapped",
            [SEGMENT_REMAP_ANYWHERE] = "MAP_FIXED (,remap) replaces what is mapped at an address: "
                                       "give one, /name@0xADDRESS,remap",
        },
    .takes = posix_takes,
    .print = posix_print,
    .label = posix_label,
    .explain_sigbus = posix_explain_sigbus,
    .open = posix_open,
    .create = posix_create,
    .map = posix_map,
    .unmap = posix_unmap,
    .stat = posix_stat,
    .fields = posix_fields,
    .list = posix_list,
    .set = posix_set,
    .resize = posix_resize,
    .held = posix_held,
    .remove = posix_remove,
};
