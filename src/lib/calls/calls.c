/*
 * calls.c - what all calls have in common, and ftok(3); see calls.h. What is printed follows
 * strace(1), which students meet next.
 *
 *   $ shmcreate --calls -k 0x4d2 64K
 *   shmget(0x4d2, 65536, IPC_CREAT|IPC_EXCL|0600) = 5
 *   5
 */
#include "config.h"

#include "lib/calls/trace.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

FILE *calls_trace_to;

static struct refusal last;

void line_add(struct line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->used, sizeof line->text - line->used, format, args);
    va_end(args);
    if (n > 0)
        line->used += (size_t)n;
    if (line->used >= sizeof line->text)
        line->used = sizeof line->text - 1;
}

FILE *calls_trace(FILE *to)
{
    FILE *before = calls_trace_to;
    calls_trace_to = to;
    return before;
}

const struct refusal *calls_refusal(void)
{
    return &last;
}

void calls_restore(const struct refusal *refusal)
{
    last = *refusal;
    errno = last.error;
}

const char *calls_name(enum call call)
{
    static const char *const names[] = {
        [CALL_NONE] = "",
        [CALL_FTOK] = "ftok",
        [CALL_SHMGET] = "shmget",
        [CALL_SHMAT] = "shmat",
        [CALL_SHMDT] = "shmdt",
        [CALL_SHMCTL] = "shmctl",
        [CALL_SEMGET] = "semget",
        [CALL_SEMOP] = "semop",
        [CALL_SEMTIMEDOP] = "semtimedop",
        [CALL_SEMCTL] = "semctl",
        [CALL_SHM_OPEN] = "shm_open",
        [CALL_SHM_UNLINK] = "shm_unlink",
        [CALL_FTRUNCATE] = "ftruncate",
        [CALL_FSTAT] = "fstat",
        [CALL_MMAP] = "mmap",
        [CALL_MUNMAP] = "munmap",
        [CALL_FCHMOD] = "fchmod",
        [CALL_FCHOWN] = "fchown",
        [CALL_PTHREAD_MUTEX_INIT] = "pthread_mutex_init",
        [CALL_PTHREAD_MUTEX_LOCK] = "pthread_mutex_lock",
        [CALL_PTHREAD_MUTEX_TRYLOCK] = "pthread_mutex_trylock",
        [CALL_PTHREAD_MUTEX_CLOCKLOCK] = "pthread_mutex_clocklock",
        [CALL_PTHREAD_MUTEX_UNLOCK] = "pthread_mutex_unlock",
        [CALL_PTHREAD_MUTEX_CONSISTENT] = "pthread_mutex_consistent",
        [CALL_PTHREAD_MUTEX_DESTROY] = "pthread_mutex_destroy",
        [CALL_PTHREAD_COND_INIT] = "pthread_cond_init",
        [CALL_PTHREAD_COND_WAIT] = "pthread_cond_wait",
        [CALL_PTHREAD_COND_SIGNAL] = "pthread_cond_signal",
        [CALL_PTHREAD_COND_BROADCAST] = "pthread_cond_broadcast",
        [CALL_PTHREAD_COND_DESTROY] = "pthread_cond_destroy",
        [CALL_PTHREAD_RWLOCK_INIT] = "pthread_rwlock_init",
        [CALL_PTHREAD_RWLOCK_RDLOCK] = "pthread_rwlock_rdlock",
        [CALL_PTHREAD_RWLOCK_WRLOCK] = "pthread_rwlock_wrlock",
        [CALL_PTHREAD_RWLOCK_TRYRDLOCK] = "pthread_rwlock_tryrdlock",
        [CALL_PTHREAD_RWLOCK_TRYWRLOCK] = "pthread_rwlock_trywrlock",
        [CALL_PTHREAD_RWLOCK_CLOCKRDLOCK] = "pthread_rwlock_clockrdlock",
        [CALL_PTHREAD_RWLOCK_CLOCKWRLOCK] = "pthread_rwlock_clockwrlock",
        [CALL_PTHREAD_RWLOCK_UNLOCK] = "pthread_rwlock_unlock",
        [CALL_PTHREAD_RWLOCK_DESTROY] = "pthread_rwlock_destroy",
        [CALL_PTHREAD_BARRIER_INIT] = "pthread_barrier_init",
        [CALL_PTHREAD_BARRIER_WAIT] = "pthread_barrier_wait",
        [CALL_PTHREAD_BARRIER_DESTROY] = "pthread_barrier_destroy",
        [CALL_SEM_INIT] = "sem_init",
        [CALL_SEM_WAIT] = "sem_wait",
        [CALL_SEM_TRYWAIT] = "sem_trywait",
        [CALL_SEM_CLOCKWAIT] = "sem_clockwait",
        [CALL_SEM_POST] = "sem_post",
        [CALL_SEM_DESTROY] = "sem_destroy",
    };
    return names[call];
}

