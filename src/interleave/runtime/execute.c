/* SPDX-License-Identifier: MIT */
/*
 * execute.c - a task executes another program, which must load this library as well.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include "interleave/image.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_WORDS = 4096 };

extern char **environ;

static const char *const needed[] = {"LD_PRELOAD", BOARD_VARIABLE};

static bool names(const char *entry, const char *variable)
{
    const size_t length = strlen(variable);
    return !strncmp(entry, variable, length) && entry[length] == '=';
}

/* ENVIRONMENT as the program gives it, and what the library needs as it found it. */
static char **complete(char *const environment[], char **room)
{
    size_t count = 0;
    for (size_t i = 0; environment && environment[i] && count + 3 < MOST_WORDS; i++)
        if (!names(environment[i], needed[0]) && !names(environment[i], needed[1]))
            room[count++] = environment[i];
    for (size_t i = 0; i < 2; i++)
        if (gate_variable(needed[i]))
            room[count++] = (char *)(uintptr_t)gate_variable(needed[i]);
    room[count] = NULL;
    return room;
}

static int execute(uint64_t pc, const char *path, char *const words[], char *const environment[])
{
    static char *room[MOST_WORDS];
    REAL(int, execve, (const char *, char *const[], char *const[]));
    if (!gate_active())
        return real(path, words, environment);
    gate_stop(&(struct step){.kind = STEP_CALL, .object = OBJECT_ANY, .pc = pc}, "exec %.80s",
              path);
    if (threads_run())
        gate_refuse("it executes %.50s while it has threads", path);
    const char *reason = image_refusal(path);
    if (reason)
        gate_refuse("it executes %.50s: %s", path, reason);
    gate_executes(true);
    const int result = real(path, words, complete(environment, room));
    gate_executes(false);
    return gate_returned(result);
}

/* execvp(3): by PATH; a file that is no program is a script of sh(1). */
static int execute_found(uint64_t pc, const char *name, char *const words[],
                         char *const environment[])
{
    char path[PATH_MAX];
    char *script[MOST_WORDS];
    size_t count = 2;
    const int result = execute(pc, image_find(name, path, sizeof path), words, environment);
    if (errno != ENOEXEC)
        return result;
    script[0] = "sh";
    script[1] = path;
    for (size_t i = 1; words[0] && words[i] && count + 1 < MOST_WORDS; i++)
        script[count++] = words[i];
    script[count] = NULL;
    return execute(pc, "/bin/sh", script, environment);
}

EXPORTED int execve(const char *path, char *const words[], char *const environment[])
{
    return execute(CALLER, path, words, environment);
}

EXPORTED int execv(const char *path, char *const words[])
{
    return execute(CALLER, path, words, environ);
}

EXPORTED int execvp(const char *name, char *const words[])
{
    return execute_found(CALLER, name, words, environ);
}

EXPORTED int execvpe(const char *name, char *const words[], char *const environment[])
{
    return execute_found(CALLER, name, words, environment);
}

EXPORTED int fexecve(int file, char *const words[], char *const environment[])
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return execute(CALLER, path, words, environment);
}

/* The words of execl(3), up to the NULL; REST goes on after that. */
static void gather(char *words[MOST_WORDS], const char *first, va_list *rest)
{
    size_t count = 0;
    for (const char *word = first; word && count + 1 < MOST_WORDS;
         word = va_arg(*rest, const char *))
        words[count++] = (char *)(uintptr_t)word;
    words[count] = NULL;
}

#define EXECUTE_LIST(name, call, last)                         \
    EXPORTED int name(const char *path, const char *word, ...) \
    {                                                          \
        char *words[MOST_WORDS];                               \
        va_list rest;                                          \
        va_start(rest, word);                                  \
        gather(words, word, &rest);                            \
        char *const *const environment = (last);               \
        va_end(rest);                                          \
        return call(CALLER, path, words, environment);         \
    }
EXECUTE_LIST(execl, execute, environ)
EXECUTE_LIST(execlp, execute_found, environ)
EXECUTE_LIST(execle, execute, va_arg(rest, char *const *))

/* --- libc starts a process in one step, without fork(2) --- */

#define REFUSE(type, name, parameters, arguments)                                        \
    EXPORTED type name parameters                                                        \
    {                                                                                    \
        REAL(type, name, parameters);                                                    \
        if (gate_active())                                                               \
            gate_refuse("it starts a process by " #name "(3): use fork(2) and exec(3)"); \
        return real arguments;                                                           \
    }
REFUSE(int, system, (const char *command), (command))
REFUSE(FILE *, popen, (const char *command, const char *type), (command, type))
REFUSE(int, posix_spawn,
       (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *attributes, char *const words[], char *const environment[]),
       (pid, path, actions, attributes, words, environment))
REFUSE(int, posix_spawnp,
       (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *attributes, char *const words[], char *const environment[]),
       (pid, path, actions, attributes, words, environment))

EXPORTED int clone(int (*start)(void *), void *stack, int flags, void *argument, ...);
EXPORTED int clone(int (*start)(void *), void *stack, int flags, void *argument, ...)
{
    void *rest[3];
    va_list more;
    REAL(int, clone, (int (*)(void *), void *, int, void *, ...));
    if (gate_active())
        gate_refuse("it starts a task by clone(2), and interleave knows fork(2)");
    va_start(more, argument);
    for (size_t i = 0; i < 3; i++)
        rest[i] = va_arg(more, void *);
    va_end(more);
    return real(start, stack, flags, argument, rest[0], rest[1], rest[2]);
}
