/* SPDX-License-Identifier: MIT */
/*
 * world.h - what the programs of a run share, except their descriptors: the objects of an IPC
 * namespace and of a /dev/shm that no other process has.
 */
#ifndef IPCLAB_INTERLEAVE_WORLD_H
#define IPCLAB_INTERLEAVE_WORLD_H

#include "interleave/explore.h"

#include <stdio.h>

/*
 * Puts this process and those that it will start into namespaces of their own: user (unless root),
 * IPC, PID and mount, and a folder for what programs print, in *FOLDER. Returns in process 1 of the
 * PID namespace with 0; in the caller, which waits for that one, it does not return but exits with
 * its status; -1 with errno, and *ACTION the name of the call, if there are no namespaces.
 */
int world_enter(const char **folder, const char **action);

/* Begins a run: the processes get the same PIDs as each time. Returns -1 with errno. */
int world_begin(void);

/* The next segment, set or queue (MAKES of board.h) that a process makes gets this ID:
 * proc_sys_kernel(5), shm_next_id, sem_next_id and msg_next_id. Returns -1 with errno. */
int world_choose_id(unsigned makes, int id);

/* A step is about to create what MAKES says (board.h): it gets the same id in each run. */
void world_expect(unsigned makes);

/* A step could have made or removed objects: looks for them. */
void world_look(struct board *board);

/* A hash of the bytes of all segments and objects, and one of the values of all sets, as they are
 * now. */
uint64_t world_hash_memory(void);
uint64_t world_hash_sets(void);

/* How many objects there are; their names go to TEXT. */
size_t world_left(char *text, size_t size);

/* A segment, an object of /dev/shm, other memory that programs map, or a set. */
struct world_object {
    bool is_set, is_segment;
    int id;           /* of a set or a segment */
    const char *name; /* of an object of /dev/shm; else "" */
    dev_t device;     /* of what is no set and no segment */
    ino_t inode;
    const unsigned char *bytes; /* of memory */
    size_t size;                /* of memory, in bytes; the number of semaphores */
};

/* Gives one of what world_look() found, INDEX from 0 on. False: there are no more. */
bool world_object(size_t index, struct world_object *object);

/* Prints what is not zero of each object: "segment 0 @0=1 @4=2; set 0 0=1". Returns whether there
 * was an object. */
bool world_print(FILE *to);

/* Does CLAIM hold? Not of an object that does not exist, unless MAY_BE_ABSENT. */
bool world_fulfils(const struct claim *claim, bool may_be_absent);

/* The bytes of segment ID, or of the object NAME, as world_look() found it; NULL: it did not. */
void *world_memory(bool is_segment, int id, const char *name);

/* Lets go of all objects: a run has ended. */
void world_forget(struct board *board);

#endif
