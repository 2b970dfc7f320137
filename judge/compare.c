/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vtd_regs.h"

/* Compared after each record that acts; as halves, because some registers are 32 bits wide. */
static const struct {
    uint16_t off;
    const char *name;
} registers_watched[] = {
    {REG_GSTS, "GSTS"},
    {REG_FSTS, "FSTS"},
    {REG_FECTL, "FECTL"},
    {REG_ICS, "ICS"},
    {REG_IECTL, "IECTL"},
    {REG_IQH, "IQH"},
    {REG_IQT, "IQT"},
    {REG_IQA, "IQA"},
    {REG_CCMD, "CCMD"},
    {REG_CCMD_HI, "CCMD (upper half)"},
    {REG_IVA, "IVA"},
    {REG_IOTLB, "IOTLB"},
    {REG_IOTLB_HI, "IOTLB (upper half)"},
    {REG_RTADDR, "RTADDR"},
    {REG_FRCD, "FRCD"},
    {REG_FRCD_HI, "FRCD (third word)"},
    {REG_FRCD_HI + 4, "FRCD (fourth word)"},
};

static void record_text(char *to, size_t room, const struct rec *r)
{
    static const char *const names[] = {
        [REC_W32] = "w32", [REC_W64] = "w64", [REC_R32] = "r32", [REC_R64] = "r64"};

    if (r->kind <= REC_R64)
        snprintf(to, room, "%s 0x%x 0x%" PRIx64, names[r->kind], (unsigned)r->u.reg.off,
                 r->u.reg.val);
    else if (r->kind == REC_DMA)
        snprintf(to, room, "dma %02x:%02x.%x %c 0x%" PRIx64, r->u.dma.bdf.v >> 8,
                 r->u.dma.bdf.v >> 3 & 31, r->u.dma.bdf.v & 7, r->u.dma.access == DMA_W ? 'w' : 'r',
                 r->u.dma.iova.v);
    else if (r->kind == REC_DEVICE || r->kind == REC_ATTACH)
        snprintf(to, room, "a device comes");
    else if (r->kind == REC_GONE || r->kind == REC_DETACH)
        snprintf(to, room, "a device goes");
    else if (r->kind == REC_MISS)
        snprintf(to, room, "miss 0x%" PRIx64 " %c", r->u.miss.iova.v, r->u.miss.write ? 'w' : 'r');
    else if (r->kind == REC_STOP || r->kind == REC_START || r->kind == REC_ATS)
        snprintf(to, room, "%s",
                 r->kind == REC_ATS     ? r->u.ats.on ? "ats on" : "ats off"
                 : r->kind == REC_START ? "start"
                                        : "stop");
    else
        snprintf(to, room, "%s", r->kind == REC_RESET ? "reset" : "a store");
}

__attribute__((format(printf, 2, 3))) static bool differ(struct comparison *c, const char *format,
                                                         ...)
{
    char record[64];
    va_list list;
    int n;

    if (c->out->judgement != AGREE)
        return false;
    c->out->judgement = DIFFER;
    c->out->difference = c->comparing;
    c->out->detail = c->detail;
    c->out->differs_at = c->record;
    record_text(record, sizeof(record), c->rec);
    n = snprintf(c->out->why, sizeof(c->out->why), "record %" PRIu64 " (%s): ", c->record, record);
    va_start(list, format);
    vsnprintf(c->out->why + n, sizeof(c->out->why) - (size_t)n, format, list);
    va_end(list);
    return false;
}

/* The next call of this device at or after *at, or NULL. */
static const struct call *next_call(const struct call_list *l, size_t *at,
                                    const struct vfio_device *d)
{
    while (*at < l->count && (l->calls[*at].bdf.v != d->bdf.v || l->calls[*at].nth != d->nth))
        ++*at;
    return *at < l->count ? &l->calls[(*at)++] : NULL;
}

