/* SPDX-License-Identifier: MIT */
/* Our two type1: the preloaded library's and replay's, asked what a call comes to. */
#include <errno.h>
#include <string.h>

#include "calls.h"

#define PAGE_MASK UINT64_C(0xfff)

void models_clear(struct models *m)
{
    for (int i = 0; i < CONTAINERS_MAX; i++) {
        type1v2_clear(&m->containers[i].preloaded);
        type1_clear(&m->containers[i].replayed);
        m->containers[i] = (struct modelled){0};
    }
}

static void empty(struct modelled *c)
{
    type1v2_clear(&c->preloaded);
    type1_clear(&c->replayed);
    c->typed = false;
}

/* What the memory says once all else is granted. */
static int memory_refuses(const struct listed *l)
{
    if (l->place == PLACE_NONE || l->place == PLACE_NUMBER)
        return -EFAULT;
    return l->place == PLACE_READ_ONLY && (l->flags & 2) ? -EFAULT : 0;
}

static bool wraps(uint64_t first, uint64_t bytes)
{
    return bytes == 0 || first + (bytes - 1) < first;
}

/* Of a map that the memory refuses nothing stays. */
static void map(struct modelled *c, const struct listed *l, struct answer *p, struct answer *r)
{
    struct iova_range range = iova_range(l->iova, l->iova + (l->size - 1));
    int refused = memory_refuses(l);
    uint64_t bytes;

    p->known = !(l->flags == 4);
    p->result = type1v2_map(&c->preloaded, l->iova, l->size, l->address, l->flags);
    if (!p->result && refused) {
        type1v2_unmap(&c->preloaded, l->iova, l->size, 0, &bytes);
        p->result = refused;
    }
    r->known = l->flags < 4 && !wraps(l->iova, l->size) && !wraps(l->address, l->size);
    if (!r->known)
        return;
    r->result = type1_map(&c->replayed, range, gpa(l->address), (enum perm)l->flags);
    if (!r->result && refused) {
        type1_unmap(&c->replayed, range, &bytes);
        r->result = refused;
    }
}

static void unmap(struct modelled *c, const struct listed *l, struct answer *p, struct answer *r)
{
    bool all = l->flags == CALL_ALL && !l->iova && !l->size;
    struct iova_range range = iova_range(l->iova, all ? UINT64_MAX : l->iova + (l->size - 1));

    p->known = !(l->flags & 4);
    p->result = type1v2_unmap(&c->preloaded, l->iova, l->size, l->flags, &p->bytes);
    r->known = all || (l->flags == 0 && !wraps(l->iova, l->size));
    if (r->known)
        r->result = type1_unmap(&c->replayed, range, &r->bytes);
}

static void attachment(struct modelled *c, const struct listed *l, struct answer *p)
{
    switch (l->op) {
    case OP_CONTAINER:
        c->open = true;
        c->preloaded.limit = c->replayed.limit = l->number;
        c->preloaded.aperture_last = c->replayed.aperture_last = APERTURE_LAST;
        c->replayed.end_wraps = true;
        return;
    case OP_JOIN: c->groups++; return;
    case OP_TYPE:
        p->result = c->groups && !c->typed ? 0 : -EINVAL;
        c->typed |= !p->result;
        return;
    case OP_LEAVE:
        if (--c->groups == 0)
            empty(c);
        return;
    case OP_CLOSE:
        empty(c);
        *c = (struct modelled){0};
        return;
    default: p->known = l->op == OP_LOCK; return;
    }
}

/* Flags that our models do not know: what the list says happens. */
static bool said_only(const struct listed *l)
{
    return l->op == OP_BITMAP || (l->op == OP_JOIN && l->result) || l->op == OP_DIRTY ||
           (l->op == OP_UNMAP && (l->flags & 4)) ||
           (l->op == OP_MAP && (l->flags == 4 || l->result == -ENOMEM));
}

void models_answer(struct models *m, const struct listed *l, struct answer *preloaded,
                   struct answer *replayed)
{
    struct modelled *c = &m->containers[l->container];
    struct listed plain = *l;

    *preloaded = (struct answer){.known = true};
    *replayed = (struct answer){.known = false};
    if (l->expects && said_only(l)) {
        *preloaded = (struct answer){true, l->result, l->bytes};
        plain.op = OP_UNMAP;
        plain.flags = 0;
        if (l->op == OP_BITMAP && l->result == 0)
            unmap(c, &plain, &(struct answer){0}, &(struct answer){0});
    } else if (l->op != OP_MAP && l->op != OP_UNMAP) {
        attachment(c, l, preloaded);
    } else if (!c->typed) {
        preloaded->result = -EINVAL;
    } else if (l->op == OP_MAP) {
        map(c, l, preloaded, replayed);
    } else {
        unmap(c, l, preloaded, replayed);
    }
    if (preloaded->result)
        preloaded->bytes = 0;
}

const char break_rules[] = "overlap, cut, limit, window, aperture, memory, bytes";

bool break_rule(const char *rule, const struct listed *l, struct answer *a)
{
    bool map = l->op == OP_MAP;
    uint64_t last = l->iova + (l->size - 1);
    int from = 1;

    if (!strcmp(rule, "overlap"))
        from = map ? -EEXIST : 1;
    else if (!strcmp(rule, "cut"))
        from = l->op == OP_UNMAP && !((l->iova | l->size) & PAGE_MASK) && !l->flags ? -EINVAL : 1;
    else if (!strcmp(rule, "limit"))
        from = map ? -ENOSPC : 1;
    else if (!strcmp(rule, "window"))
        from = map && l->iova <= IR_WINDOW_LAST && last >= IR_WINDOW_FIRST ? -EINVAL : 1;
    else if (!strcmp(rule, "aperture"))
        from = map && last > APERTURE_LAST ? -EINVAL : 1;
    else if (!strcmp(rule, "memory"))
        from = map ? -EFAULT : 1;
    else if (!strcmp(rule, "bytes"))
        a->bytes &= ~UINT64_C(0x1000);
    else
        return false;
    if (a->result == from)
        a->result = 0;
    return true;
}
