/* SPDX-License-Identifier: MIT */
/* Invalidations: what each was about, what came of it, and why a descriptor was refused. */
#include "gen/reach_inside.h"

/* What a descriptor, or a command that reads as one, asks for. */
static unsigned asked(uint64_t lo, bool by_register)
{
    unsigned type = (unsigned)lo & 0xf, g = (unsigned)lo >> 4 & 3,
             add = by_register ? RI_REGISTER : 0;

    switch (type) {
    case DESC_CC: return g ? RI_CC_GLOBAL + g - 1 + add : RI_NONE;
    case DESC_IOTLB: return g ? RI_IOTLB_GLOBAL + g - 1 + add : RI_NONE;
    case DESC_DEVTLB: return RI_DEVTLB;
    case DESC_IEC: return RI_IEC;
    default: return RI_NONE;
    }
}

static bool concerns(const struct reach *r, unsigned what, uint64_t lo, bdf_t b)
{
    unsigned base = what < RI_DEVTLB ? what % RI_REGISTER : what;
    uint16_t sid = (uint16_t)(lo >> 32);
    static const uint16_t kept[4] = {0xffff, 0xfffb, 0xfff9, 0xfff8};
    struct context c = {0, 0};

    if (base == RI_CC_DEVICE)
        return ((b.v ^ sid) & kept[lo >> 48 & 3]) == 0;
    if (base == RI_DEVTLB)
        return b.v == sid;
    if (base == RI_IOTLB_PAGE)
        return reach_context(r, b, &c) < RC_ABSENT || context_did(c).v == (uint16_t)(lo >> 16);
    return true;
}

/* The range is as given, not aligned: where it lies about the window depends on that. */
static void page_range(struct reach *r, uint64_t lo, uint64_t hi, bool by_register)
{
    unsigned am = (unsigned)hi & 0x3f, row = by_register ? RA_REGISTER : RA_PAGE;
    uint64_t at = hi & ~PAGE_4K_MASK, bytes = am < 40 ? UINT64_C(4096) << am : 0;

    reach_hit(r, REACH_MASK, by_register, am > 18 ? 19 : am);
    if (am > 0)
        row += at & (bytes - 1) ? RA_UNALIGNED : RA_ALIGNED;
    for (unsigned i = 0; i < r->device_count; i++)
        if (concerns(r, RI_IOTLB_PAGE, lo, r->devices[i]))
            reach_address(r, r->devices[i], iova(at), row);
    if (am <= 18)
        reach_window(r, by_register ? 4 : 3, at, at + bytes - 1);
}

static void device_range(struct reach *r, uint64_t lo, uint64_t hi)
{
    uint64_t at = hi & ~PAGE_4K_MASK, bytes = 4096;
    bool range = hi & 1;

    if (range) {
        uint64_t ones = hi >> 12, run = (ones ^ (ones + 1)) >> 1; /* consecutive ones from bit 12 */

        bytes = (run + 1) << 13;
        at = bytes ? at & ~(bytes - 1) : 0;
    }
    for (unsigned i = 0; i < r->device_count; i++)
        if (concerns(r, RI_DEVTLB, lo, r->devices[i]))
            reach_address(r, r->devices[i], iova(at), range ? RA_DEVTLB_RANGE : RA_DEVTLB);
    reach_window(r, 5, at, at + bytes - 1);
}

void reach_inval_begin(struct reach *r, uint64_t lo, uint64_t hi, bool by_register)
{
    unsigned what = asked(lo, by_register);
    struct context c;

    r->heard = 0;
    r->in_inval = true;
    r->inval = what;
    if (what >= RI_IEC)
        return;
    for (unsigned i = 0; i < r->device_count; i++)
        if (concerns(r, what, lo, r->devices[i]))
            reach_hit(r, REACH_CONTEXT, what, reach_context(r, r->devices[i], &c));
    if (what == RI_DEVTLB)
        device_range(r, lo, hi);
    else if (what % RI_REGISTER == RI_IOTLB_PAGE)
        page_range(r, lo, hi, by_register);
}

void reach_inval_done(struct reach *r, uint64_t lo, bool by_register)
{
    unsigned what = asked(lo, by_register), maps = r->heard & 3;

    r->in_inval = false;
    if (what >= RI_IEC)
        return;
    if (maps || !(r->heard & 4))
        reach_hit(r, REACH_OUTCOME, what, maps);
    for (unsigned bit = 2; bit < 5; bit++)
        if (r->heard & 1u << bit)
            reach_hit(r, REACH_OUTCOME, what, bit + 2);
}

/* Without words it was the tail or the fetch, or a descriptor of zeros. */
static bool not_fetched(const struct reach *r)
{
    uint64_t word;

    return r->tail >= UINT64_C(256) << (r->iqa & IQA_QS) ||
           !guest_mem_read(r->mem, gpa(r->iqa & ~PAGE_4K_MASK), &word);
}

void reach_queue_error(struct reach *r, uint64_t lo, uint64_t hi)
{
    static const struct {
        uint64_t lo, hi;
    } reserved[6] = {{0, 0},
                     {UINT64_C(0xfffc00000000f1c0), UINT64_MAX},
                     {UINT64_C(0xffffffff0000f100), 0xf80},
                     {UINT64_C(0xffff0000ffe0f1f0), 0xffe},
                     {UINT64_C(0xffff000007fff1e0), UINT64_MAX},
                     {UINT64_C(0xfffff180), 3}};
    unsigned type = (unsigned)(lo & 0xf) | (lo >> 9 & 7 ? 10u : 0);
    unsigned row = type > 10 ? 10 : type, cause;

    if (!lo && !hi && not_fetched(r))
        row = 11;
    if (row == 11 || row == 0 || row > 5)
        cause = 0;
    else if (lo & reserved[row].lo)
        cause = 1;
    else if (hi & reserved[row].hi)
        cause = 2;
    else if (row <= DESC_IOTLB && !(lo & 0x30))
        cause = 3;
    else if (row == DESC_IOTLB && (hi & 0x3f) > 18)
        cause = 4;
    else
        cause = 5;
    reach_hit(r, REACH_BAD, row, cause);
    if (row == DESC_IOTLB && cause == 4)
        reach_hit(r, REACH_MASK, 0, 19);
    if (row == DESC_WAIT && cause > 2)
        reach_hit(r, REACH_WAIT, lo >> 4 & 7, 1);
}
