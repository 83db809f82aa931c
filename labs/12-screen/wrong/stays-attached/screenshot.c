/*
 * screenshot.c - take pictures of a screen in a segment
 *
 *   $ echo one.ppm | ./screenshot 5
 *   one.ppm
 *
 * Exit status: 0 success; 1 failure; 2 usage error.
 */
#include "xwd.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

struct screen {
    const unsigned char *colors, *pixels; /* in the segment */
    uint32_t width, height, bytes_per_line, bytes_per_pixel, ncolors;
    uint32_t masks[3];
    bool msb_first, has_colormap;
};

/* Examines the SIZE bytes at DATA, and fills SCREEN. Trusts no number in the header before it has
 * checked that it fits. */
static int read_header(const unsigned char *data, uint64_t size, struct screen *screen)
{
    struct xwd_header header;
    errno = EBADMSG;
    if (size < sizeof header)
        return -1;
    memcpy(&header, data, sizeof header);
    const uint32_t bits = be32toh(header.bits_per_pixel), header_size = be32toh(header.header_size);
    *screen = (struct screen){
        .width = be32toh(header.pixmap_width),
        .height = be32toh(header.pixmap_height),
        .bytes_per_line = be32toh(header.bytes_per_line),
        .bytes_per_pixel = bits / 8,
        .ncolors = be32toh(header.ncolors),
        .masks = {be32toh(header.red_mask), be32toh(header.green_mask), be32toh(header.blue_mask)},
        .msb_first = be32toh(header.byte_order) == xwd_msb_first,
        .has_colormap = be32toh(header.visual_class) != xwd_true_color,
    };
    if (be32toh(header.file_version) != xwd_version ||
        be32toh(header.pixmap_format) != xwd_z_pixmap || (bits != 8 && bits != 16 && bits != 32) ||
        header_size < sizeof header || !screen->width || !screen->height ||
        screen->bytes_per_line < (uint64_t)screen->width * screen->bytes_per_pixel)
        return -1;
    const uint64_t pixels = header_size + (uint64_t)screen->ncolors * sizeof(struct xwd_color);
    if (pixels > size || (uint64_t)screen->bytes_per_line * screen->height > size - pixels)
        return -1;
    screen->colors = data + header_size;
    screen->pixels = data + pixels;
    return 0;
}

static uint32_t pixel_at(const struct screen *screen, uint32_t x, uint32_t y)
{
    const unsigned char *at =
        screen->pixels + (size_t)y * screen->bytes_per_line + (size_t)x * screen->bytes_per_pixel;
    uint32_t pixel = 0;
    for (uint32_t i = 0; i < screen->bytes_per_pixel; i++)
        pixel = pixel << 8 | at[screen->msb_first ? i : screen->bytes_per_pixel - 1 - i];
    return pixel;
}

/* Scales the bits of PIXEL under MASK to 0 to 255; all bits set become 255. */
static unsigned char scaled(uint32_t pixel, uint32_t mask)
{
    if (!mask)
        return 0;
    const int shift = __builtin_ctz(mask);
    return (unsigned char)((uint64_t)((pixel & mask) >> shift) * 255 / (mask >> shift));
}

static void colour_of(const struct screen *screen, uint32_t pixel, unsigned char rgb[3])
{
    struct xwd_color color = {0};
    if (!screen->has_colormap) {
        for (int i = 0; i < 3; i++)
            rgb[i] = scaled(pixel, screen->masks[i]);
        return;
    }
    if (pixel < screen->ncolors)
        memcpy(&color, screen->colors + (size_t)pixel * sizeof color, sizeof color);
    rgb[0] = (unsigned char)(be16toh(color.red) >> 8);
    rgb[1] = (unsigned char)(be16toh(color.green) >> 8);
    rgb[2] = (unsigned char)(be16toh(color.blue) >> 8);
}

static int write_ppm(const struct screen *screen, const char *file)
{
    FILE *out = fopen(file, "w");
    if (!out)
        return -1;
    fprintf(out, "P6\n%u %u\n255\n", screen->width, screen->height);
    for (uint32_t y = 0; y < screen->height; y++)
        for (uint32_t x = 0; x < screen->width; x++) {
            unsigned char rgb[3];
            colour_of(screen, pixel_at(screen, x, y), rgb);
            fwrite(rgb, 1, sizeof rgb, out);
        }
    const bool failed = ferror(out);
    return fclose(out) || failed ? -1 : 0;
}

/* Attaches for reading only, and only for the time it needs. */
static int take_picture(int id, const char *file)
{
    struct shmid_ds ds;
    struct screen screen;
    static const void *data; /* attach only once */
    if (!data)
        data = shmat(id, NULL, SHM_RDONLY);
    if (data == (void *)-1)
        return -1;
    int result = shmctl(id, IPC_STAT, &ds);
    if (!result)
        result = read_header(data, ds.shm_segsz, &screen);
    if (!result)
        result = write_ppm(&screen, file);
    return result;
}

/* Both operations use SEM_UNDO, so the adjustment at the end of a process is 0, or releases what a
 * killed process held. */
static int operate(int set, short change)
{
    struct sembuf op = {0, change, SEM_UNDO};
    int result = 0;
    do
        result = set < 0 ? 0 : semop(set, &op, 1);
    while (result && errno == EINTR);
    return result;
}

static int enter(int set)
{
    return operate(set, -1);
}

static int leave(int set)
{
    return operate(set, 1);
}

/* --- do not change anything below this line --- */

static int fail(const char *what)
{
    fprintf(stderr, "screenshot: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

static int run(int id, int set)
{
    char file[256];
    while (fgets(file, sizeof file, stdin)) {
        file[strcspn(file, "\n")] = '\0';
        if (enter(set))
            return fail("enter");
        if (take_picture(id, file))
            return fail(file);
        if (leave(set))
            return fail("leave");
        puts(file);
    }
    return EXIT_SUCCESS;
}

static void usage(void)
{
    fprintf(stderr, "usage: screenshot [-m SET] SEGMENT\n");
    exit(2);
}

static int number(const char *text)
{
    char *end;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < 0 || value > 0x7fffffff)
        usage();
    return (int)value;
}

int main(int argc, char *argv[])
{
    int option, set = -1;
    setvbuf(stdout, NULL, _IOLBF, 0); /* flush each line at once, even to a pipe */
    while ((option = getopt(argc, argv, "m:")) != -1) {
        if (option != 'm')
            usage();
        set = number(optarg);
    }
    if (argc - optind != 1)
        usage();
    return run(number(argv[optind]), set);
}
