/* SPDX-License-Identifier: MIT */
/* Consumers and devices that come, go, pin and refuse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest_inside.h"

/* A new name for `a`, which is attached with the next record. */
static void join(struct fuzz_guest *g)
{
    struct attach_rec *a = &g->attach;
    struct fuzz_person *p;

    if (g->person_count == FUZZ_PERSONS && !a->has_leave)
        return;
    /* Told of removals when it wants, not when its device IOTLB must be: stale by its own choice.
     */
    if (a->kind == CONSUMER_VHOST && a->has_flags)
        g->deaf[g->named / 64 % 4] |= UINT64_C(1) << g->named % 64;
    snprintf(a->name, sizeof(a->name), "c%u", g->named++ % 1000000u);
    fuzz_push(g, REC_ATTACH)->u.attach = a;
    if (a->kind == CONSUMER_MDEV) /* one that closes inside its callback hangs its kernel */
        g->misbehaves |= a->unpin == UNPIN_NEVER || a->unpin == UNPIN_OTHER || a->has_leave;
    g->apart |= a->has_leave || a->has_limit || a->has_aperture || a->has_dma_unmap;
    if (a->has_container) {
        uint16_t bit = (uint16_t)(1u << (a->bdf.v >> 3 & 7) << (a->bdf.v >> 8) * 8);

        g->shares |= g->boxed & bit;
        g->boxed |= bit;
    }
    if (a->has_leave)
        return; /* who leaves by himself is not spoken to */
    p = &g->persons[g->person_count++];
    memcpy(p->name, a->name, sizeof(p->name));
    p->bdf = a->bdf;
    p->kind = a->kind;
    p->backend = a->has_backend ? a->backend : BACKEND_KERNEL;
}

/* Kind, and what it asks for. */
void fuzz_attach(struct fuzz_guest *g)
{
    struct attach_rec *a = &g->attach;
    bdf_t b = fuzz_bdf(g);
    uint8_t how = choice8(&g->in);

    *a = (struct attach_rec){.bdf = b, .kind = (enum consumer_kind)(how & 3)};
    if (how & 4) {
        a->has_flags = true;
        a->flags = choice8(&g->in);
        if (!g->ideal)
            a->flags &= 7;
        if (!a->flags)
            a->flags = NOTIFY_UNMAP;
    }
    if (how & 8) {
        uint64_t first = fuzz_iova(g);

        a->has_range = true;
        a->range = iova_range(first, first + (choice(&g->in, 2) << 12 | PAGE_4K_MASK));
    }
    if (how & 0x10) {
        a->has_leave = true;
        a->leave = 1 + choice_below(&g->in, 20);
    }
    if (how & 0x20 && a->kind != CONSUMER_PROBE) {
        a->has_limit = true;
        a->limit = choice_below(&g->in, 8);
    }
    if (how & 0x40 && a->kind == CONSUMER_VHOST) {
        a->has_backend = true;
        a->backend = (enum vhost_backend)choice_below(&g->in, 4);
    }
    join(g);
}

static struct fuzz_person *person(struct fuzz_guest *g)
{
    unsigned n = choice8(&g->in);

    return g->person_count ? &g->persons[n % g->person_count] : NULL;
}

static void forget(struct fuzz_guest *g, struct fuzz_person *p)
{
    *p = g->persons[--g->person_count];
    g->apart = true;
}

void fuzz_detach(struct fuzz_guest *g)
{
    struct fuzz_person *p = person(g);

    if (!p)
        return;
    memcpy(fuzz_push(g, REC_DETACH)->u.named.name, p->name, sizeof(p->name));
    forget(g, p);
}

void fuzz_fail(struct fuzz_guest *g)
{
    static const int16_t errors[] = {12, 28, 22, 16, 14, 17, 1, 2};
    struct fuzz_person *p = person(g);
    uint8_t b = choice8(&g->in);
    struct rec *r;

    if (!p)
        return;
    r = fuzz_push(g, REC_FAIL);
    memcpy(r->u.fail.name, p->name, sizeof(p->name));
    r->u.fail.op = (enum fail_op)(b % 3);
    r->u.fail.error = errors[b >> 2 & 7];
    r->u.fail.count = 1 + (b >> 5);
    g->apart = true;
}

void fuzz_device(struct fuzz_guest *g)
{
    if (!g->begun)
        return; /* in a trace's text it would belong to the header */
    fuzz_push(g, REC_DEVICE)->u.device.bdf = fuzz_bdf(g);
}

