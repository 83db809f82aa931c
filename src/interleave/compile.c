/* SPDX-License-Identifier: MIT */
/*
 * compile.c - see compile.h.
 *
 * gcc -fsanitize=thread links with -ltsan, and searches the folders of -L first: there, beside the
 * library, a link called libtsan.so leads to it. What the compiler would do in place of calling
 * memcpy(3) and its like are loads and stores, too, so it may not, and _FORTIFY_SOURCE would give
 * them other names.
 */
#include "config.h"

#include "interleave/compile.h"

#include "lib/cli/report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int compile(int argc, char *argv[], const char *library)
{
    static char folder[PATH_MAX + 8], path[PATH_MAX + 24];
    const char *compiler = getenv("INTERLEAVE_CC");
    char **words = calloc((size_t)argc + 16, sizeof *words);
    if (!words)
        return report_error("interleave", "allocate");
    snprintf(folder, sizeof folder, "-L%.*s/tsan", (int)(strrchr(library, '/') - library), library);
    snprintf(path, sizeof path, "-Wl,-rpath,%.*s", (int)(strrchr(library, '/') - library), library);
    const char *const first[] = {
        compiler ? compiler : "gcc", "-g", "-fsanitize=thread", "-fno-builtin", folder, path};
    size_t count = sizeof first / sizeof *first;
    memcpy(words, first, sizeof first);
    memcpy(words + count, argv + 1, (size_t)argc * sizeof *argv);
    words[count + (size_t)argc - 1] = "-U_FORTIFY_SOURCE";
    execvp(words[0], words);
    report_error(words[0], "run");
    return errno == ENOENT ? 127 : 126;
}
