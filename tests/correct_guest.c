/* SPDX-License-Identifier: MIT */
#include "correct_guest_inside.h"

#include <stdlib.h>
#include <string.h>

uint64_t below(struct guest *g, uint64_t n)
{
    return rig_random(&g->random) % n;
}

bool forgets(struct guest *g, enum sloppy s)
{
    return g->how->sloppy == s && below(g, 3) == 0;
}

void step(struct guest *g, struct rec r)
{
    struct err e;

    if (g->result == 0)
        g->result = engine_step(g->engine, &r, &e);
    g->records++;
}

void mem(struct guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi)
{
    uint64_t val[2] = {lo, hi};
    struct rec r = {.kind = REC_MEM};

    r.u.mem.gpa = gpa(at);
    r.u.mem.words = words;
    r.u.mem.val = val;
    step(g, r);
}

static void reg(struct guest *g, enum rec_kind kind, unsigned off, uint64_t val)
{
    struct rec r = {.kind = kind};

    r.u.reg.off = (uint16_t)off;
    r.u.reg.val = val;
    step(g, r);
}

/* One command, then look until it is done. */
static void command(struct guest *g, uint32_t levels, uint32_t one_shot)
{
    g->gcmd = levels;
    reg(g, REC_W32, REG_GCMD, levels | one_shot);
    g->gsts = (g->gsts & (GCMD_SRTP | UINT32_C(0x01000000))) | one_shot | levels;
    if (!forgets(g, SLOPPY_NO_STATUS_READ))
        reg(g, REC_R32, 0x1c, g->gsts);
}

/* Descriptors go into the ring; `ring` hands them over. */
void put(struct guest *g, uint64_t lo, uint64_t hi)
{
    mem(g, QUEUE + g->tail * 16, 2, lo, hi);
    g->tail = (g->tail + 1) % 256;
}

static void ring(struct guest *g)
{
    reg(g, REC_W32, REG_IQT, g->tail * 16);
}

void wait_done(struct guest *g)
{
    uint64_t slot = below(g, 2) ? g->tail : 0;

    if (below(g, 4) == 0)
        put(g, UINT64_C(0x25) | (uint64_t)(++g->seq + 100) << 32, STATUS + 0x800);
    if (forgets(g, SLOPPY_SAME_WAIT))
        put(g, UINT64_C(0x200000025), STATUS + slot * 4);
    put(g, UINT64_C(0x200000025), STATUS + slot * 4);
    ring(g);
}

/* One invalidation and the wait for it, in one tail write or two. */
void submit(struct guest *g, uint64_t lo, uint64_t hi)
{
    unsigned slot = g->tail;

    if (forgets(g, SLOPPY_LATE_DESCRIPTOR)) {
        g->tail = (g->tail + 1) % 256;
        ring(g);
        mem(g, QUEUE + slot * 16, 2, lo, hi);
    } else {
        put(g, lo, hi);
    }
    if (below(g, 2))
        ring(g);
    if (forgets(g, SLOPPY_NO_WAIT))
        ring(g);
    else
        wait_done(g);
}

uint16_t sid(unsigned dev)
{
    return (uint16_t)(0x10 + 8 * dev);
}

static struct domain *new_domain(struct guest *g)
{
    unsigned i = (unsigned)below(g, DOMAINS);
    struct domain *d = &g->domain[i];

    if (d->live)
        return d;
    *d = (struct domain){.live = true, .did = (uint16_t)(i + 1)};
    for (unsigned r = 0; r < REGIONS; r++)
        d->region[r].table = -1;
    d->top = take_page(g, d);
    return d;
}

/* The last device has left and its invalidations are done: pages and domain id are free. */
static void end_domain(struct guest *g, struct domain *d)
{
    int who = (int)(d - g->domain);

    for (unsigned i = 0; i < DEVICES; i++)
        if (g->at[i] == who)
            return;
    for (int i = 0; i < PAGES; i++)
        if (abs(g->owner[i]) == who + 1)
            g->owner[i] = 0;
    d->live = false;
}

static void context_words(struct guest *g, unsigned dev, const struct domain *d, uint64_t w[2])
{
    unsigned type = !d ? 2 : g->how->ats ? 1 : 0;

    (void)dev;
    w[0] = (d ? page_at(d->top) : 0) | type << 2 | 1;
    w[1] = (uint64_t)(d ? d->did : PASS_DID) << 8 | (g->how->levels - 2);
}

static void context_flush(struct guest *g, unsigned dev, unsigned did, unsigned iotlb_did)
{
    submit(g, UINT64_C(0x31) | (uint64_t)did << 16 | (uint64_t)sid(dev) << 32, 0);
    submit(g, 0xe2 | (uint64_t)iotlb_did << 16, 0);
}

static void attach(struct guest *g, unsigned dev)
{
    struct domain *d = below(g, 5) ? new_domain(g) : NULL;
    uint64_t at = CONTEXT + sid(dev) * 16u, w[2];

    context_words(g, dev, d, w);
    if (below(g, 2)) {
        mem(g, at + 8, 1, w[1], 0);
        mem(g, at, 1, w[0] & ~UINT64_C(1), 0);
        mem(g, at, 1, w[0], 0);
    } else {
        mem(g, at, 2, w[0], w[1]);
    }
    g->at[dev] = d ? (int)(d - g->domain) : DOMAINS;
    if (g->how->caching_mode)
        context_flush(g, dev, 0, d ? d->did : PASS_DID);
}

