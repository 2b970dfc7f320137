/* SPDX-License-Identifier: MIT */
#include "gen/random_vhost.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gen/random_inside.h"

static uint64_t below(struct random_vhost *v, uint64_t n)
{
    struct random_guest dice = {.state = v->dice};
    uint64_t drawn = random_below(&dice, n);

    v->dice = dice.state;
    return drawn;
}

static struct rec *push(struct random_vhost *v, enum rec_kind kind)
{
    struct rec *r = &v->wait[v->waits++];

    *r = (struct rec){.kind = kind};
    return r;
}

static void push_store(struct random_vhost *v, uint64_t at, const uint64_t words[2])
{
    uint64_t *kept = v->wait_words[v->waits];
    struct rec *r = push(v, REC_MEM);

    kept[0] = words[0];
    kept[1] = words[1];
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = 2;
    r->u.mem.val = kept;
}

static void attach(struct random_vhost *v, unsigned i)
{
    struct attach_rec *a = &v->attach[i];

    *a = (struct attach_rec){
        .kind = CONSUMER_VHOST, .bdf = v->at[i], .has_backend = true, .backend = BACKEND_USER};
    memcpy(a->name, v->name[i], NAME_BYTES);
    push(v, REC_ATTACH)->u.attach = a;
}

/* Who is there already is the one that gets the vhost. */
static void last_if_there(struct trace_header *h, bdf_t at, struct device_rec *last)
{
    for (size_t i = 0; i < h->devices_count; i++) {
        struct device_rec found = h->devices[i];

        if (found.bdf.v != at.v)
            continue;
        h->devices[i] = *last;
        *last = found;
        return;
    }
}

int random_vhost_begin(struct random_vhost *v, struct trace_header *h, const bdf_t *at,
                       unsigned count, uint64_t seed, struct err *e)
{
    *v = (struct random_vhost){.dice = ~seed, .count = count};
    if (count > h->devices_count || count > RANDOM_VHOSTS_MAX)
        return err_set(e, EINVAL, "--vhost: at most %zu devices expected", h->devices_count);
    for (unsigned i = 0; i < count; i++) {
        struct device_rec *d = &h->devices[h->devices_count - 1 - i];

        last_if_there(h, at[i], d);
        v->old[i] = d->bdf;
        v->at[i] = d->bdf = at[i];
        snprintf(v->name[i], NAME_BYTES, "vhost%u", i);
        attach(v, i);
    }
    if (count == 0)
        return 0;
    h->unit.caching_mode = below(v, 2);
    if (below(v, 4))
        h->unit.device_iotlb = true;
    v->device_iotlb = h->unit.device_iotlb;
    return 0;
}

static void remember(struct random_vhost *v, uint64_t at)
{
    v->seen[v->seen_count++ % RANDOM_VHOST_SEEN] = at;
}

/* An address the guest spoke of, or one beside it. */
static iova_t some_address(struct random_vhost *v)
{
    unsigned have = v->seen_count < RANDOM_VHOST_SEEN ? v->seen_count : RANDOM_VHOST_SEEN;
    uint64_t at = have ? v->seen[below(v, have)] : 0;

    if (below(v, 4) == 0)
        at += below(v, 8) << 12;
    at &= ~UINT64_C(0xfff);
    return iova(at + below(v, 0x1000));
}

static void named(struct random_vhost *v, enum rec_kind kind, unsigned i)
{
    memcpy(push(v, kind)->u.named.name, v->name[i], NAME_BYTES);
}

static void act(struct random_vhost *v)
{
    unsigned i = (unsigned)below(v, v->count);
    uint64_t how = below(v, 32);
    struct rec *r;
    iova_t at = some_address(v);

    if (how == 0) {
        v->stopped[i] = !v->stopped[i];
        named(v, v->stopped[i] ? REC_STOP : REC_START, i);
    } else if (how <= 2 && v->at[i].v >> 8 && (v->device_iotlb || below(v, 8) == 0)) {
        r = push(v, REC_ATS);
        r->u.ats.bdf = v->at[i];
        r->u.ats.on = v->ats[i] = !v->ats[i];
    } else if (how < 14) {
        r = push(v, REC_DMA);
        r->u.dma.bdf = v->at[i];
        r->u.dma.access = how & 1 ? DMA_R : DMA_W;
        r->u.dma.iova = at;
        r->u.dma.bytes = 1;
    } else {
        r = push(v, REC_MISS);
        memcpy(r->u.miss.name, v->name[i], NAME_BYTES);
        r->u.miss.iova = at;
        r->u.miss.write = how & 1;
    }
}

