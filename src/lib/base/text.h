/*
 * text.h - text that others control, made safe to print; sizes for people.
 */
#ifndef IPCLAB_TEXT_H
#define IPCLAB_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* The most bytes that one byte of input becomes in text_safe(). */
#define TEXT_SAFE_EXPANSION 4

/*
 * Writes LENGTH bytes of SRC to DST, of SIZE bytes (at least 1), always ended by NUL, so that a
 * terminal shows them and obeys none of them: control characters, bytes that are no character of
 * the locale, line and direction marks become \ooo, a backslash becomes two, as ls -b does. What
 * does not fit is left out at a character's boundary. Returns DST.
 */
char *text_safe(char *dst, size_t size, const char *src, size_t length);

/* Prints SRC the same way, whole, to TO. */
void text_safe_print(const char *src, size_t length, FILE *to);

/* BYTES as "64K", "1.5M", "700" (exact: false for a rounded one shows in the decimal). Powers of
 * 1024. */
char *text_size(char *dst, size_t size, uint64_t bytes);

/* The same in a sentence: "64 KiB", "1.5 MiB", "700 bytes", "1 byte". */
char *text_size_words(char *dst, size_t size, uint64_t bytes);

enum text_time { TEXT_TIME_SHORT, TEXT_TIME_FULL, TEXT_TIME_ISO, TEXT_TIME_RAW };

/*
 * WHEN (seconds since the Epoch, as the kernel keeps it) in local time: SHORT is 14:03:59 today,
 * Nov23 this year, 2025 before; RAW the seconds. NOW decides what today is. The time 0 means never
 * (shmctl(2)): "".
 */
char *text_time(char *dst, size_t size, time_t when, time_t now, enum text_time format);

/* "rw-r-----" for 0640. SIZE is at least 10. */
char *text_perms(char *dst, size_t size, unsigned mode);

/* A duration as "90s", "12m", "3h", "5d". */
char *text_age(char *dst, size_t size, uint64_t seconds);

#endif
