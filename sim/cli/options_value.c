/* SPDX-License-Identifier: MIT */
/* Options whose value needs more than being read: it names something, or is one of several. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options_inside.h"
#include "cli/parse.h"
#include "policy.h"
#include "policy_table.h"

static const char *const sync_words[] = {"walk", "translate", "translate-4k", "dirty", NULL};

const char *sync_name(enum sync_strategy s)
{
    return sync_words[s];
}

int option_profile(const char *option, const char *name, struct err *e)
{
    char list[160] = "";
    size_t n, at = 0;
    const char *const *names = policy_names(&n);

    if (policy_find(name))
        return 0;
    for (size_t i = 0; i < n && at < sizeof(list); i++)
        at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s", i ? ", " : "", names[i]);
    return err_set(e, EINVAL, "%s: '%.40s' is not known; built are %s", option, name, list);
}

int option_quirk(struct replay_options *o, const char *name, struct err *e)
{
    const struct quirk *q;

    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++)
        if (!strcmp(q->name, name))
            break;
    if (!q)
        return err_set(e, EINVAL, "--quirk: '%.40s' is not known; --list-quirks prints them", name);
    o->quirks[o->quirks_count++] = name;
    return 0;
}

int option_set(struct replay_options *o, const char *s, struct err *e)
{
    struct policy *tried = policy_copy(policy_find(DEFAULT_PROFILE));
    struct err why = {""};
    int rc = tried ? policy_set(tried, s, &why) : err_set(&why, ENOMEM, "out of memory");

    free(tried);
    if (rc)
        return err_set(e, EINVAL, "--set: %s", why.text);
    o->quirks[o->quirks_count++] = s;
    return 0;
}

int option_attach(struct replay_options *o, const char *s, struct err *e)
{
    struct attach_rec *a = &o->attach[o->attach_count];
    int rc = arg_attach("--attach", s, a, e);

    for (size_t i = 0; rc == 0 && i < o->attach_count; i++)
        if (!strcmp(o->attach[i].name, a->name))
            rc = err_set(e, EINVAL, "--attach: %s is given twice", a->name);
    o->attach_count += rc == 0;
    return rc;
}

int option_sync(struct replay_options *o, const char *s, struct err *e)
{
    int word = 0, rc = arg_word("--sync", s, sync_words, &word, e);

    o->sync = (enum sync_strategy)word;
    return rc;
}

int option_save(struct replay_options *o, const char *s, struct err *e)
{
    const char *colon = strchr(s, ':');
    char number[24];

    if (!colon || !colon[1] || (size_t)(colon - s) >= sizeof(number))
        return err_set(e, EINVAL, "--save: '%.40s': expected N:FILE, the record and a file", s);
    snprintf(number, sizeof(number), "%.*s", (int)(colon - s), s);
    o->saves[o->saves_count].file = colon + 1;
    return arg_number("--save", number, &o->saves[o->saves_count++].record, e);
}

int option_explain(struct replay_options *o, const char *s, struct err *e)
{
    int rc = arg_number("--explain", s, &o->explain, e);

    if (rc == 0 && !o->explain)
        return err_set(e, EINVAL, "--explain: findings are numbered from 1");
    return rc;
}
