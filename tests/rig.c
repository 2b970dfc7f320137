/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const rig_profiles[RIG_PROFILES] = {"qemu-7.2", "qemu-10.2", "ideal"};

uint64_t rig_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void append(char *to, size_t room, const char *text)
{
    size_t used = strlen(to);

    snprintf(to + used, room - used, "%s", text);
}

static void note_line(struct rig *r, const struct note *n)
{
    static const char *const types[] = {"MAP",       "UNMAP",      "DEVTLB",      "READ-MAP",
                                        "WRITE-MAP", "READ-UNMAP", "WRITE-UNMAP", "SYNC"};
    static const char *const perms[] = {"-", "r", "w", "rw"};
    char line[256], end[64];

    if (n->why)
        snprintf(end, sizeof(end), "%s", n->why);
    else
        snprintf(end, sizeof(end), "%d", n->result);
    if (note_maps(n->type))
        snprintf(line, sizeof(line), "%s%s %s 0x%" PRIx64 "+0x%" PRIx64 " 0x%" PRIx64 " %s %s\n",
                 n->consumer, n->via == VIA_REGION ? " region" : "", types[n->type],
                 n->range.first.v, n->range.last.v - n->range.first.v + 1, n->gpa.v, perms[n->perm],
                 end);
    else
        snprintf(line, sizeof(line), "%s%s %s 0x%" PRIx64 "+0x%" PRIx64 " %s\n", n->consumer,
                 n->via == VIA_REGION ? " region" : "", types[n->type], n->range.first.v,
                 n->range.last.v - n->range.first.v + 1, end);
    r->note_count++;
    r->note_maps += n->type == NOTE_MAP;
    r->note_perm = n->perm;
    for (const char *c = line; *c; c++)
        r->note_hash = (r->note_hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    append(r->notes, sizeof(r->notes), line);
}

static void see(void *ctx, const struct obs *o)
{
    struct rig *r = ctx;
    char line[128];

    switch (o->kind) {
    case OBS_NOTE: note_line(r, o->u.note); break;
    case OBS_DMA:
        r->dma = o->u.dma.result;
        r->dma_differs = o->u.dma.differs;
        break;
    case OBS_DMA_SHADOW:
        r->held_perm = o->u.shadow.present ? o->u.shadow.perm : PERM_NONE;
        r->held_gpa = o->u.shadow.present ? o->u.shadow.gpa.v : 0;
        break;
    case OBS_READ: r->last_read = o->u.read.model; break;
    case OBS_INTERRUPT:
        r->interrupts++;
        r->msi_address = o->u.msi.address;
        r->msi_data = o->u.msi.data;
        r->fault_interrupts += o->u.msi.fault_event;
        break;
    case OBS_QUEUE_ERROR: r->queue_errors++; break;
    case OBS_INVAL_REFUSED: r->refused++; break;
    case OBS_UNIT_STORE:
        r->status = o->u.store.val;
        r->status_gpa = o->u.store.gpa.v;
        break;
    case OBS_WAIT_LANDED: r->waits++; break;
    case OBS_ABORT: r->abort_why = o->u.abort.why; break;
    case OBS_REGISTER:
        snprintf(line, sizeof(line), "%s %d\n", o->u.reg.consumer, o->u.reg.result);
        append(r->registrations, sizeof(r->registrations), line);
        break;
    case OBS_FLAGS:
        snprintf(line, sizeof(line), "flags %u->%u %d\n", o->u.flags.old_flags,
                 o->u.flags.new_flags, o->u.flags.result);
        append(r->registrations, sizeof(r->registrations), line);
        break;
    default: break;
    }
}

static void start(struct rig *r, const struct rig_setup *s)
{
    struct trace_header h = {.has_unit = true, .unit = unit_config_default()};
    struct policy *p = policy_copy(policy_find(s->profile ? s->profile : "qemu-10.2"));
    struct attach_rec a = {.name = "p", .kind = CONSUMER_PROBE, .bdf = RIG_DEV};
    struct engine_options o = {.policy = p, .sync = s->sync, .dma_limit = s->dma_limit};
    const char *attach = s->attach ? s->attach : "probe";

    o.type1_chain = s->type1_chain;
    if (s->aw_bits)
        h.unit.aw_bits = (uint8_t)s->aw_bits;
    h.unit.caching_mode = !s->cm_off;
    h.unit.device_iotlb = s->device_iotlb;
    h.unit.snoop_control = s->snoop_control;
    h.unit.intremap = s->intremap;
    h.unit.eim = s->eim;
    h.unit.stale_tm = s->stale_tm;
    h.unit.pt = !s->no_pt;
    h.unit.dma_drain = !s->no_drain;
    h.ram = (struct ram_entry *)(uintptr_t)s->ram;
    h.rams = s->rams;
    if (strcmp(attach, "vfio") == 0) {
        a.kind = CONSUMER_VFIO;
        memcpy(a.name, "v", 2);
    }
    if (s->with)
        a = *s->with;
    if (*attach || s->with) {
        o.attach = &a;
        o.attach_count = 1;
    }
    if (s->quirk && policy_apply_quirk(p, s->quirk, &r->err))
        abort();
    r->result = engine_new(&h, &o, &r->engine, &r->err);
    free(p);
    if (r->result)
        return;
    engine_observe(r->engine, (struct observer){.see = see, .ctx = r});
    if (s->also.see)
        engine_observe(r->engine, s->also);
    r->result = engine_start(r->engine, &r->err);
}

struct rig *rig_new(const struct rig_setup *s)
{
    struct rig *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    start(r, s);
    return r;
}

void rig_free(struct rig *r)
{
    engine_free(r->engine);
    free(r);
}

int rig_step(struct rig *r, const struct rec *rec)
{
    r->result = engine_step(r->engine, rec, &r->err);
    return r->result;
}

static void write_reg(struct rig *r, enum rec_kind kind, unsigned off, uint64_t val)
{
    struct rec rec = {.kind = kind};

    rec.u.reg.off = (uint16_t)off;
    rec.u.reg.val = val;
    rig_step(r, &rec);
}

void rig_w32(struct rig *r, unsigned off, uint32_t val)
{
    write_reg(r, REC_W32, off, val);
}

void rig_w64(struct rig *r, unsigned off, uint64_t val)
{
    write_reg(r, REC_W64, off, val);
}

uint32_t rig_r32(struct rig *r, unsigned off)
{
    write_reg(r, REC_R32, off, 0);
    return (uint32_t)r->last_read;
}

uint64_t rig_r64(struct rig *r, unsigned off)
{
    write_reg(r, REC_R64, off, 0);
    return r->last_read;
}

void rig_mem(struct rig *r, uint64_t gpa_, uint64_t val)
{
    struct rec rec = {.kind = REC_MEM};

    rec.u.mem.gpa = gpa(gpa_);
    rec.u.mem.words = 1;
    rec.u.mem.val = &val;
    rig_step(r, &rec);
}

void rig_mem2(struct rig *r, uint64_t gpa_, uint64_t lo, uint64_t hi)
{
    uint64_t words[2] = {lo, hi};
    struct rec rec = {.kind = REC_MEM};

    rec.u.mem.gpa = gpa(gpa_);
    rec.u.mem.words = 2;
    rec.u.mem.val = words;
    rig_step(r, &rec);
}

void rig_mem_words(struct rig *r, uint64_t gpa_, const uint64_t *val, unsigned words)
{
    struct rec rec = {.kind = REC_MEM};

    rec.u.mem.gpa = gpa(gpa_);
    rec.u.mem.words = words;
    rec.u.mem.val = val;
    rig_step(r, &rec);
}

struct xlat_result rig_dma(struct rig *r, bdf_t b, uint64_t at, bool write)
{
    struct rec rec = {.kind = REC_DMA};

    rec.u.dma.bdf = b;
    rec.u.dma.access = write ? DMA_W : DMA_R;
    rec.u.dma.iova = iova(at);
    rec.u.dma.bytes = 1;
    rig_step(r, &rec);
    return r->dma;
}

void rig_attach(struct rig *r, const struct attach_rec *a)
{
    struct rec rec = {.kind = REC_ATTACH};

    rec.u.attach = a;
    rig_step(r, &rec);
}

void rig_detach(struct rig *r, const char *name)
{
    struct rec rec = {.kind = REC_DETACH};

    snprintf(rec.u.named.name, sizeof(rec.u.named.name), "%s", name);
    rig_step(r, &rec);
}

void rig_reset(struct rig *r)
{
    struct rec rec = {.kind = REC_RESET};

    rig_step(r, &rec);
}

void rig_device(struct rig *r, bdf_t b)
{
    struct rec rec = {.kind = REC_DEVICE, .u.device.bdf = b};

    rig_step(r, &rec);
}

void rig_context(struct rig *r, bdf_t b, unsigned levels, unsigned domain, uint64_t top)
{
    rig_mem2(r, RIG_ROOT + (uint64_t)(b.v >> 8) * 16, RIG_CTX | 1, 0);
    rig_mem2(r, RIG_CTX + (uint64_t)(b.v & 0xff) * 16, top | 1,
             (uint64_t)domain << 8 | (levels - 2));
}

void rig_bring_up(struct rig *r)
{
    rig_context(r, RIG_DEV, 3, 5, RIG_TOP);
    rig_w64(r, REG_RTADDR, RIG_ROOT);
    rig_w32(r, REG_GCMD, GCMD_SRTP);
    rig_w64(r, REG_IQT, 0);
    rig_w64(r, REG_IQA, RIG_QUEUE);
    rig_w32(r, REG_GCMD, GCMD_QIE);
    rig_w32(r, REG_GCMD, GCMD_QIE | GCMD_TE);
    (void)rig_notes(r);
}

void rig_desc(struct rig *r, uint64_t lo, uint64_t hi)
{
    uint64_t tail = rig_r64(r, REG_IQT);

    rig_mem2(r, RIG_QUEUE + tail, lo, hi);
    rig_w32(r, REG_IQT, (uint32_t)((tail + 16) % 4096));
}

void rig_psi(struct rig *r, unsigned domain, uint64_t addr, unsigned am)
{
    rig_desc(r, 0xf2 | (uint64_t)domain << 16, addr | am);
}

void rig_dsi(struct rig *r, unsigned domain)
{
    rig_desc(r, 0xe2 | (uint64_t)domain << 16, 0);
}

void rig_iotlb_global(struct rig *r)
{
    rig_desc(r, 0xd2, 0);
}

void rig_cc_global(struct rig *r)
{
    rig_desc(r, 0x11, 0);
}

void rig_cc_device(struct rig *r, unsigned domain, bdf_t b)
{
    rig_desc(r, 0x31 | (uint64_t)domain << 16 | (uint64_t)b.v << 32, 0);
}

void rig_wait(struct rig *r)
{
    rig_desc(r, UINT64_C(0x0000000200000025), RIG_STAT);
}

void rig_map(struct rig *r, uint64_t top, unsigned levels, uint64_t at, unsigned level,
             uint64_t entry)
{
    uint64_t table = top;

    /* Table pages are laid out by what they cover: one page for each (level, extent) below 8 MiB of
     * them. */
    for (unsigned l = levels; l > level; l--) {
        uint64_t index = at >> (12 + 9 * (l - 1)) & 511;
        uint64_t extent = at >> (12 + 9 * (l - 1));
        uint64_t next = 0x400000 + (l << 22) + (extent % 1024) * 4096;

        rig_mem(r, table + 8 * index, next | 3);
        table = next;
    }
    rig_mem(r, table + 8 * (at >> (12 + 9 * (level - 1)) & 511), entry);
}

const char *rig_notes(struct rig *r)
{
    memcpy(r->returned, r->notes, sizeof(r->notes));
    r->notes[0] = 0;
    return r->returned;
}
