/*
 * judge.c - checks a picture, and creates screens that no X server creates
 *
 *   judge compare FILE BITS WIDTH HEIGHT RECTANGLE...
 *       Check that FILE is a PPM of a screen on which the RECTANGLEs were painted, one over the
 *       other. BITS contains the numbers of bits of red, green and blue: 888, 565 or 555. A colour
 *       with fewer than 8 bits may differ by 1. If the picture is wrong, print how, and exit with
 *       status 1.
 *   judge craft [NAME=NUMBER...] WIDTH HEIGHT RECTANGLE...
 *       Create a segment that contains such a screen, and print its id. NAME is header, bpp, msb,
 *       pad (bytes after each line), class, red, green, blue (masks), ncolors or mode; size (of the
 *       segment, instead of the size that it needs); or wN (word N of the header, from 0).
 *   judge give ID UID
 *       Make user UID the owner of segment ID.
 *
 * A RECTANGLE is X,Y,WIDTH,HEIGHT,COLOUR, as for paint.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "starter/xwd.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

enum { words = sizeof(struct xwd_header) / 4 };

static void *room(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

/* Returns the screen: a colour for each point. */
static uint32_t *painted(unsigned width, unsigned height, char *rectangles[])
{
    uint32_t *points = room(sizeof *points * width * height);
    for (; *rectangles; rectangles++) {
        unsigned x, y, w, h, rgb;
        if (sscanf(*rectangles, "%u,%u,%u,%u,%x", &x, &y, &w, &h, &rgb) != 5)
            exit(2);
        for (unsigned j = y; j < y + h && j < height; j++)
            for (unsigned i = x; i < x + w && i < width; i++)
                points[(size_t)j * width + i] = rgb;
    }
    return points;
}

/* --- compare --------------------------------------------------------------------------------- */

/* Returns how a screen with BITS bits for a colour displays VALUE (0 to 255). */
static int shown(unsigned value, int bits)
{
    const unsigned most = (1U << bits) - 1;
    return (int)((value >> (8 - bits)) * 255 / most);
}

static int is_like(const unsigned char *got, uint32_t wanted, const char *bits)
{
    for (int i = 0; i < 3; i++) {
        const int n = bits[i] - '0';
        const int value = shown(wanted >> (16 - 8 * i) & 255, n);
        if (abs(got[i] - value) > (n < 8 && value && value != 255))
            return 0;
    }
    return 1;
}

/* Returns the points of the picture in FILE. If it does not have this size, prints this and returns
 * NULL. */
static unsigned char *read_picture(FILE *file, unsigned width, unsigned height)
{
    unsigned w, h, most;
    const size_t size = (size_t)width * height * 3;
    if (fscanf(file, "P6 %u %u %u", &w, &h, &most) != 3 || most != 255 || fgetc(file) == EOF)
        return puts("it does not begin like a PPM (P6, width, height, 255)"), NULL;
    if (w != width || h != height)
        return printf("it is %u x %u, and the screen is %u x %u\n", w, h, width, height), NULL;
    unsigned char *points = room(size + 1);
    const size_t length = fread(points, 1, size + 1, file);
    if (length == size)
        return points;
    printf("it has %zu%s bytes after its header instead of %zu\n", length,
           length > size ? " or more" : "", size);
    free(points);
    return NULL;
}

static void print_colour(const unsigned char *got, uint32_t wanted, const char *bits)
{
    printf("%02x%02x%02x instead of ", got[0], got[1], got[2]);
    for (int i = 0; i < 3; i++)
        printf("%02x", (unsigned)shown(wanted >> (16 - 8 * i) & 255, bits[i] - '0'));
    putchar('\n');
}

static int compare(const char *path, const char *bits, unsigned width, unsigned height,
                   char *rectangles[])
{
    const size_t size = (size_t)width * height;
    size_t first = size, count = 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return puts("the file does not exist"), 1;
    unsigned char *got = read_picture(file, width, height);
    fclose(file);
    if (!got)
        return 1;
    uint32_t *wanted = painted(width, height, rectangles);
    for (size_t i = size; i-- > 0;)
        if (!is_like(got + i * 3, wanted[i], bits))
            first = i, count++;
    if (count) {
        printf("points with the wrong colour: %zu; the first one, at %zu,%zu, is ", count,
               first % width, first / width);
        print_colour(got + first * 3, wanted[first], bits);
    }
    free(wanted);
    free(got);
    return count > 0;
}

/* --- craft ----------------------------------------------------------------------------------- */

enum { HEADER, BPP, MSB, PAD, CLASS, RED, GREEN, BLUE, NCOLORS, MODE, SIZE, options };
static const char *const names[options] = {"header", "bpp",  "msb",     "pad",  "class", "red",
                                           "green",  "blue", "ncolors", "mode", "size"};
static unsigned long option[options] = {
    [HEADER] = 160,   [BPP] = 32,    [CLASS] = xwd_true_color, [RED] = 0xff0000,
    [GREEN] = 0xff00, [BLUE] = 0xff, [NCOLORS] = 256,          [MODE] = 0600};
static long long overridden[words];

static void set_option(const char *text)
{
    char *value = strchr(text, '=');
    *value++ = '\0';
    for (int i = 0; i < options; i++)
        if (!strcmp(names[i], text))
            option[i] = strtoul(value, NULL, 0);
    if (text[0] == 'w')
        overridden[atoi(text + 1)] = strtoll(value, NULL, 0);
}

