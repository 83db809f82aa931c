/* SPDX-License-Identifier: MIT */
/*
 * source.c - see source.h.
 */
#include "config.h"

#include "interleave/source.h"

#include <stdio.h>
#include <string.h>

#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>

enum { MOST_PROCESSES = 16 };

static struct {
    pid_t pid;
    Dwfl *dwfl;
} processes[MOST_PROCESSES];

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

static Dwfl *open_process(pid_t pid)
{
    size_t i = 0;
    while (i < MOST_PROCESSES && processes[i].dwfl && processes[i].pid != pid)
        i++;
    if (i == MOST_PROCESSES)
        return NULL;
    if (!processes[i].dwfl) {
        processes[i].pid = pid;
        processes[i].dwfl = dwfl_begin(&callbacks);
        if (processes[i].dwfl && (dwfl_linux_proc_report(processes[i].dwfl, pid) ||
                                  dwfl_report_end(processes[i].dwfl, NULL, NULL))) {
            dwfl_end(processes[i].dwfl);
            processes[i].dwfl = NULL;
        }
    }
    return processes[i].dwfl;
}

void source_forget(void)
{
    for (size_t i = 0; i < MOST_PROCESSES; i++) {
        if (processes[i].dwfl)
            dwfl_end(processes[i].dwfl);
        processes[i].dwfl = NULL;
    }
}

static void read_line(const char *path, struct source_line *out)
{
    char text[sizeof out->text];
    FILE *file = fopen(path, "re");
    int line = 0;
    while (file && line < out->line && fgets(text, sizeof text, file)) {
        line += strchr(text, '\n') != NULL;
        if (line == out->line) {
            const size_t blanks = strspn(text, " \t");
            snprintf(out->text, sizeof out->text, "%.*s", (int)strcspn(text + blanks, "\n"),
                     text + blanks);
        }
    }
    if (file)
        fclose(file);
}

void source_find(pid_t pid, uint64_t pc, struct source_line *out)
{
    *out = (struct source_line){0};
    Dwfl *const dwfl = pc ? open_process(pid) : NULL;
    if (!dwfl)
        return;
    Dwfl_Line *const found = dwfl_getsrc(dwfl, pc - 1);
    const char *path = found ? dwfl_lineinfo(found, NULL, &out->line, NULL, NULL, NULL) : NULL;
    if (path) {
        const char *slash = strrchr(path, '/');
        snprintf(out->file, sizeof out->file, "%.120s", slash ? slash + 1 : path);
        read_line(path, out);
        return;
    }
    out->line = 0;
    Dwfl_Module *const module = dwfl_addrmodule(dwfl, pc);
    const char *name = module ? dwfl_module_addrname(module, pc) : NULL;
    if (name)
        snprintf(out->file, sizeof out->file, "%.100s()", name);
}

#else

void source_find(pid_t pid, uint64_t pc, struct source_line *out)
{
    (void)pid;
    (void)pc;
    *out = (struct source_line){0};
}

void source_forget(void)
{
}

#endif
