/* SPDX-License-Identifier: MIT */
/*
 * sysv.c - see sysv.h.
 */
#include "config.h"

#include "lib/sysv/sysv.h"

#include "lib/calls/calls.h"
#include "lib/calls/calls_sysv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int sysv_key(const struct operand *name, key_t *key)
{
    *key = IPC_PRIVATE;
    if (!name)
        return 0;
    *key = name->key;
    return name->kind == OPERAND_FTOK ? calls_ftok(name->path, name->proj, key) : 0;
}

int sysv_find(const struct sysv_kind *kind, const struct operand *name, int *id)
{
    key_t key;
    *id = name->id;
    if (name->kind == OPERAND_ID)
        return 0;
    if (sysv_key(name, &key))
        return -1;
    *id = kind->get(key);
    return *id < 0 ? -1 : 0;
}

/*
 * SHM_STAT_ANY takes an index, but the kernel cuts the index out of a whole id (ipc/util.h,
 * ipcid_to_idx()) and returns the id that it found there, so an id that was reused is noticed.
 */
int sysv_stat(const struct sysv_kind *kind, int id, union sysv_ds *out)
{
    if (kind->control(id, IPC_STAT, out) >= 0)
        return 0;
    CALLS_KEEPING_FAILURE
    {
        if (errno == EACCES && kind->control(id, kind->stat_any, out) == id)
            return 0;
    }
    return -1;
}

/*
 * Walks the kernel's table with CMD, stat_any or stat. A slot may be empty, and an object may be
 * removed during the walk (EINVAL, EIDRM): neither is an error.
 */
static int list_by_call(const struct sysv_kind *kind, const struct sysv_list *list, int cmd)
{
    const size_t count = *list->count;
    size_t in_use;
    const int last = kind->last_index(&in_use);
    if (last < 0)
        return -1;
    for (int index = 0; index <= last; index++) {
        union sysv_ds ds;
        const int id = kind->control(index, cmd, &ds);
        if (id >= 0) {
            if (kind->add(list->items, id, &ds))
                return -1;
        } else if (errno == EACCES) {
            ++*list->hidden;
        } else if (errno != EINVAL && errno != EIDRM) {
            return -1;
        }
    }
    /* A kernel that does not know the command fails with EINVAL for every index. */
    if (*list->count == count && in_use > 0 && !*list->hidden) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int sysv_list_by_proc(const struct sysv_kind *kind, const struct sysv_list *list)
{
    char *line = NULL;
    size_t size = 0;
    int result = 0;
    FILE *file = fopen(kind->proc, "re");
    if (!file)
        return -1;
    while (result == 0 && getline(&line, &size, file) >= 0)
        result = kind->add_line(list->items, line);
    free(line);
    fclose(file);
    return result;
}

static void cut(const struct sysv_list *list, size_t count, size_t hidden)
{
    *list->count = count;
    *list->hidden = hidden;
}

/*
 * Some containers refuse the *_STAT commands and show /proc/sysvipc; others do the opposite.
 * SHM_STAT comes last because it leaves out the objects that we may not read.
 */
int sysv_list(const struct sysv_kind *kind, const struct sysv_list *list)
{
    const size_t count = *list->count, hidden = *list->hidden;
    if (list_by_call(kind, list, kind->stat_any) == 0 && *list->hidden == hidden)
        return 0;
    CALLS_KEEPING_FAILURE
    {
        cut(list, count, hidden);
        if (sysv_list_by_proc(kind, list) == 0)
            return 0;
        cut(list, count, hidden);
        if (list_by_call(kind, list, kind->stat) == 0)
            return 0;
        cut(list, count, hidden);
    }
    return -1;
}

/*
 * IPC_SET writes owner, group and mode together, so what is not to change is read first. The owner
 * may change an object whose mode forbids the owner to read it: hence sysv_stat().
 */
int sysv_change(const struct sysv_kind *kind, int id, const struct operand_change *change)
{
    union sysv_ds ds;
    if (sysv_stat(kind, id, &ds))
        return -1;
    if (change->uid != (uid_t)-1)
        ds.perm.uid = change->uid;
    if (change->gid != (gid_t)-1)
        ds.perm.gid = change->gid;
    ds.perm.mode = (unsigned short)(change->has_mode ? change->mode : ds.perm.mode & 0777);
    return kind->control(id, IPC_SET, &ds) < 0 ? -1 : 0;
}