void fuzz_gone(struct fuzz_guest *g)
{
    bdf_t b = fuzz_bdf(g);

    if (!g->begun)
        return;
    if (b.v == 0x18 && g->devices[1].has_alias)
        return;                                 /* a `device` without alias would not be the same */
    fuzz_push(g, REC_DEVICE)->u.device.bdf = b; /* it may not be there */
    fuzz_push(g, REC_GONE)->u.gone.bdf = b;
    for (unsigned n = g->person_count; n-- > 0;)
        if (g->persons[n].bdf.v == b.v)
            forget(g, &g->persons[n]);
}

void fuzz_ats(struct fuzz_guest *g)
{
    bdf_t b = fuzz_bdf(g);
    struct rec *r = fuzz_push(g, REC_ATS);

    r->u.ats.bdf = b;
    r->u.ats.on = !(choice8(&g->in) & 1);
}

/* Rings stop, go on, or miss. */
void fuzz_vhost(struct fuzz_guest *g)
{
    struct fuzz_person *p = person(g);
    uint8_t b = choice8(&g->in);
    struct rec *r;

    if (!p || p->kind != CONSUMER_VHOST)
        return;
    switch (b & 3) {
    case 0: memcpy(fuzz_push(g, REC_STOP)->u.named.name, p->name, sizeof(p->name)); return;
    case 1: memcpy(fuzz_push(g, REC_START)->u.named.name, p->name, sizeof(p->name)); return;
    default: break;
    }
    if (p->backend == BACKEND_VDPA || p->backend == BACKEND_IOMMUFD)
        return; /* these cannot miss */
    r = fuzz_push(g, REC_MISS);
    memcpy(r->u.miss.name, p->name, sizeof(p->name));
    r->u.miss.iova = iova(fuzz_iova(g));
    r->u.miss.write = b & 4;
}

void fuzz_pin(struct fuzz_guest *g)
{
    struct fuzz_person *p = person(g);
    uint8_t b = choice8(&g->in);
    struct rec *r;

    if (!p || p->kind != CONSUMER_MDEV)
        return;
    r = fuzz_push(g, b & 1 ? REC_UNPIN : REC_PIN);
    memcpy(r->u.pin.name, p->name, sizeof(p->name));
    r->u.pin.iova = iova(fuzz_iova(g));
    r->u.pin.pages = 1 + (b >> 1) % 16u;
}

/* An emulated device: how it unpins, whether it has the callback, in whose container. */
void fuzz_mdev(struct fuzz_guest *g)
{
    struct attach_rec *a = &g->attach;
    bdf_t b = fuzz_bdf(g);
    uint8_t how = choice8(&g->in);

    *a = (struct attach_rec){.bdf = b, .kind = CONSUMER_MDEV};
    if (how & 3) {
        a->has_unpin = true;
        a->unpin = (enum mdev_unpin)(how & 3);
    }
    if ((how & 0xc) == 0xc) {
        a->has_dma_unmap = true;
        a->dma_unmap = false;
    }
    if (how & 0x10) {
        a->has_limit = true;
        a->limit = 1 + choice_below(&g->in, 8);
    }
    if (how & 0x20) {
        a->has_leave = true;
        a->leave = 1 + choice_below(&g->in, 16);
    }
    if (how & 0x40) {
        a->has_container = true;
        snprintf(a->container, sizeof(a->container), "box%u", b.v);
    }
    if (how & 0x80) {
        a->has_type1 = true;
        a->type1 = 1;
    }
    join(g);
}

bool fuzz_is_deaf(const struct fuzz_guest *g, const char *consumer)
{
    unsigned long n = consumer && consumer[0] == 'c' ? strtoul(consumer + 1, NULL, 10) : 256;

    return n < 256 && (g->deaf[n / 64] >> n % 64 & 1);
}

/* A vfio beside emulated devices in a container, or alone under a limit. */
void fuzz_crowd(struct fuzz_guest *g)
{
    struct attach_rec *a = &g->attach;
    bdf_t b = fuzz_bdf(g);
    uint8_t how = choice8(&g->in);

    *a = (struct attach_rec){.bdf = b, .kind = CONSUMER_VFIO};
    if (how & 1) {
        a->has_container = true;
        snprintf(a->container, sizeof(a->container), "box%u", b.v);
    }
    if (how & 2) {
        a->has_limit = true;
        a->limit = 1 + choice_below(&g->in, 8);
    }
    if (how & 4) {
        a->has_type1 = true;
        a->type1 = 1;
    }
    if (how & 8) {
        a->has_aperture = true;
        a->aperture_bits = 32 + (how >> 4);
    }
    join(g);
}
