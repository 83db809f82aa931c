/* SPDX-License-Identifier: MIT */
/*
 * procfs-test.c - procfs.h on saved trees (fixtures/README says how they are written), and on the
 * real /proc.
 */
#include "config.h"

#include "lib/proc/call.h"
#include "lib/proc/procfs.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOOT 1767358800 /* in the trees */

__attribute__((noreturn)) static void bail(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(1);
}

/* --- building a tree ----------------------------------------------------------------- */

static char trees[PATH_MAX]; /* the directory that they are built in */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_trees(void)
{
    nftw(trees, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_trees(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(trees, sizeof trees, "%s/procfs-test.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(trees))
        bail(trees);
    atexit(remove_trees);
}

/* Makes the directories that PATH lies in, below DIR. */
static void make_parents(int dir, char *path)
{
    for (char *slash = path; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        if (mkdirat(dir, path, 0755) && errno != EEXIST)
            bail(path);
    }
}

/* Writes a LINE (no newline) of a fixture's file as its escapes say. */
static void put_line(const char *line, FILE *to)
{
    unsigned number;
    int used = 0;
    for (const char *at = line; *at; at += used) {
        used = 0;
        if (sscanf(at, "\\x%2x%n", &number, &used) == 1 && used)
            putc((int)number, to);
        else if (sscanf(at, "\\{%u}%n", &number, &used) == 1 && used)
            for (; number; number--)
                putc('n', to);
        else if (!strcmp(at, "\\"))
            return;
        else
            putc(at[used++], to);
    }
    putc('\n', to);
}

/* "PATH", "PATH/", "PATH -> TEXT" or "PATH mode OCTAL", below DIR. Returns the file to fill, or
 * NULL. */
static FILE *make_entry(int dir, char *entry)
{
    char *target = strstr(entry, " -> "), *mode = strstr(entry, " mode ");
    if (target)
        *target = '\0';
    if (mode)
        *mode = '\0';
    make_parents(dir, entry);
    if (target && symlinkat(target + 4, dir, entry))
        bail(entry);
    if (target || entry[strlen(entry) - 1] == '/')
        return NULL;
    const mode_t bits = mode ? (mode_t)strtoul(mode + 6, NULL, 8) : 0644;
    const int fd = openat(dir, entry, O_WRONLY | O_CREAT | O_EXCL, bits);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        bail(entry);
    return file;
}

/* Makes of the fixture FROM what it describes, below DIR. */
static void build_tree(FILE *from, int dir)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    FILE *file = NULL;
    while ((length = getline(&line, &capacity, from)) > 0) {
        line[length - 1] = '\0';
        if (!strncmp(line, "== ", 3)) {
            if (file)
                fclose(file);
            file = make_entry(dir, line + 3);
        } else if (file) {
            put_line(line, file);
        }
    }
    if (file)
        fclose(file);
    free(line);
}

/* Builds fixtures/NAME.tree and opens it, with the devices that segments have there. */
static struct procfs open_tree(const char *name)
{
    static unsigned number;
    const char *source = getenv("top_srcdir");
    char *fixture, *tree;
    struct procfs fs;

    if (asprintf(&fixture, "%s/tests/fixtures/%s.tree", source ? source : ".", name) < 0 ||
        asprintf(&tree, "%s/%u", trees, number++) < 0)
        abort();
    FILE *from = fopen(fixture, "r");
    if (!from)
        bail(fixture);
    if (mkdir(tree, 0755) || procfs_open(&fs, tree))
        bail(tree);
    build_tree(from, fs.dir);
    procfs_close(&fs);
    if (procfs_open(&fs, tree))
        bail(tree);
    fclose(from);
    free(fixture);
    free(tree);
    fs.devices[0] = makedev(0, 1);
    fs.devices[1] = makedev(0, 0x11);
    fs.device_count = 2;
    return fs;
}

/* --- who has a segment attached -------------------------------------------------------- */

/* "5 100 7f0000000000-7f0000010000 rw-s rss=8192 huge", a line each; to be freed. */
static char *written(const struct procfs_attaches *attaches)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        abort();
    for (size_t i = 0; i < attaches->count; i++) {
        const struct procfs_attach *a = &attaches->items[i];
        fprintf(to, "%d %d %" PRIx64 "-%" PRIx64 " %s", (int)a->inode, a->pid, a->start, a->end,
                a->perms);
        if (a->has_rss)
            fprintf(to, " rss=%" PRIu64, a->rss);
        fprintf(to, "%s\n", a->huge ? " huge" : "");
    }
    fclose(to);
    return text;
}

struct scan {
    const char *name, *tree;
    pid_t pid;
    bool with_rss;
    int error; /* 0: it succeeds */
    size_t unreadable;
    const char *attaches;
};

static const struct scan scans[] = {
    {"all processes", "procfs-attached", 0, false, 0, 0,
     "0 1000 7f0000010000-7f0000012000 ---s\n"
     "5 99 7f0000000000-7f0000010000 r--s\n"
     "5 99 7f0000020000-7f0000030000 rw-s\n"
     "5 100 7f0000000000-7f0000010000 rw-s\n"
     "5 1000 7f0000020000-7f0000030000 rw-s\n"
     "7 1000 7f0000000000-7f0000010000 rwxs\n"
     "98306 1000 7e0000000000-7e0000200000 rw-s huge\n"},
    {"one process", "procfs-attached", 100, false, 0, 0, "5 100 7f0000000000-7f0000010000 rw-s\n"},
    {"attached twice", "procfs-attached", 99, false, 0, 0,
     "5 99 7f0000000000-7f0000010000 r--s\n5 99 7f0000020000-7f0000030000 rw-s\n"},
    {"files that look like segments", "procfs-attached", 200, false, 0, 0, ""},
    {"another namespace", "procfs-attached", 300, false, 0, 0, ""},
    {"a process whose namespace is not told", "procfs-attached", 301, false, 0, 0, ""},
    {"a kernel thread", "procfs-attached", 400, false, 0, 0, ""},
    {"one that has ended", "procfs-attached", 500, false, ESRCH, 0, ""},
    {"one that never was", "procfs-attached", 12345, false, ESRCH, 0, ""},
    {"no smaps: no RSS", "procfs-attached", 100, true, 0, 0,
     "5 100 7f0000000000-7f0000010000 rw-s\n"},
    {"some that we may not read", "procfs-unreadable", 0, false, 0, 3,
     "5 100 7f0000000000-7f0000010000 rw-s\n6 300 7f0000000000-7f0000010000 rw-s\n"},
    {"a failure of ours is no fact", "procfs-broken", 0, false, ELOOP, 0, ""},
    {"one that we may not read", "procfs-unreadable", 200, false, EACCES, 0, ""},
    {"no namespaces", "procfs-no-namespaces", 0, false, 0, 0,
     "5 100 7f0000000000-7f0000010000 rw-s\n"},
    {"odd lines", "procfs-odd", 1, false, 0, 0, "5 1 800000-801000 rw-s\n"},
    {"very long lines, no newline at the end", "procfs-odd", 2, false, 0, 0,
     "5 2 7f0000040000-7f0000050000 rw-s\n"},
    {"an inode that is no id", "procfs-odd", 3, false, 0, 0,
     "2147483647 3 7f0000000000-7f0000010000 rw-s\n"},
    {"a name cut short", "procfs-odd", 4, false, 0, 0, ""},
    {"RSS and flags", "procfs-smaps", 100, true, 0, 0,
     "5 100 7f0000000000-7f0000010000 rw-s rss=8192\n"
     "5 100 7f0000020000-7f0000030000 r--s rss=0\n"
     "8 100 7f0000200000-7f0000600000 rw-s rss=4194304 huge\n"
     "9 100 7f0000600000-7f0000800000 rw-s rss=2097152 huge\n"
     "10 100 7f0000800000-7f0000810000 rw-s rss=65536\n"},
    {"RSS is not read unless asked for", "procfs-smaps", 300, false, 0, 0,
     "5 300 7f0000000000-7f0000010000 rw-s\n6 300 7f0000020000-7f0000030000 rw-s\n"},
    {"an attach that ended between maps and smaps", "procfs-smaps", 300, true, 0, 0,
     "5 300 7f0000000000-7f0000010000 rw-s\n6 300 7f0000020000-7f0000030000 rw-s rss=12288\n"},
    {"a process without smaps", "procfs-smaps", 200, true, 0, 0,
     "5 200 7f0000000000-7f0000010000 rw-s\n"},
};

/*
 * Takes away, or gives back, what lets root read a file whose mode forbids it. Others never had it.
 */
static void read_everything(bool on)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    const unsigned bits = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;
    if (syscall(SYS_capget, &header, data))
        bail("capget");
    if (on)
        data[0].effective |= data[0].permitted & bits;
    else
        data[0].effective &= ~bits;
    if (syscall(SYS_capset, &header, data))
        bail("capset");
}

