/* SPDX-License-Identifier: MIT */
/*
 * explain.c - finds the explainer of a failed call in the tables; see explain.h.
 *
 *   $ shmcreate -x -k 0x4d2 64K
 *   shmcreate: 0x4d2: shmget: EEXIST: this key already names segment 5 (64 KiB, owner root)
 *   hint: leave out IPC_EXCL (--exclusive) to open it, or remove it first: ipcrm -m 5
 */
#include "config.h"

#include "lib/explain/explain.h"

#include "lib/calls/calls.h"
#include "lib/explain/rows.h"

static bool fits(const struct explain_row *row, const struct failed_call *failed)
{
    return (row->call == CALL_NONE || row->call == failed->call) &&
           (row->error == 0 || row->error == failed->error);
}

static explainer *find_explainer(const struct failed_call *failed)
{
    static const struct explain_row *const tables[] = {
        explain_shm_rows,     explain_sem_rows, explain_posix_rows,
        explain_pthread_rows, explain_any_rows, /* the last, because it fits everything */
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct explain_row *row = tables[i]; row->explain; row++)
            if (fits(row, failed))
                return row->explain;
    return NULL; /* not reached */
}

void explain(const struct failed_call *failed, struct explanation *out)
{
    /* A copy, because FAILED may be the last failure, which an explainer's own calls replace. */
    const struct failed_call copy = *failed;
    *out = (struct explanation){0};
    CALLS_QUIETLY
    {
        find_explainer (&copy)(&copy, out);
    }
}