/* Behind what is said of a call that the other end did not make. */
static const char *ended(const struct comparison *c)
{
    if (c->died)
        return machine_last_words(c->machine);
    return c->model->seen.aborted ? c->model->seen.abort_why : "";
}

/* Kinds of call, for what a difference is about. */
static unsigned kind_of(const struct call *c)
{
    if (!c)
        return 0;
    return c->reply ? 3 : 1u + c->unmap;
}

static bool compare_device(struct comparison *c, const struct vfio_device *d)
{
    size_t i = 0, k = 0, n = 0;
    const struct call *real, *model;
    bdf_t b = d->bdf;
    char text[2][160];

    for (;;) {
        real = next_call(c->real, &i, d);
        model = next_call(&c->model->seen.calls, &k, d);
        n++;
        if (!real && !model)
            return true;
        if (!real || !model || !call_same(real, model))
            break;
        c->out->calls++;
    }
    c->detail = kind_of(real) << 2 | kind_of(model);
    call_text(text[0], sizeof(text[0]), real);
    call_text(text[1], sizeof(text[1]), model);
    return differ(
        c, "%02x:%02x.%x%s%s, its call %zu of this record\n  QEMU %s\n    %s\n  %s\n    %s%s%s",
        b.v >> 8, b.v >> 3 & 31, b.v & 7, d->nth ? " as " : "", d->nth ? d->name : "", n,
        c->out->qemu, text[0], c->out->profile, text[1], *ended(c) ? "\n  one of them ended: " : "",
        ended(c));
}

static bool compare_ends(struct comparison *c)
{
    const struct seen *s = &c->model->seen;
    const char *words;

    if (!c->died && !s->aborted)
        return true;
    if (!c->died)
        return differ(c, "%s ends here (%s), QEMU %s goes on", c->out->profile, s->abort_why,
                      c->out->qemu);
    words = machine_last_words(c->machine);
    if (!s->aborted || !machine_aborted(c->machine))
        return differ(c, "QEMU %s %s, %s %s", c->out->qemu, words, c->out->profile,
                      s->aborted ? "aborts" : "goes on");
    c->out->aborted = true;
    return true;
}

static bool lost(struct comparison *c, enum answer a, const struct err *e)
{
    if (a == DIED)
        return differ(c, "reading it afterwards QEMU %s %s", c->out->qemu,
                      machine_last_words(c->machine));
    c->out->judgement = CANNOT;
    snprintf(c->out->why, sizeof(c->out->why), "record %" PRIu64 ": %s", c->record, e->text);
    return false;
}

static bool compare_stores(struct comparison *c, const struct seen *s)
{
    struct err e = {""};

    c->comparing = DIFFERS_STATUS;
    for (unsigned i = 0; i < s->stores; i++) {
        uint32_t want = s->store[i].val;
        uint64_t val = 0;
        enum answer a;

        a = machine_read(c->machine, s->store[i].gpa.v, 4, &val, &e);
        if (a != ANSWERED)
            return lost(c, a, &e);
        c->out->stores++;
        if (val != want)
            return differ(
                c, "status at 0x%" PRIx64 "\n  QEMU %s\n    0x%" PRIx64 "\n  %s\n    0x%" PRIx32,
                s->store[i].gpa.v, c->out->qemu, val, c->out->profile, want);
    }
    return true;
}

static bool compare_registers(struct comparison *c)
{
    struct err e = {""};

    for (size_t i = 0; i < sizeof(registers_watched) / sizeof(*registers_watched); i++) {
        uint16_t off = registers_watched[i].off;
        uint64_t val = 0, model = 0;
        enum answer a = machine_read(c->machine, UNIT_BASE + off, 4, &val, &e);

        if (a != ANSWERED)
            return lost(c, a, &e);
        if (model_read(c->model, off, 4, &model, &e))
            return lost(c, FAILED, &e);
        c->comparing = DIFFERS_REGISTER;
        c->detail = off;
        c->out->registers++;
        if (val != model)
            return differ(c, "register %s\n  QEMU %s\n    0x%" PRIx64 "\n  %s\n    0x%" PRIx64,
                          registers_watched[i].name, c->out->qemu, val, c->out->profile, model);
    }
    return true;
}

