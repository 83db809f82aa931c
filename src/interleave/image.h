/* SPDX-License-Identifier: MIT */
/*
 * image.h - which files the kernel can execute so that a preloaded library comes with them.
 */
#ifndef IPCLAB_INTERLEAVE_IMAGE_H
#define IPCLAB_INTERLEAVE_IMAGE_H

/*
 * Would the dynamic linker of the file PATH ignore LD_PRELOAD, or is there none? Follows the first
 * lines of scripts. Returns NULL, or the reason: "it is statically linked"; NULL as well for a file
 * that execve(2) refuses. Allocates nothing. ld.so(8): secure-execution mode; execve(2): scripts.
 */
const char *image_refusal(const char *path);

/* Writes the file that execvp(3) executes for NAME to PATH, of SIZE bytes; NAME itself if there is
 * none. Returns PATH. */
const char *image_find(const char *name, char *path, unsigned long size);

#endif