static void try_scan(const struct procfs *fs, const struct scan *scan)
{
    struct procfs_attaches attaches = {0};
    char name[128];
    errno = 0;
    read_everything(false);
    const int result = procfs_attaches(fs, scan->pid, scan->with_rss, &attaches);
    const int error = errno;
    read_everything(true);

    char *got = written(&attaches);
    snprintf(name, sizeof name, "attaches: %s", scan->name);
    same_text(scan->attaches, got, name);
    if (!ok(result == (scan->error ? -1 : 0) && (!scan->error || error == scan->error),
            "%s: the result", name))
        diag("expected: %s; got: %d, %s", scan->error ? strerror(scan->error) : "0", result,
             strerror(error));
    snprintf(name, sizeof name, "attaches: %s: how many could not be read", scan->name);
    same_number(scan->unreadable, attaches.unreadable, name);
    free(got);
    procfs_attaches_free(&attaches);
    ok(!attaches.items && !attaches.count, "attaches: %s: freed", scan->name);
}

static void try_scans(void)
{
    for (size_t i = 0; i < sizeof scans / sizeof *scans; i++) {
        struct procfs fs = open_tree(scans[i].tree);
        try_scan(&fs, &scans[i]);
        procfs_close(&fs);
    }
}

static void try_same_ipc(void)
{
    struct procfs fs = open_tree("procfs-attached");
    ok(procfs_same_ipc(&fs, 100), "100 is in our IPC namespace");
    ok(!procfs_same_ipc(&fs, 300), "300 is in another");
    ok(!procfs_same_ipc(&fs, 301), "301 does not tell");
    ok(!procfs_same_ipc(&fs, 12345), "nor does one that never was");
    procfs_close(&fs);
    fs = open_tree("procfs-no-namespaces");
    ok(procfs_same_ipc(&fs, 100), "without namespaces, all are in one");
    procfs_close(&fs);
}

