/* SPDX-License-Identifier: MIT */
/*
 * names.c - see names.h. A list of 4,000 segments has few owners, and each getpwuid(3) opens
 * /etc/passwd again (or asks a server), so this keeps the names it found.
 */
#include "config.h"

#include "lib/base/names.h"

#include "lib/base/operand.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    struct name *next;
    id_t id;
    char text[];
};

static const char RULE_USER[] = "no such user";
static const char RULE_OWNER[] =
    "an owner is OWNER, OWNER:GROUP or :GROUP, each a name or a number";
static const char RULE_GROUP[] = "no such group";

static const char *user_text(id_t id)
{
    const struct passwd *entry = getpwuid((uid_t)id);
    return entry ? entry->pw_name : NULL;
}

static const char *group_text(id_t id)
{
    const struct group *entry = getgrgid((gid_t)id);
    return entry ? entry->gr_name : NULL;
}

/* The name found last moves to the front: segments of one owner follow each other in lists. */
static const char *look_up(struct name **list, id_t id, const char *(*text_of)(id_t))
{
    char digits[16];
    for (struct name **at = list; *at; at = &(*at)->next) {
        struct name *found = *at;
        if (found->id != id)
            continue;
        *at = found->next;
        found->next = *list;
        *list = found;
        return found->text;
    }
    const char *text = text_of(id);
    if (!text) {
        snprintf(digits, sizeof digits, "%u", id);
        text = digits;
    }
    struct name *added = malloc(sizeof *added + strlen(text) + 1);
    if (!added)
        return "?";
    added->id = id;
    added->next = *list;
    strcpy(added->text, text);
    *list = added;
    return added->text;
}

const char *names_user(uid_t uid)
{
    static struct name *users;
    return look_up(&users, uid, user_text);
}

const char *names_group(gid_t gid)
{
    static struct name *groups;
    return look_up(&groups, gid, group_text);
}

/* chown(2) takes -1 as "no change", and IPC_SET of shmctl(2) as a uid, so it is refused. */
static const char *parse_id(const char *text, const char *rule, id_t *id)
{
    uint64_t number;
    if (operand_number(text, 0, UINT32_MAX - 1, rule, &number))
        return rule;
    *id = (id_t)number;
    return NULL;
}

const char *names_parse_user(const char *text, uid_t *uid)
{
    const struct passwd *entry = getpwnam(text);
    if (!entry)
        return parse_id(text, RULE_USER, uid);
    *uid = entry->pw_uid;
    return NULL;
}

static const char *parse_group(const char *text, gid_t *gid)
{
    const struct group *entry = getgrnam(text);
    if (!entry)
        return parse_id(text, RULE_GROUP, gid);
    *gid = entry->gr_gid;
    return NULL;
}

const char *names_parse_owner(const char *text, uid_t *uid, gid_t *gid)
{
    char user[64];
    uid_t new_uid = (uid_t)-1;
    gid_t new_gid = (gid_t)-1;
    const char *rule;
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);

    if (length >= sizeof user || (length == 0 && !colon) || (colon && !colon[1]))
        return RULE_OWNER;
    memcpy(user, text, length);
    user[length] = '\0';
    if (length && (rule = names_parse_user(user, &new_uid)))
        return rule;
    if (colon && (rule = parse_group(colon + 1, &new_gid)))
        return rule;
    *uid = new_uid;
    *gid = new_gid;
    return NULL;
}
