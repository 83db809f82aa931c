/* SPDX-License-Identifier: MIT */
/*
 * access.c - loads, stores and atomic operations as steps.
 *
 * A compiler that takes -fsanitize=thread calls a function before each load and store, and one in
 * place of each atomic operation (gcc/tsan.c, tsan-builtins.def). Those functions are here; nothing
 * else of ThreadSanitizer is. What lies in no region that others map is no step.
 */
#include "config.h"

#include "interleave/runtime/runtime.h"

#include <inttypes.h>
#include <stdint.h>

/* Nearer to a frame than this it is the stack, which no other task uses. */
enum { STACK_REACH = 1 << 20 };

static bool is_stack(const void *address)
{
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0), there = (uintptr_t)address;
    return there - here + STACK_REACH < 2 * STACK_REACH;
}

static bool stop(enum step_kind kind, const void *address, size_t size, uint64_t pc, bool atomic)
{
    static const char *const words[] = {
        [STEP_LOAD] = "load", [STEP_STORE] = "store", [STEP_ATOMIC] = "atomic"};
    uint64_t id, offset;
    if (!gate_active() || is_stack(address))
        return false;
    const bool is_private = !region_find(address, &id, &offset);
    if (is_private && !threads_run())
        return false;
    if (is_private) {
        id = gate_private();
        offset = (uint64_t)(uintptr_t)address;
    }
    gate_stop(&(struct step){.kind = kind,
                             .object = OBJECT_MEMORY,
                             .id = id,
                             .offset = offset,
                             .size = size,
                             .sync_id = atomic ? id : 0,
                             .sync_offset = offset,
                             .pc = pc},
              "%s", words[kind]);
    if (is_private && kind != STEP_LOAD)
        gate_stored(address, size, kind == STEP_ATOMIC);
    return true;
}

bool access_stop(enum step_kind kind, const void *address, size_t size, uint64_t pc)
{
    return stop(kind, address, size, pc, false);
}

void access_learn(const void *address, size_t size)
{
    uint64_t value = 0;
    gate_learn_bytes(address, size);
    memcpy(&value, address, size < sizeof value ? size : sizeof value);
    if (size > sizeof value)
        gate_result("%zu bytes", size);
    else
        gate_result("%" PRId64, size == 4 ? (int32_t)value : (int64_t)value);
}

static void plain(enum step_kind kind, const void *address, size_t size, uint64_t pc)
{
    if (stop(kind, address, size, pc, false) && kind == STEP_LOAD)
        access_learn(address, size);
}

static void atomic(enum step_kind kind, const void *address, size_t size, uint64_t pc)
{
    if (stop(kind, address, size, pc, true) && kind != STEP_STORE)
        access_learn(address, size);
}

#define PLAIN(bytes)                                     \
    EXPORTED void __tsan_read##bytes(void *);            \
    EXPORTED void __tsan_write##bytes(void *);           \
    EXPORTED void __tsan_unaligned_read##bytes(void *);  \
    EXPORTED void __tsan_unaligned_write##bytes(void *); \
    EXPORTED void __tsan_volatile_read##bytes(void *);   \
    EXPORTED void __tsan_volatile_write##bytes(void *);  \
    void __tsan_read##bytes(void *at)                    \
    {                                                    \
        plain(STEP_LOAD, at, bytes, CALLER);             \
    }                                                    \
    void __tsan_write##bytes(void *at)                   \
    {                                                    \
        plain(STEP_STORE, at, bytes, CALLER);            \
    }                                                    \
    void __tsan_unaligned_read##bytes(void *at)          \
    {                                                    \
        plain(STEP_LOAD, at, bytes, CALLER);             \
    }                                                    \
    void __tsan_unaligned_write##bytes(void *at)         \
    {                                                    \
        plain(STEP_STORE, at, bytes, CALLER);            \
    }                                                    \
    void __tsan_volatile_read##bytes(void *at)           \
    {                                                    \
        plain(STEP_LOAD, at, bytes, CALLER);             \
    }                                                    \
    void __tsan_volatile_write##bytes(void *at)          \
    {                                                    \
        plain(STEP_STORE, at, bytes, CALLER);            \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

EXPORTED void __tsan_read_range(void *, long);
EXPORTED void __tsan_write_range(void *, long);
EXPORTED void __tsan_func_entry(void *);
EXPORTED void __tsan_func_exit(void);
EXPORTED void __tsan_atomic_thread_fence(int);
EXPORTED void __tsan_atomic_signal_fence(int);

void __tsan_read_range(void *at, long size)
{
    plain(STEP_LOAD, at, (size_t)size, CALLER);
}

void __tsan_write_range(void *at, long size)
{
    plain(STEP_STORE, at, (size_t)size, CALLER);
}

void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void)
{
}

/* Every step is seen by all in one order, so a fence changes nothing. */
void __tsan_atomic_thread_fence(int order)
{
    (void)order;
}

void __tsan_atomic_signal_fence(int order)
{
    (void)order;
}

#define CHANGING(bits, type, name, builtin)                                     \
    EXPORTED type __tsan_atomic##bits##_##name(volatile type *, type, int);     \
    type __tsan_atomic##bits##_##name(volatile type *at, type value, int order) \
    {                                                                           \
        (void)order;                                                            \
        atomic(STEP_ATOMIC, (const void *)at, sizeof *at, CALLER);              \
        return builtin(at, value, __ATOMIC_SEQ_CST);                            \
    }

#define COMPARING(bits, type, name)                                                                \
    EXPORTED int __tsan_atomic##bits##_compare_exchange_##name(volatile type *, type *, type, int, \
                                                               int);                               \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile type *at, type *expected,           \
                                                      type value, int order, int otherwise)        \
    {                                                                                              \
        (void)order;                                                                               \
        (void)otherwise;                                                                           \
        atomic(STEP_ATOMIC, (const void *)at, sizeof *at, CALLER);                                 \
        return __atomic_compare_exchange_n(at, expected, value, 0, __ATOMIC_SEQ_CST,               \
                                           __ATOMIC_SEQ_CST);                                      \
    }

#define ATOMIC(bits, type)                                                     \
    EXPORTED type __tsan_atomic##bits##_load(const volatile type *, int);      \
    EXPORTED void __tsan_atomic##bits##_store(volatile type *, type, int);     \
    type __tsan_atomic##bits##_load(const volatile type *at, int order)        \
    {                                                                          \
        (void)order;                                                           \
        atomic(STEP_LOAD, (const void *)at, sizeof *at, CALLER);               \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                          \
    }                                                                          \
    void __tsan_atomic##bits##_store(volatile type *at, type value, int order) \
    {                                                                          \
        (void)order;                                                           \
        atomic(STEP_STORE, (const void *)at, sizeof *at, CALLER);              \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                         \
    }                                                                          \
    CHANGING(bits, type, exchange, __atomic_exchange_n)                        \
    CHANGING(bits, type, fetch_add, __atomic_fetch_add)                        \
    CHANGING(bits, type, fetch_sub, __atomic_fetch_sub)                        \
    CHANGING(bits, type, fetch_and, __atomic_fetch_and)                        \
    CHANGING(bits, type, fetch_or, __atomic_fetch_or)                          \
    CHANGING(bits, type, fetch_xor, __atomic_fetch_xor)                        \
    CHANGING(bits, type, fetch_nand, __atomic_fetch_nand)                      \
    COMPARING(bits, type, strong)                                              \
    COMPARING(bits, type, weak)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
