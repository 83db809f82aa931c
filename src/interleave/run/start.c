/* SPDX-License-Identifier: MIT */
/*
 * start.c - the beginning of a run: the programs up to their first steps; see run.h.
 */
#include "config.h"

#include "interleave/image.h"
#include "interleave/run/order.h"
#include "interleave/run/races.h"
#include "interleave/run/rounds.h"
#include "interleave/run/run.h"
#include "interleave/run/verdict.h"
#include "interleave/world/queues.h"
#include "interleave/world/snapshot.h"
#include "interleave/world/world.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int run_open(struct run *run, const struct plan *plan, const char *folder, const char *library)
{
    *run = (struct run){.plan = plan, .folder = folder, .library = library};
    run->board_fd = memfd_create("interleave", 0);
    if (run->board_fd < 0 || ftruncate(run->board_fd, sizeof *run->board))
        return -1;
    void *at = mmap(NULL, sizeof *run->board, PROT_READ | PROT_WRITE, MAP_SHARED, run->board_fd, 0);
    run->board = at;
    return at == MAP_FAILED ? -1 : 0;
}

/* What program TASK prints: O_APPEND, so that each run can begin with an empty file. */
static int open_output(const struct run *run, unsigned task, const char *suffix)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%u.%s", run->folder, task + 1, suffix);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

__attribute__((noreturn)) static void become_server(const struct run *run, unsigned task)
{
    const struct rlimit size = {16 << 20, 16 << 20};
    char number[16], board[16];
    snprintf(number, sizeof number, "%u", task);
    snprintf(board, sizeof board, "%d", run->board_fd);
    setenv("LD_PRELOAD", run->library, 1);
    setenv(BOARD_VARIABLE, board, 1);
    setenv("LD_BIND_NOW", "1", 1); /* once in the server, and not in each run */
    setenv(SERVER_VARIABLE, number, 1);
    if (dup2(run->inputs[task], 0) < 0)
        _exit(127);
    dup2(run->outputs[task][0], 1);
    dup2(run->outputs[task][1], 2);
    setrlimit(RLIMIT_FSIZE, &size);
    execvp(run->plan->programs[task][0], run->plan->programs[task]);
    _exit(127);
}

static bool start_server(struct run *run, unsigned task)
{
    char path[PATH_MAX];
    const char *reason = image_refusal(image_find(run->plan->programs[task][0], path, sizeof path));
    if (reason) {
        verdict_fail(run, RUN_REFUSED, "%s: %s, so no library that schedules it can be loaded",
                     run->plan->programs[task][0], reason);
        return false;
    }
    run->outputs[task][0] = open_output(run, task, "out");
    run->outputs[task][1] = open_output(run, task, "err");
    run->inputs[task] =
        open(run->plan->inputs[task] ? run->plan->inputs[task] : "/dev/null", O_RDONLY | O_CLOEXEC);
    if (run->inputs[task] < 0) {
        verdict_fail(run, RUN_REFUSED, "%s: %s", run->plan->inputs[task], strerror(errno));
        return false;
    }
    run->servers[task] = fork();
    if (run->servers[task] == 0)
        become_server(run, task);
    if (run->servers[task] > 0 && order_server(run, task, ORDER_NONE))
        return true;
    const int status = run->board->servers[task].status;
    verdict_fail(
        run, RUN_REFUSED, "%s: %s", run->plan->programs[task][0],
        run->servers[task] < 0 ? strerror(errno)
        : WIFEXITED(status) && WEXITSTATUS(status) == 127
            ? "not found, or it cannot be executed"
            : "it does not load the library that schedules it: is it statically linked, or "
              "set-user-ID?");
    return false;
}

static bool start_task(struct run *run, unsigned task)
{
    struct board_task *slot = &run->board->tasks[task];
    *slot = (struct board_task){.state = TASK_STARTED,
                                .parent = task,
                                .process = task,
                                .seen = task + 1,
                                .tracked = run->board->servers[task].tracked};
    run->board->count = run->met = task + 1;
    for (unsigned i = 0; i < 2; i++)
        if (ftruncate(run->outputs[task][i], 0))
            return false;
    lseek(run->inputs[task], 0, SEEK_SET); /* the file is open once for all runs */
    if (!order_server(run, task, ORDER_FORK) || run->board->servers[task].child < 0) {
        verdict_fail(run, RUN_REFUSED, "%s: it cannot fork", run->plan->programs[task][0]);
        return false;
    }
    run->pidfds[task] = (int)syscall(SYS_pidfd_open, run->board->servers[task].child, 0);
    return await_task(run, task);
}

/* The objects of --before, which runs once. */
static bool begin_world(struct run *run)
{
    if (world_begin()) {
        verdict_fail(run, RUN_REFUSED, "the PIDs cannot be the same in each run: %s",
                     strerror(errno));
        return false;
    }
    if (!run->is_prepared && !verdict_command(run, "--before", run->plan->before)) {
        run->outcome.verdict = RUN_REFUSED;
        return false;
    }
    if (run->is_prepared ? snapshot_restore(run->board) : snapshot_take(run->board)) {
        verdict_fail(run, RUN_REFUSED, "the objects cannot be the same in each run: %s",
                     strerror(errno));
        return false;
    }
    run->is_prepared = true;
    run->board->sees_queues = queues_are_seen();
    return true;
}

bool run_begin(struct run *run)
{
    memset(run->board, 0, offsetof(struct board, tasks));
    memset(run->place, 0, sizeof run->place);
    memset(run->visits, 0, sizeof run->visits);
    memset(run->status, 0, sizeof run->status);
    run->board->talk = run->talk;
    memset(run->harmed, 0, sizeof run->harmed);
    run->race[0] = '\0';
    races_begin(run->talk);
    run->places = 0;
    run->version = 0;
    run->moved = 0;
    run->faults = 0;
    run->steps = 0;
    memset(run->last_step, 0, sizeof run->last_step);
    rounds_begin();
    run->outcome = (struct outcome){RUN_HOLDS, ""};
    for (unsigned i = 0; i < BOARD_TASKS; i++)
        run->pidfds[i] = -1;
    for (unsigned i = 0; i < run->plan->count; i++)
        if (run->servers[i] <= 0 && !start_server(run, i))
            return false;
    if (!begin_world(run))
        return false;
    for (unsigned i = 0; i < run->plan->count; i++)
        if (!start_task(run, i))
            return false;
    world_look(run->board);
    run->memory = world_hash_memory();
    run->sets = world_hash_sets();
    return true;
}