static uint32_t in_mask(unsigned value, unsigned long mask)
{
    const int shift = __builtin_ctzl(mask), bits = __builtin_popcountl(mask);
    return (uint32_t)(bits > 8 ? value << (bits - 8) | value >> (16 - bits) : value >> (8 - bits))
           << shift;
}

/* Returns the number of the entry for RGB in the colour map, and fills a new entry if there is
 * none. Entry 0 stays unused. */
static uint32_t entered(struct xwd_color *colors, uint32_t rgb)
{
    uint32_t i = 1;
    while (i < option[NCOLORS] - 1 && colors[i].flags && be32toh(colors[i].pixel) != rgb)
        i++;
    colors[i] = (struct xwd_color){.pixel = htobe32(rgb), .flags = 7};
    colors[i].red = htobe16((uint16_t)((rgb >> 16 & 255) << 8 | 0x5a));
    colors[i].green = htobe16((uint16_t)((rgb >> 8 & 255) << 8 | 0xa5));
    colors[i].blue = htobe16((uint16_t)((rgb & 255) << 8 | 0x3c));
    return i;
}

static void fill_header(uint32_t header[words], unsigned width, unsigned height, size_t line)
{
    const uint32_t values[words] = {(uint32_t)option[HEADER],
                                    xwd_version,
                                    xwd_z_pixmap,
                                    24,
                                    width,
                                    height,
                                    0,
                                    (uint32_t)option[MSB],
                                    32,
                                    0,
                                    32,
                                    (uint32_t)option[BPP],
                                    (uint32_t)line,
                                    (uint32_t)option[CLASS],
                                    (uint32_t)option[RED],
                                    (uint32_t)option[GREEN],
                                    (uint32_t)option[BLUE],
                                    8,
                                    256,
                                    (uint32_t)option[NCOLORS],
                                    width,
                                    height,
                                    0,
                                    0,
                                    0};
    for (int i = 0; i < words; i++)
        header[i] = htobe32(overridden[i] >= 0 ? (uint32_t)overridden[i] : values[i]);
}

static void store(unsigned char *at, uint32_t pixel, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[option[MSB] ? bytes - 1 - i : i] = (unsigned char)(pixel >> 8 * i);
}

static int craft(unsigned width, unsigned height, char *rectangles[])
{
    const size_t bytes = option[BPP] / 8, line = width * bytes + option[PAD];
    const size_t colors_at = option[HEADER],
                 pixels_at = colors_at + option[NCOLORS] * sizeof(struct xwd_color);
    const size_t size = pixels_at + line * height, given = option[SIZE] ? option[SIZE] : size;
    unsigned char *screen = room(size + sizeof(struct xwd_header));
    const uint32_t *points = painted(width, height, rectangles);
    memset(screen, 0xee, size);
    struct xwd_color *colors = room(option[NCOLORS] * sizeof *colors);
    for (size_t i = 0; i < (size_t)width * height; i++) {
        const uint32_t rgb = points[i];
        const uint32_t pixel = option[CLASS] == xwd_pseudo_color
                                   ? entered(colors, rgb)
                                   : in_mask(rgb >> 16 & 255, option[RED]) |
                                         in_mask(rgb >> 8 & 255, option[GREEN]) |
                                         in_mask(rgb & 255, option[BLUE]);
        store(screen + pixels_at + i / width * line + i % width * bytes, pixel, bytes);
    }
    for (uint32_t i = 0; i < option[NCOLORS]; i++)
        colors[i].pixel = htobe32(i);
    memcpy(screen + colors_at, colors, option[NCOLORS] * sizeof *colors);
    uint32_t header[words];
    fill_header(header, width, height, line);
    memcpy(screen, header, sizeof header);
    const int id = shmget(IPC_PRIVATE, given, IPC_CREAT | 0600);
    void *segment = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
    if (segment == (void *)-1)
        return perror("judge"), 1;
    memcpy(segment, screen, given < size ? given : size);
    struct shmid_ds ds;
    shmctl(id, IPC_STAT, &ds);
    ds.shm_perm.mode = (unsigned short)option[MODE];
    shmctl(id, IPC_SET, &ds);
    printf("%d\n", id);
    return 0;
}

static int give(int id, unsigned uid)
{
    struct shmid_ds ds;
    if (shmctl(id, IPC_STAT, &ds))
        return perror("judge"), 1;
    ds.shm_perm.uid = ds.shm_perm.gid = uid;
    return shmctl(id, IPC_SET, &ds) ? perror("judge"), 1 : 0;
}

int main(int argc, char *argv[])
{
    int i = 2;
    memset(overridden, -1, sizeof overridden);
    if (argc > 5 && !strcmp(argv[1], "compare"))
        return compare(argv[2], argv[3], (unsigned)atoi(argv[4]), (unsigned)atoi(argv[5]),
                       argv + 6);
    if (argc == 4 && !strcmp(argv[1], "give"))
        return give(atoi(argv[2]), (unsigned)strtoul(argv[3], NULL, 10));
    for (; i < argc && strchr(argv[i], '='); i++)
        set_option(argv[i]);
    return argc > i + 1 ? craft((unsigned)atoi(argv[i]), (unsigned)atoi(argv[i + 1]), argv + i + 2)
                        : 2;
}
