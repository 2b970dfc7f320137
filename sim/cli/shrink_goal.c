/* SPDX-License-Identifier: MIT */
#include "cli/shrink_goal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 256u

/* One replay of a trace in memory. */
struct trial {
    const struct shrink_goal *goal;
    struct replay_options options;
    struct replay replay;
    bool stop;  /* as soon as the goal is there */
    bool plain; /* without quirks */
};

/* Is it one that makes a replay fail? */
static bool counts(const struct replay_options *o, enum severity s)
{
    return s == SEV_VIOLATION || (s == SEV_GUEST && o->strict_guest);
}

static bool broken(const struct replay *r, size_t row)
{
    return r->checks && checks_count(r->checks, row) > 0;
}

/* The goal is there, or something else came before it where nothing may. */
static bool enough(void *ctx, const struct replay *r)
{
    const struct trial *t = ctx;
    const struct shrink_goal *g = t->goal;

    if (!t->stop)
        return false;
    return broken(r, g->row) ||
           (!t->plain && !g->named && !g->by_quirk && checks_total(r->checks, SEV_VIOLATION) > 0);
}

void shrink_goal_restore_at(const struct shrink_goal *g, const struct shrink_case *c, uint64_t *to)
{
    for (size_t i = 0; i < g->options->restore_at_count; i++) {
        to[i] = 0;
        while (to[i] < c->count && c->origin[to[i]] <= g->options->restore_at[i])
            to[i]++;
    }
}

/* Replay `c`. The caller ends with replay_free. 0, or -ENOMEM. */
static int run(struct trial *t, const struct shrink_case *c)
{
    struct replay_job job = {
        .options = &t->options, .trace = "the trace", .hooks = {.enough = enough, .ctx = t}};
    uint64_t *restore_at;
    struct trace_damage d;
    int rc;

    memset(&t->replay, 0, sizeof(t->replay));
    t->options = *t->goal->options;
    t->options.stop_on_violation = false;
    if (t->plain)
        t->options.quirks_count = 0;
    restore_at = calloc(t->options.restore_at_count + 1, sizeof(*restore_at));
    if (!restore_at)
        return -ENOMEM;
    shrink_goal_restore_at(t->goal, c, restore_at);
    t->options.restore_at = restore_at;
    rc = trace_open_records(c->header, c->rec, c->count, &job.reader, &d);
    if (rc == 0)
        replay_run(&t->replay, &job);
    free(restore_at);
    t->options.restore_at = NULL;
    return rc;
}

/* The first finding that makes a replay fail and is not among `known`; NULL: none. */
static const struct finding *first_finding(const struct shrink_goal *g, const struct checks *c,
                                           const bool *known)
{
    size_t n, rows;
    const struct invariant *table = invariants(&rows);

    if (!c)
        return NULL;
    n = checks_findings(c);
    for (size_t i = 0; i < n; i++) {
        const struct finding *f = checks_finding(c, i);

        if (counts(g->options, f->inv->severity) && !(known && known[f->inv - table]))
            return f;
    }
    return NULL;
}

static bool not_replayed(const struct replay *r)
{
    return r->report.verdict == VERDICT_DAMAGED;
}

static int find_row(const char *name, size_t *row, struct err *e)
{
    size_t rows;
    const struct invariant *table = invariants(&rows);

    for (*row = 0; *row < rows; ++*row)
        if (!strcmp(table[*row].id, name))
            return 0;
    return err_set(e, EINVAL, "--invariant: there is no '%.60s'; replay --list-invariants has all",
                   name);
}

/* What is broken without the quirks. False when it cannot be told. */
static bool without_quirks(struct shrink_goal *g, const struct shrink_case *c, bool stop,
                           bool *known, bool *clean)
{
    struct trial t = {.goal = g, .plain = true, .stop = stop};
    size_t rows;
    bool ok;

    invariants(&rows);
    ok = run(&t, c) == 0 && !not_replayed(&t.replay);
    for (size_t i = 0; i < rows && i < ROWS_MAX; i++)
        known[i] = ok && broken(&t.replay, i);
    *clean = ok && !first_finding(g, t.replay.checks, NULL);
    replay_free(&t.replay);
    return ok;
}

static int take(struct shrink_goal *g, const struct trial *t, const bool *known, struct err *e)
{
    const struct finding *f = NULL;
    size_t rows;

    if (g->named) {
        if (find_row(g->named, &g->row, e))
            return -EINVAL;
        if (!broken(&t->replay, g->row))
            return err_set(e, ENODATA, "%s is not broken, there is nothing to shrink", g->named);
    } else {
        f = first_finding(g, t->replay.checks, known);
        if (!f)
            f = first_finding(g, t->replay.checks, NULL);
        if (!f)
            return err_set(e, ENODATA, "nothing fails, there is nothing to shrink");
        g->row = (size_t)(f->inv - invariants(&rows));
    }
    g->by_quirk = g->options->quirks_count && !known[g->row];
    g->lasting = known[g->row];
    snprintf(g->abort_why, sizeof(g->abort_why), "%s", t->replay.counts.abort_why);
    return 0;
}

