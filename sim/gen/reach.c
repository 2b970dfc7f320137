/* SPDX-License-Identifier: MIT */
#include "gen/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/reach_inside.h"

void reach_hit(struct reach *r, enum reach_table t, unsigned row, unsigned column)
{
    if (row < REACH_ROWS && column < REACH_COLUMNS)
        r->count[t][row][column]++;
}

uint64_t reach_count(const struct reach *r, enum reach_table t, unsigned row, unsigned column)
{
    return row < REACH_ROWS && column < REACH_COLUMNS ? r->count[t][row][column] : 0;
}

struct reach *reach_new(void)
{
    return calloc(1, sizeof(struct reach));
}

void reach_free(struct reach *r)
{
    if (r)
        guest_mem_free(r->mem);
    free(r);
}

int reach_begin(struct reach *r, const struct trace_header *h, struct err *e)
{
    int rc = 0;

    guest_mem_free(r->mem);
    r->mem = guest_mem_new();
    if (!r->mem)
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; i < h->rams && !rc; i++)
        rc = guest_mem_add(r->mem,
                           (struct ram_block){h->ram[i].gpa, h->ram[i].bytes, h->ram[i].rom}, e);
    r->aw_bits = h->unit.aw_bits;
    r->pt = h->unit.pt;
    r->dt = h->unit.device_iotlb;
    r->ir = h->unit.intremap;
    r->gsts = 0;
    r->root = gpa(0);
    r->iqa = r->tail = 0;
    r->device_count = 0;
    r->in_inval = false;
    return rc;
}

static unsigned entry_class(const struct reach *r, uint64_t entry)
{
    if (entry == UINT64_MAX)
        return 4;
    if (!(entry & SS_PERM))
        return 0;
    if ((entry & UINT64_C(0x4000000000000800)) ||
        (entry & ~UINT64_C(0xfff0000000000000)) >> r->aw_bits)
        return 3;
    return entry & SS_LARGE ? 2 : 1;
}

static void store(struct reach *r, gpa_t at, uint64_t val)
{
    uint64_t old = 0;

    if (guest_mem_read(r->mem, at, &old))
        reach_hit(r, REACH_ENTRY, entry_class(r, old), entry_class(r, val));
    (void)guest_mem_store(r->mem, at, val); /* outside RAM the engine says so */
}

static unsigned register_row(unsigned off)
{
    static const struct {
        uint16_t off;
        uint8_t row;
    } rows[] = {{REG_VER, 0},      {REG_CAP, 0},         {0x0c, 0},        {REG_ECAP, 0},
                {0x14, 0},         {REG_GCMD, 1},        {REG_GSTS, 2},    {REG_RTADDR, 3},
                {0x24, 3},         {REG_CCMD, 4},        {REG_CCMD_HI, 5}, {REG_FSTS, 6},
                {REG_FECTL, 7},    {REG_FEDATA, 8},      {REG_FEADDR, 9},  {REG_FEUADDR, 10},
                {0x58, 11},        {0x64, 11},           {0x68, 11},       {0x6c, 11},
                {0x70, 11},        {0x78, 11},           {REG_IQH, 12},    {0x84, 12},
                {REG_IQT, 13},     {0x8c, 13},           {REG_IQA, 14},    {0x94, 14},
                {REG_ICS, 15},     {REG_IECTL, 16},      {REG_IEDATA, 17}, {REG_IEADDR, 18},
                {REG_IEUADDR, 19}, {REG_IQERCD, 20},     {REG_IRTA, 21},   {0xbc, 21},
                {REG_IVA, 23},     {0xf4, 23},           {REG_IOTLB, 24},  {REG_IOTLB_HI, 25},
                {0x100, 26},       {0x108, 26},          {REG_FRCD, 27},   {REG_FRCD + 4, 27},
                {REG_FRCD_HI, 28}, {REG_FRCD_HI + 4, 28}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].off == off)
            return rows[i].row;
    if (off >= 0xc0 && off < 0xf0)
        return 22;
    return off >= VTD_REG_BYTES ? 29 : REACH_ROWS;
}

