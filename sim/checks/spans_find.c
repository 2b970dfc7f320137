/* SPDX-License-Identifier: MIT */
/* Where in a map of spans an address is, or would be. Nothing here changes what a map holds. */
#include "checks/spans_inside.h"

/* Where x would lie among `n` (below 2^32) things spread evenly over [0, over): a place to begin
 * looking at. */
static size_t guess(uint64_t x, uint64_t over, size_t n)
{
    while (over >> 32) {
        over >>= 16;
        x >>= 16;
    }
    return x >= over ? n - 1 : (size_t)(x * n / over);
}

size_t spans_chunk_for(const struct spans *s, uint64_t x)
{
    const struct span_slot *dir = s->dir;
    size_t lo = 0, hi = s->chunks, by = 1;

    if (!hi || x < dir[0].first)
        return 0;
    if (x >= dir[hi - 1].first)
        return hi - 1;
    lo = guess(x - dir[0].first, dir[hi - 1].first - dir[0].first, hi - 1);
    if (dir[lo].first <= x) {
        while (lo + by < hi && dir[lo + by].first <= x) {
            lo += by;
            by *= 2;
        }
        hi = lo + by < hi ? lo + by : hi;
    } else {
        hi = lo;
        while (hi > by && dir[hi - by].first > x) {
            hi -= by;
            by *= 2;
        }
        lo = hi > by ? hi - by : 0;
    }
    while (hi - lo > 1) { /* lo starts at x or below, hi above */
        size_t mid = lo + (hi - lo) / 2;

        if (dir[mid].first <= x)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

/* The first range of a chunk that ends at x or above; `used` when none does. */
static unsigned seek_in(const struct spans *s, size_t chunk, uint64_t x)
{
    const struct span_chunk *c = s->dir[chunk].chunk;
    uint64_t first = s->dir[chunk].first;
    uint64_t end;
    unsigned lo, hi, by = 1;

    if (x <= first)
        return 0;
    end = chunk + 1 < s->chunks ? s->dir[chunk + 1].first : c->at[c->used - 1].last;
    lo = (unsigned)guess(x - first, end - first, SPANS_PER_CHUNK);
    __builtin_prefetch(&c->at[lo]); /* most are full: while it is on its way whether this one is */
    if (c->used != SPANS_PER_CHUNK)
        lo = (unsigned)guess(x - first, end - first, c->used);
    if (c->at[lo].last < x) {
        for (lo++; lo + by < c->used && c->at[lo + by].last < x; by *= 2)
            lo += by + 1;
        hi = lo + by < c->used ? lo + by : c->used;
    } else {
        for (hi = lo; hi > by && c->at[hi - by].last >= x; by *= 2)
            hi -= by;
        lo = hi >= by && c->at[hi - by].last < x ? hi - by + 1 : 0;
    }
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;

        if (c->at[mid].last < x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool at_hole(const struct spans *s, const struct span_pos *p)
{
    return s->hole && p->chunk == s->hole_chunk && p->at == s->hole_at;
}

static struct span *at_pos(struct spans *s, struct span_pos *p)
{
    p->at += at_hole(s, p);
    if (p->chunk < s->chunks && p->at >= s->dir[p->chunk].chunk->used) {
        p->chunk++;
        p->at = 0;
    }
    return p->chunk < s->chunks ? &s->dir[p->chunk].chunk->at[p->at] : NULL;
}

/* Where was looked last is the chunk for x. */
static bool near_chunk(const struct spans *s, uint64_t x)
{
    size_t chunk = s->near_chunk;

    return chunk < s->chunks && s->dir[chunk].first <= x &&
           (chunk + 1 >= s->chunks || s->dir[chunk + 1].first > x);
}

/* And there it is where was looked, or one further. */
static bool near_there(const struct spans *s, uint64_t x, struct span_pos *p)
{
    const struct span_chunk *c = s->dir[s->near_chunk].chunk;
    unsigned at = s->near_at;

    *p = (struct span_pos){s->near_chunk, at};
    if (!c->used || at > c->used || (at && c->at[at - 1].last >= x))
        return false;
    if (at == c->used || c->at[at].last >= x)
        return true;
    p->at = at + 1;
    return at + 1 == c->used || c->at[at + 1].last >= x;
}

bool spans_near(const struct spans *s, uint64_t x, struct span_pos *p)
{
    return near_chunk(s, x) && near_there(s, x, p);
}

/* The last range of a map that has chunks: none is empty, nor is a hole its last. */
static const struct span *last_of(const struct spans *s)
{
    const struct span_chunk *c = s->dir[s->chunks - 1].chunk;

    return &c->at[c->used - 1];
}

/* So x at *p is the answer for all that lies behind the range before it. */
static struct span *keep(struct spans *s, uint64_t from, struct span *x, const struct span_pos *p)
{
    unsigned before = p->at - (s->hole && p->chunk == s->hole_chunk && p->at == s->hole_at + 1);

    s->found = x;
    if (!x)
        return NULL;
    s->found_from = before ? s->dir[p->chunk].chunk->at[before - 1].last + 1 : from;
    s->found_to = x->last;
    s->found_pos = *p;
    return x;
}

static struct span *look_far(struct spans *s, uint64_t x, struct span_pos *p)
{
    *p = (struct span_pos){0, 0};
    if (!s->chunks)
        return NULL;
    if (!near_chunk(s, x)) {
        if (last_of(s)->last < x) {
            *p = (struct span_pos){s->chunks, 0};
            return NULL;
        }
        p->chunk = spans_chunk_for(s, x);
        p->at = seek_in(s, p->chunk, x);
        s->near_chunk = p->chunk;
    } else if (!near_there(s, x, p)) {
        p->at = seek_in(s, p->chunk, x);
    }
    s->near_at = p->at;
    return keep(s, x, at_pos(s, p), p);
}

/* What ends at x or above is where was looked or was to be looked, or one further; what is before
 * it ends below. */
static struct span *look_near(struct spans *s, uint64_t x, struct span_pos *p)
{
    struct span_chunk *c;
    unsigned at = s->near_at;

    if (s->hole || s->near_chunk >= s->chunks)
        return NULL;
    c = s->dir[s->near_chunk].chunk;
    if (at + 1 >= c->used)
        return NULL;
    at += c->at[at].last < x;
    if (!at || c->at[at - 1].last >= x || c->at[at].last < x)
        return NULL;
    s->found = &c->at[at];
    s->found_from = c->at[at - 1].last + 1;
    s->found_to = c->at[at].last;
    p->chunk = s->found_pos.chunk = s->near_chunk;
    p->at = s->found_pos.at = s->near_at = at;
    return s->found;
}

/* Ranges are often asked for in order: is it the one after that found last, or is that the last of
 * all (a hole never is)? */
struct span *spans_look(struct spans *s, uint64_t x, struct span_pos *p)
{
    const struct span_chunk *c;
    struct span *near = look_near(s, x, p);
    unsigned at = s->found_pos.at + 1;

    if (near)
        return near;
    if (!s->found || x <= s->found_to)
        return look_far(s, x, p);
    c = s->dir[s->found_pos.chunk].chunk;
    if (at == c->used && s->found_pos.chunk + 1 == s->chunks) {
        *p = (struct span_pos){s->chunks, 0};
        return NULL;
    }
    if (s->hole || at >= c->used || c->at[at].last < x)
        return look_far(s, x, p);
    s->found++;
    s->found_from = s->found_to + 1;
    s->found_to = s->found->last;
    s->found_pos.at = at;
    *p = s->found_pos;
    return s->found;
}

void spans_expect(struct spans *s, uint64_t x)
{
    const struct span_chunk *c;
    uint64_t first, end;
    size_t chunk;
    unsigned at;

    if (s->chunks < 2 || near_chunk(s, x)) /* there it was looked lately */
        return;
    chunk = spans_chunk_for(s, x);
    first = s->dir[chunk].first;
    if (chunk + 1 == s->chunks || x < first)
        return;
    end = s->dir[chunk + 1].first;
    c = s->dir[chunk].chunk;
    at = (unsigned)guess(x - first, end - first, SPANS_PER_CHUNK);
    s->near_chunk = chunk;
    s->near_at = at;
    __builtin_prefetch(&c->used);
    __builtin_prefetch(&c->at[at ? at - 1 : 0].last); /* near_there looks at both neighbours */
    __builtin_prefetch(&c->at[at + 1 < SPANS_PER_CHUNK ? at + 1 : at].last);
}

struct span *spans_step_far(struct spans *s, struct span_pos *p)
{
    p->at++;
    return at_pos(s, p);
}

unsigned spans_start_in(const struct spans *s, size_t chunk, uint64_t x)
{
    const struct span_chunk *c = s->dir[chunk].chunk;
    unsigned at = c->used && c->at[c->used - 1].first < x ? c->used
                  : c->used                               ? seek_in(s, chunk, x)
                                                          : 0;

    /* None overlaps what comes, so who ends at x or above starts there: but for the hole. */
    return at < c->used && c->at[at].first < x ? at + 1 : at;
}
