/* SPDX-License-Identifier: MIT */
/*
 * place.c - see place.h.
 */
#include "config.h"

#include "waiters/place.h"

/* Adds a place to those that were found so far, as many as PLACES. */
static void add(struct place *all, size_t *places, int set, size_t number, bool zero)
{
    if (!(*places)++)
        *all = (struct place){set, (int)number, zero};
    else
        *all = (struct place){all->set == set ? set : -1, -1, false};
}

bool place_find(const struct semset_list *sets, int only, place_known *known, void *arg,
                struct place *out)
{
    size_t places = 0;
    for (size_t i = 0; i < sets->count; i++) {
        const int id = sets->items[i].id;
        for (size_t k = 0; k < sets->items[i].nsems && (only < 0 || only == id); k++) {
            struct semset_sem sem;
            if (semset_sem(id, (int)k, &sem))
                return false;
            if (sem.ncnt > known(arg, id, k, false))
                add(out, &places, id, k, false);
            if (sem.zcnt > known(arg, id, k, true))
                add(out, &places, id, k, true);
        }
    }
    return places && out->set >= 0;
}
