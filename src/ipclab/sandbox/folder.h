/* SPDX-License-Identifier: MIT */
/* folder.h - enter a box that is a folder, behind Landlock if the kernel has it. */
#ifndef IPCLAB_FOLDER_H
#define IPCLAB_FOLDER_H

/*
 * OPERANDS are UID, RULES, DIRECTORY, variables ("NAME=VALUE"), and NULL. Runs COMMAND as the user
 * UID (0 keeps ours) in DIRECTORY. RULES names a file of rules (folder.c), or is "-" for none; with
 * rules, Landlock refuses everything else. Returns the exit status of the command, or raises its
 * signal; gives up if the kernel has no Landlock.
 */
int enter_folder(char **operands, char **command);

#endif
