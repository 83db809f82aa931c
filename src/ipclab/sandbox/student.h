/* SPDX-License-Identifier: MIT */
/* student.h - what every way into a box does: become the student, and run a command. */
#ifndef IPCLAB_STUDENT_H
#define IPCLAB_STUDENT_H

#include <sys/types.h>

/* The exit status if the box could not be entered. */
enum { cannot_enter = 125 };

/* Prints WHAT and errno's message, and exits with cannot_enter. */
_Noreturn void give_up(const char *what);

/* Closes every descriptor from 3 on. */
void close_all_but_the_streams(void);

/*
 * Becomes the user UID (0 keeps ours), without capabilities, also after a later execve(2) of root
 * or of a set-user-ID program, and without user namespaces. Gives up if that fails.
 */
void become_the_student(uid_t uid);

/* Refuses sockets, io_uring and kill(-1), from now on. Needs become_the_student before. */
void refuse_the_neighbours(void);

/* Runs COMMAND with these VARIABLES ("NAME=VALUE", then NULL) and no others; exits as env(1). */
_Noreturn void run_command(char **variables, char **command);

/* Waits for the child PID; returns its exit status, or raises the signal that ended it. */
int end_as(pid_t pid);

#endif
