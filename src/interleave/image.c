/* SPDX-License-Identifier: MIT */
/*
 * image.c - see image.h.
 */
#include "config.h"

#include "interleave/image.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MOST_SCRIPTS = 5 }; /* fs/exec.c: a script of a script, and so on */

/* Has the file a program header that names a dynamic linker? */
static bool has_linker(int file, const ElfW(Ehdr) * head)
{
    ElfW(Phdr) part;
    for (unsigned i = 0; i < head->e_phnum; i++)
        if (pread(file, &part, sizeof part, (off_t)(head->e_phoff + i * sizeof part)) ==
                (ssize_t)sizeof part &&
            part.p_type == PT_INTERP)
            return true;
    return false;
}

static const char *elf_refusal(int file, const ElfW(Ehdr) * head)
{
    struct stat own;
    ElfW(Ehdr) ours;
    const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const bool read_ours = self >= 0 && read(self, &ours, sizeof ours) == (ssize_t)sizeof ours;
    if (self >= 0)
        close(self);
    if (read_ours &&
        (head->e_ident[EI_CLASS] != ours.e_ident[EI_CLASS] || head->e_machine != ours.e_machine))
        return "it is of another architecture";
    if (!has_linker(file, head))
        return "it is statically linked";
    if (fstat(file, &own) == 0 && ((own.st_mode & S_ISUID && own.st_uid != getuid()) ||
                                   (own.st_mode & S_ISGID && own.st_gid != getgid())))
        return "it is set-user-ID or set-group-ID";
    if (fgetxattr(file, "security.capability", NULL, 0) > 0)
        return "it has file capabilities";
    return NULL;
}

/* "#!/bin/sh -e": the name goes over the line itself. */
static bool read_interpreter(char *line)
{
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\n")] = '\0';
    memmove(line, name, strlen(name) + 1);
    return line[0] != '\0';
}

const char *image_refusal(const char *path)
{
    union {
        ElfW(Ehdr) elf;
        char line[PATH_MAX];
    } head;
    char next[PATH_MAX];
    for (int i = 0; i < MOST_SCRIPTS; i++) {
        if (access(path, X_OK))
            return NULL;
        const int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return "it cannot be read, so it may be statically linked";
        const ssize_t length = read(file, &head, sizeof head - 1);
        if (length >= (ssize_t)sizeof head.elf && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG)) {
            const char *reason = elf_refusal(file, &head.elf);
            close(file);
            return reason;
        }
        close(file);
        head.line[length > 0 ? length : 0] = '\0';
        if (length < 2 || head.line[0] != '#' || head.line[1] != '!' ||
            !read_interpreter(head.line))
            return NULL; /* execvp(3) gives it to sh(1); execve(2) refuses it */
        memcpy(next, head.line, strlen(head.line) + 1);
        path = next;
    }
    return NULL;
}

const char *image_find(const char *name, char *path, unsigned long size)
{
    const char *from = getenv("PATH");
    if (!strchr(name, '/') && *name)
        for (from = from ? from : "/bin:/usr/bin"; *from; from += *from == ':') {
            const int length = (int)strcspn(from, ":");
            snprintf(path, size, "%.*s%s%s", length, from, length ? "/" : "", name);
            if (access(path, X_OK) == 0)
                return path;
            from += length;
        }
    snprintf(path, size, "%s", name);
    return path;
}