static int choose_invariant(struct shrink_goal *g, const struct shrink_case *c, struct err *e)
{
    struct trial t = {.goal = g};
    bool known[ROWS_MAX] = {false};
    int rc = run(&t, c);

    if (rc == 0 && not_replayed(&t.replay))
        rc = err_set(e, EINVAL, "record %llu: %.200s",
                     (unsigned long long)t.replay.report.stop.record, t.replay.report.stop.why);
    if (rc == 0 && g->options->quirks_count)
        without_quirks(g, c, false, known, &g->clean_without);
    if (rc == 0)
        rc = take(g, &t, known, e);
    replay_free(&t.replay);
    return rc;
}

int shrink_goal_choose(struct shrink_goal *g, const struct shrink_case *c, struct err *e)
{
    int status = 0, rc;

    if (g->command) {
        rc = shrink_command(g, c, &status);
        if (rc)
            return err_set(e, -rc, "--command: it could not be run: %s", strerror(-rc));
        return status == 1
                   ? 0
                   : err_set(e, ENODATA, "--command: it ended with %d, not with 1 (still fails)",
                             status);
    }
    if (!g->options->against)
        return choose_invariant(g, c, e);
    rc = shrink_against(g, c, &g->difference);
    if (rc == 0 && !g->difference.any)
        return err_set(e, ENODATA, "the two profiles tell the same, there is nothing to shrink");
    return rc;
}

/* Does the invariant of the goal fail by the quirks alone, and is it the one that would be chosen?
 */
static bool chosen_again(struct shrink_goal *g, const struct shrink_case *c, const struct trial *t)
{
    bool known[ROWS_MAX] = {false}, clean = false;
    const struct finding *f;
    size_t rows;

    if (g->by_quirk && (!without_quirks(g, c, true, known, &clean) || known[g->row] ||
                        (g->clean_without && !clean)))
        return false;
    if (g->named)
        return true;
    f = first_finding(g, t->replay.checks, known);
    return f && (size_t)(f->inv - invariants(&rows)) == g->row;
}

static int invariant_fails(struct shrink_goal *g, const struct shrink_case *c, size_t *needed)
{
    struct trial t = {.goal = g, .stop = true};
    const struct report *p = &t.replay.report;
    bool fails;

    if (run(&t, c))
        return -ENOMEM;
    fails = broken(&t.replay, g->row) && !not_replayed(&t.replay);
    if (fails && !strcmp(shrink_goal_name(g), "LIVE-ABORT"))
        fails = !strcmp(t.replay.counts.abort_why, g->abort_why);
    if (fails && p->stopped && p->stop.record < c->count)
        *needed = (size_t)p->stop.record;
    if (fails) {
        struct shrink_case cut = *c;

        cut.count = *needed;
        fails = chosen_again(g, &cut, &t);
    }
    replay_free(&t.replay);
    return fails;
}

int shrink_goal_fails(void *arg, const struct shrink_case *c, size_t *needed)
{
    struct shrink_goal *g = arg;
    struct shrink_difference d;
    int rc, status = 0;

    if (g->command) {
        rc = shrink_command(g, c, &status);
        return rc ? rc : status == 1;
    }
    if (!g->options->against)
        return invariant_fails(g, c, needed);
    rc = shrink_against(g, c, &d);
    if (rc || !d.any)
        return rc == -ENOMEM ? rc : 0;
    if (strcmp(d.kind[0], g->difference.kind[0]) || strcmp(d.kind[1], g->difference.kind[1]))
        return 0;
    *needed = d.record < c->count ? (size_t)d.record : c->count;
    return 1;
}

const char *shrink_goal_name(const struct shrink_goal *g)
{
    size_t rows;

    if (g->command)
        return "the command's answer";
    return g->options->against ? "the difference" : invariants(&rows)[g->row].id;
}

uint64_t shrink_goal_finding(const struct shrink_goal *g, const struct shrink_case *c)
{
    struct trial t = {.goal = g, .stop = true};
    uint64_t n = 0;
    size_t rows;

    if (g->command || g->options->against)
        return 0;
    if (run(&t, c) == 0)
        for (size_t i = 0; t.replay.checks && i < checks_findings(t.replay.checks) && !n; i++)
            if (checks_finding(t.replay.checks, i)->inv == &invariants(&rows)[g->row])
                n = checks_finding(t.replay.checks, i)->n;
    replay_free(&t.replay);
    return n;
}
