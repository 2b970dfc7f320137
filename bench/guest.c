/* SPDX-License-Identifier: MIT */
#include "bench/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtd_regs.h"

#define DEVICE      bdf(0x0010)
#define ROOT_GPA    UINT64_C(0x100000)
#define CONTEXT_GPA UINT64_C(0x101000)
#define QUEUE_GPA   UINT64_C(0x200000)
#define QUEUE_BYTES 4096u
#define RAM_BYTES   (UINT64_C(16) << 30)

const char *listener_name(enum listener l)
{
    static const char *const names[] = {"none", "vfio", "vhost"};

    return names[l];
}

static int step(struct guest *g, const struct rec *r, struct err *e)
{
    int rc = engine_step(g->engine, r, e);

    return rc > 0 ? err_set(e, ECANCELED, "the modelled system ended") : rc;
}

static int store(struct guest *g, uint64_t at, const uint64_t *words, unsigned count, struct err *e)
{
    struct rec r = {.kind = REC_MEM, .u.mem = {gpa(at), count, words}};

    return step(g, &r, e);
}

static int reg(struct guest *g, enum rec_kind kind, unsigned off, uint64_t val, struct err *e)
{
    struct rec r = {.kind = kind, .u.reg = {(uint16_t)off, val}};

    return step(g, &r, e);
}

int guest_show(struct guest *g, bool shown, struct err *e)
{
    struct rec zero = {.kind = REC_ZERO, .u.zero = {gpa(TABLES_GPA), 4096}};

    return shown ? store(g, TABLES_GPA, g->tables.top, 512, e) : step(g, &zero, e);
}

int guest_context(struct guest *g, bool present, struct err *e)
{
    uint64_t words[2] = {TABLES_GPA | 1, (uint64_t)GUEST_DID << 8 | (g->tables.plan.levels - 2)};
    uint64_t none[2] = {0, 0};

    return store(g, CONTEXT_GPA + (uint64_t)DEVICE.v * 16, present ? words : none, 2, e);
}

int guest_change(struct guest *g, uint64_t i, struct err *e)
{
    uint8_t bit = (uint8_t)(1u << i % 8);
    uint64_t entry;

    g->moved[i / 8] ^= bit;
    entry = tables_entry(&g->tables.plan, i, g->moved[i / 8] & bit);
    return store(g, g->tables.leaf_at[i], &entry, 1, e);
}

int guest_put(struct guest *g, uint64_t lo, uint64_t hi, struct err *e)
{
    uint64_t words[2] = {lo, hi}, at = QUEUE_GPA + g->tail;

    g->tail = (g->tail + 16) % QUEUE_BYTES;
    return store(g, at, words, 2, e);
}

int guest_ring(struct guest *g, struct err *e)
{
    return reg(g, REC_W32, REG_IQT, g->tail, e);
}

/* Nothing else is watched, and by one look each: who measures is no part of what is measured. */
static void see(void *ctx, const struct obs *o)
{
    struct guest *g = ctx;

    g->type1_calls += o->u.note->asked;
}

static int watch(struct guest *g, const struct guest_plan *p, struct err *e)
{
    struct check_config c = {0};
    int rc = 0;

    if (p->listener == LISTEN_VFIO)
        rc = engine_observe(g->engine,
                            (struct observer){.see = see, .ctx = g, .skips = ~OBS_BIT(OBS_NOTE)});
    if (rc || !p->checks)
        return rc;
    engine_check_config(g->engine, &c);
    c.mode = CHECK_FAST;
    c.findings_kept = 16;
    g->checks = checks_new(&c, e);
    return g->checks ? engine_observe(g->engine, checks_observer(g->checks)) : -ENOMEM;
}

static struct attach_rec who(const struct guest_plan *p, unsigned aw_bits)
{
    struct attach_rec a = {.bdf = DEVICE};

    strcpy(a.name, listener_name(p->listener));
    switch (p->listener) {
    case LISTEN_NONE:
        a.kind = CONSUMER_PROBE;
        a.has_flags = a.has_range = true;
        a.flags = NOTIFY_MAP | NOTIFY_UNMAP;
        a.range.last = iova((UINT64_C(1) << aw_bits) - 1);
        a.range.first = iova(a.range.last.v - 4095);
        break;
    case LISTEN_VFIO: a.kind = CONSUMER_VFIO; break;
    case LISTEN_VHOST: a.kind = CONSUMER_VHOST; break;
    }
    return a;
}

static int make_engine(struct guest *g, const struct guest_plan *p, struct err *e)
{
    struct ram_entry ram = {.gpa = gpa(0), .bytes = RAM_BYTES};
    struct trace_header h = {
        .has_unit = true, .unit = unit_config_default(), .ram = &ram, .rams = 1};
    unsigned aw_bits = 39;
    struct attach_rec a;
    struct engine_options o = {.sync = p->sync, .dma_limit = 0, .attach = &a, .attach_count = 1};
    uint64_t last = tables_iova(&p->tables, p->tables.mappings);
    int rc;

    while (aw_bits < 57 && (aw_bits < 12 + 9 * p->tables.levels || last >> aw_bits))
        aw_bits += 9;
    h.unit.aw_bits = (uint8_t)aw_bits;
    a = who(p, aw_bits);
    o.policy = policy_find(p->profile);
    if (!o.policy)
        return err_set(e, EINVAL, "profile '%s' is not built", p->profile);
    rc = engine_new(&h, &o, &g->engine, e);
    if (!rc)
        rc = watch(g, p, e);
    return rc ? rc : engine_start(g->engine, e);
}

struct storing {
    struct guest *g;
    struct err *e;
};

static int store_table(void *ctx, uint64_t at, const uint64_t *words, unsigned count)
{
    struct storing *s = ctx;

    return store(s->g, at, words, count, s->e);
}

static int switch_on(struct guest *g, struct err *e)
{
    uint64_t root[2] = {CONTEXT_GPA | 1, 0};
    int rc = store(g, ROOT_GPA, root, 2, e);

    if (!rc)
        rc = guest_context(g, true, e);
    if (!rc)
        rc = reg(g, REC_W64, REG_RTADDR, ROOT_GPA, e);
    if (!rc)
        rc = reg(g, REC_W32, REG_GCMD, GCMD_SRTP, e);
    if (!rc)
        rc = reg(g, REC_W64, REG_IQT, 0, e);
    if (!rc)
        rc = reg(g, REC_W64, REG_IQA, QUEUE_GPA, e);
    if (!rc)
        rc = reg(g, REC_W32, REG_GCMD, GCMD_QIE, e);
    return rc ? rc : reg(g, REC_W32, REG_GCMD, GCMD_QIE | GCMD_TE, e);
}

int guest_begin(struct guest *g, const struct guest_plan *p, struct err *e)
{
    struct storing s = {g, e};
    int rc;

    *e->text = '\0';
    memset(g, 0, sizeof(*g));
    g->moved = calloc(p->tables.mappings / 8 + 1, 1);
    rc = g->moved ? make_engine(g, p, e) : -ENOMEM;
    if (!rc)
        rc = tables_make(&g->tables, &p->tables, (struct tables_sink){store_table, &s});
    if (!rc)
        rc = switch_on(g, e);
    if (rc) {
        if (!*e->text)
            err_set(e, -rc, "%s", strerror(-rc));
        guest_end(g);
    }
    return rc;
}

void guest_end(struct guest *g)
{
    engine_free(g->engine);
    checks_free(g->checks);
    tables_free(&g->tables);
    free(g->moved);
    g->moved = NULL;
    g->engine = NULL;
    g->checks = NULL;
}
