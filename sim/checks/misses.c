/* SPDX-License-Identifier: MIT */
/*
 * LIVE-MISS: each miss of a vhost, from its question to its end. Judged when the record is over,
 * since the simulation answers at once whoever answers at all.
 */
#include "checks/internal.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned long long ull;

#define WAITING_MAX 8192u /* of one vhost; of more, the oldest are watched no longer */

struct waiting {
    uint64_t at;
    uint64_t record;
    unsigned answers; /* updates and failures since it was asked */
    bool write, dropped, told;
};

static void take_out(struct person *p, size_t index)
{
    p->waitings--;
    memmove(p->waiting + index, p->waiting + index + 1, (p->waitings - index) * sizeof *p->waiting);
}

static void asked(struct checks *c, struct person *p, uint64_t at, bool write)
{
    if (p->rings_stopped)
        chk_find(c, LIVE_MISS, &(struct where){p, true, iova_range(at, at), p->stop_record},
                 "The rings of %s stopped in record %llu, so it should ask for nothing, but it "
                 "missed 0x%llx.",
                 p->name, (ull)p->stop_record, (ull)at);
    if (p->waitings == WAITING_MAX)
        take_out(p, 0);
    if (p->waitings == p->waiting_room) {
        size_t room = p->waiting_room ? 2 * p->waiting_room : 8;
        struct waiting *more = realloc(p->waiting, room * sizeof *more);

        if (!more) {
            c->failed = true;
            return;
        }
        p->waiting = more;
        p->waiting_room = room;
    }
    p->waiting[p->waitings++] = (struct waiting){.at = at, .record = c->record, .write = write};
}

static bool is(const struct waiting *w, uint64_t at, bool write)
{
    return w->at == at && w->write == write;
}

static void failed(struct checks *c, struct person *p, uint64_t at, bool write)
{
    for (size_t i = p->waitings; i-- > 0;)
        if (is(&p->waiting[i], at, write) && !p->waiting[i].answers) {
            p->waiting[i].answers++;
            return;
        }
    chk_find(c, LIVE_MISS, &(struct where){p, true, iova_range(at, at), c->record},
             "%s was told that its miss of 0x%llx failed, but no such miss waits for an answer.",
             p->name, (ull)at);
}

static void woken(struct checks *c, struct person *p, uint64_t at, bool write)
{
    for (size_t i = 0; i < p->waitings; i++) {
        const struct waiting *w = &p->waiting[i];

        if (!is(w, at, write) || !(w->answers || w->dropped))
            continue;
        if (w->answers > 1)
            chk_find(c, LIVE_MISS, &(struct where){p, true, iova_range(at, at), w->record},
                     "The miss of 0x%llx by %s in record %llu should end in one answer, but it got "
                     "%u.",
                     (ull)at, p->name, (ull)w->record, w->answers);
        take_out(p, i);
        return;
    }
    chk_find(c, LIVE_MISS, &(struct where){p, true, iova_range(at, at), c->record},
             "A ring of %s that waits for 0x%llx went on, but no answer had come.", p->name,
             (ull)at);
}

/* The newest of several equal ones is given up last: any of them will do. */
static void dropped(struct person *p, uint64_t at, bool write)
{
    for (size_t i = 0; i < p->waitings; i++)
        if (is(&p->waiting[i], at, write) && !p->waiting[i].dropped) {
            p->waiting[i].dropped = true;
            return;
        }
}

void chk_misses_see(struct checks *c, struct person *p, const struct obs *o)
{
    uint64_t at = o->u.vhost.range.first.v;
    bool write = o->u.vhost.perm == PERM_W;

    c->misses_moved = true;
    switch (o->u.vhost.what) {
    case VHOST_MISS: asked(c, p, at, write); break;
    case VHOST_UPDATE:
        for (size_t i = 0; o->u.vhost.result >= 0 && i < p->waitings; i++)
            p->waiting[i].answers += iova_range_has(o->u.vhost.range, iova(p->waiting[i].at));
        break;
    case VHOST_FAILURE: failed(c, p, at, write); break;
    case VHOST_WOKEN: woken(c, p, at, write); break;
    case VHOST_DROPPED: dropped(p, at, write); break;
    case VHOST_STOPPED:
        p->rings_stopped = true;
        p->stop_record = c->record;
        p->must_end = "its rings stopped";
        break;
    case VHOST_STARTED: p->rings_stopped = false; break;
    case VHOST_INVALIDATE:
    case VHOST_EVICTED: break;
    }
}

void chk_misses_must_end(struct checks *c, const bdf_t *of, const char *why)
{
    for (size_t i = 0; i < c->persons; i++) {
        struct person *p = c->people[i];

        if (!p->waitings || (of && p->bdf.v != of->v))
            continue;
        p->must_end = why;
        c->misses_moved = true;
    }
}

void chk_misses_forget(struct person *p)
{
    free(p->waiting);
    p->waiting = NULL;
    p->waitings = p->waiting_room = 0;
    p->rings_stopped = false;
    p->must_end = NULL;
}

/* What has to be said of `w` now, or NULL; *gone when there is no more to come of it. */
static const char *trouble(const struct person *p, const struct waiting *w, bool *gone)
{
    *gone = w->dropped || w->answers;
    if (w->answers)
        return "was answered, but the ring that waits was not woken";
    if (w->dropped)
        return p->must_end || w->told ? NULL : "was given up, though nothing had stopped";
    if (p->must_end)
        return p->must_end;
    return w->told ? NULL : "";
}

static void judge(struct checks *c, struct person *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->waitings; i++) {
        struct waiting w = p->waiting[i];
        struct where at = {p, true, iova_range(w.at, w.at), w.record};
        bool gone;
        const char *what = trouble(p, &w, &gone);

        if (what && gone)
            chk_find(c, LIVE_MISS, &at, "The miss of 0x%llx by %s in record %llu %s.", (ull)w.at,
                     p->name, (ull)w.record, what);
        else if (what && *what)
            chk_find(c, LIVE_MISS, &at,
                     "%s missed 0x%llx in record %llu; now %s, so the miss should be over, but it "
                     "still waits.",
                     p->name, (ull)w.at, (ull)w.record, what);
        else if (what)
            chk_find(c, LIVE_MISS, &at,
                     "%s missed 0x%llx (%s) in record %llu, which should end in an update or a "
                     "failure; neither came, so its ring waits on.",
                     p->name, (ull)w.at, w.write ? "write" : "read", (ull)w.record);
        w.told = true;
        if (!gone)
            p->waiting[kept++] = w;
    }
    p->waitings = kept;
    p->must_end = NULL;
}

void chk_misses_record_end(struct checks *c)
{
    if (!c->misses_moved)
        return;
    c->misses_moved = false;
    if (c->aborted)
        return; /* the emulator ended: nobody is there to answer */
    for (size_t i = 0; i < c->persons; i++)
        if (c->people[i]->waitings || c->people[i]->must_end)
            judge(c, c->people[i]);
}
