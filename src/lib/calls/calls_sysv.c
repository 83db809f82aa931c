/* SPDX-License-Identifier: MIT */
/*
 * calls_sysv.c - ftok(3), traced; see calls_sysv.h.
 *
 *   $ shmcreate --calls -k ftok:/etc/passwd:A 64K
 *   ftok("/etc/passwd", 'A') = 0x41020a1b
 *     key 0x41020a1b = proj 0x41, st_dev 0x802 & 0xff = 0x02, st_ino 0xa1b & 0xffff = 0x0a1b
 *     warning: ftok drops the upper bits of st_dev: another file can make the same key
 */
#include "config.h"

#include "lib/calls/calls_sysv.h"

#include "lib/calls/calls.h"
#include "lib/calls/trace.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/*
 * A key is the low 8 bits of PROJ, the low 8 of st_dev and the low 16 of st_ino (glibc's ftok.c).
 * Two files whose numbers differ in the dropped bits only share a key.
 */
static void trace_key(int proj, key_t key, const struct stat *st)
{
    const bool cut_dev = st->st_dev > 0xff, cut_ino = st->st_ino > 0xffff;
    fprintf(calls_trace_to,
            "  key 0x%.8x = proj 0x%.2x, st_dev 0x%jx & 0xff = 0x%.2x, st_ino 0x%jx & 0xffff = "
            "0x%.4x\n",
            (unsigned)key, (unsigned)proj, (uintmax_t)st->st_dev, (unsigned)st->st_dev & 0xff,
            (uintmax_t)st->st_ino, (unsigned)st->st_ino & 0xffff);
    if (cut_dev || cut_ino)
        fprintf(
            calls_trace_to,
            "  warning: ftok drops the upper bits of %s%s%s: another file can make the same key\n",
            cut_dev ? "st_dev" : "", cut_dev && cut_ino ? " and " : "", cut_ino ? "st_ino" : "");
}

static void trace_ftok(const char *path, int proj, key_t key, bool failed)
{
    struct line line;
    struct stat st;
    char safe[512];
    const bool character = proj > ' ' && proj < 0x7f && proj != '\'' && proj != '\\';

    line_begin(&line, "ftok(");
    line_add(&line, "\"%s\", ", text_safe(safe, sizeof safe, path, strlen(path)));
    line_add(&line, character ? "'%c'" : "%d", proj);
    line_finish(&line, failed, "0x%x", (unsigned)key);
    if (!failed && stat(path, &st) == 0)
        trace_key(proj, key, &st);
}

/* A valid key can be -1 (PROJ, device and inode all ones), so errno and not the result reports the
 * failure. */
int calls_ftok(const char *path, int proj, key_t *key)
{
    errno = 0;
    *key = ftok(path, proj);
    const int error = *key == -1 ? errno : 0;
    if (error)
        calls_record_failure((struct failed_call){.call = CALL_FTOK, .path = path});
    if (calls_trace_to) {
        errno = error;
        trace_ftok(path, proj, *key, error != 0);
    }
    errno = error;
    return error ? -1 : 0;
}
