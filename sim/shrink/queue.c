/* SPDX-License-Identifier: MIT */
/*
 * Blocks of records, where the queue is laid out anew each time. In a trace each descriptor stands
 * at its place in a ring, so none can go alone: the ones behind it would not be where the hardware
 * looks. Here a trace is taken apart into descriptors without a place, writes of the tail without
 * a value, and the rest; what is left of them is put together with descriptors from 0 on.
 */
#include <errno.h>
#include <string.h>

#include "shrink/inside.h"
#include "vtd_regs.h"

enum role { ROLE_REST, ROLE_DESC, ROLE_TAIL };

struct item {
    const struct rec *rec; /* ROLE_DESC: NULL */
    uint64_t origin;
    uint64_t word[2]; /* ROLE_DESC */
    enum role role;
};

/* The registers and the memory of the queue, while records pass by. */
struct ring {
    struct queue_places places;
    uint64_t *word[QUEUES_MAX]; /* what memory holds there */
    size_t words[QUEUES_MAX];
    uint64_t iqa, entries, at; /* where the next descriptor stands */
    size_t place;              /* which of the places is the queue; places.count: none */
    bool on;
};

struct taking {
    struct shrink *s;
    struct item *item;
    size_t count;
    struct ring ring;
};

static bool ring_new(struct shrink *s, struct ring *r)
{
    memset(r, 0, sizeof(*r));
    r->places = queue_places(&s->t->now);
    r->place = r->places.count;
    for (size_t i = 0; i < r->places.count; i++) {
        r->words[i] = (size_t)(2 * r->places.entries[i]);
        r->word[i] = shrink_take(s, r->words[i], sizeof(**r->word));
        if (!r->word[i])
            return false;
    }
    return r->places.count > 0 && !r->places.beyond;
}

static void ring_clear(struct ring *r)
{
    for (size_t i = 0; i < r->places.count; i++)
        memset(r->word[i], 0, r->words[i] * sizeof(**r->word));
    r->iqa = r->entries = r->at = 0;
    r->place = r->places.count;
    r->on = false;
}

static uint64_t *ring_word(struct ring *r, uint64_t gpa)
{
    size_t i = queue_at(&r->places, gpa);

    return i < r->places.count ? &r->word[i][(gpa - r->places.base[i]) / 8] : NULL;
}

static void ring_store(struct ring *r, const struct rec *rec)
{
    uint64_t at = rec->kind == REC_MEM ? rec->u.mem.gpa.v : rec->u.zero.gpa.v;
    uint64_t *word;

    if (rec->kind == REC_MEM) {
        for (uint32_t i = 0; i < rec->u.mem.words; i++)
            if ((word = ring_word(r, at + UINT64_C(8) * i)))
                *word = rec->u.mem.val[i];
        return;
    }
    for (size_t q = 0; q < r->places.count; q++) {
        uint64_t first = r->places.base[q];

        for (size_t i = 0; i < r->words[q]; i++)
            if (first + 8 * i >= at && first + 8 * i - at < rec->u.zero.bytes)
                r->word[q][i] = 0;
    }
}

/* A record that is no write of the tail. */
static void ring_pass(struct ring *r, const struct rec *rec)
{
    if (shrink_iqa(rec, &r->iqa)) {
        r->place = queue_at(&r->places, r->iqa & ADDR_FIELD);
        r->entries = UINT64_C(256) << (r->iqa & IQA_QS);
        r->at = 0;
    } else if (rec->kind == REC_W32 && rec->u.reg.off == REG_GCMD) {
        bool on = (rec->u.reg.val & GCMD_QIE) != 0;

        if (on != r->on)
            r->at = 0;
        r->on = on;
    } else if (rec->kind == REC_RESET) {
        r->on = false;
        r->at = 0;
    } else if (rec->kind == REC_MEM || rec->kind == REC_ZERO) {
        ring_store(r, rec);
    }
}

static bool writes_tail(const struct ring *r, const struct rec *rec)
{
    return r->on && r->place < r->places.count && (rec->kind == REC_W32 || rec->kind == REC_W64) &&
           rec->u.reg.off == REG_IQT;
}

/* All of it lies in a queue: it comes again with its descriptors. */
static bool stores_descs(const struct ring *r, const struct rec *rec)
{
    return rec->kind == REC_MEM && queue_at(&r->places, rec->u.mem.gpa.v) < r->places.count &&
           queue_at(&r->places, rec->u.mem.gpa.v + UINT64_C(8) * (rec->u.mem.words - 1)) <
               r->places.count;
}

/* The descriptors between the place reached and the tail. */
static bool take_descs(struct taking *t, const struct rec *rec, uint64_t origin, size_t room)
{
    struct ring *r = &t->ring;
    uint64_t tail = rec->u.reg.val / 16;

    if (rec->u.reg.val % 16 || tail >= r->entries)
        return false;
    for (; r->at != tail; r->at = (r->at + 1) % r->entries) {
        uint64_t *word = ring_word(r, r->places.base[r->place] + 16 * r->at);

        if (!word || t->count + 1 >= room)
            return false;
        t->item[t->count++] =
            (struct item){.origin = origin, .word = {word[0], word[1]}, .role = ROLE_DESC};
    }
    t->item[t->count++] = (struct item){.rec = rec, .origin = origin, .role = ROLE_TAIL};
    return true;
}

