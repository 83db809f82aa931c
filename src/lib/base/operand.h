/* SPDX-License-Identifier: MIT */
/*
 * operand.h - the operands and option arguments of command lines, parsed into numbers and names.
 *
 * Every parser accepts the whole string or refuses it, and checks the range before it stores
 * anything. It returns NULL when the text is valid, and otherwise the rule that it breaks: a
 * constant sentence, to be printed after "PROGRAM: TEXT: ". Then *OUT is unchanged.
 */
#ifndef IPCLAB_OPERAND_H
#define IPCLAB_OPERAND_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

enum operand_kind {
    OPERAND_ID,    /* 5                 the id that ipcs prints and ipcrm -m takes */
    OPERAND_KEY,   /* 0x4d2             the key that ipcs prints */
    OPERAND_FTOK,  /* ftok:PATH[:PROJ]  a key computed from a file when it is used */
    OPERAND_POSIX, /* /name             the name that shm_open(3) takes */
};

/* The longest POSIX name, with its slash and without its NUL (shm_open(3): NAME_MAX). */
#define OPERAND_NAME_MAX 256

struct operand {
    enum operand_kind kind;
    int id;              /* OPERAND_ID: 0..INT_MAX */
    key_t key;           /* OPERAND_KEY: any bit pattern but 0, which is IPC_PRIVATE */
    int proj;            /* OPERAND_FTOK: 1..255, the bits that ftok(3) uses */
    char path[PATH_MAX]; /* OPERAND_FTOK: the file; OPERAND_POSIX: the name with its slash */
};

/* An operand of shmattach: SEGMENT[@ADDRESS][,ro][,rnd][,remap][,exec]. */
struct operand_attach {
    struct operand segment;
    uintptr_t address; /* 0: the kernel chooses, as with shmat(id, NULL, ...) */
    bool ro, rnd, remap, exec;
};

/* OFFSET[:LENGTH], in bytes from the start of a segment. */
struct operand_range {
    uint64_t offset;
    uint64_t length; /* UINT64_MAX: to the end */
};

/* What IPC_SET is to change of an object; an id of -1 stays as it is. */
struct operand_change {
    uid_t uid;
    gid_t gid;
    bool has_mode;
    mode_t mode; /* 0..0777 */
};

/* 5, 0x4d2, ftok:PATH[:PROJ] or /name. The key 0 is refused: IPC_PRIVATE names no existing object.
 */
const char *operand_parse(const char *text, struct operand *out);

/*
 * A key to create or to open: 0x4d2, decimal (0..4294967295), or ftok:PATH[:PROJ]. 0 is allowed and
 * means IPC_PRIVATE, as it does for shmget(2). out->kind is OPERAND_KEY or OPERAND_FTOK.
 */
const char *operand_key(const char *text, struct operand *out);

/* /name: a slash and 1 to 255 characters, none of them a slash; not /. and not /.. */
const char *operand_name(const char *text, struct operand *out);

/* shmattach's operand, see above. Addresses are hexadecimal with 0x, as --calls prints them. */
const char *operand_attach(const char *text, struct operand_attach *out);

/* 16, 4K, 1MiB, 2MB: bytes, 0..UINT64_MAX. K, M, G, T, P, E and KiB, ... are powers of 1024, KB,
 * ... of 1000. */
const char *operand_size(const char *text, uint64_t *out);

/* An offset in bytes: a size, or hexadecimal with 0x as hexdump prints it. */
const char *operand_offset(const char *text, uint64_t *out);

/* OFFSET[:LENGTH]. A LENGTH of 0 is allowed, for an empty range. OFFSET+LENGTH never overflows. */
const char *operand_range(const char *text, struct operand_range *out);

/* BYTE[@OFFSET[:LENGTH]]: BYTE is 0..255, 0x00..0xff, or one character that is no digit. */
const char *operand_fill(const char *text, unsigned char *byte, struct operand_range *out);

/* Permissions in octal, 0..0777; a leading 0 is optional. */
const char *operand_mode(const char *text, mode_t *out);

/* 5, 0.5, 500ms, 2s, 3m, 1h, 2d, 10us: 0 to a hundred years, to the nanosecond; no unit means
 * seconds. */
const char *operand_duration(const char *text, struct timespec *out);

/* A decimal number MIN..MAX; returns RULE when TEXT is anything else. */
const char *operand_number(const char *text, uint64_t min, uint64_t max, const char *rule,
                           uint64_t *out);

#endif
