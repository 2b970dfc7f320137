/* SPDX-License-Identifier: MIT */
/*
 * A guest as drivers are, or nearly: few devices, a table tree for each domain, pages mapped and
 * unmapped with the invalidation that belongs to it (or another), contexts changed, translation
 * switched. Short traces, in which little has to happen for something to be seen.
 */
#include "campaign/draw.h"
#include "vtd_regs.h"

#define ROOT      UINT64_C(0x100000)
#define CONTEXTS  UINT64_C(0x101000) /* of bus 0; behind it of bus 1 */
#define DOMAINS   UINT64_C(0x200000)
#define QUEUE     UINT64_C(0x300000)
#define STATUS    UINT64_C(0x301000)
#define DOMAIN_ID 5u
#define SLOTS     256u
#define REGIONS   5u
#define OPS       13u
#define RECENT    4u

enum { TABLE_3, TABLE_2_LOW, TABLE_2_HIGH, TABLES_1 }; /* pages of a domain */

struct plan {
    struct draft *d;
    struct dice *dice;
    bool queue;   /* else commands by register */
    bool careful; /* what changed is invalidated */
    bool batches; /* the tail is not always written at once */
    bool device_iotlb;
    unsigned domains, devices, regions;
    uint32_t gcmd;
    unsigned tail;
    bool tail_owed;
    unsigned weight[OPS], weights;
    struct block {
        unsigned domain, region, index, pages;
    } recent[RECENT]; /* what was mapped last: most happens to it */
    unsigned blocks, most_pages, places;
};

/* 2 MiB each: the first and the next, the last one below the interrupt window, the one in which the
 * window ends, the last one below 4 GiB. */
static const uint64_t regions[REGIONS] = {0x0, 0xfec00000, 0x200000, 0xfee00000, 0xffe00000};
static const uint16_t devices[] = {0x10, 0x110, 0x18}; /* 00:02.0, 01:02.0, 00:03.0 */

static uint64_t table(unsigned domain, unsigned page)
{
    return DOMAINS + domain * 0x10000u + page * 0x1000u;
}

static uint64_t slot_2(unsigned domain, unsigned region)
{
    uint64_t at = regions[region];

    return table(domain, at >> 30 ? TABLE_2_HIGH : TABLE_2_LOW) + (at >> 21 & 511) * 8;
}

static uint64_t context(uint16_t device)
{
    return CONTEXTS + (device >> 8) * 0x1000u + (device & 0xffu) * 16u;
}

static void word(struct plan *p, uint64_t at, uint64_t val)
{
    draft_words(p->d, at, &val, 1);
}

static void tail(struct plan *p)
{
    if (p->tail_owed)
        draft_w32(p->d, REG_IQT, p->tail * 16);
    p->tail_owed = false;
}

/* A descriptor, or the command that says the same. */
static void send(struct plan *p, uint64_t lo, uint64_t hi)
{
    uint64_t gran = lo >> 4 & 3, domain = lo >> 16 & 0xffff;

    if (p->queue) {
        draft_pair(p->d, QUEUE + p->tail * 16, lo, hi);
        p->tail = (p->tail + 1) % SLOTS;
        p->tail_owed = true;
        if (!p->batches || dice_one_in(p->dice, 2))
            tail(p);
    } else if ((lo & 15) == 1) {
        draft_w64(p->d, REG_CCMD,
                  UINT64_C(1) << 63 | gran << 61 | (lo >> 32 & 0xffff) << 16 | domain);
    } else if ((lo & 15) == 2) {
        if (gran == 3)
            draft_w64(p->d, REG_IVA, hi);
        draft_w64(p->d, REG_IOTLB, UINT64_C(1) << 63 | gran << 60 | domain << 32);
    }
}

static unsigned some_domain(struct plan *p)
{
    return (unsigned)dice_below(p->dice, p->domains);
}

static uint16_t some_device(struct plan *p)
{
    return devices[dice_below(p->dice, p->devices)];
}

static uint64_t domain_bits(unsigned domain)
{
    return (uint64_t)(DOMAIN_ID + domain) << 16;
}

/* Pages one after the other, by one descriptor, or by a coarser one. */
static void invalidate(struct plan *p, unsigned domain, uint64_t at, unsigned pages)
{
    unsigned order = 0;

    if (!p->careful && dice_one_in(p->dice, 4))
        return;
    while (1u << order < pages)
        order++;
    switch (dice_below(p->dice, 8)) {
    case 0: send(p, 0x12, 0); break;
    case 1: send(p, 0x22 | domain_bits(domain), 0); break;
    case 2:
    case 3:
        if (pages > 16)
            pages = 1;
        for (unsigned i = 0; i < pages; i++)
            send(p, 0x32 | domain_bits(domain), at + i * 0x1000u);
        break;
    default:
        send(p, 0x32 | domain_bits(domain), (at & ~((UINT64_C(0x1000) << order) - 1)) | order);
        break;
    }
}

