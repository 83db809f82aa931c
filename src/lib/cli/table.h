/* SPDX-License-Identifier: MIT */
/*
 * table.h - columns and rows; the only user of libsmartcols.
 *
 * A program describes its columns in an array: a row for each, with a function that writes the
 * cell. -o selects from that array, and -o help prints it.
 */
#ifndef IPCLAB_TABLE_H
#define IPCLAB_TABLE_H

#include "lib/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum table_format { TABLE_COLUMNS, TABLE_JSON, TABLE_RAW, TABLE_EXPORT };

enum column_flags {
    COLUMN_RIGHT = 1,    /* aligned to the right */
    COLUMN_NUMBER = 2,   /* a number in JSON; an empty cell is null */
    COLUMN_TRUNC = 4,    /* cut where the terminal ends */
    COLUMN_TREE = 8,     /* carries the tree's branches */
    COLUMN_FOREIGN = 16, /* text that other users control: made safe */
    COLUMN_TIME = 32,    /* a time: a number in JSON with TEXT_TIME_RAW */
};

/* How cells are to be printed. */
struct table_style {
    enum table_format format;
    bool bytes; /* exact numbers of bytes */
    bool noheadings;
    bool colours; /* escape sequences may be printed */
    enum text_time time;
    time_t now;
};

/* Writes the cell of ROW to CELL (SIZE bytes), which is "" before; leaves it if nothing is known.
 */
typedef void column_getter(const void *row, const struct table_style *style, char *cell,
                           size_t size);

struct column {
    const char *name; /* "NATTCH" */
    unsigned flags;
    column_getter *get;
    const char *help; /* for -o help */
};

/*
 * Begins the function that is column_getter NAME and gets its row as a TYPE: COLUMN_GETTER(struct
 * thing, get_size) {...}
 */
#define COLUMN_GETTER(type, name)                                                               \
    static void name##_of(const type *row, const struct table_style *style, char *cell,         \
                          size_t size);                                                         \
    static void name(const void *row, const struct table_style *style, char *cell, size_t size) \
    {                                                                                           \
        name##_of(row, style, cell, size);                                                      \
    }                                                                                           \
    static void name##_of(__attribute__((unused)) const type *row,                              \
                          __attribute__((unused)) const struct table_style *style, char *cell,  \
                          size_t size)

#define TABLE_COLUMNS_MAX 32

struct table;

/* Are exact numbers asked for, by --bytes or by a format that programs read? */
bool table_exact(const struct table_style *style);

/*
 * Chooses columns: LIST is NAME[,NAME...], in any case, from COUNT COLUMNS; a leading + adds them
 * to those chosen before. Stores indexes in CHOSEN (TABLE_COLUMNS_MAX) and their number in
 * *CHOSEN_COUNT. Returns NULL, or the rule that LIST broke; CHOSEN is then unchanged.
 */
const char *table_choose(const struct column *columns, size_t count, const char *list,
                         size_t *chosen, size_t *chosen_count);

/* Prints the name and the description of every column, a line each, as -o help does. */
void table_print_help(const struct column *columns, size_t count, FILE *to);

/* A table called NAME (JSON) of these columns. NULL with errno ENOMEM. */
struct table *table_new(const char *name, const struct table_style *style,
                        const struct column *columns, const size_t *chosen, size_t chosen_count);

/* Adds a row; PARENT is a row's handle for a tree, or NULL. Returns a handle, NULL with errno
 * ENOMEM. */
void *table_row(struct table *table, const void *row, void *parent);

/* Gives each row added from now on a key, by which table_mark_changes() finds it again. */
void table_set_key(struct table *table, column_getter *key);

/*
 * Marks, in reverse video, each cell that differs from BEFORE, an earlier table of the same
 * columns. Rows are matched by their keys; all cells of a new row are marked.
 */
void table_mark_changes(struct table *table, struct table *before);

/* Prints to TO. Returns 0, or -1 with the errno of libsmartcols. */
int table_print(struct table *table, FILE *to);
void table_free(struct table *table);

#endif
