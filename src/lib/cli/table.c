/* SPDX-License-Identifier: MIT */
/*
 * table.c - see table.h. libsmartcols lays out columns and trees, prints JSON, and escapes cells
 * for the formats that programs read. text_safe() has made each cell safe for a terminal before, so
 * libsmartcols' own pass over every cell is turned off: it takes a third of the time of a long
 * list.
 */
#include "config.h"

#include "lib/cli/table.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CELL_SIZE 1024

struct table {
    struct libscols_table *scols;
    const struct column *columns[TABLE_COLUMNS_MAX];
    size_t count;
    struct table_style style;
    column_getter *key;
};

bool table_exact(const struct table_style *style)
{
    return style->bytes || style->format != TABLE_COLUMNS;
}

/* The index of the column called NAME, of LENGTH bytes, in any case; COUNT if there is none. */
static size_t find_column(const struct column *columns, size_t count, const char *name,
                          size_t length)
{
    size_t i = 0;
    while (i < count &&
           (strlen(columns[i].name) != length || strncasecmp(columns[i].name, name, length)))
        i++;
    return i;
}

static bool is_picked(const size_t *picked, size_t count, size_t column)
{
    for (size_t i = 0; i < count; i++)
        if (picked[i] == column)
            return true;
    return false;
}

const char *table_choose(const struct column *columns, size_t count, const char *list,
                         size_t *chosen, size_t *chosen_count)
{
    size_t picked[TABLE_COLUMNS_MAX], used = 0;
    if (*list == '+') {
        list++;
        used = *chosen_count;
        memcpy(picked, chosen, used * sizeof *picked);
    }
    for (;;) {
        size_t length = strcspn(list, ",");
        size_t column = find_column(columns, count, list, length);
        if (column == count)
            return "-o takes names of columns separated by commas; -o help lists them";
        /* The same key twice in a JSON object is invalid. */
        if (!is_picked(picked, used, column))
            picked[used++] = column;
        if (!list[length])
            break;
        list += length + 1;
    }
    memcpy(chosen, picked, used * sizeof *picked);
    *chosen_count = used;
    return NULL;
}

void table_print_help(const struct column *columns, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++)
        fprintf(to, "%-9s %s\n", columns[i].name, columns[i].help);
}

/* Programs read raw lines and pairs one by one, so those formats have no branches. */
static bool has_tree(const struct table *table)
{
    return table->style.format == TABLE_COLUMNS || table->style.format == TABLE_JSON;
}