static void try_attaches_of(void)
{
    static const struct {
        int shmid;
        size_t first, count;
    } rows[] = {{0, 0, 1}, {1, 1, 0},     {4, 1, 0},     {5, 1, 4},     {6, 5, 0},
                {7, 5, 1}, {98305, 6, 0}, {98306, 6, 1}, {98307, 7, 0}, {INT_MAX, 7, 0}};
    struct procfs fs = open_tree("procfs-attached");
    struct procfs_attaches attaches = {0}, none = {0};
    size_t count = 99;
    procfs_attaches(&fs, 0, false, &attaches);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct procfs_attach *first =
            procfs_attaches_of(&attaches, 0, (uint64_t)rows[i].shmid, &count);
        if (!ok(count == rows[i].count && first == attaches.items + rows[i].first, "attaches of %d",
                rows[i].shmid))
            diag("got: %zu from %td on", count, first - attaches.items);
    }
    procfs_attaches_of(&none, 0, 5, &count);
    same_number(0, count, "attaches of 5 where there are none at all");
    procfs_attaches_free(&attaches);
    procfs_close(&fs);
}

/* Only those on the devices of segments count: with none known, nobody has anything attached. */
static void try_devices(void)
{
    struct procfs fs = open_tree("procfs-attached");
    struct procfs_attaches attaches = {0};
    fs.device_count = 0;
    procfs_attaches(&fs, 0, false, &attaches);
    same_number(0, attaches.count, "no device, no attaches");
    fs.devices[0] = makedev(0, 0x11);
    fs.device_count = 1;
    procfs_attaches(&fs, 0, false, &attaches);
    ok(attaches.count == 1 && attaches.items[0].inode == 98306,
       "the devices say which are segments");
    procfs_attaches_free(&attaches);
    procfs_close(&fs);
}

/* --- maps, line by line -------------------------------------------------------------------- */

struct listing {
    FILE *to;
    size_t left; /* lines to take */
};

static bool list_map(void *arg, const struct procfs_map *map)
{
    struct listing *listing = arg;
    const int shown = map->path_length < 40 ? (int)map->path_length : 40;
    fprintf(listing->to, "%" PRIx64 "-%" PRIx64 " %s %" PRIx64 " %x:%x %" PRIu64 " '%.*s' %zu\n",
            map->start, map->end, map->perms, map->offset, major(map->device), minor(map->device),
            map->inode, shown, map->path, map->path_length);
    if (map->path + map->path_length != map->line + map->line_length)
        fprintf(listing->to, "the path does not end where the line ends\n");
    return --listing->left > 0;
}