const char *calls_errno(int error)
{
#define E(name)     \
    {               \
        name, #name \
    }
    /* The union of what the manual pages of these calls list, and what a sandbox answers instead.
     */
    static const struct symbol symbols[] = {
        E(E2BIG),   E(EACCES),       E(EAGAIN),          E(EEXIST),  E(EFAULT),    E(EFBIG),
        E(EIDRM),   E(EINTR),        E(EINVAL),          E(EIO),     E(ELOOP),     E(ENFILE),
        E(ENOENT),  E(ENAMETOOLONG), E(ENOMEM),          E(ENOSPC),  E(ENOSYS),    E(ENOTDIR),
        E(EPERM),   E(ERANGE),       E(EOVERFLOW),       E(EBADF),   E(EBUSY),     E(EISDIR),
        E(EMFILE),  E(ENODEV),       E(ENXIO),           E(EROFS),   E(ETXTBSY),   E(EDQUOT),
        E(EDEADLK), E(EOWNERDEAD),   E(ENOTRECOVERABLE), E(ENOTSUP), E(ETIMEDOUT),
    };
#undef E
    static char number[24];
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if (symbols[i].value == error)
            return symbols[i].name;
    snprintf(number, sizeof number, "errno %d", error);
    return number;
}

bool line_add_bits(struct line *line, const struct symbol *table, int *value, bool printed)
{
    for (; table->name; table++) {
        if ((*value & table->value) != table->value)
            continue;
        line_add(line, "%s%s", printed ? "|" : "", table->name);
        *value &= ~table->value;
        printed = true;
    }
    return printed;
}

void line_add_key(struct line *line, key_t key)
{
    if (key == IPC_PRIVATE)
        line_add(line, "IPC_PRIVATE");
    else
        line_add(line, "0x%x", (unsigned)key);
}

void line_add_perm(struct line *line, const struct ipc_perm *perm)
{
    line_add(line, "{__key=");
    line_add_key(line, perm->__key);
    line_add(line, ", uid=%u, gid=%u, cuid=%u, cgid=%u, mode=%#.3o, __seq=%u}", perm->uid,
             perm->gid, perm->cuid, perm->cgid, (unsigned)perm->mode, (unsigned)perm->__seq);
}

void line_add_cmd(struct line *line, const struct symbol *table, int cmd)
{
    while (table->name && table->value != cmd)
        table++;
    if (table->name)
        line_add(line, "%s", table->name);
    else
        line_add(line, "0x%x", (unsigned)cmd);
}

void line_finish(struct line *line, bool failed, int error, const char *format, ...)
{
    if (failed) {
        line_add(line, ") = -1 %s (%s)\n", calls_errno(error), strerror(error));
    } else {
        va_list args;
        char result[64];
        va_start(args, format);
        vsnprintf(result, sizeof result, format, args);
        va_end(args);
        line_add(line, ") = %s\n", result);
    }
    fputs(line->text, calls_trace_to);
    errno = error;
}

void calls_refuse(struct refusal refusal)
{
    last = refusal;
    last.error = errno;
}

/*
 * ftok(3) as glibc and POSIX's rationale have it: the low 8 bits of PROJ, the low 8 of st_dev, the
 * low 16 of st_ino. What is cut off is how two files come to share a key.
 */
static void trace_ftok(const char *path, int proj, key_t key, int error)
{
    struct line line = {0};
    struct stat st;
    char safe[512];

    line_add(&line, "ftok(\"%s\", ", text_safe(safe, sizeof safe, path, strlen(path)));
    line_add(&line, proj > ' ' && proj < 0x7f && proj != '\'' && proj != '\\' ? "'%c'" : "%d",
             proj);
    line_finish(&line, error != 0, error, "0x%x", (unsigned)key);
    if (error || stat(path, &st) != 0)
        return;
    const bool cut_dev = st.st_dev > 0xff, cut_ino = st.st_ino > 0xffff;
    fprintf(calls_trace_to,
            "  key 0x%.8x = proj 0x%.2x, st_dev 0x%jx & 0xff = 0x%.2x, st_ino 0x%jx & 0xffff = "
            "0x%.4x\n",
            (unsigned)key, (unsigned)proj, (uintmax_t)st.st_dev, (unsigned)st.st_dev & 0xff,
            (uintmax_t)st.st_ino, (unsigned)st.st_ino & 0xffff);
    if (cut_dev || cut_ino)
        fprintf(
            calls_trace_to,
            "  warning: ftok drops the upper bits of %s%s%s: another file can make the same key\n",
            cut_dev ? "st_dev" : "", cut_dev && cut_ino ? " and " : "", cut_ino ? "st_ino" : "");
}

/* -1 is a key like any other (proj, device and inode all ones), so errno tells a failure, not the
 * result. */
int calls_ftok(const char *path, int proj, key_t *key)
{
    errno = 0;
    *key = ftok(path, proj);
    int error = *key == -1 ? errno : 0;
    if (error)
        calls_refuse((struct refusal){.call = CALL_FTOK, .path = path});
    if (calls_trace_to)
        trace_ftok(path, proj, *key, error);
    errno = error;
    return error ? -1 : 0;
}
