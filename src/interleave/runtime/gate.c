/* SPDX-License-Identifier: MIT */
/*
 * gate.c - where a program stops, and how it says what comes next; see board.h.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes below the frame of a function where it saves the registers of its caller. */
enum { SAVED_REGISTERS = 40 };

static struct board *board;
static __thread struct board_task *self;

struct board *gate_board(void)
{
    return board;
}

struct board_task *gate_self(void)
{
    return self;
}

bool gate_talks(void)
{
    return self && board->talk;
}

bool gate_active(void)
{
    return self != NULL;
}

/* By inline assembly nowhere: syscall(3) of libc, for the one of this library is the program's. */
static long futex(uint32_t *word, int operation, uint32_t value)
{
    static long (*real)(long, ...);
    if (!real)
        next_function("syscall", (void *)&real);
    return real(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void set_told(uint32_t *told)
{
    __atomic_store_n(told, 1, __ATOMIC_RELEASE);
    futex(told, FUTEX_WAKE, 1);
}

/* Tells interleave where this task is. */
static void tell(enum board_state state)
{
    self->state = state;
    set_told(&self->told);
}

/* Invariant: interleave sets GO once for each TOLD. EINTR, and a wake-up without a cause, only look
 * at the word again. */
static enum board_order await(uint32_t *go)
{
    uint32_t order;
    while (!(order = __atomic_exchange_n(go, ORDER_NONE, __ATOMIC_ACQUIRE)))
        futex(go, FUTEX_WAIT, 0);
    return (enum board_order)order;
}

__attribute__((format(printf, 2, 0))) static void describe(char *text, const char *format,
                                                           va_list arguments)
{
    if (board->talk)
        vsnprintf(text, BOARD_TEXT, format, arguments);
}

/* What threads that are not tracked do to their memory, nobody sees: so the order of their steps
 * counts, all of it. */
static void learn_order(void)
{
    uint64_t *memory = &board->tasks[self->process].memory;
    *memory = board_mix(*memory, self->seen);
    self->seen = board_mix(self->seen, *memory);
}

static void write_step(const struct step *step)
{
    self->kind = step->kind;
    self->object = step->object;
    self->id = step->id;
    self->offset = step->offset;
    self->size = step->size;
    self->sync_id = step->sync_id;
    self->sync_offset = step->sync_offset;
    self->pc = step->pc;
    self->timed = step->timed;
    self->makes = step->makes;
    self->interrupts = step->interrupts;
    self->looks = step->would_wait != NULL;
    self->place = board_mix(board_mix(step->pc, step->kind), step->id ^ step->offset);
    memset(self->errors, 0, sizeof self->errors);
    for (size_t i = 0; step->errors && step->errors[i]; i++)
        self->errors[i] = step->errors[i];
}

/* Raises the signal. A handler that runs makes steps of its own, with the same slot. Returns
 * whether the wait of the step ends with EINTR. */
static bool raise_signal(void)
{
    struct sigaction action;
    sigset_t blocked;
    const int number = self->signal;
    const uint32_t interrupts = self->interrupts;
    int (*real)(int);
    next_function("raise", (void *)&real);
    sigaction(number, NULL, &action);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    real(number);
    return action.sa_handler != SIG_IGN && !sigismember(&blocked, number) &&
           signals_interrupt((enum board_interrupts)interrupts, action.sa_flags);
}

/* Publishes where this task is, and waits to be chosen; a signal that comes meanwhile is held. */
static enum board_order tell_and_await(enum board_state state)
{
    signals_hold(true);
    tell(state);
    const enum board_order order = await(&self->go);
    signals_hold(false);
    return order;
}

enum board_order gate_stop(const struct step *step, const char *format, ...)
{
    enum board_order order;
    bool waits, again;
    if (!self)
        return ORDER_GO;
    const int error = errno;
    va_list arguments;
    self->stack = ((uintptr_t)__builtin_frame_address(0) - SAVED_REGISTERS) & ~UINT64_C(7);
    __builtin_unwind_init(); /* the caller's registers go to the stack, for private.c to see */
    do {
        va_start(arguments, format);
        describe(self->what, format, arguments);
        va_end(arguments);
        write_step(step);
        waits = step->would_wait && step->would_wait(step->argument);
        order = tell_and_await(waits && !signals_held() ? TASK_BLOCKED : TASK_READY);
        again =
            order == ORDER_LOOK || order == ORDER_SIGNAL || (order == ORDER_GO && signals_held());
        if ((order == ORDER_SIGNAL && raise_signal() && waits) ||
            (order == ORDER_GO && again && signals_run(step->interrupts) && waits))
            order = ORDER_EINTR;
    } while (again && order != ORDER_EINTR);
    self->result[0] = '\0';
    gate_learn(self->place);
    if (!self->tracked && threads_run())
        learn_order();
    errno = error;
    return order;
}

enum board_order gate_queue(bool (*is_done)(void *argument), void *argument)
{
    enum board_state state = TASK_QUEUED;
    for (;;) {
        const bool ends = state == TASK_QUEUED && signals_held();
        const enum board_order order = tell_and_await(ends ? TASK_SERVED : state);
        if (order == ORDER_GO && signals_held())
            signals_run(INTERRUPTS_ALWAYS);
        if (order == ORDER_GO && ends)
            return ORDER_EINTR;
        if (order == ORDER_TRY && is_done(argument))
            state = TASK_SERVED;
        if (order == ORDER_SIGNAL && raise_signal())
            return ORDER_EINTR;
        if (order != ORDER_TRY && order != ORDER_SIGNAL)
            return order;
    }
}

bool gate_sees_queues(void)
{
    return board->sees_queues;
}

int gate_failed(void)
{
    errno = self->fail;
    return gate_returned(-1);
}

int gate_interrupted(void)
{
    errno = EINTR;
    return gate_returned(-1);
}

void gate_learn(uint64_t value)
{
    if (self)
        self->seen = board_mix(self->seen, value);
}

void gate_moved(uint64_t id, uint64_t value)
{
    uint32_t i = 0;
    if (!self)
        return;
    self->moved++;
    while (i < board->history_count && board->histories[i].id != id)
        i++;
    if (i == BOARD_FILES)
        i = 0; /* of two objects: what is the same in two orders is not seen, no more */
    else if (i == board->history_count)
        board->histories[board->history_count++] = (struct board_history){id, 1};
    struct board_history *history = &board->histories[i];
    history->hash = board_mix(board_mix(history->hash, value), (uint64_t)(self - board->tasks));
}

void gate_learn_bytes(const void *bytes, size_t size)
{
    if (self)
        self->seen = board_mix_bytes(self->seen, bytes, size);
}

void gate_result(const char *format, ...)
{
    va_list arguments;
    if (!self)
        return;
    va_start(arguments, format);
    describe(self->result, format, arguments);
    va_end(arguments);
}

int gate_returned(int result)
{
    gate_learn((uint64_t)result);
    if (result < 0)
        gate_learn((uint64_t)errno);
    if (self && !self->result[0]) {
        if (result < 0)
            gate_result("= -1 %s", strerrorname_np(errno));
        else
            gate_result("= %d", result);
    }
    return result;
}

void gate_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (board)
        vsnprintf(board->refusal, sizeof board->refusal, format, arguments);
    va_end(arguments);
    if (self)
        tell(TASK_ENDING);
    syscall(SYS_exit_group, 125);
    __builtin_unreachable();
}

void gate_end(void)
{
    if (self)
        tell(TASK_ENDING);
    self = NULL;
}

void gate_leave(void)
{
    tell(TASK_LEFT);
    self = NULL;
}

/* A new process has a copy of what threads have stored. */
struct board_task *gate_new_task(bool thread)
{
    if (board->count == BOARD_TASKS)
        return NULL;
    struct board_task *slot = &board->tasks[board->count];
    const uint64_t memory = thread ? 0 : board->tasks[self->process].memory;
    *slot = (struct board_task){.state = TASK_STARTED,
                                .parent = (uint32_t)(self - board->tasks),
                                .process = thread ? self->process : board->count,
                                .tracked = self->tracked,
                                .seen = board_mix(board_mix(self->seen, board->count), memory)};
    __atomic_store_n(&board->count, board->count + 1, __ATOMIC_RELEASE);
    return slot;
}

void gate_become(struct board_task *slot, int number)
{
    self = slot;
    self->pid = number;
    direct_watch();
    gate_stop(&(struct step){.kind = STEP_START, .object = OBJECT_NONE}, "begins");
}

unsigned gate_watchers(int id)
{
    for (uint32_t i = 0; board && i < board->watched_count; i++)
        if (board->watched[i] == id)
            return 1;
    return 0;
}

static char preload_entry[PATH_MAX], board_entry[32];

const char *gate_variable(const char *name)
{
    const char *entry = strcmp(name, BOARD_VARIABLE) ? preload_entry : board_entry;
    return *entry ? entry : NULL;
}

void gate_executes(bool begins)
{
    self->executes = begins;
}

/* dlsym(3) takes as long as ten steps. */
static void reals_find(void)
{
    extern struct real __start_reals[], __stop_reals[];
    const size_t count = ((uintptr_t)__stop_reals - (uintptr_t)__start_reals) / sizeof(struct real);
    for (size_t i = 0; i < count; i++)
        next_function(__start_reals[i].name, __start_reals[i].function);
}

/* Makes the task of each run. Returns in the child, which inherits all that is done before it. */
static void serve(unsigned number)
{
    struct board_server *server = &board->servers[number];
    pid_t (*real_fork)(void);
    pid_t (*real_waitpid)(pid_t, int *, int);
    next_function("fork", (void *)&real_fork);
    next_function("waitpid", (void *)&real_waitpid);
    pid_t child;
    reals_find();
    direct_prepare();
    unsetenv(SERVER_VARIABLE);
    for (;;) {
        set_told(&server->told);
        switch (await(&server->go)) {
        case ORDER_FORK:
            child = real_fork();
            if (child) {
                server->child = child; /* here alone: the board is the child's, too */
                break;
            }
            gate_become(&board->tasks[number], getpid());
            return;
        case ORDER_REAP: real_waitpid(server->child, &server->status, 0); break;
        default: break;
        }
    }
}

/* The board has the same number in every process; interleave, which has it, too, is process 1 of
 * the PID namespace, and a program may have closed all files before execve(2). */
static struct board *map_board(const char *number)
{
    char path[64];
    static void *(*real)(void *, size_t, int, int, int, off_t);
    next_function("mmap", (void *)&real);
    void *at = real(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(number), 0);
    if (at == MAP_FAILED) {
        snprintf(path, sizeof path, "/proc/1/fd/%s", number);
        const int file = open(path, O_RDWR | O_CLOEXEC);
        at = real(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
    }
    return at == MAP_FAILED ? NULL : at;
}

/* A program that interleave started serves; one that a process of it executes has its slot. Without
 * the board, interleave sees that the task ends before it begins. */
__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv(BOARD_VARIABLE), *number = getenv(SERVER_VARIABLE);
    const char *library = getenv("LD_PRELOAD");
    if (!text || board)
        return;
    board = map_board(text);
    if (!board)
        _exit(125);
    snprintf(board_entry, sizeof board_entry, BOARD_VARIABLE "=%s", text);
    if (library)
        snprintf(preload_entry, sizeof preload_entry, "LD_PRELOAD=%s", library);
    if (number) {
        serve((unsigned)atoi(number));
        return;
    }
    for (uint32_t i = 0; i < board->count; i++) {
        struct board_task *task = &board->tasks[i];
        if (task->pid != getpid() || task->state == TASK_NONE)
            continue;
        task->tracked = 0;
        task->executes = 0;
        gate_become(task, getpid());
        return;
    }
    gate_refuse("a process was started by a call that is no fork(2)");
}

/* gcc calls this where the program was compiled for loads and stores to be steps. */
EXPORTED void __tsan_init(void);
EXPORTED void __tsan_init(void)
{
    bytes_track(CALLER);
    if (!board)
        begin();
    if (self)
        self->tracked = 1;
}