static void try_maps(const char *name, const struct procfs *fs, pid_t pid, size_t lines,
                     const char *expected)
{
    char *got = NULL;
    size_t size;
    struct listing listing = {.to = open_memstream(&got, &size), .left = lines};
    if (!listing.to)
        abort();
    const int result = procfs_each_map(fs, pid, list_map, &listing);
    fclose(listing.to);
    ok(result == 0, "maps: %s: the result", name);
    same_text(expected, got, name);
    free(got);
}

static void try_each_map(void)
{
    struct procfs fs = open_tree("procfs-odd");
    struct listing listing = {0};
    try_maps("odd lines are left out", &fs, 1, SIZE_MAX,
             "400000-401000 r-xp 0 fe:0 7 '/a b/c\\012d (deleted)' 21\n"
             "500000-501000 rw-p 0 0:0 0 '' 0\n"
             "600000-601000 rw-p 0 0:0 0 '[heap]' 6\n"
             "ffffffffff600000-ffffffffff601000 --xp 0 0:0 0 '[vsyscall]' 10\n"
             "800000-801000 rw-s 0 0:1 5 '/SYSV000004d2' 13\n"
             "900000-901000 rw-s fffff000 fff:fffff 8 '/b' 2\n"
             "7fabcdef0000-7fabcdef9000 r--p abcdef000 ab:cd 1234567890 '/hex' 4\n");
    try_maps(
        "very long lines are whole", &fs, 2, SIZE_MAX,
        "7f0000000000-7f0000010000 r-xp 0 fe:0 8 '/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' 5001\n"
        "7f0000020000-7f0000030000 r-xp 0 fe:0 9 '/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn' 70014\n"
        "7f0000040000-7f0000050000 rw-s 0 0:1 5 '/SYSV000004d2 (deleted)' 23\n");
    try_maps("it ends when it is told to", &fs, 1, 2,
             "400000-401000 r-xp 0 fe:0 7 '/a b/c\\012d (deleted)' 21\n"
             "500000-501000 rw-p 0 0:0 0 '' 0\n");
    errno = 0;
    ok(procfs_each_map(&fs, 12345, list_map, &listing) == -1 && errno == ENOENT,
       "maps of a process that is not");
    procfs_close(&fs);

    fs = open_tree("procfs-attached");
    try_maps("a kernel thread has no maps", &fs, 400, SIZE_MAX, "");
    procfs_close(&fs);
}

/* --- what is known of a process --------------------------------------------------------------- */

struct process_row {
    const char *name;
    pid_t pid;
    bool exists;
    pid_t parent;
    uid_t uid;
    uint64_t ticks; /* since boot; UINT64_MAX: unknown */
    const char *command;
};

#define NOBODY_KNOWS ((uid_t)-1)

static const struct process_row process_rows[] = {
    {"an ordinary one", 1, true, 0, 1001, 500, "sleep 100"},
    {"a name like fields of stat", 2, true, 1, 0, 700, "[a) Z 1 (b) R]"},
    {"newlines", 3, true, 1, 6, 800, "two\nlines a b"},
    {"a kernel thread", 4, true, 2, 0, 900, "[kworker/0:1-ev]"},
    {"a zombie", 5, false, 1, NOBODY_KNOWS, 1000, "[gone]"},
    {"one that is dead", 6, false, 1, NOBODY_KNOWS, 1000, "[dead]"},
    {"one that has ended", 7, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"one that never was", 12345, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"ESC, BEL and bytes that are no characters are kept", 8, true, 1, 3, 1100, "\033]0;x\a \xff"},
    {"ESC and blanks in a name are kept", 9, true, 1, NOBODY_KNOWS, 1100, "[\033[31m  ]"},
    {"empty arguments", 11, true, 1, NOBODY_KNOWS, 1100, "p  x"},
    {"stat without the name's end", 12, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"stat cut short", 13, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"an empty name", 14, true, 1, (uid_t)-2, 1100, "[]"},
    {"a name that begins with a blank; the last tick", 15, true, 1, NOBODY_KNOWS, UINT64_MAX - 1,
     "[ R 1]"},
    {"an empty stat", 16, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"stat without the name's beginning", 18, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"a name that ends before it begins", 19, false, 0, NOBODY_KNOWS, UINT64_MAX, ""},
    {"a command of one letter", 20, true, 1, NOBODY_KNOWS, 1100, "p"},
    {"a title without its NUL", 17, true, 1, NOBODY_KNOWS, 1100, "a title without its NUL"},
};

