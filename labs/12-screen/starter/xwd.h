/*
 * xwd.h - an X Window Dump, in a file or in a segment: header, name, colours and pixels
 *
 *   0 .......... header_size ........................ header_size + ncolors * 12 .......
 *   the header, then a name | ncolors of struct xwd_color | height lines of bytes_per_line
 *
 * All numbers in the header and in the colours begin with the most significant byte, on every
 * machine; use be32toh(3).
 */
#ifndef XWD_H
#define XWD_H

#include <stdint.h>

enum { xwd_version = 7, xwd_z_pixmap = 2 };        /* file_version, pixmap_format */
enum { xwd_lsb_first, xwd_msb_first };             /* byte_order */
enum { xwd_pseudo_color = 3, xwd_true_color = 4 }; /* visual_class */

struct xwd_header {
    uint32_t header_size; /* in bytes, including the name after the header */
    uint32_t file_version;
    uint32_t pixmap_format;
    uint32_t pixmap_depth;
    uint32_t pixmap_width, pixmap_height; /* in pixels */
    uint32_t xoffset;
    uint32_t byte_order; /* of the pixels, not of the header */
    uint32_t bitmap_unit, bitmap_bit_order, bitmap_pad;
    uint32_t bits_per_pixel; /* 8, 16 or 32 here */
    uint32_t bytes_per_line; /* may be more than the pixels need */
    uint32_t visual_class;
    uint32_t red_mask, green_mask, blue_mask; /* which bits of a pixel */
    uint32_t bits_per_rgb, colormap_entries;
    uint32_t ncolors;
    uint32_t window_width, window_height, window_x, window_y, window_border;
};

struct xwd_color {
    uint32_t pixel;
    uint16_t red, green, blue; /* 0 to 65535 */
    uint8_t flags, pad;
};

#endif
