/* SPDX-License-Identifier: MIT */
/*
 * facts.c - see facts.h.
 */
#include "config.h"

#include "lib/explain/facts.h"

#include "lib/base/names.h"
#include "lib/base/text.h"
#include "lib/segment/limits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 3, 0))) static void append(char *text, size_t size,
                                                         const char *format, va_list args)
{
    const size_t used = strlen(text);
    vsnprintf(text + used, size - used, format, args);
}

void explain_reason(struct explanation *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(e->reason, sizeof e->reason, format, args);
    va_end(args);
}

void explain_hint(struct explanation *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append(e->hint, sizeof e->hint, format, args);
    va_end(args);
}

const char *explain_size(uint64_t bytes)
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
static void append_object(struct explanation *e, const struct object_perms *object)
{
    char safe[256];
    if (object->name)
        explain_reason(e, "%s %s", object->noun,
                       text_safe(safe, sizeof safe, object->name, strlen(object->name)));
    else
        explain_reason(e, "%s %d", object->noun, object->id);
}

unsigned explain_access_denied(struct explanation *e, const struct object_perms *object)
{
    // clang-format off
    static const char *const rights[] = {
        "no access",             "execute access only, which is useless alone",
        "write access only",     "write access only",
        "read access only",      "read access only",
        "read and write access", "read and write access",
    };
    // clang-format on
    const uid_t uid = geteuid();
    const char *class = "others";
    unsigned bits = object->mode;
    if (uid == object->uid || uid == object->cuid) {
        class = uid == object->uid ? "the owner" : "the creator";
        bits >>= 6;
    } else if (in_group(object->gid) || in_group(object->cgid)) {
        class = "the group";
        bits >>= 3;
    }
    append_object(e, object);
    explain_reason(e, " belongs to %s:%s with mode 0%.3o, which grants %s (%s) %s",
                   names_user(object->uid), names_group(object->gid), (unsigned)object->mode,
                   names_user(uid), class, rights[bits & 7]);
    return bits & 7;
}

void explain_hint_owner(struct explanation *e, const struct object_perms *object, const char *what,
                        ...)
{
    char text[256];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    if (object->uid)
        explain_hint(e, "%s or ", names_user(object->uid));
    if (object->cuid && object->cuid != object->uid)
        explain_hint(e, "%s or ", names_user(object->cuid));
    explain_hint(e, "root can %s", text);
}

void explain_not_owner(struct explanation *e, const struct object_perms *object, const char *what)
{
    const uid_t uid = geteuid();
    if (uid == 0 || uid == object->uid || uid == object->cuid) {
        explain_reason(e, "%s may %s, but a security policy or a missing capability forbids it",
                       names_user(uid), what);
        return;
    }
    append_object(e, object);
    explain_reason(e, " belongs to %s and was created by %s; %s is neither",
                   names_user(object->uid), names_user(object->cuid), names_user(uid));
    explain_hint_owner(e, object, "%s", what);
}

void explain_unmapped_owner(struct explanation *e)
{
    explain_reason(e, "the given owner or group is not mapped in this user namespace");
    explain_hint(e, "list the mapped ids: cat /proc/self/uid_map /proc/self/gid_map");
}

void explain_file_limit(struct explanation *e, const char *reason)
{
    uint64_t max = 0;
    limits_read("/proc/sys/fs/file-max", &max);
    explain_reason(e, "%s: %" PRIu64, reason, max);
    explain_hint(e, "raise the limit as root: sysctl fs.file-max=%" PRIu64, 2 * max);
}

uint64_t explain_most_objects(uint64_t maximum)
{
    const uint64_t usual = 32768, extended = 16777216;
    return maximum > usual ? extended : usual;
}

void explain_hint_logout(struct explanation *e)
{
    const uid_t first_ordinary = 1000; /* systemd: SYSTEM_UID_MAX is 999 */
    if (geteuid() >= first_ordinary && access("/run/systemd/seats", F_OK) == 0)
        explain_hint(e,
                     "; systemd-logind removes the objects of a user when the last session ends, "
                     "unless logind.conf has RemoveIPC=no");
}
