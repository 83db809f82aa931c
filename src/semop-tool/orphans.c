/* SPDX-License-Identifier: MIT */
/*
 * orphans.c - see orphans.h.
 */
#include "config.h"

#include "semop-tool/orphans.h"

#include "lib/base/array.h"

#include <errno.h>
#include <stdlib.h>

static int by_user(const void *a, const void *b)
{
    const uid_t x = *(const uid_t *)a, y = *(const uid_t *)b;
    return (x > y) - (x < y);
}

static bool add_user(void *arg, pid_t pid)
{
    struct orphan_search *search = arg;
    struct procfs_process process;
    procfs_process(search->fs, pid, &process);
    if (process.life == PROCFS_GONE)
        return true;
    if (process.uid == (uid_t)-1 ||
        array_reserve(&search->users, &search->capacity, search->count + 1))
        search->unseen = PROCFS_UNREADABLE;
    else
        search->users[search->count++] = process.uid;
    return true;
}

/* Reads the users of all processes once, for all sets. */
static void find_users(struct orphan_search *search)
{
    search->looked = true;
    search->unseen = search->fs->partial;
    if (procfs_each_process(search->fs, add_user, search))
        search->unseen = PROCFS_UNREADABLE;
    if (search->users)
        qsort(search->users, search->count, sizeof *search->users, by_user);
}

static enum orphan not_known(struct orphan_search *search, enum procfs_doubt doubt)
{
    search->not_known++;
    search->doubt = doubt;
    return ORPHAN_NOT_KNOWN;
}

/* Of a set that no process has operated on yet, nothing points to another process than the owner's.
 */
static enum orphan judge_owner(struct orphan_search *search, uid_t owner, bool operated)
{
    if (!search->looked)
        find_users(search);
    if (search->count && bsearch(&owner, search->users, search->count, sizeof owner, by_user))
        return operated ? ORPHAN_LIKELY : not_known(search, PROCFS_NO_DOUBT);
    return search->unseen ? not_known(search, search->unseen) : ORPHAN_YES;
}

int orphan_look(struct orphan_search *search, const struct semset_info *info, struct set_use *out)
{
    *out = (struct set_use){.operators = PROCFS_GONE};
    for (size_t i = 0; i < info->nsems; i++) {
        struct semset_sem sem;
        enum procfs_doubt doubt;
        if (semset_sem(info->id, (int)i, &sem))
            return -1;
        out->waiting = out->waiting || semset_waiting(&sem);
        if (!sem.pid)
            continue;
        out->operated = true;
        const struct procfs_process *process =
            procfs_process_once(search->fs, &search->seen, sem.pid);
        const enum procfs_life life =
            procfs_life_at(search->fs, process, semset_last_use(info), &doubt);
        if (life == PROCFS_NOT_KNOWN)
            out->doubt = doubt;
        if (life == PROCFS_ALIVE || out->operators == PROCFS_GONE)
            out->operators = life;
    }
    return 0;
}

enum orphan orphan_judge(struct orphan_search *search, const struct semset_info *info)
{
    struct set_use use;
    if (orphan_look(search, info, &use))
        return errno == EIDRM || errno == EINVAL ? ORPHAN_NO : not_known(search, PROCFS_UNREADABLE);
    if (use.waiting || use.operators == PROCFS_ALIVE)
        return ORPHAN_NO;
    if (use.operators == PROCFS_NOT_KNOWN)
        return not_known(search, use.doubt);
    /* A process of a PID namespace that we do not see leaves 0. If the set was never operated on,
     * it may have set the values. */
    if (!use.operated && (info->otime || search->fs->contained))
        return not_known(search, PROCFS_ELSEWHERE);
    return judge_owner(search, info->uid, use.operated);
}

void orphan_release(struct orphan_search *search)
{
    procfs_seen_free(&search->seen);
    free(search->users);
    search->users = NULL;
}
