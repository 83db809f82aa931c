/* SPDX-License-Identifier: MIT */
/*
 * keys.c - see keys.h.
 */
#include "config.h"

#include "lib/trace/keys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { END_OF_INPUT = 4 /* ^D */ };

static struct termios before;
static bool is_known;

void keys_remember(void)
{
    is_known = tcgetattr(STDIN_FILENO, &before) == 0;
}

/* TCSADRAIN (tcsetattr(3)): what was printed comes out as it was meant. A process in the background
 * would be stopped (SIGTTOU), and the terminal is another's. */
void keys_restore(void)
{
    if (is_known && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

/* Without ICANON a key is there at once; signals stay, except ^Z: the shell would get this
 * terminal as it is now. */
static bool set_raw(void)
{
    struct termios raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    return is_known && tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* By read(2), for stdio would take what comes after the line from the one who reads next. */
static bool read_byte(char *byte)
{
    ssize_t got;
    while ((got = read(STDIN_FILENO, byte, 1)) < 0 && errno == EINTR)
        ;
    return got == 1;
}

/* What is longer than SIZE is left out. */
static bool read_line(char *text, size_t size)
{
    size_t length = 0;
    char byte = '\0';
    bool any = false;
    for (; read_byte(&byte) && byte != '\n'; any = true)
        if (length + 1 < size)
            text[length++] = byte;
    text[length] = '\0';
    return any || byte == '\n';
}

bool keys_read_line(const char *prompt, char *text, size_t size)
{
    if (prompt && is_known)
        fputs(prompt, stdout);
    fflush(stdout);
    return read_line(text, size);
}

bool keys_read(const char *prompt, const char *lines, char *text, size_t size)
{
    char key = '\0';
    if (!is_known || !set_raw())
        return keys_read_line(NULL, text, size);
    if (prompt)
        fputs(prompt, stdout);
    fflush(stdout);
    const bool got = read_byte(&key) && key != END_OF_INPUT;
    keys_restore();
    if (got && strchr(lines, key)) {
        text[0] = key;
        printf("%c", key);
        return keys_read_line(NULL, text + 1, size - 1);
    }
    snprintf(text, size, "%c", key);
    puts(key > ' ' && key < 127 ? text : "");
    return got;
}