static void try_process(const struct procfs *fs, const struct process_row *row)
{
    const uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    const time_t started = row->ticks == UINT64_MAX ? 0 : BOOT + (time_t)(row->ticks / per_second);
    struct procfs_process process;
    memset(&process, 0xa5, sizeof process);
    procfs_process(fs, row->pid, &process);
    same_text(row->command, process.command, row->name);
    if (!ok((process.life == PROCFS_ALIVE) == row->exists && process.parent == row->parent &&
                process.uid == row->uid && process.started == started &&
                process.command_length == strlen(row->command),
            "process: %s", row->name))
        diag("life %d, parent %d, uid %u, started %jd (expected %jd), %zu bytes of command",
             process.life, process.parent, process.uid, (intmax_t)process.started,
             (intmax_t)started, process.command_length);
}

/* Of what is too long, as much as there is room for: letters n, in [ ] if they are its name. */
static void try_cut(const struct procfs *fs, pid_t pid, const char *name)
{
    struct procfs_process process;
    const size_t room = sizeof process.command - 1;
    memset(&process, 0xa5, sizeof process);
    procfs_process(fs, pid, &process);
    const size_t shown =
        strspn(process.command + (*process.command == '['), "n") + (*process.command == '[');
    ok(process.command_length == room && shown == room && !process.command[room],
       "process: %s is cut", name);
}

static void try_processes(void)
{
    struct procfs fs = open_tree("procfs-names");
    struct procfs_process process;
    ok(fs.boot == BOOT && !strcmp(fs.ipc_ns, "ipc:[4026531839]"),
       "opening reads the boot time and the namespace");
    for (size_t i = 0; i < sizeof process_rows / sizeof *process_rows; i++)
        try_process(&fs, &process_rows[i]);

    try_cut(&fs, 10, "a long command line");
    try_cut(&fs, 21, "a long name");
    try_cut(&fs, 22, "a command line with no room left for its NUL");
    procfs_close(&fs);

    fs = open_tree("procfs-no-namespaces");
    procfs_process(&fs, 100, &process);
    ok(fs.boot == 0 && !*fs.ipc_ns, "a tree that tells neither the boot time nor the namespace");
    ok(process.life == PROCFS_ALIVE && process.started == 0, "process: no boot time, no start");
    procfs_close(&fs);
}

static const struct {
    const char *name;
    pid_t pid;
    const char *path;
} cgroup_rows[] = {
    {"version 2", 1, "/user.slice/session.scope"},
    {"version 1: the first", 2, "/a"},
    {"both, version 2 last", 3, "/c"},
    {"both, version 2 first", 4, "/c"},
    {"colons in the path", 5, "/a:b:c"},
    {"an empty file", 6, ""},
    {"no file", 7, ""},
    {"the root", 8, "/"},
    {"hierarchy 10 is not version 2", 9, "/this"},
    {"no newline at the end", 10, "/no-newline"},
    {"no such line", 11, ""},
    {"not made safe", 12, "/\033[31m \xff"},
    {"several controllers", 13, "/x:y"},
};

static void try_cgroups(void)
{
    struct procfs fs = open_tree("procfs-cgroup");
    char path[256], small[5];
    for (size_t i = 0; i < sizeof cgroup_rows / sizeof *cgroup_rows; i++) {
        char name[64];
        memset(path, 'x', sizeof path);
        procfs_cgroup(&fs, cgroup_rows[i].pid, path, sizeof path);
        snprintf(name, sizeof name, "cgroup: %s", cgroup_rows[i].name);
        same_text(cgroup_rows[i].path, path, name);
    }
    procfs_cgroup(&fs, 14, path, sizeof path);
    same_number(sizeof path - 1, strlen(path),
                "cgroup: a long path is cut where there is no more room");
    procfs_cgroup(&fs, 1, small, sizeof small);
    same_text("/use", small, "cgroup: into five bytes");
    procfs_close(&fs);
}

/* Lines of the file syscall; a stack below 4 GiB is that of a 32-bit program. */
#define STACK64 "0x7ffd5a1f8e58 0x7f3c6a8b5a5d"
#define STACK32 "0xffd5a1f8 0xf7f3c6a5"