const struct rec *random_vhost_own(struct random_vhost *v)
{
    if (v->next == v->waits) {
        v->next = v->waits = 0;
        if (below(v, 8))
            return NULL;
        act(v);
    }
    if (v->wait[v->next].kind == REC_MEM)
        v->wait[v->next].u.mem.val = v->wait_words[v->next];
    return &v->wait[v->next++];
}

static int old_device(const struct random_vhost *v, uint64_t sid)
{
    for (unsigned i = 0; i < v->count; i++)
        if (v->old[i].v == (sid & 0xffff))
            return (int)i;
    return -1;
}

static bool is_context_table(const struct random_vhost *v, uint64_t at)
{
    unsigned have = v->contexts_count < 4 ? v->contexts_count : 4;

    for (unsigned i = 0; i < have; i++)
        if (v->contexts[i] == (at & ~PAGE_4K_MASK))
            return true;
    return false;
}

/* Every other bus has a context table of its own, some pages behind that of bus 0: what is in one
 * is not found as a device of another. */
#define OTHER_BUS UINT64_C(0x8000)

static void change_root(struct random_vhost *v, const struct rec *r)
{
    uint64_t words[2] = {r->u.mem.val[0], r->u.mem.val[1]};

    if (words[0] & 1)
        words[0] += OTHER_BUS;
    if (r->u.mem.val[0] & 1)
        v->contexts[v->contexts_count++ % 4] = r->u.mem.val[0] & ~PAGE_4K_MASK;
    for (unsigned i = 0; i < v->count; i++)
        if (v->at[i].v >> 8 && v->waits < RANDOM_VHOST_WAIT)
            push_store(v, r->u.mem.gpa.v + 16u * (v->at[i].v >> 8), words);
}

/* A descriptor by chance, or anything else of two words: who is meant is the new device; some PSIs
 * become device-TLB invalidations of the same address. */
static void change_descriptor(struct random_vhost *v, struct rec *r)
{
    uint64_t lo = r->u.mem.val[0], hi = r->u.mem.val[1];
    unsigned type = lo & 0xf;
    int i = old_device(v, lo >> 32);

    if ((lo & 0xff) == 0xf2)
        remember(v, hi);
    if ((lo & 0xff) == 0xf2 && below(v, 3) == 0) {
        lo = 3 | (uint64_t)v->at[below(v, v->count)].v << 32;
        hi = (hi & ~PAGE_4K_MASK) | (below(v, 3) == 0 ? 0x3001 : 0);
    } else if ((type == 1 || type == 3) && i >= 0) {
        lo = (lo & ~(UINT64_C(0xffff) << 32)) | (uint64_t)v->at[i].v << 32;
    }
    v->words[0] = lo;
    v->words[1] = hi;
    r->u.mem.val = v->words;
}

static void change_store(struct random_vhost *v, struct rec *r)
{
    uint64_t at = r->u.mem.gpa.v;
    int i = old_device(v, (at & PAGE_4K_MASK) / 16);

    if (r->u.mem.words != 2)
        return;
    if (at == ROOT)
        change_root(v, r);
    else if (is_context_table(v, at) && i >= 0)
        r->u.mem.gpa = gpa((at & ~PAGE_4K_MASK) + 16u * (v->at[i].v & 0xff) +
                           (v->at[i].v >> 8 ? OTHER_BUS : 0));
    else if (!is_context_table(v, at))
        change_descriptor(v, r);
}

static void change_command(struct random_vhost *v, struct rec *r)
{
    int i = old_device(v, r->u.reg.val >> 16);

    if (r->u.reg.off == REG_CCMD && i >= 0)
        r->u.reg.val = (r->u.reg.val & ~(UINT64_C(0xffff) << 16)) | (uint64_t)v->at[i].v << 16;
}

const struct rec *random_vhost_change(struct random_vhost *v, const struct rec *r)
{
    int i;

    v->changed = *r;
    switch (r->kind) {
    case REC_MEM: change_store(v, &v->changed); break;
    case REC_W32:
    case REC_W64: change_command(v, &v->changed); break;
    case REC_DMA:
        i = old_device(v, r->u.dma.bdf.v);
        if (i >= 0)
            v->changed.u.dma.bdf = v->at[i];
        remember(v, r->u.dma.iova.v);
        break;
    case REC_RESET: memset(v->ats, 0, sizeof(v->ats)); break;
    default: break;
    }
    return &v->changed;
}