static struct block some_block(struct plan *p)
{
    static const unsigned counts[] = {1, 1, 2, 4, 8, 3};
    struct block b = {.domain = 0};

    if (p->blocks && !dice_one_in(p->dice, 3))
        return p->recent[dice_below(p->dice, p->blocks < RECENT ? p->blocks : RECENT)];
    b.domain = some_domain(p);
    b.region = (unsigned)dice_below(p->dice, p->regions);
    b.pages = p->most_pages ? p->most_pages : counts[dice_below(p->dice, 6)];
    b.index = (unsigned)dice_below(p->dice, p->places) * 8;
    if (dice_one_in(p->dice, 4))
        b.index = 512 - b.pages;
    p->recent[p->blocks++ % RECENT] = b;
    return b;
}

static void pages(struct plan *p, bool map)
{
    struct block b = some_block(p);
    uint64_t words[8] = {0}, target = (1 + dice_below(p->dice, 6)) * 0x400000;
    bool mixed; /* some of it can only be read */

    if (p->domains > 1 && dice_one_in(p->dice, 3))
        b.domain = some_domain(p); /* the same address in another */
    mixed = dice_one_in(p->dice, 3);
    for (unsigned i = 0; map && i < b.pages; i++)
        words[i] = (target + i * 0x1000u) | (mixed && dice_one_in(p->dice, 3) ? 1 : 3);
    draft_words(p->d, table(b.domain, TABLES_1 + b.region) + b.index * 8, words, b.pages);
    invalidate(p, b.domain, regions[b.region] + b.index * 0x1000u, b.pages);
}

/* What stands above: nothing, a table, a large page. */
static void directory(struct plan *p, unsigned kind)
{
    struct block b = some_block(p);
    unsigned domain = b.domain, region = b.region;
    uint64_t entry = 0;

    if (kind == 1)
        entry = table(domain, TABLES_1 + region) | 3;
    else if (kind == 2)
        entry = (0x4000000 + dice_below(p->dice, 4) * 0x200000) | 0x83;
    word(p, slot_2(domain, region), entry);
    invalidate(p, domain, regions[region], 512);
}

static void set_context(struct plan *p, uint16_t device, unsigned domain)
{
    draft_pair(p->d, context(device), table(domain, TABLE_3) | 1, (DOMAIN_ID + domain) << 8 | 1);
}

static void change_context(struct plan *p)
{
    uint16_t device = some_device(p);
    unsigned domain = some_domain(p);

    if (dice_one_in(p->dice, 3))
        draft_pair(p->d, context(device), 0, 0);
    else if (dice_one_in(p->dice, 4))
        draft_pair(p->d, context(device), 9, (DOMAIN_ID + domain) << 8 | 1);
    else
        set_context(p, device, domain);
    if (dice_one_in(p->dice, 2))
        send(p, 0x31 | (uint64_t)device << 32 | domain_bits(domain), 0);
    else
        send(p, 0x11, 0);
    if (p->careful || dice_one_in(p->dice, 2))
        send(p, 0x12, 0);
}

static void access_memory(struct plan *p)
{
    struct block b = some_block(p);
    struct rec r = {.kind = REC_DMA};
    uint64_t index = b.index + dice_below(p->dice, b.pages);
    unsigned devs = dice_one_in(p->dice, 2) ? p->devices : 1, first;

    first = (unsigned)dice_below(p->dice, p->devices);
    r.u.dma.iova = iova(regions[b.region] + index * 0x1000);
    r.u.dma.bytes = 4;
    r.u.dma.access = dice_one_in(p->dice, 3) ? DMA_W : DMA_R;
    for (unsigned i = 0; i < devs; i++) {
        r.u.dma.bdf = bdf(devices[(first + i) % p->devices]);
        draft_add(p->d, &r);
    }
}

static void device_tlb(struct plan *p)
{
    uint64_t lo = 3 | (uint64_t)some_device(p) << 32;
    uint64_t at = regions[dice_below(p->dice, p->regions)];

    if (!p->queue || !p->device_iotlb)
        return;
    at += dice_below(p->dice, 3) * 0x8000;
    if (dice_one_in(p->dice, 2))
        at |= 0x3001;
    if (dice_one_in(p->dice, 3))
        at = UINT64_C(0x7ffffffffffff001);
    send(p, lo, at);
}

