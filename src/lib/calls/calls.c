/* SPDX-License-Identifier: MIT */
/*
 * calls.c - the trace switch, the last failed call, and the names of calls and errors; see calls.h.
 */
#include "config.h"

#include "lib/calls/calls.h"

#include <errno.h>

FILE *calls_trace_to;

static struct failed_call last;

FILE *calls_trace(FILE *to)
{
    FILE *before = calls_trace_to;
    calls_trace_to = to;
    return before;
}

const struct failed_call *calls_last_failure(void)
{
    return &last;
}

void calls_record_failure(struct failed_call failed)
{
    last = failed;
    last.error = errno;
}

void calls_set_failure(const struct failed_call *failed)
{
    last = *failed;
    errno = last.error;
}

struct calls_saved calls_save(bool quiet)
{
    const struct calls_saved saved = {.failure = last, .error = errno, .trace_to = calls_trace_to};
    if (quiet)
        calls_trace(NULL);
    return saved;
}

void calls_restore(struct calls_saved *saved)
{
    last = saved->failure;
    calls_trace(saved->trace_to);
    errno = saved->error;
}

static const struct {
    const char *name;
    int section;
} calls[CALL_COUNT] = {[CALL_NONE] = {"", 0},
#define CALL_ROW(NAME, name, section) [CALL_##NAME] = {#name, section},
                       CALL_LIST(CALL_ROW)
#undef CALL_ROW
};

const char *calls_name(enum call call)
{
    return calls[call].name;
}

int calls_section(enum call call)
{
    return calls[call].section;
}

/* Every error that the manual pages of these calls list, and those that a sandbox returns. */
// clang-format off
#define ERROR_LIST(E)                                                       \
    E(E2BIG)   E(EACCES)       E(EAGAIN)          E(EBADF)     E(EBUSY)     \
    E(EDEADLK) E(EDQUOT)       E(EEXIST)          E(EFAULT)    E(EFBIG)     \
    E(EIDRM)   E(EINTR)        E(EINVAL)          E(EIO)       E(EISDIR)    \
    E(ELOOP)   E(EMFILE)       E(ENAMETOOLONG)    E(ENFILE)    E(ENODEV)    \
    E(ENOENT)  E(ENOMEM)       E(ENOSPC)          E(ENOSYS)    E(ENOTDIR)   \
    E(ENOTSUP) E(ENOTRECOVERABLE) E(ENXIO)        E(EOVERFLOW) E(EOWNERDEAD) \
    E(EPERM)   E(ERANGE)       E(EROFS)           E(ETIMEDOUT) E(ETXTBSY)
// clang-format on

const char *calls_errno(int error)
{
    static const struct {
        int error;
        const char *name;
    } errors[] = {
#define ERROR_ROW(name) {name, #name},
        ERROR_LIST(ERROR_ROW)
#undef ERROR_ROW
    };
    static char number[24];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].error == error)
            return errors[i].name;
    snprintf(number, sizeof number, "errno %d", error);
    return number;
}