/* Levels are what they were before the write; a command is counted when it asks for a change. */
static void command(struct reach *r, uint32_t val)
{
    static const struct {
        uint32_t bit;
        unsigned row;
    } always[] = {{GCMD_SRTP, 2},          {GCMD_SIRTP, 6},         {UINT32_C(1) << 29, 9},
                  {UINT32_C(1) << 28, 10}, {UINT32_C(1) << 27, 11}, {UINT32_C(1) << 23, 12}};
    uint32_t changed = r->gsts ^ val;
    bool te = r->gsts & GCMD_TE;

    if (changed & GCMD_TE)
        reach_hit(r, REACH_COMMAND, val & GCMD_TE ? 0 : 1, te);
    if ((changed & GCMD_TE) && (val & GCMD_SRTP))
        reach_hit(r, REACH_COMMAND, 3, te);
    if (changed & GCMD_QIE)
        reach_hit(r, REACH_COMMAND, val & GCMD_QIE ? 4 : 5, te);
    if (changed & GCMD_IRE)
        reach_hit(r, REACH_COMMAND, val & GCMD_IRE ? 7 : 8, te);
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        if (val & always[i].bit)
            reach_hit(r, REACH_COMMAND, always[i].row, te);
    if (val & 0x7fffff)
        reach_hit(r, REACH_COMMAND, 13, te);
}

static void written(struct reach *r, unsigned off, uint64_t val, bool wide)
{
    uint64_t tail = val >> 4 & 0x7fff;

    reach_hit(r, REACH_REGISTER, register_row(off), wide);
    if (off == REG_GCMD)
        command(r, (uint32_t)val);
    if (off == REG_IQA)
        r->iqa = wide ? val : (r->iqa & ~UINT64_C(0xffffffff)) | val;
    if (off == REG_IQA && (val & IQA_DW))
        reach_hit(r, REACH_QUEUE, val & IQA_QS, 3);
    if (off == REG_IQT && (r->gsts & GCMD_QIE) && tail < r->tail)
        reach_hit(r, REACH_QUEUE, r->iqa & IQA_QS, 2);
    if (off == REG_IQT)
        r->tail = tail;
}

static void record(struct reach *r, const struct rec *rec)
{
    r->rec = rec;
    switch (rec->kind) {
    case REC_W32:
    case REC_W64: written(r, rec->u.reg.off, rec->u.reg.val, rec->kind == REC_W64); break;
    case REC_R32:
    case REC_R64:
        reach_hit(r, REACH_REGISTER, register_row(rec->u.reg.off), rec->kind == REC_R64 ? 3 : 2);
        break;
    case REC_DMA:
        if (r->gsts & GCMD_TE)
            reach_address(r, rec->u.dma.bdf, rec->u.dma.iova,
                          rec->u.dma.access == DMA_W ? RA_DMA_W : RA_DMA_R);
        break;
    case REC_RESET: reach_hit(r, REACH_COMMAND, 14, (r->gsts & GCMD_TE) != 0); break;
    default: break;
    }
}

static void record_end(struct reach *r, const struct rec *rec)
{
    if (rec->kind == REC_MEM)
        for (uint32_t i = 0; i < rec->u.mem.words; i++)
            store(r, gpa(rec->u.mem.gpa.v + 8u * i), rec->u.mem.val[i]);
    if (rec->kind == REC_ZERO)
        (void)guest_mem_zero(r->mem, rec->u.zero.gpa, rec->u.zero.bytes);
    r->rec = NULL;
}

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