/* Take the records apart; false when that cannot be, or is no use. */
static bool take(struct taking *t)
{
    const struct shrink_list *l = &t->s->t->now;
    size_t room = 2 * l->count + 1024, descs = 0;

    if (!ring_new(t->s, &t->ring))
        return false;
    t->item = shrink_take(t->s, room, sizeof(*t->item));
    for (size_t i = 0; t->item && i < l->count; i++) {
        const struct rec *rec = l->rec[i];

        if (t->count + 2 >= room)
            return false;
        if (writes_tail(&t->ring, rec)) {
            size_t before = t->count;

            if (!take_descs(t, rec, l->origin[i], room))
                return false;
            descs += t->count - before - 1;
            continue;
        }
        ring_pass(&t->ring, rec);
        if (!stores_descs(&t->ring, rec))
            t->item[t->count++] =
                (struct item){.rec = rec, .origin = l->origin[i], .role = ROLE_REST};
    }
    return t->item && descs > 0;
}

/* A record for the list, in the arena. */
static bool add(struct shrink *s, struct shrink_list *l, const struct rec *rec, uint64_t origin)
{
    l->rec[l->count] = shrink_rec_copy(&s->t->arena, rec);
    l->origin[l->count] = origin;
    if (!l->rec[l->count])
        s->fault = -ENOMEM;
    return l->rec[l->count++] != NULL;
}

/* A descriptor at its place, unless memory holds it already. */
static bool put_desc(struct taking *t, const struct item *it, struct shrink_list *l)
{
    struct ring *r = &t->ring;
    struct rec rec = {.kind = REC_MEM};
    uint64_t *word;

    if (r->place >= r->places.count || !r->entries)
        return true; /* the queue itself was dropped */
    rec.u.mem.gpa = gpa(r->places.base[r->place] + 16 * r->at);
    rec.u.mem.words = 2;
    rec.u.mem.val = it->word;
    r->at = (r->at + 1) % r->entries;
    word = ring_word(r, rec.u.mem.gpa.v);
    if (!word || (word[0] == it->word[0] && word[1] == it->word[1]))
        return true;
    word[0] = it->word[0];
    word[1] = it->word[1];
    return add(t->s, l, &rec, it->origin);
}

/* Put items [0, from) and [to, count) together. `item_of`: for each record, how many items it and
 * those before it came from. */
static bool put(struct taking *t, size_t from, size_t to, struct shrink_list *l, size_t *item_of)
{
    ring_clear(&t->ring);
    for (size_t i = 0; i < t->count; i++) {
        const struct item *it = &t->item[i];
        struct rec tail;

        if (i >= from && i < to)
            continue;
        if (it->role == ROLE_DESC) {
            if (!put_desc(t, it, l))
                return false;
        } else if (it->role == ROLE_TAIL) {
            tail = *it->rec;
            tail.u.reg.val = 16 * t->ring.at;
            if (!add(t->s, l, &tail, it->origin))
                return false;
        } else {
            ring_pass(&t->ring, it->rec);
            l->rec[l->count] = it->rec;
            l->origin[l->count++] = it->origin;
        }
        for (size_t k = l->count; k-- > 0 && !item_of[k];)
            item_of[k] = i + 1;
    }
    return true;
}

/* Try without [from, to). */
static size_t drop_items(void *arg, size_t from, size_t to)
{
    struct taking *t = arg;
    struct shrink *s = t->s;
    struct arena_mark m = arena_mark(&s->t->arena);
    struct shrink_list l;
    size_t *item_of = shrink_take(s, t->count, sizeof(*item_of));

    if (item_of && shrink_list_new(s, t->count, &l) && put(t, from, to, &l, item_of) &&
        shrink_try(s, &l)) {
        size_t kept = s->t->now.count ? item_of[s->t->now.count - 1] : 0, n = 0;

        for (size_t i = 0; i < kept; i++)
            if (i < from || i >= to)
                t->item[n++] = t->item[i];
        t->count = n;
    } else {
        arena_release(&s->t->arena, m);
    }
    return t->count;
}

void pass_queue(struct shrink *s)
{
    struct arena_mark m = arena_mark(&s->t->arena);
    struct shrink_list was = s->t->now;
    bool changed = s->changed;
    struct taking t = {.s = s};

    /* In the arrays as they are nothing changes: each try makes its own. */
    if (take(&t) && drop_items(&t, 0, 0) > 0 && s->t->now.rec != was.rec)
        blocks(s, t.count, drop_items, &t);
    if (s->t->now.count < was.count)
        return;
    s->t->now = was; /* only put together otherwise */
    s->changed = changed;
    arena_release(&s->t->arena, m);
}
