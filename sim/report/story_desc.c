/* SPDX-License-Identifier: MIT */
/* A descriptor in words, and whether it covers what is followed (vtd-facts 5.5). */
#include <inttypes.h>
#include <stdio.h>

#include "report/show.h"
#include "report/story.h"
#include "vtd_regs.h"

static struct iova_range desc_range(uint64_t lo, uint64_t hi)
{
    uint64_t mask = PAGE_4K_MASK, first = hi & ~PAGE_4K_MASK;
    unsigned am = hi & IVA_AM;

    if ((lo & 0xf) == DESC_IOTLB)
        mask = am >= 52 ? UINT64_MAX : (UINT64_C(0x1000) << am) - 1;
    else if (hi & 1) /* S: the size is in the lowest ones of the address */
        while ((first & (mask + 1)) && mask != UINT64_MAX)
            mask = mask << 1 | 1;
    if ((lo & 0xf) == DESC_DEVTLB && (hi & 1))
        mask = mask << 1 | 1;
    return iova_range(first & ~mask, (first & ~mask) | mask);
}

static uint16_t sid_ignored(uint64_t lo)
{
    static const uint16_t bits[] = {0, 4, 6, 7};

    return bits[lo >> 48 & 3];
}

static void wait_text(char *out, size_t room, uint64_t lo, uint64_t hi)
{
    if (lo & WAIT_SW)
        snprintf(out, room, "wait descriptor (status 0x%" PRIx64 " to 0x%" PRIx64 "%s%s)", lo >> 32,
                 hi & ~UINT64_C(3), lo & WAIT_IF ? ", interrupt" : "",
                 lo & WAIT_FN ? ", fence" : "");
    else
        snprintf(out, room, "wait descriptor (%s)",
                 lo & WAIT_IF   ? "interrupt"
                 : lo & WAIT_FN ? "fence"
                                : "asks for nothing");
}

static void iotlb_text(char *out, size_t room, uint64_t lo, uint64_t hi)
{
    struct iova_range r = desc_range(lo, hi);
    unsigned domain = lo >> 16 & 0xffff;
    uint64_t written = hi & ~PAGE_4K_MASK;
    char address[64] = "";

    if (written != r.first.v)
        snprintf(address, sizeof(address), " (but the address written is 0x%" PRIx64 ")", written);
    switch (lo >> 4 & 3) {
    case GRAN_GLOBAL: snprintf(out, room, "global IOTLB invalidation"); break;
    case GRAN_DOMAIN:
        snprintf(out, room, "domain-selective IOTLB invalidation (DSI) of domain %u", domain);
        break;
    case GRAN_FINE:
        snprintf(out, room,
                 "page-selective IOTLB invalidation (PSI) of domain %u, 0x%" PRIx64 "-0x%" PRIx64
                 "%s%s",
                 domain, r.first.v, r.last.v, address, hi & 0x40 ? ", leaf entries only (IH)" : "");
        break;
    default: snprintf(out, room, "IOTLB invalidation of no granularity"); break;
    }
}

static void context_text(char *out, size_t room, uint64_t lo)
{
    struct shown sid = show_bdf(bdf((uint16_t)(lo >> 32)));
    unsigned domain = lo >> 16 & 0xffff;

    switch (lo >> 4 & 3) {
    case GRAN_GLOBAL: snprintf(out, room, "global context-cache invalidation"); break;
    case GRAN_DOMAIN: snprintf(out, room, "context-cache invalidation of domain %u", domain); break;
    case GRAN_FINE:
        snprintf(out, room, "context-cache invalidation of device %s%s, domain %u", sid.text,
                 sid_ignored(lo) ? " and its neighbours (FM)" : "", domain);
        break;
    default: snprintf(out, room, "context-cache invalidation of no granularity"); break;
    }
}

char *story_desc_text(char *out, size_t room, uint64_t lo, uint64_t hi)
{
    struct iova_range r = desc_range(lo, hi);
    struct shown sid = show_bdf(bdf((uint16_t)(lo >> 32)));

    switch (lo >> 9 & 7 ? 0 : lo & 0xf) {
    case DESC_CC: context_text(out, room, lo); break;
    case DESC_IOTLB: iotlb_text(out, room, lo, hi); break;
    case DESC_DEVTLB:
        snprintf(out, room, "device-IOTLB invalidation of %s, 0x%" PRIx64 "-0x%" PRIx64, sid.text,
                 r.first.v, r.last.v);
        break;
    case DESC_IEC: snprintf(out, room, "interrupt-entry-cache invalidation"); break;
    case DESC_WAIT: wait_text(out, room, lo, hi); break;
    default: snprintf(out, room, "descriptor of unknown type"); break;
    }
    return out;
}

static bool of_domain(const struct story *s, unsigned domain)
{
    return !s->about.has_device || (s->walk.has_did && s->walk.did.v == domain) ||
           (s->has_old_did && s->old_did.v == domain);
}

static bool of_range(const struct story *s, struct iova_range r)
{
    return !s->about.has_range || iova_range_overlap(r, s->about.range);
}

enum story_cover story_covers(const struct story *s, uint64_t lo, uint64_t hi)
{
    unsigned gran = lo >> 4 & 3, domain = lo >> 16 & 0xffff;
    uint16_t sid = (uint16_t)(lo >> 32), ignored = sid_ignored(lo);

    switch (lo >> 9 & 7 ? 0 : lo & 0xf) {
    case DESC_CC:
        if (gran == GRAN_FINE && s->about.has_device)
            return (sid & ~ignored) == (s->about.bdf.v & ~ignored) ? COVERS : OTHER_DEVICE;
        return gran == GRAN_GLOBAL || of_domain(s, domain) ? COVERS : OTHER_DOMAIN;
    case DESC_IOTLB:
        if (gran != GRAN_GLOBAL && !of_domain(s, domain))
            return OTHER_DOMAIN;
        return gran != GRAN_FINE || of_range(s, desc_range(lo, hi)) ? COVERS : OTHER_RANGE;
    case DESC_DEVTLB:
        if (s->about.has_device && sid != s->about.bdf.v)
            return OTHER_DEVICE;
        return of_range(s, desc_range(lo, hi)) ? COVERS : OTHER_RANGE;
    default: return NO_INVALIDATION;
    }
}
