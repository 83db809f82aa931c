/* SPDX-License-Identifier: MIT */
/*
 * source.c - see source.h.
 */
#include "config.h"

#include "interleave/world/source.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBDW
#include <dwarf.h>
#include <elfutils/libdwfl.h>

enum { MOST_PROCESSES = 32, MOST_ADDRESSES = 64 };

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
        unsetenv("DEBUGINFOD_URLS"); /* nothing is fetched from elsewhere: debuginfod(8) */
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

/* PATH may be relative to FOLDER, where the compiler ran; NULL: not known. */
static void read_line(const char *folder, const char *path, struct source_line *out)
{
    char text[sizeof out->text], whole[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int line = 0;
    snprintf(out->file, sizeof out->file, "%.120s", slash ? slash + 1 : path);
    snprintf(whole, sizeof whole, "%s%s%s", *path != '/' && folder ? folder : "",
             *path != '/' && folder ? "/" : "", path);
    FILE *file = fopen(whole, "re");
    while (file && line < out->line && fgets(text, sizeof text, file)) {
        /* Of a long line, only the beginning counts. */
        const bool is_whole = strchr(text, '\n') != NULL;
        if (line == out->line - 1 && !out->text[0]) {
            const size_t blanks = strspn(text, " \t");
            snprintf(out->text, sizeof out->text, "%.*s", (int)strcspn(text + blanks, "\n\r"),
                     text + blanks);
        }
        line += is_whole;
    }
    if (file)
        fclose(file);
}

/* The line of ADDRESS, an instruction; false: not known. */
static bool line_of(Dwfl *dwfl, uint64_t address, struct source_line *out)
{
    *out = (struct source_line){0};
    Dwfl_Line *const found = dwfl_getsrc(dwfl, address);
    const char *path = found ? dwfl_lineinfo(found, NULL, &out->line, NULL, NULL, NULL) : NULL;
    if (!path || !out->line)
        return false;
    read_line(dwfl_line_comp_dir(found), path, out);
    return true;
}

/* "main()+0x1d" */
static bool function_of(Dwfl *dwfl, uint64_t address, struct source_line *out)
{
    GElf_Off offset;
    GElf_Sym symbol;
    *out = (struct source_line){0};
    Dwfl_Module *const module = dwfl_addrmodule(dwfl, address);
    const char *name =
        module ? dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL) : NULL;
    if (name)
        snprintf(out->file, sizeof out->file, "%.100s()+0x%lx", name, (unsigned long)offset);
    return name != NULL;
}

void source_find(pid_t pid, uint64_t pc, struct source_line *out)
{
    *out = (struct source_line){0};
    Dwfl *const dwfl = pc ? open_process(pid) : NULL;
    if (dwfl && !line_of(dwfl, pc - 1, out))
        function_of(dwfl, pc, out);
}

/* --- frames --- */

struct stack {
    Dwfl *dwfl;
    uint64_t addresses[MOST_ADDRESSES]; /* where each call returns to */
    size_t count;
};

static int note_frame(Dwfl_Frame *frame, void *argument)
{
    struct stack *stack = argument;
    Dwarf_Addr pc;
    bool is_activation;
    if (!dwfl_frame_pc(frame, &pc, &is_activation) || stack->count == MOST_ADDRESSES)
        return DWARF_CB_ABORT;
    stack->addresses[stack->count++] = is_activation ? pc + 1 : pc;
    return DWARF_CB_OK;
}

/* Is ADDRESS in the library that stops the programs? */
static bool is_runtime(Dwfl *dwfl, uint64_t address)
{
    Dwfl_Module *const module = dwfl_addrmodule(dwfl, address);
    const char *name =
        module ? dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL) : NULL;
    return name && strstr(name, "libinterleave.so");
}

