/*
 * paint.c - paint rectangles on the screen of an X server; do not change this file
 *
 *   $ ./paint 0,0,320,200,000000 10,20,30,40,ff8000
 *
 * Each operand is X,Y,WIDTH,HEIGHT,COLOUR; $DISPLAY, of the form :N, names the server. This program
 * speaks the X protocol itself, as X.Org's "X Window System Protocol" defines it, so it needs no
 * library: a request is an opcode, its length in words of four bytes, and its arguments, in the
 * byte order of this machine.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    change_gc = 56,
    create_gc = 55,
    poly_fill_rectangle = 70,
    alloc_color = 84,
    get_input_focus = 43
};
enum { gc_foreground = 4 };

static int server = -1;
static uint32_t root, colormap, gc;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(const void *data, size_t size)
{
    if (write(server, data, size) != (ssize_t)size)
        fail("paint: write");
}

static void receive(void *data, size_t size)
{
    for (char *at = data; size > 0;) {
        const ssize_t got = read(server, at, size);
        if (got <= 0)
            fail("paint: read");
        at += got;
        size -= (size_t)got;
    }
}

/* Returns the first word of a request that has WORDS words. */
static uint32_t request(unsigned opcode, unsigned words)
{
    const uint8_t bytes[4] = {(uint8_t)opcode, 0};
    const uint16_t length = (uint16_t)words;
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    memcpy((char *)&word + 2, &length, sizeof length);
    return word;
}

/* Tries the server's abstract socket, whose name begins with a null byte, then its socket file. */
static void connect_to(const char *display)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1,
                                "/tmp/.X11-unix/X%d", atoi(display + 1));
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (!connect(server, (struct sockaddr *)&address,
                 (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)length)))
        return;
    memmove(address.sun_path, address.sun_path + 1, (size_t)length + 1);
    if (connect(server, (struct sockaddr *)&address, sizeof address))
        fail("paint: connect");
}

/* Reads the server's first answer. Among many other things, it contains the window that covers the
 * whole screen, and its colour map. */
static void begin(void)
{
    const uint16_t one = 1;
    const uint8_t order = *(const uint8_t *)&one ? 'l' : 'B';
    const uint16_t hello[6] = {0, 11, 0};
    char first[12], answer[65536];
    memcpy(first, hello, sizeof first);
    first[0] = (char)order;
    send_all(first, sizeof first);
    uint16_t head[4];
    receive(head, sizeof head);
    if ((head[0] & 0xff) != 1 || head[3] * 4U > sizeof answer || head[3] < 8) {
        fprintf(stderr, "paint: the server refused the connection\n");
        exit(1);
    }
    receive(answer, head[3] * 4U);
    uint32_t base;
    uint16_t vendor;
    memcpy(&base, answer + 4, sizeof base);
    memcpy(&vendor, answer + 16, sizeof vendor);
    const char *screen = answer + 32 + (vendor + 3) / 4 * 4 + 8 * (uint8_t)answer[21];
    memcpy(&root, screen, sizeof root);
    memcpy(&colormap, screen + 4, sizeof colormap);
    gc = base;
    const uint32_t words[] = {request(create_gc, 4), gc, root, 0};
    send_all(words, sizeof words);
}

/* Returns the pixel that the server displays in this colour. */
static uint32_t pixel_of(unsigned long rgb)
{
    const uint16_t parts[4] = {(uint16_t)((rgb >> 16 & 255) * 257),
                               (uint16_t)((rgb >> 8 & 255) * 257), (uint16_t)((rgb & 255) * 257),
                               0};
    uint32_t words[4] = {request(alloc_color, 4), colormap}, reply[8];
    memcpy(words + 2, parts, sizeof parts);
    send_all(words, sizeof words);
    receive(reply, sizeof reply);
    if ((*(uint8_t *)reply) != 1) {
        fprintf(stderr, "paint: the server cannot allocate this colour\n");
        exit(1);
    }
    return reply[4];
}

static void rectangle(const char *text)
{
    uint16_t at[4];
    unsigned long rgb;
    if (sscanf(text, "%hu,%hu,%hu,%hu,%lx", at, at + 1, at + 2, at + 3, &rgb) != 5) {
        fprintf(stderr, "usage: paint X,Y,WIDTH,HEIGHT,COLOUR...\n");
        exit(2);
    }
    const uint32_t colour[] = {request(change_gc, 4), gc, gc_foreground, pixel_of(rgb)};
    send_all(colour, sizeof colour);
    uint32_t fill[5] = {request(poly_fill_rectangle, 5), root, gc};
    memcpy(fill + 3, at, sizeof at);
    send_all(fill, sizeof fill);
}

int main(int argc, char *argv[])
{
    const char *display = getenv("DISPLAY");
    if (!display || *display != ':') {
        fprintf(stderr, "paint: DISPLAY must have the form :N\n");
        return 2;
    }
    connect_to(display);
    begin();
    for (int i = 1; i < argc; i++)
        rectangle(argv[i]);
    /* The server answers this request after it has handled all earlier ones. */
    const uint32_t words[] = {request(get_input_focus, 1)};
    uint32_t reply[8];
    send_all(words, sizeof words);
    receive(reply, sizeof reply);
    return (*(uint8_t *)reply) == 1 ? 0 : 1;
}