static bool add_column(struct table *table, const struct column *column)
{
    const unsigned flags = column->flags;
    const int tree = flags & COLUMN_TREE && has_tree(table) ? SCOLS_FL_TREE : 0;
    const int scols_flags = (flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
                            (flags & COLUMN_TRUNC ? SCOLS_FL_TRUNC : 0) | tree;
    struct libscols_column *added =
        scols_table_new_column(table->scols, column->name, 0, scols_flags);
    if (!added)
        return false;
    if (flags & COLUMN_NUMBER || (flags & COLUMN_TIME && table->style.time == TEXT_TIME_RAW))
        scols_column_set_json_type(added, SCOLS_JSON_NUMBER);
    table->columns[table->count++] = column;
    return true;
}

struct table *table_new(const char *name, const struct table_style *style,
                        const struct column *columns, const size_t *chosen, size_t chosen_count)
{
    struct table *table = calloc(1, sizeof *table);
    if (!table || !(table->scols = scols_new_table())) {
        free(table);
        errno = ENOMEM;
        return NULL;
    }
    table->style = *style;
    scols_table_set_name(table->scols, name);
    scols_table_enable_noencoding(table->scols, 1);
    scols_table_enable_json(table->scols, style->format == TABLE_JSON);
    scols_table_enable_raw(table->scols, style->format == TABLE_RAW);
    scols_table_enable_export(table->scols, style->format == TABLE_EXPORT);
    scols_table_enable_noheadings(table->scols, style->noheadings);
    scols_table_enable_colors(table->scols, style->colours);
    for (size_t i = 0; i < chosen_count; i++)
        if (!add_column(table, &columns[chosen[i]])) {
            table_free(table);
            errno = ENOMEM;
            return NULL;
        }
    return table;
}

/* In a raw line, an empty cell would shift the cells after it to the left: print "-". */
static const char *finish_cell(const struct table *table, const struct column *column,
                               const char *cell, char *safe, size_t size)
{
    if (!*cell)
        return table->style.format == TABLE_RAW ? "-" : NULL;
    return column->flags & COLUMN_FOREIGN ? text_safe(safe, size, cell, strlen(cell)) : cell;
}

static bool set_key(const struct table *table, struct libscols_line *line, const void *row)
{
    char key[128] = "";
    if (!table->key)
        return true;
    table->key(row, &table->style, key, sizeof key);
    char *copy = strdup(key);
    return copy && scols_line_set_userdata(line, copy) == 0;
}

void *table_row(struct table *table, const void *row, void *parent)
{
    struct libscols_line *line =
        scols_table_new_line(table->scols, has_tree(table) ? parent : NULL);
    if (line && !set_key(table, line, row))
        line = NULL;
    for (size_t i = 0; line && i < table->count; i++) {
        char cell[CELL_SIZE], safe[CELL_SIZE * TEXT_SAFE_EXPANSION];
        const struct column *column = table->columns[i];
        *cell = '\0';
        column->get(row, &table->style, cell, sizeof cell);
        const char *data = finish_cell(table, column, cell, safe, sizeof safe);
        if (data && scols_line_set_data(line, i, data))
            line = NULL;
    }
    if (!line)
        errno = ENOMEM;
    return line;
}

void table_set_key(struct table *table, column_getter *key)
{
    table->key = key;
}

static const char *cell_text(struct libscols_line *line, size_t column)
{
    const char *text = line ? scols_cell_get_data(scols_line_get_cell(line, column)) : NULL;
    return text ? text : "";
}

/*
 * The line of BEFORE with this KEY. Both tables are in the same order, so the search begins at
 * NEAR, after the line found last. An iterator, because scols_table_get_line() walks from the first
 * line each time.
 */
static struct libscols_line *find_line(const struct table *before, const char *key,
                                       struct libscols_iter *near)
{
    struct libscols_line *line = NULL;
    for (size_t left = scols_table_get_nlines(before->scols); left; left--) {
        if (scols_table_next_line(before->scols, near, &line)) {
            scols_reset_iter(near, SCOLS_ITER_FORWARD);
            scols_table_next_line(before->scols, near, &line);
        }
        if (!strcmp(scols_line_get_userdata(line), key))
            return line;
    }
    return NULL;
}

static void mark_line(const struct table *table, struct libscols_line *line,
                      struct libscols_line *old)
{
    for (size_t column = 0; column < table->count; column++)
        if (!old || strcmp(cell_text(line, column), cell_text(old, column)))
            scols_cell_set_color(scols_line_get_cell(line, column), "reverse");
}

void table_mark_changes(struct table *table, struct table *before)
{
    struct libscols_iter *each = scols_new_iter(SCOLS_ITER_FORWARD),
                         *near = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *line;
    while (each && near && table->key && before->key &&
           !scols_table_next_line(table->scols, each, &line))
        mark_line(table, line, find_line(before, scols_line_get_userdata(line), near));
    scols_free_iter(near);
    scols_free_iter(each);
}

/* Without rows libsmartcols prints nothing; print the heading, which shows that there are none. */
static bool is_bare_heading(const struct table *table)
{
    return scols_table_is_empty(table->scols) && !table->style.noheadings &&
           (table->style.format == TABLE_COLUMNS || table->style.format == TABLE_RAW);
}

int table_print(struct table *table, FILE *to)
{
    if (is_bare_heading(table)) {
        for (size_t i = 0; i < table->count; i++)
            fprintf(to, "%s%c", table->columns[i]->name, i + 1 < table->count ? ' ' : '\n');
        return 0;
    }
    scols_table_set_stream(table->scols, to);
    int error = scols_print_table(table->scols);
    if (error)
        errno = error < 0 ? -error : error;
    return error ? -1 : 0;
}

static void free_keys(const struct table *table)
{
    struct libscols_iter *each = scols_new_iter(SCOLS_ITER_FORWARD);
    struct libscols_line *line;
    while (each && !scols_table_next_line(table->scols, each, &line))
        free(scols_line_get_userdata(line));
    scols_free_iter(each);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    if (table->key)
        free_keys(table);
    scols_unref_table(table->scols);
    free(table);
}