/* The stack from the call that returns to PC on, or all of it. */
static void read_stack(pid_t pid, uint64_t pc, struct stack *stack)
{
    size_t first = 0;
    if (dwfl_linux_proc_attach(stack->dwfl, pid, false) == 0 || dwfl_pid(stack->dwfl) == pid)
        dwfl_getthread_frames(stack->dwfl, pid, note_frame, stack);
    while (pc && first < stack->count && stack->addresses[first] != pc)
        first++;
    if (first == stack->count && pc) { /* it could not be read */
        stack->addresses[0] = pc;
        stack->count = 1;
        return;
    }
    stack->count -= first;
    memmove(stack->addresses, stack->addresses + first, stack->count * sizeof *stack->addresses);
}

/* The place where the inlined function SCOPE of the unit UNIT was called. */
static bool call_of(Dwarf_Die *unit, Dwarf_Die *scope, struct source_line *out)
{
    Dwarf_Attribute attribute;
    Dwarf_Word file, line;
    Dwarf_Files *files;
    size_t count;
    *out = (struct source_line){0};
    if (dwarf_formudata(dwarf_attr(scope, DW_AT_call_file, &attribute), &file) ||
        dwarf_formudata(dwarf_attr(scope, DW_AT_call_line, &attribute), &line) ||
        dwarf_getsrcfiles(unit, &files, &count) || file >= count)
        return false;
    const char *path = dwarf_filesrc(files, file, NULL, NULL);
    const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    out->line = (int)line;
    if (path)
        read_line(folder, path, out);
    return path != NULL;
}

static bool is_function(Dwarf_Die *scope)
{
    const int tag = dwarf_tag(scope);
    return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram;
}

/* Adds the line of ADDRESS to the COUNT lines of OUT, and, while it is that of an inlined function,
 * that of the call, if the source can be read. Returns the new count. */
static size_t add_lines(Dwfl *dwfl, uint64_t address, struct source_line *out, size_t count)
{
    Dwarf_Addr bias;
    Dwarf_Die *inner = NULL, *scopes = NULL;
    struct source_line line;
    bool known = line_of(dwfl, address, &line);
    Dwarf_Die *unit = dwfl_addrdie(dwfl, address, &bias);
    /* Around an inlined function, dwarf_getscopes() gives where it is defined, not where it is. */
    const int found = unit ? dwarf_getscopes(unit, address - bias, &inner) : 0;
    const int scope_count = found > 0 ? dwarf_getscopes_die(&inner[0], &scopes) : 0;
    for (int i = 0; i < scope_count && known && count < SOURCE_FRAMES; i++) {
        if (!is_function(&scopes[i]))
            continue;
        const char *name = dwarf_diename(&scopes[i]);
        snprintf(line.function, sizeof line.function, "%.60s", name ? name : "");
        if (line.text[0])
            out[count++] = line;
        known =
            dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine && call_of(unit, &scopes[i], &line);
    }
    free(inner);
    free(scopes);
    return count;
}

size_t source_frames(pid_t image, pid_t pid, uint64_t pc, struct source_line out[SOURCE_FRAMES])
{
    struct stack stack = {.dwfl = open_process(pid)};
    size_t count = 0;
    if (stack.dwfl)
        read_stack(pid, pc, &stack);
    for (size_t i = 0; i < stack.count && count < SOURCE_FRAMES; i++)
        if (!is_runtime(stack.dwfl, stack.addresses[i]))
            count = add_lines(stack.dwfl, stack.addresses[i] - 1, out, count);
    if (count || !pc)
        return count;
    source_find(image, pc, &out[0]);
    return out[0].file[0] != '\0';
}

#else

void source_find(pid_t pid, uint64_t pc, struct source_line *out)
{
    (void)pid;
    (void)pc;
    *out = (struct source_line){0};
}

size_t source_frames(pid_t image, pid_t pid, uint64_t pc, struct source_line out[SOURCE_FRAMES])
{
    (void)image;
    (void)pid;
    (void)pc;
    (void)out;
    return 0;
}

void source_forget(void)
{
}

#endif