static const struct {
    const char *name, *text;
    unsigned in;
    int set; /* -2: no such call */
    size_t count;
    uint64_t address;
    bool timed;
} call_rows[] = {
#if defined __x86_64__
    {"semop", "65 0x5 0x7ffd1000 0x2 0x7 0x0 0x0 " STACK64, PROCFS_WAIT_SEMOP, 5, 2, 0x7ffd1000, 0},
    {"semtimedop", "220 0x5 0x7ffd1000 0x2 0x7 0x0 0x0 " STACK64, PROCFS_WAIT_SEMOP, 5, 2,
     0x7ffd1000, 1},
    {"semtimedop without timeout", "220 0x5 0x7ffd1000 0x2 0x0 0x0 0x0 " STACK64, PROCFS_WAIT_SEMOP,
     5, 2, 0x7ffd1000, 0},
    {"futex", "202 0x7f001000 0x0 0x2 0x0 0x0 0x0 " STACK64, PROCFS_WAIT_FUTEX, -1, 0, 0x7f001000,
     0},
    {"a private futex", "202 0x7f001000 0x80 0x2 0x0 0x0 0x0 " STACK64, PROCFS_WAIT_FUTEX, -2, 0, 0,
     0},
    {"a futex that is not asked for", "202 0x7f001000 0x0 0x2 0x0 0x0 0x0 " STACK64,
     PROCFS_WAIT_SEMOP, -2, 0, 0, 0},
    {"semop of 32 bits, by ipc", "117 0x1 0x5 0x2 0x0 0xffd51000 0x0 " STACK32, PROCFS_WAIT_SEMOP,
     5, 2, 0xffd51000, 0},
    {"semtimedop of 32 bits, by ipc", "117 0x4 0x5 0x2 0x0 0xffd51000 0xffd52000 " STACK32,
     PROCFS_WAIT_SEMOP, 5, 2, 0xffd51000, 1},
    {"msgrcv of 32 bits, by ipc", "117 0xc 0x5 0x2 0x0 0xffd51000 0x0 " STACK32, PROCFS_WAIT_SEMOP,
     -2, 0, 0, 0},
    {"futex of 32 bits", "240 0xf7001000 0x0 0x2 0x0 0x0 0x0 " STACK32, PROCFS_WAIT_FUTEX, -1, 0,
     0xf7001000, 0},
    {"117 of 64 bits is another call", "117 0x1 0x5 0x2 0x0 0xffd51000 0x0 " STACK64,
     PROCFS_WAIT_SEMOP, -2, 0, 0, 0},
    {"65 of 32 bits is another call", "65 0x5 0xffd51000 0x2 0x7 0x0 0x0 " STACK32,
     PROCFS_WAIT_SEMOP, -2, 0, 0, 0},
#endif
    {"semtimedop with 64-bit times", "420 0x5 0xffd51000 0x2 0x7 0x0 0x0 " STACK32,
     PROCFS_WAIT_SEMOP, 5, 2, 0xffd51000, 1},
    {"futex with 64-bit times", "422 0xf7001000 0x0 0x2 0x7 0x0 0x0 " STACK32, PROCFS_WAIT_FUTEX,
     -1, 0, 0xf7001000, 1},
    {"running", "running", PROCFS_WAIT_SEMOP | PROCFS_WAIT_FUTEX, -2, 0, 0, 0},
    {"in no call", "-1 0x7ffd5a1f8e58 0x7f3c6a8b5a5d", PROCFS_WAIT_SEMOP, -2, 0, 0, 0},
    {"cut short", "420 0x5 0xffd51000", PROCFS_WAIT_SEMOP, -2, 0, 0, 0},
};

static void try_calls(void)
{
    for (size_t i = 0; i < sizeof call_rows / sizeof *call_rows; i++) {
        struct procfs_waiter waiter = {.set = -2};
        const bool found = procfs_parse_call(call_rows[i].text, call_rows[i].in, &waiter);
        ok(found == (call_rows[i].set != -2) &&
               (!found ||
                (waiter.set == call_rows[i].set && waiter.count == call_rows[i].count &&
                 waiter.address == call_rows[i].address && waiter.timed == call_rows[i].timed)),
           "call: %s", call_rows[i].name);
    }
}

/* Does the process that had a PID at some time live? The clocks of FS: booted at BOOT. */
static const struct {
    const char *name;
    enum procfs_life life; /* of the process that has the PID now */
    time_t started, when;  /* relative to now; a start of 1 is not known */
    bool stepped;
    enum procfs_life expected;
} life_rows[] = {
    {"it was there before", PROCFS_ALIVE, -100, -50, false, PROCFS_ALIVE},
    {"it started in the same second", PROCFS_ALIVE, -50, -51, false, PROCFS_ALIVE},
    {"it started later", PROCFS_ALIVE, -50, -100, false, PROCFS_GONE},
    {"it started later, by a clock that was set", PROCFS_ALIVE, -50, -100, true, PROCFS_NOT_KNOWN},
    {"it starts in the future", PROCFS_ALIVE, 50, -100, false, PROCFS_NOT_KNOWN},
    {"the object is from before the boot", PROCFS_ALIVE, -50, -5000, false, PROCFS_NOT_KNOWN},
    {"the object is from the future", PROCFS_ALIVE, 100, 50, false, PROCFS_NOT_KNOWN},
    {"its start is not known", PROCFS_ALIVE, 1, -100, false, PROCFS_NOT_KNOWN},
    {"there is none", PROCFS_GONE, 1, -100, true, PROCFS_GONE},
    {"it could not be read", PROCFS_NOT_KNOWN, 1, -100, false, PROCFS_NOT_KNOWN},
};

