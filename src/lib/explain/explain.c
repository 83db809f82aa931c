/*
 * explain.c - finds the row of a table from (call, errno) to a function that fills in the sentence;
 * see explain.h.
 *
 *   $ shmcreate -x -k 0x4d2 64K
 *   shmcreate: 0x4d2: shmget: EEXIST: this key already names segment 5 (64 KiB, owner root)
 *   hint: leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -m 5
 */
#include "config.h"

#include "lib/explain/rows.h"

#include "lib/base/names.h"
#include "lib/proc/procfs.h"
#include "lib/base/text.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

void say(char text[512], const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, 512 - used, format, args);
    va_end(args);
}

const char *size_words(uint64_t bytes)
{
    static char text[2][32];
    static unsigned turn;
    return text_size_words(text[turn++ % 2], sizeof *text, bytes);
}

static bool in_group(gid_t gid)
{
    gid_t groups[1024];
    int count = getgroups(1024, groups);
    if (getegid() == gid)
        return true;
    while (count-- > 0)
        if (groups[count] == gid)
            return true;
    return false;
}

/* "segment 5", "object /demo". */
static void say_which(struct explanation *e, const struct owned *s)
{
    char safe[256];
    if (s->name)
        say(e->what, "%s %s", s->noun, text_safe(safe, sizeof safe, s->name, strlen(s->name)));
    else
        say(e->what, "%s %d", s->noun, s->id);
}

unsigned say_shut_out(struct explanation *e, const struct owned *s)
{
    static const char *const rights[] = {"nothing",        "execute only, which means nothing",
                                         "write only",     "write only",
                                         "read only",      "read only",
                                         "read and write", "read and write"};
    uid_t uid = geteuid();
    const char *class = "others";
    unsigned bits = s->mode;
    if (uid == s->uid || uid == s->cuid) {
        class = uid == s->uid ? "the owner" : "the creator";
        bits >>= 6;
    } else if (in_group(s->gid) || in_group(s->cgid)) {
        class = "the group";
        bits >>= 3;
    }
    say_which(e, s);
    say(e->what, " belongs to %s:%s with mode 0%.3o, which gives %s", names_user(s->uid),
        names_group(s->gid), (unsigned)s->mode, names_user(uid));
    say(e->what, " (%s) %s", class, rights[bits & 7]);
    return bits & 7;
}

void hint_owner(struct explanation *e, const struct owned *s, const char *what, ...)
{
    char text[256];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    if (s->uid)
        say(e->hint, "%s or ", names_user(s->uid));
    if (s->cuid && s->cuid != s->uid)
        say(e->hint, "%s or ", names_user(s->cuid));
    say(e->hint, "root can %s", text);
}

void say_not_owner(struct explanation *e, const struct owned *s, const char *what)
{
    const uid_t uid = geteuid();
    if (uid == 0 || uid == s->uid || uid == s->cuid) {
        say(e->what,
            "%s may %s, and yet it is forbidden: by a security policy, or for want of a capability",
            names_user(uid), what);
        return;
    }
    say(e->what, "%s %d belongs to %s and was created by %s; %s is neither", s->noun, s->id,
        names_user(s->uid), names_user(s->cuid), names_user(uid));
    hint_owner(e, s, "%s", what);
}

void say_removed(struct explanation *e, const char *noun, int id, const char *lister)
{
    say(e->what, "%s %d was removed", noun, id);
    say(e->hint, "%s lists those that exist", lister);
}

void say_no_such_owner(struct explanation *e)
{
    say(e->what, "the owner or the group given has no number outside of this user namespace");
    say(e->hint, "those that have one: cat /proc/self/uid_map /proc/self/gid_map");
}

/* The mapping that lies in the way of [start, end). */
struct clash {
    uint64_t start, end;
    bool found;
    char *text;
};

static bool clashes(void *arg, const struct procfs_map *map)
{
    struct clash *clash = arg;
    if (map->end <= clash->start || map->start >= clash->end)
        return true;
    char path[160];
    clash->found = true;
    text_safe(path, sizeof path, map->path, map->path_length);
    snprintf(clash->text, 256, "0x%" PRIx64 "-0x%" PRIx64 " %s %s", map->start, map->end,
             map->perms, map->path_length ? path : "(no name)");
    return false;
}

bool explain_find_clash(uint64_t start, uint64_t size, char text[256])
{
    struct procfs fs;
    struct clash clash = {.start = start, .end = start + size, .text = text};
    if (procfs_open(&fs, "/proc"))
        return false;
    procfs_each_map(&fs, getpid(), clashes, &clash);
    procfs_close(&fs);
    return clash.found;
}

static void ftok_failed(const struct refusal *r, struct explanation *e)
{
    char path[256];
    say(e->what, "the key is made from the device and inode of %s: %s",
        text_safe(path, sizeof path, r->path, strlen(r->path)), strerror(r->error));
    say(e->hint,
        "ftok(3) needs a file that exists and whose folders you may search, and makes none itself");
}

static void no_ipc(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "this kernel or sandbox has no System V IPC");
    say(e->hint, "a kernel has it with CONFIG_SYSVIPC (zgrep SYSVIPC /proc/config.gz); sandboxes "
                 "take it away by "
                 "seccomp: grep Seccomp /proc/self/status");
}

static void any_efault(const struct refusal *r, struct explanation *e)
{
    (void)r;
    say(e->what, "the buffer is not in this process's memory: an error in this program");
    say(e->hint, "please report it");
}

static void any_call(const struct refusal *r, struct explanation *e)
{
    say(e->what, "%s", strerror(r->error));
    const bool library = r->call == CALL_SHM_OPEN || r->call == CALL_SHM_UNLINK ||
                         r->call >= CALL_PTHREAD_MUTEX_INIT; /* ftok(3) has a row of its own */
    say(e->hint,
        "%s(%d) does not document this error: a security module or a sandbox may have made it",
        calls_name(r->call), library ? 3 : 2);
}

static const struct explain_row common_rows[] = {
    {CALL_FTOK, 0, ftok_failed}, {CALL_NONE, EFAULT, any_efault},
    {CALL_NONE, ENOSYS, no_ipc}, {CALL_NONE, 0, any_call},
    {CALL_NONE, 0, NULL},
};

static const struct explain_row *find_row(const struct refusal *refusal)
{
    static const struct explain_row *const tables[] = {
        explain_shm_rows, explain_sem_rows, explain_posix_rows, explain_pthread_rows, common_rows};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct explain_row *row = tables[i]; row->explain; row++)
            if ((!row->call || row->call == refusal->call) &&
                (!row->error || row->error == refusal->error))
                return row;
    return NULL; /* not reached: the last common row fits everything */
}

void explain(const struct refusal *refusal, struct explanation *out)
{
    const struct refusal kept = *refusal;
    FILE *const trace = calls_trace(NULL);
    *out = (struct explanation){0};
    find_row(&kept)->explain(&kept, out);
    calls_trace(trace);
    calls_restore(&kept);
}
