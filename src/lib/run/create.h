/* SPDX-License-Identifier: MIT */
/*
 * create.h - create an object, or open the one that already has its name.
 *
 * No flag makes shmget(2), semget(2), msgget(2) or shm_open(3) report whether it created or opened.
 * So the object is created exclusively, and opened when the name is taken.
 */
#ifndef IPCLAB_CREATE_H
#define IPCLAB_CREATE_H

#include <stdbool.h>

/* How one kind of object is created and opened. ARG is passed to both functions. */
struct creation {
    bool open_only; /* never create */
    bool exclusive; /* never open */
    /*
     * Creates the object exclusively and makes it fit for use. Returns its id (0 for a kind that
     * has none), or -1 with errno: EEXIST when the name is taken. Runs with the signals blocked
     * that guard.h names.
     */
    int (*create)(void *arg);
    /*
     * Opens the object. Returns its id, or -1 with errno; *GONE is set when the object was removed
     * in between, so that creating it is worth another try.
     */
    int (*open)(void *arg, bool *gone);
    void (*discard)(int id); /* removes what create() made: only system calls (guard.h) */
    void *arg;
};

/*
 * Creates or opens, and reports in *CREATED which of the two the last call was. An object that was
 * created is guarded: a signal that ends the program removes it, until the caller calls
 * guard_end(). Returns the id, or -1 with errno.
 */
int create_or_open(const struct creation *creation, bool *created);

#endif