static void try_life(void)
{
    const time_t now = time(NULL);
    for (size_t i = 0; i < sizeof life_rows / sizeof *life_rows; i++) {
        const struct procfs fs = {.boot = now - 1000, .stepped = life_rows[i].stepped};
        const struct procfs_process process = {
            .life = life_rows[i].life,
            .started = life_rows[i].started == 1 ? 0 : now + life_rows[i].started};
        enum procfs_doubt doubt = PROCFS_HIDDEN;
        const enum procfs_life life =
            procfs_life_at(&fs, &process, now + life_rows[i].when, &doubt);
        ok(life == life_rows[i].expected &&
               (life_rows[i].life != PROCFS_ALIVE || (doubt == PROCFS_CLOCK) == !life),
           "life: %s", life_rows[i].name);
    }
}

static void try_open(void)
{
    struct procfs fs;
    errno = 0;
    ok(procfs_open(&fs, "/proc/none") == -1 && errno == ENOENT, "opening what is not there");
    procfs_close(&fs);
    errno = 0;
    ok(procfs_open(&fs, "/proc/self/stat") == -1 && errno == ENOTDIR,
       "opening what is no directory");
    procfs_close(&fs);
    ok(fs.dir == -1, "closing what was not opened");
}

/* --- the real /proc ------------------------------------------------------------------------------
 */

/* The device that /proc/self/maps shows at ADDRESS, read without procfs.c; 0 if there is none. */
static dev_t device_at(const void *address)
{
    char line[8192];
    unsigned long start;
    unsigned major_number, minor_number;
    dev_t device = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%*x %*4s %*x %x:%x", &start, &major_number, &minor_number) == 3 &&
            start == (unsigned long)(uintptr_t)address)
            device = makedev(major_number, minor_number);
    if (maps)
        fclose(maps);
    return device;
}

/* A segment that is gone as soon as nobody has it attached; its address, or NULL with errno. */
static char *attach_new(size_t size, int flags, int *id)
{
    *id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600 | flags);
    if (*id < 0)
        return NULL;
    char *address = shmat(*id, NULL, 0);
    const int error = errno;
    shmctl(*id, IPC_RMID, NULL);
    errno = error;
    return address == (void *)-1 ? NULL : address;
}

static bool is_device(const struct procfs *fs, dev_t device)
{
    for (size_t i = 0; i < fs->device_count; i++)
        if (fs->devices[i] == device)
            return device != 0;
    return false;
}

static void try_real_huge(const struct procfs *fs)
{
    const char name[] = "/proc: the device of a segment in huge pages is among those found";
    const size_t size = 2 << 20;
    char why[128];
    int id;
    char *address =
        attach_new(size, SHM_HUGETLB | SHM_NORESERVE | 21 << 26 /* SHM_HUGE_2MB */, &id);
    if (address) {
        ok(is_device(fs, device_at(address)) && device_at(address) != fs->devices[0], "%s", name);
        shmdt(address);
    } else {
        snprintf(why, sizeof why, "huge pages of 2 MiB: shmget: %s", strerror(errno));
        skip(name, why);
    }
}

/* A child has what its parent has attached, until it ends. It says that it is there, and holds
 * until told. */
