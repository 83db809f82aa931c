/* SPDX-License-Identifier: MIT */
/*
 * text.h - untrusted text made safe to print; sizes, times and modes for people.
 */
#ifndef IPCLAB_TEXT_H
#define IPCLAB_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* The most bytes that text_safe() writes for one byte of input. */
#define TEXT_SAFE_EXPANSION 4

/*
 * Writes LENGTH bytes of SRC to DST, of SIZE bytes (at least 1), always ended by NUL, so that a
 * terminal shows them and obeys none of them. As ls -b does, this turns control characters, bytes
 * that are no character of the locale, and line and direction marks into \ooo, and doubles a
 * backslash. Text that does not fit is cut at a character's boundary. Returns DST.
 */
char *text_safe(char *dst, size_t size, const char *src, size_t length);

/* Prints SRC the same way, whole, to TO. */
void text_safe_print(const char *src, size_t length, FILE *to);

/* BYTES as "64K", "1.5M", "700", in powers of 1024. A size that is not whole in its unit has one
 * decimal, truncated. */
char *text_size(char *dst, size_t size, uint64_t bytes);

/* The same in a sentence: "64 KiB", "1.5 MiB", "700 bytes", "1 byte". */
char *text_size_words(char *dst, size_t size, uint64_t bytes);

enum text_time { TEXT_TIME_SHORT, TEXT_TIME_FULL, TEXT_TIME_ISO, TEXT_TIME_RAW };

/*
 * WHEN (seconds since the Epoch) in local time. SHORT is 14:03:59 if the day is that of NOW, Nov23
 * if the year is, otherwise 2025; RAW is the seconds. The time 0, which means never (shmctl(2)),
 * gives
 * "".
 */
char *text_time(char *dst, size_t size, time_t when, time_t now, enum text_time format);

/* "rw-r-----" for 0640. SIZE is at least 10. */
char *text_perms(char *dst, size_t size, unsigned mode);

/* A duration as "90s", "12m", "3h", "5d". */
char *text_age(char *dst, size_t size, uint64_t seconds);

#endif
