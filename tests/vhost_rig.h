/* SPDX-License-Identifier: MIT */
/*
 * A simulation with vhosts under a test's hand, watched by the checks. `seen(v)` says what was seen
 * since it was called last, in order, one line each:
 *
 *   v miss 0x1000 r | v update 0x1000+0x1000 0x200000 rw 0 | v invalidate 0x1000+0x1000 0
 *   v fail 0x1000 r | v wake 0x1000 r | v drop 0x1000 r | v evict 0x1000+0x1000
 *   v stop | v start | v: UNMAP 0x1000+0x1000 0 | dma 0x200000 by v | dma 0x200000 | dma fault 6
 *   v refused -95
 */
#ifndef VTR_TESTS_VHOST_RIG_H
#define VTR_TESTS_VHOST_RIG_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checks/checks.h"
#include "rig.h"
#include "suite.h"

struct vrig {
    struct rig rig; /* its engine, for the rig's one-line calls */
    struct checks *checks;
    char log[65536], shown[65536];
};

static inline void say(struct vrig *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void say(struct vrig *v, const char *fmt, ...)
{
    size_t used = strlen(v->log);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(v->log + used, sizeof(v->log) - used, fmt, ap);
    va_end(ap);
}

static inline void say_vhost(struct vrig *v, const struct obs *o)
{
    static const char *const perms[] = {"-", "r", "w", "rw"};
    static const char *const words[] = {
        [VHOST_MISS] = "miss",    [VHOST_UPDATE] = "update", [VHOST_INVALIDATE] = "invalidate",
        [VHOST_FAILURE] = "fail", [VHOST_WOKEN] = "wake",    [VHOST_DROPPED] = "drop",
        [VHOST_STOPPED] = "stop", [VHOST_STARTED] = "start", [VHOST_EVICTED] = "evict"};
    uint64_t first = o->u.vhost.range.first.v, size = o->u.vhost.range.last.v - first + 1;

    say(v, "%s %s", o->u.vhost.consumer, words[o->u.vhost.what]);
    switch (o->u.vhost.what) {
    case VHOST_UPDATE:
        say(v, " 0x%" PRIx64 "+0x%" PRIx64 " 0x%" PRIx64 " %s %d", first, size, o->u.vhost.gpa.v,
            perms[o->u.vhost.perm], o->u.vhost.result);
        break;
    case VHOST_INVALIDATE:
        say(v, " 0x%" PRIx64 "+0x%" PRIx64 " %d", first, size, o->u.vhost.result);
        break;
    case VHOST_EVICTED: say(v, " 0x%" PRIx64 "+0x%" PRIx64, first, size); break;
    case VHOST_STOPPED:
    case VHOST_STARTED: break;
    default: say(v, " 0x%" PRIx64 " %s", first, perms[o->u.vhost.perm]);
    }
    say(v, "\n");
}

static inline void say_note(struct vrig *v, const struct note *n)
{
    static const char *const types[] = {"MAP", "UNMAP", "DEVTLB"};

    say(v, "%s%s %s 0x%" PRIx64 "+0x%" PRIx64, n->consumer,
        n->via == VIA_REGION ? ", region:" : ":", types[n->type], n->range.first.v,
        n->range.last.v - n->range.first.v + 1);
    if (n->why)
        say(v, " %s\n", n->why);
    else
        say(v, " %d\n", n->result);
}

static inline void vrig_see(void *ctx, const struct obs *o)
{
    struct vrig *v = ctx;
    const struct xlat_result *x = &o->u.dma.result;

    switch (o->kind) {
    case OBS_READ: v->rig.last_read = o->u.read.model; break; /* for rig_desc */
    case OBS_VHOST: say_vhost(v, o); break;
    case OBS_NOTE: say_note(v, o->u.note); break;
    case OBS_ABORT: v->rig.abort_why = o->u.abort.why; break;
    case OBS_REGISTER:
        if (o->u.reg.result)
            say(v, "%s refused %d\n", o->u.reg.consumer, o->u.reg.result);
        break;
    case OBS_DMA:
        if (x->end == XLAT_OK)
            say(v, "dma 0x%" PRIx64, x->gpa.v);
        else if (x->end == XLAT_REFUSED)
            say(v, "dma refused");
        else
            say(v, "dma fault %u", x->reason);
        say(v, "%s%s%s\n", o->u.dma.vhost ? " by " : "", o->u.dma.vhost ? o->u.dma.vhost : "",
            o->u.dma.differs ? ", differs" : "");
        break;
    default: break;
    }
}

struct vrig_setup {
    const char *profile; /* NULL: qemu-10.2 */
    const char *quirk;
    bool cm_off, device_iotlb, ats;
    const struct ram_entry *ram;
    size_t rams;
};

static inline struct vrig *vrig_new(const struct vrig_setup *s)
{
    struct vrig *v = calloc(1, sizeof(*v));
    struct device_rec device = {.bdf = RIG_DEV, .ats = s->ats};
    struct trace_header h = {
        .has_unit = true, .unit = unit_config_default(), .devices = &device, .devices_count = 1};
    struct policy *p = policy_copy(policy_find(s->profile ? s->profile : "qemu-10.2"));
    struct attach_rec quiet = {.name = "quiet",
                               .kind = CONSUMER_PROBE,
                               .bdf = RIG_DEV,
                               .has_flags = true,
                               .flags = NOTIFY_UNMAP,
                               .has_range = true,
                               .range = iova_range(UINT64_C(1) << 60, UINT64_MAX)};
    struct engine_options o = {.policy = p, .attach = &quiet, .attach_count = 1};
    struct check_config cfg = {.mode = CHECK_FULL, .findings_kept = 100};
    struct err err;

    ck_assert_ptr_nonnull(v);
    h.unit.caching_mode = !s->cm_off;
    h.unit.device_iotlb = s->device_iotlb;
    h.ram = (struct ram_entry *)(uintptr_t)s->ram;
    h.rams = s->rams;
    if (s->quirk)
        ck_assert_int_eq(policy_apply_quirk(p, s->quirk, &err), 0);
    ck_assert_int_eq(engine_new(&h, &o, &v->rig.engine, &err), 0);
    free(p);
    engine_check_config(v->rig.engine, &cfg);
    v->checks = checks_new(&cfg, &err);
    ck_assert_ptr_nonnull(v->checks);
    engine_observe(v->rig.engine, checks_observer(v->checks));
    engine_observe(v->rig.engine, (struct observer){.see = vrig_see, .ctx = v});
    ck_assert_int_eq(engine_start(v->rig.engine, &err), 0);
    rig_detach(&v->rig, "quiet"); /* it only kept the default consumer away */
    return v;
}

static inline void vrig_free(struct vrig *v)
{
    engine_free(v->rig.engine);
    checks_free(v->checks);
    free(v);
}

/* What was seen since the last call. */
static inline const char *seen(struct vrig *v)
{
    memcpy(v->shown, v->log, sizeof(v->log));
    v->log[0] = 0;
    return v->shown;
}

#define SAW(v, text) ck_assert_str_eq(seen(v), text)

/* How often an invariant was broken up to now. */
static inline uint64_t broken(struct vrig *v, const char *id)
{
    size_t count;
    const struct invariant *inv = invariants(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(inv[i].id, id) == 0)
            return checks_count(v->checks, i);
    ck_abort_msg("no invariant %s", id);
    return 0;
}

/* Of severity violation. */
static inline uint64_t broken_all(struct vrig *v)
{
    size_t count;
    const struct invariant *inv = invariants(&count);
    uint64_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += inv[i].severity == SEV_VIOLATION ? checks_count(v->checks, i) : 0;
    return all;
}

static inline void attach_vhost(struct vrig *v, const char *name, enum vhost_backend b,
                                uint64_t limit)
{
    struct attach_rec a = {.kind = CONSUMER_VHOST,
                           .bdf = RIG_DEV,
                           .has_backend = true,
                           .backend = b,
                           .has_limit = limit != 0,
                           .limit = limit};

    snprintf(a.name, sizeof(a.name), "%s", name);
    rig_attach(&v->rig, &a);
}

static inline int named_rec(struct vrig *v, enum rec_kind k, const char *name)
{
    struct rec r = {.kind = k};

    snprintf(r.u.named.name, sizeof(r.u.named.name), "%s", name);
    return rig_step(&v->rig, &r);
}

static inline int miss_rec(struct vrig *v, const char *name, uint64_t at, bool write)
{
    struct rec r = {.kind = REC_MISS};

    snprintf(r.u.miss.name, sizeof(r.u.miss.name), "%s", name);
    r.u.miss.iova = iova(at);
    r.u.miss.write = write;
    return rig_step(&v->rig, &r);
}

static inline void ats_rec(struct vrig *v, bool on)
{
    struct rec r = {.kind = REC_ATS};

    r.u.ats.bdf = RIG_DEV;
    r.u.ats.on = on;
    ck_assert(rig_step(&v->rig, &r) == 0 || v->rig.abort_why);
}

static inline void fail_rec(struct vrig *v, const char *name, enum fail_op op, int error)
{
    struct rec r = {.kind = REC_FAIL};

    snprintf(r.u.fail.name, sizeof(r.u.fail.name), "%s", name);
    r.u.fail.op = op;
    r.u.fail.error = error;
    r.u.fail.count = 1;
    ck_assert_int_eq(rig_step(&v->rig, &r), 0);
}

static inline void access_at(struct vrig *v, uint64_t at, enum dma_access how)
{
    struct rec r = {.kind = REC_DMA};

    r.u.dma.bdf = RIG_DEV;
    r.u.dma.access = how;
    r.u.dma.iova = iova(at);
    r.u.dma.bytes = 1;
    ck_assert_int_ge(rig_step(&v->rig, &r), 0);
}

/* Translation on for RIG_DEV, what was seen forgotten. */
static inline void bring_up(struct vrig *v)
{
    rig_bring_up(&v->rig);
    seen(v);
}

/* A leaf of 4 KiB, and its page-selective invalidation where `psi`. */
static inline void leaf(struct vrig *v, uint64_t at, uint64_t entry, bool psi)
{
    rig_map(&v->rig, RIG_TOP, 3, at, 1, entry);
    if (psi)
        rig_psi(&v->rig, 5, at, 0);
}

static inline void te(struct vrig *v, bool on)
{
    rig_w32(&v->rig, REG_GCMD, (on ? GCMD_TE : 0) | GCMD_QIE);
}

/* Device-TLB invalidation of one page of RIG_DEV, or of everything. */
static inline void devtlb(struct vrig *v, uint64_t at, bool all)
{
    rig_desc(&v->rig, (uint64_t)RIG_DEV.v << 32 | 3, all ? UINT64_C(0x7ffffffffffff001) : at);
}

#endif