static void try_real_child(const struct procfs *fs, int id, const char *address)
{
    int there[2], hold[2];
    char byte = 0;
    struct procfs_attaches attaches = {0};
    if (pipe(there) || pipe(hold))
        bail("pipe");
    const pid_t child = fork();
    if (child < 0)
        bail("fork");
    if (child == 0) {
        close(hold[1]);
        _exit(write(there[1], "x", 1) == 1 && read(hold[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(hold[0]);
    if (read(there[0], &byte, 1) != 1)
        bail("read");
    const int result = procfs_attaches(fs, child, true, &attaches);
    ok(result == 0 && attaches.count == 1 && attaches.items[0].pid == child &&
           attaches.items[0].inode == (uint64_t)id && attaches.items[0].start == (uintptr_t)address,
       "/proc: a child has it attached at the same address");
    close(hold[1]);
    waitpid(child, NULL, 0);
    procfs_attaches_free(&attaches);
    errno = 0;
    ok(procfs_attaches(fs, child, true, &attaches) == -1 && errno == ESRCH,
       "/proc: and not when it has ended");
    procfs_attaches_free(&attaches);
    close(there[0]);
    close(there[1]);
}

static void try_real_attach(const struct procfs *fs, int id, char *address)
{
    struct procfs_attaches attaches = {0};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    memset(address, 1, page + 1); /* two pages of four, at least, are there */
    const int result = procfs_attaches(fs, getpid(), true, &attaches);
    const struct procfs_attach *a = attaches.items;
    if (!ok(result == 0 && attaches.count == 1 && a->inode == (uint64_t)id && a->pid == getpid() &&
                a->start == (uintptr_t)address && a->end == a->start + 4 * page &&
                !strcmp(a->perms, "rw-s") && a->has_rss && a->rss >= 2 * page &&
                a->rss <= 4 * page && !a->huge,
            "/proc: what we have attached ourselves"))
        diag("%zu attaches", attaches.count);
    procfs_attaches_free(&attaches);

    procfs_attaches(fs, 0, false, &attaches);
    size_t count;
    a = procfs_attaches_of(&attaches, 0, (uint64_t)id, &count);
    ok(count == 1 && a->pid == getpid(), "/proc: among all processes, nobody else has it");
    procfs_attaches_free(&attaches);
}

/* More often than any table has room for at first. */
static void try_real_many(const struct procfs *fs, int id)
{
    enum { MANY = 300 };
    struct procfs_attaches attaches = {0};
    void *there[MANY];
    unsigned wrong = 0;
    for (size_t i = 0; i < MANY; i++)
        if ((there[i] = shmat(id, NULL, 0)) == (void *)-1)
            bail("shmat");
    procfs_attaches(fs, getpid(), true, &attaches);
    same_number(MANY + 1, attaches.count, "/proc: attached 301 times by one process");
    for (size_t i = 0; i < attaches.count; i++)
        wrong += attaches.items[i].inode != (uint64_t)id || !attaches.items[i].has_rss ||
                 (i > 0 && attaches.items[i].start <= attaches.items[i - 1].start);
    same_number(0, wrong, "/proc: and all of them are listed by address");
    for (size_t i = 0; i < MANY; i++)
        shmdt(there[i]);
    procfs_attaches_free(&attaches);
}

static void try_real_process(const struct procfs *fs, const char *own_name)
{
    struct procfs_process process;
    char name[sizeof process.command];
    snprintf(name, sizeof name, "%s", own_name);
    procfs_process(fs, getpid(), &process);
    ok(process.life == PROCFS_ALIVE && process.parent == getppid() && process.uid == geteuid() &&
           process.started >= fs->boot && process.started <= time(NULL) + 1 &&
           !strcmp(process.command, name),
       "/proc: what is known of ourselves");

    /* waited for, but not reaped: a zombie */
    const pid_t child = fork();
    siginfo_t info;
    if (child == 0)
        _exit(0);
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    procfs_process(fs, child, &process);
    ok(process.life == PROCFS_GONE, "/proc: a zombie does not exist");
    waitpid(child, NULL, 0);
}

static void try_real(const char *own_name)
{
    struct procfs fs;
    int id;
    /* The machine's own namespace is spared where that is allowed. */
    if (unshare(CLONE_NEWIPC) && unshare(CLONE_NEWUSER | CLONE_NEWIPC))
        diag("no IPC namespace of our own: %s", strerror(errno));
    if (procfs_open(&fs, "/proc"))
        bail("/proc");
    procfs_find_devices(&fs);
    char *address = attach_new(4 * (size_t)sysconf(_SC_PAGESIZE), 0, &id);
    if (address) {
        ok(fs.device_count > 0 && fs.devices[0] == device_at(address),
           "/proc: the first device found is the one that maps shows for a segment");
        try_real_attach(&fs, id, address);
        try_real_child(&fs, id, address);
        try_real_many(&fs, id);
        shmdt(address);
    } else {
        skip("/proc: segments", "System V IPC: shmget is refused here");
    }
    try_real_huge(&fs);
    try_real_process(&fs, own_name);
    procfs_close(&fs);
}

int main(int argc, char *argv[])
{
    (void)argc;
    make_trees();
    try_scans();
    try_same_ipc();
    try_attaches_of();
    try_devices();
    try_each_map();
    try_processes();
    try_cgroups();
    try_calls();
    try_life();
    try_open();
    try_real(argv[0]);
    return tap_end();
}