static void begin(struct plan *p)
{
    draft_w64(p->d, REG_RTADDR, ROOT);
    draft_w32(p->d, REG_GCMD, GCMD_SRTP);
    p->gcmd = 0;
    p->tail = 0;
    p->tail_owed = false;
    if (p->queue) {
        draft_w64(p->d, REG_IQA, QUEUE);
        draft_w32(p->d, REG_GCMD, p->gcmd = GCMD_QIE);
    }
    draft_w32(p->d, REG_GCMD, p->gcmd |= GCMD_TE);
}

static void rare(struct plan *p)
{
    struct rec r = {.kind = REC_RESET};

    tail(p);
    if (!dice_one_in(p->dice, 4)) {
        draft_w32(p->d, REG_GCMD, p->gcmd ^= GCMD_TE);
        return;
    }
    draft_add(p->d, &r);
    begin(p);
}

static void step(struct plan *p)
{
    unsigned at = (unsigned)dice_below(p->dice, p->weights), op = 0;

    while (at >= p->weight[op])
        at -= p->weight[op++];
    switch (op) {
    case 0:
    case 1:
    case 2: pages(p, true); break;
    case 3:
    case 4: pages(p, false); break;
    case 5:
    case 6:
    case 7: directory(p, op - 5); break;
    case 8: change_context(p); break;
    case 9: access_memory(p); break;
    case 10: rare(p); break;
    case 11: device_tlb(p); break;
    default:
        tail(p);
        if (p->queue)
            send(p, UINT64_C(0x200000025), STATUS);
        else
            send(p, dice_one_in(p->dice, 2) ? 0x12 : 0x11, 0);
        break;
    }
}

/* Swarm: some things are done often, some not at all. */
static void weigh(struct plan *p)
{
    p->weights = 0;
    for (unsigned i = 0; i < OPS; i++) {
        p->weight[i] = dice_one_in(p->dice, 3) ? 0 : 1 + (unsigned)dice_below(p->dice, 4);
        p->weights += p->weight[i];
    }
    if (!p->weights)
        p->weights = p->weight[0] = 1;
}

static void draw_unit(struct plan *p)
{
    struct trace_header *h = p->d->header;
    struct device_rec *devs = draft_devices(p->d, p->devices);

    h->has_unit = true;
    h->unit.device_iotlb = p->device_iotlb;
    h->unit.intremap = dice_one_in(p->dice, 4);
    for (unsigned i = 0; devs && i < p->devices; i++) {
        devs[i].bdf = bdf(devices[i]);
        devs[i].ats = p->device_iotlb && dice_one_in(p->dice, 2);
    }
}

static void tables(struct plan *p)
{
    draft_pair(p->d, ROOT, CONTEXTS | 1, 0);
    draft_pair(p->d, ROOT + 16, (CONTEXTS + 0x1000) | 1, 0);
    for (unsigned i = 0; i < p->devices; i++)
        set_context(p, devices[i], some_domain(p));
    for (unsigned n = 0; n < p->domains; n++) {
        word(p, table(n, TABLE_3), table(n, TABLE_2_LOW) | 3);
        word(p, table(n, TABLE_3) + 3 * 8, table(n, TABLE_2_HIGH) | 3);
        for (unsigned r = 0; r < p->regions; r++)
            word(p, slot_2(n, r), table(n, TABLES_1 + r) | 3);
    }
}

void plan_guest(struct draft *d, uint64_t events, struct dice *dice)
{
    struct plan p = {.d = d, .dice = dice};

    if (d->failed)
        return;
    p.queue = !dice_one_in(dice, 3);
    p.careful = !dice_one_in(dice, 3);
    p.batches = dice_one_in(dice, 3);
    p.device_iotlb = dice_one_in(dice, 3);
    p.domains = 1 + (unsigned)dice_below(dice, 3);
    p.devices = 1 + (unsigned)dice_below(dice, 3);
    p.regions = dice_one_in(dice, 2) ? 1 : 1 + (unsigned)dice_below(dice, REGIONS);
    p.places = 1 + (unsigned)dice_below(dice, 3);
    if (dice_one_in(dice, 2))
        p.most_pages = 8;
    weigh(&p);
    draw_unit(&p);
    tables(&p);
    begin(&p);
    while (d->count < events + 20 && !d->failed)
        step(&p);
    tail(&p);
}