static void begin(struct reach *r, uint64_t lo, uint64_t hi, bool by_register)
{
    unsigned what = asked(lo, by_register);
    struct context c;

    r->heard = 0;
    r->in_inval = true;
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

static void done(struct reach *r, uint64_t lo, bool by_register)
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

static void note(struct reach *r, const struct note *n)
{
    uint64_t bytes = n->range.last.v - n->range.first.v + 1;
    unsigned size = bytes == 4096                   ? 0
                    : bytes - 1 < 0x1fffff          ? 1
                    : bytes == 0x200000             ? 2
                    : bytes - 1 < 0x3fffffff        ? 3
                    : bytes == UINT64_C(0x40000000) ? 4
                                                    : 5;
    unsigned type = n->type == NOTE_MAP ? 0 : n->type == NOTE_UNMAP ? 1 : 2;

    if (!note_coarse(n->type))
        return;
    reach_hit(r, REACH_NOTE, type, size);
    if (n->asked && n->result < 0 && type < 2)
        reach_hit(r, REACH_NOTE, 3 + type, size);
    if (!n->asked && n->why && type == 0)
        reach_hit(r, REACH_NOTE, 5, size);
    r->heard |= 1u << type;
    if (n->asked && n->result < 0)
        r->heard |= 8;
}

/* Without words it was the tail or the fetch, or a descriptor of zeros. */
static bool not_fetched(const struct reach *r)
{
    uint64_t word;

    return r->tail >= UINT64_C(256) << (r->iqa & IQA_QS) ||
           !guest_mem_read(r->mem, gpa(r->iqa & ~PAGE_4K_MASK), &word);
}

static void queue_error(struct reach *r, uint64_t lo, uint64_t hi)
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

static void access_ended(struct reach *r, const struct obs *o)
{
    const struct xlat_result *x = &o->u.dma.result;
    static const unsigned rows[] = {0, 3, 4, 5, 6};
    uint32_t bytes = o->u.dma.rec->u.dma.bytes;
    unsigned size = bytes == 1 ? 0 : bytes <= 8 ? 1 : bytes <= 64 ? 2 : 3, row = rows[x->end];

    if (x->end == XLAT_OK)
        row = x->bypass ? 2 : x->from_iotlb ? 1 : 0;
    reach_hit(r, REACH_ACCESS, row, size + (o->u.dma.access == DMA_W ? 4 : 0));
}

static void device(struct reach *r, bdf_t b, bool on)
{
    unsigned i = 0;

    while (i < r->device_count && r->devices[i].v != b.v)
        i++;
    if (on && i == r->device_count && i < REACH_DEVICES)
        r->devices[r->device_count++] = b;
    else if (!on && i < r->device_count)
        r->devices[i] = r->devices[--r->device_count];
}

static void fault(struct reach *r, const struct obs *o)
{
    bool write = r->rec && r->rec->kind == REC_DMA && r->rec->u.dma.access == DMA_W;

    if (o->u.fault.reason)
        reach_hit(r, REACH_FAULT, o->u.fault.reason - 1u,
                  (o->u.fault.end == XLAT_FAULT ? 0 : 2) + write);
}

static void status(struct reach *r, uint32_t val)
{
    uint32_t changed = r->gsts ^ val;

    r->gsts = val;
    if (changed & GCMD_QIE)
        reach_hit(r, REACH_QUEUE, r->iqa & IQA_QS, val & GCMD_QIE ? 0 : 1);
}

static void see(void *ctx, const struct obs *o)
{
    struct reach *r = ctx;

    switch (o->kind) {
    case OBS_RECORD: record(r, o->u.rec); break;
    case OBS_RECORD_END: record_end(r, o->u.rec); break;
    case OBS_UNIT_STORE: (void)guest_mem_write32(r->mem, o->u.store.gpa, o->u.store.val); break;
    case OBS_GSTS: status(r, o->u.gsts.new_val); break;
    case OBS_ROOT: r->root = o->u.root.gpa; break;
    case OBS_INVAL_BEGIN: begin(r, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register); break;
    case OBS_INVAL_DONE: done(r, o->u.inval.lo, o->u.inval.by_register); break;
    case OBS_QUEUE_ERROR: queue_error(r, o->u.inval.lo, o->u.inval.hi); break;
    case OBS_INVAL_REFUSED:
        if (o->u.inval.by_register && (o->u.inval.lo & 0x3f) == (DESC_IOTLB | 0x30))
            reach_hit(r, REACH_MASK, 1, 19);
        break;
    case OBS_WAIT_LANDED: reach_hit(r, REACH_WAIT, o->u.inval.lo >> 4 & 7, 0); break;
    case OBS_FAULT: fault(r, o); break;
    case OBS_DEVICE: device(r, o->u.device.bdf, o->u.device.on); break;
    case OBS_SWITCH: r->heard |= 16; break;
    case OBS_NOTE: note(r, o->u.note); break;
    case OBS_DMA:
        if (!o->u.dma.vhost)
            access_ended(r, o);
        break;
    case OBS_RESET:
        r->root = gpa(0);
        r->iqa = r->tail = 0;
        break;
    default: break;
    }
}

struct observer reach_observer(struct reach *r)
{
    return (struct observer){see, r};
}
