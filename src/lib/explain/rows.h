/* SPDX-License-Identifier: MIT */
/*
 * rows.h - the tables that lead from a call and its error to a function that explains it. A new
 * kind of object is a file with such a table and a line in explain.c.
 */
#ifndef IPCLAB_EXPLAIN_ROWS_H
#define IPCLAB_EXPLAIN_ROWS_H

#include "lib/calls/calls.h"
#include "lib/explain/explanation.h"

typedef void explainer(const struct failed_call *failed, struct explanation *e);

struct explain_row {
    enum call call; /* CALL_NONE: any */
    int error;      /* 0: any */
    explainer *explain;
};

/* The tables; the last row has no explainer. */
extern const struct explain_row explain_shm_rows[], explain_sem_rows[], explain_posix_rows[],
    explain_pthread_rows[];

/* Explain what any call can return; the last of these rows fits every call and error. */
extern const struct explain_row explain_any_rows[];

#endif
