/* SPDX-License-Identifier: MIT */
/* Findings: counted always, told in a sentence for the first of each invariant. */
#include "checks/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *chk_perm(enum perm p)
{
    static const char *const names[4] = {"no right", "r", "w", "rw"};

    return names[p & 3];
}

#define COSTS_KEPT 100u /* a cost is counted rather than told */

static bool is_cost(enum inv_id id)
{
    size_t rows;

    return invariants(&rows)[id].severity == SEV_COST;
}

void chk_findings_init(struct checks *c)
{
    size_t kept = c->cfg.findings_kept;

    for (unsigned id = 0; id < INVARIANTS; id++) {
        c->cost[id] = is_cost((enum inv_id)id);
        c->kept[id] = c->cost[id] && kept > COSTS_KEPT ? COSTS_KEPT : kept;
    }
}

static bool room_for_finding(struct checks *c)
{
    size_t room = c->founds_room ? c->founds_room * 2 : 16;
    struct finding *found;

    if (c->founds < c->founds_room)
        return true;
    found = realloc(c->found, room * sizeof *found);
    if (!found)
        return false;
    c->found = found;
    c->founds_room = room;
    return true;
}

static void keep(struct checks *c, enum inv_id id, const struct where *w, const char *fmt,
                 va_list args)
{
    char text[512];
    size_t rows;
    char *copy, *name = NULL;

    vsnprintf(text, sizeof text, fmt, args);
    copy = malloc(strlen(text) + 1);
    if (w->who)
        name = malloc(sizeof w->who->name);
    if (!copy || (w->who && !name) || !room_for_finding(c)) {
        free(copy);
        free(name);
        c->failed = true;
        return;
    }
    strcpy(copy, text);
    if (name)
        memcpy(name, w->who->name, sizeof w->who->name);
    c->found[c->founds++] = (struct finding){
        .n = c->cost[id] ? 0 : c->found_all,
        .inv = &invariants(&rows)[id],
        .record = c->record,
        .at_ns = c->at_ns,
        .consumer = name,
        .has_range = w->has_range,
        .range = w->range,
        .text = copy,
        .cause_record = w->cause,
    };
}

bool chk_found_enough(struct checks *c, enum inv_id id)
{
    if (c->counts[id] < c->kept[id])
        return false;
    if (!c->cost[id])
        c->found_all++;
    c->counts[id]++;
    return true;
}

void chk_find(struct checks *c, enum inv_id id, const struct where *w, const char *fmt, ...)
{
    va_list args;

    if (chk_found_enough(c, id))
        return;
    if (!c->cost[id])
        c->found_all++;
    c->counts[id]++;
    va_start(args, fmt);
    keep(c, id, w, fmt, args);
    va_end(args);
}

void checks_report_restore(struct checks *c, uint64_t record, uint64_t saved, const char *text)
{
    c->record = record;
    chk_find(c, STATE_RESTORE, &(struct where){.cause = saved}, "%s", text);
}

void chk_story(struct checks *c, uint64_t gpa)
{
    uint64_t n = c->story_count;

    /* The ring grows to its size in steps: 64, 128, ... */
    if (n == 0 || (n >= 64 && n < STORIES && (n & (n - 1)) == 0)) {
        struct story *grown = realloc(c->stories, (n ? 2 * n : 64) * sizeof(*grown));

        if (!grown) {
            c->failed = true;
            return;
        }
        c->stories = grown;
    }
    c->stories[c->story_count++ % STORIES] = (struct story){gpa, c->record};
}

uint64_t chk_story_of(const struct checks *c, uint64_t gpa)
{
    uint64_t n = c->story_count < STORIES ? c->story_count : STORIES;

    for (uint64_t back = 1; back <= n; back++) {
        const struct story *s = &c->stories[(c->story_count - back) % STORIES];

        if (s->gpa == gpa)
            return s->record;
    }
    return 0;
}

size_t checks_findings(const struct checks *c)
{
    return c->founds;
}

const struct finding *checks_finding(const struct checks *c, size_t index)
{
    return index < c->founds ? &c->found[index] : NULL;
}

uint64_t checks_count(const struct checks *c, size_t index)
{
    return index < INVARIANTS ? c->counts[index] : 0;
}

uint64_t checks_total(const struct checks *c, enum severity s)
{
    size_t n;
    const struct invariant *rows = invariants(&n);
    uint64_t total = 0;

    for (size_t i = 0; i < n; i++)
        if (rows[i].severity == s)
            total += c->counts[i];
    return total;
}

struct check_compared checks_compared(const struct checks *c)
{
    return c->compared;
}

struct check_compared checks_differs(const struct checks *c)
{
    return c->differs;
}

bool checks_failed(const struct checks *c)
{
    return c->failed;
}