static void detach(struct guest *g, unsigned dev)
{
    struct domain *d = g->at[dev] == DOMAINS ? NULL : &g->domain[g->at[dev]];
    uint64_t at = CONTEXT + sid(dev) * 16u;

    mem(g, at, 1, 0, 0);
    mem(g, at + 8, 1, 0, 0);
    if (!forgets(g, SLOPPY_DOMAIN_EARLY))
        context_flush(g, dev, d ? d->did : PASS_DID, d ? d->did : PASS_DID);
    if (d)
        devtlb(g, d, 0, 52);
    g->at[dev] = -1;
    if (d) {
        released(g, d);
        end_domain(g, d);
    }
}

/* From one domain to another by one store. */
static void move(struct guest *g, unsigned dev)
{
    struct domain *from = &g->domain[g->at[dev]], *to = new_domain(g);
    uint64_t at = CONTEXT + sid(dev) * 16u, w[2];

    if (from == to)
        return;
    context_words(g, dev, to, w);
    if (forgets(g, SLOPPY_TORN_CONTEXT)) {
        mem(g, at, 1, w[0], 0);
        mem(g, at + 8, 1, w[1], 0);
    } else {
        mem(g, at, 2, w[0], w[1]);
    }
    context_flush(g, dev, from->did, from->did);
    devtlb(g, from, 0, 52);
    g->at[dev] = (int)(to - g->domain);
    released(g, from);
    end_domain(g, from);
}

static void use(struct guest *g, unsigned dev)
{
    struct rec r = {.kind = REC_DMA};
    unsigned n = (unsigned)below(g, REGIONS), k = (unsigned)below(g, SMALLS);

    if (g->at[dev] < DOMAINS) {
        const struct region *at = &g->domain[g->at[dev]].region[n];

        if (!at->big && !(at->used >> k & 1))
            return;
    }
    r.u.dma.bdf = bdf(sid(dev));
    r.u.dma.access = below(g, 2) ? DMA_W : DMA_R;
    r.u.dma.iova = iova(region_iova(g, n) + k * 0x1000 + below(g, 4096));
    r.u.dma.bytes = 1;
    step(g, r);
}

static void global_flush(struct guest *g)
{
    submit(g, 0x11, 0);
    submit(g, 0xd2, 0);
}

static void queue_on(struct guest *g)
{
    reg(g, REC_W64, REG_IQT, 0);
    reg(g, REC_W64, REG_IQA, QUEUE);
    g->tail = 0;
    command(g, g->gcmd | GCMD_QIE, 0);
}

static void remap_interrupts(struct guest *g)
{
    command(g, g->gcmd & ~UINT32_C(0x02000000), 0);
    reg(g, REC_W64, 0xb8, 0x500000f);
    command(g, g->gcmd, UINT32_C(0x01000000));
    if (!forgets(g, SLOPPY_NO_IEC))
        submit(g, 4, 0);
    command(g, g->gcmd | UINT32_C(0x02000000), 0);
}

static void start_up(struct guest *g)
{
    g->gsts = g->gcmd = 0;
    for (unsigned i = 0; i < DEVICES; i++) {
        struct rec r = {.kind = REC_ATS};

        r.u.ats.bdf = bdf(sid(i));
        r.u.ats.on = g->how->ats;
        step(g, r);
        g->at[i] = -1;
    }
    for (unsigned i = 0; i < DOMAINS; i++)
        g->domain[i].live = false;
    memset(g->owner, 0, sizeof g->owner);
    for (unsigned i = 0; i < DEVICES; i++)
        mem(g, CONTEXT + sid(i) * 16u, 2, 0, 0);
    mem(g, ROOT, 2, CONTEXT | 1, 0);
    reg(g, REC_R32, 0x1c, 0);
    queue_on(g);
    remap_interrupts(g);
    reg(g, REC_W64, REG_RTADDR, ROOT);
    command(g, g->gcmd, GCMD_SRTP);
    submit(g, 0x11, 0);
    if (!forgets(g, SLOPPY_NO_IOTLB_AT_START))
        submit(g, 0xd2, 0);
    command(g, g->gcmd | GCMD_TE, 0);
}

/* What happens once in a long while. */
static void seldom(struct guest *g)
{
    switch (below(g, 5)) {
    case 0:
        wait_done(g);
        command(g, g->gcmd & ~GCMD_QIE, 0);
        queue_on(g);
        break;
    case 1:
        reg(g, REC_W64, REG_RTADDR, ROOT);
        command(g, g->gcmd, GCMD_SRTP);
        global_flush(g);
        break;
    case 2: remap_interrupts(g); break;
    case 3:
        command(g, g->gcmd & ~GCMD_TE, 0);
        global_flush(g);
        command(g, g->gcmd | GCMD_TE, 0);
        break;
    default:
        step(g, (struct rec){.kind = REC_RESET});
        start_up(g);
        break;
    }
}

static void choose(struct guest *g)
{
    unsigned dev = (unsigned)below(g, DEVICES), dice = (unsigned)below(g, 100);
    struct domain *d = &g->domain[below(g, DOMAINS)];

    if (dice >= 99)
        seldom(g);
    else if (dice >= 92 && g->at[dev] < 0)
        attach(g, dev);
    else if (dice >= 96)
        detach(g, dev);
    else if (dice >= 92 && g->at[dev] < DOMAINS)
        move(g, dev);
    else if (dice < 20 && g->at[dev] >= 0)
        use(g, dev);
    else if (dice < 55 && d->live)
        map(g, d);
    else if (dice < 82 && d->live)
        unmap(g, d);
    else if (d->live)
        change(g, d);
}

int correct_guest_run(struct engine *e, const struct correct_how *how, unsigned records)
{
    struct guest *g = calloc(1, sizeof *g);
    int result;

    if (!g)
        abort();
    g->engine = e;
    g->how = how;
    g->random = how->seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    start_up(g);
    while (g->records < records && g->result == 0)
        choose(g);
    result = g->result;
    free(g);
    return result;
}
