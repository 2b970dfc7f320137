/* SPDX-License-Identifier: MIT */
#include "gen/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen/reach_inside.h"

void reach_add(struct reach *r, enum reach_table t, unsigned row, unsigned column, uint64_t n)
{
    if (row < REACH_ROWS && column < REACH_COLUMNS)
        r->count[t][row][column] += n;
}

void reach_hit(struct reach *r, enum reach_table t, unsigned row, unsigned column)
{
    reach_add(r, t, row, column, 1);
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
    r->device_count = r->consumers = 0;
    r->in_inval = false;
    r->rec = NULL;
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

static unsigned number_of(const struct reach *r, bdf_t b)
{
    unsigned i = 0;

    while (i < r->device_count && r->devices[i].v != b.v)
        i++;
    return i;
}

static void record(struct reach *r, const struct rec *rec)
{
    r->rec = rec;
    r->stranger = rec->kind == REC_DMA && number_of(r, rec->u.dma.bdf) == r->device_count;
    switch (rec->kind) {
    case REC_W32:
    case REC_W64: reach_written(r, rec->u.reg.off, rec->u.reg.val, rec->kind == REC_W64); break;
    case REC_R32:
    case REC_R64:
        reach_hit(r, REACH_REGISTER, reach_register_row(rec->u.reg.off),
                  rec->kind == REC_R64 ? 3 : 2);
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
    reach_told(r, n);
    reach_hit(r, REACH_NOTE, type, size);
    if (n->asked && n->result < 0 && type < 2)
        reach_hit(r, REACH_NOTE, 3 + type, size);
    if (!n->asked && n->why && type == 0)
        reach_hit(r, REACH_NOTE, 5, size);
    r->heard |= 1u << type;
    if (n->asked && n->result < 0)
        r->heard |= 8;
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
    unsigned i = number_of(r, b);

    if (on && i == r->device_count && i < REACH_DEVICES)
        r->devices[r->device_count++] = b;
    else if (!on && i < r->device_count)
        r->devices[i] = r->devices[--r->device_count];
}

static void fault(struct reach *r, const struct obs *o)
{
    const struct rec *rec = r->rec;
    bool write = rec && ((rec->kind == REC_DMA && rec->u.dma.access == DMA_W) ||
                         (rec->kind == REC_MISS && rec->u.miss.write));

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
    case OBS_INVAL_BEGIN:
        reach_inval_begin(r, o->u.inval.lo, o->u.inval.hi, o->u.inval.by_register);
        break;
    case OBS_INVAL_DONE: reach_inval_done(r, o->u.inval.lo, o->u.inval.by_register); break;
    case OBS_QUEUE_ERROR: reach_queue_error(r, o->u.inval.lo, o->u.inval.hi); break;
    case OBS_INVAL_REFUSED:
        if (o->u.inval.by_register && (o->u.inval.lo & 0x3f) == (DESC_IOTLB | 0x30))
            reach_hit(r, REACH_MASK, 1, 19);
        break;
    case OBS_WAIT_LANDED: reach_hit(r, REACH_WAIT, o->u.inval.lo >> 4 & 7, 0); break;
    case OBS_FAULT: fault(r, o); break;
    case OBS_DEVICE: device(r, o->u.device.bdf, o->u.device.on); break;
    case OBS_SWITCH:
        r->heard |= 16;
        reach_step(r, o->u.device.on ? STEP_ON : STEP_OFF);
        break;
    case OBS_CONSUMER:
        reach_consumer(r, o->u.consumer.name, o->u.consumer.kind, o->u.consumer.joined);
        break;
    case OBS_REGISTER: reach_step(r, STEP_REGISTER); break;
    case OBS_UNREGISTER: reach_step(r, STEP_UNREGISTER); break;
    case OBS_REPLAY_BEGIN: reach_step(r, STEP_REPLAY); break;
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
    return (struct observer){.see = see, .ctx = r};
}