static bool compare_read(struct comparison *c)
{
    uint64_t model = c->model->seen.read;

    if (c->rec->kind != REC_R32 && c->rec->kind != REC_R64)
        return true;
    c->comparing = DIFFERS_READ;
    c->out->reads++;
    return c->read == model || differ(c, "read\n  QEMU %s\n    0x%" PRIx64 "\n  %s\n    0x%" PRIx64,
                                      c->out->qemu, c->read, c->out->profile, model);
}

void compare_align(const struct comparison *c, struct call_list *real)
{
    for (size_t d = 0; d < c->device_count; d++) {
        size_t i = 0, k = 0;
        const struct call *r, *m;

        while ((r = next_call(real, &i, &c->devices[d])) &&
               (m = next_call(&c->model->seen.calls, &k, &c->devices[d])))
            if (!r->unmap && !m->unmap && r->gpa_known && layout_same(c->layout, r->gpa, m->gpa))
                real->calls[i - 1].gpa = m->gpa;
    }
}

/* Where both end, devices are compared no more: which of them came first is QEMU's own chance. What
 * is cached without the right, the core refuses, not the unit: an emulated device's access shows the
 * unit's answer, a vhost is told nothing. */
static bool dma_same(const struct xlat_result *x, const struct edu_result *real, bool vhost)
{
    if (x->end == XLAT_REFUSED && !vhost)
        return real->translated && x->gpa.v == real->gpa.v;
    if (x->end != XLAT_OK)
        return !real->translated;
    return real->translated ? x->gpa.v == real->gpa.v : x->bypass;
}

/* An access of an emulated device: reached where? Why not, the fault registers say. */
static bool compare_dma(struct comparison *c)
{
    const struct xlat_result *x = &c->model->seen.dma;
    iova_t at = c->rec->u.dma.iova;
    bool vhost = false;

    if (c->rec->kind != REC_DMA || !c->model->seen.has_dma)
        return true;
    c->comparing = DIFFERS_DMA;
    c->out->accesses++;
    if (x->end == XLAT_OK && !c->dma.translated && c->model->seen.asked)
        return true; /* a vhost's miss: its UPDATE was compared */
    for (size_t i = 0; i < c->vhost_count; i++)
        vhost |= c->vhosts[i].v == c->rec->u.dma.bdf.v;
    if (dma_same(x, &c->dma, vhost))
        return true;
    return differ(
        c, "access to 0x%" PRIx64 "\n  QEMU %s\n    %s 0x%" PRIx64 "\n  %s\n    %s 0x%" PRIx64,
        at.v, c->out->qemu, c->dma.translated ? "reaches" : "is not translated",
        c->dma.translated ? c->dma.gpa.v : 0, c->out->profile,
        x->end == XLAT_OK ? "reaches" : "is refused, reason",
        x->end == XLAT_OK ? x->gpa.v : x->reason);
}

bool compare_record(struct comparison *c, bool registers)
{
    bool both = c->died && c->model->seen.aborted;

    c->comparing = DIFFERS_CALL;
    for (size_t i = 0; i < c->device_count && !both; i++)
        if (!compare_device(c, &c->devices[i]))
            return false;
    for (size_t i = 0; i < c->vhost_count && !both; i++)
        if (!compare_device(c, &(struct vfio_device){.bdf = c->vhosts[i]}))
            return false;
    c->comparing = DIFFERS_END;
    if (!compare_ends(c))
        return false;
    if (c->out->aborted)
        return true;
    if (!compare_read(c) || !compare_dma(c))
        return false;
    if (!registers || c->rec->kind == REC_R32 || c->rec->kind == REC_R64)
        return true;
    return compare_stores(c, &c->model->seen) && compare_registers(c);
}
