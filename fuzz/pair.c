/* SPDX-License-Identifier: MIT */
#include "pair.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/digest.h"
#include "trace/header.h"
#include "trace/rec_check.h"

/* Kept from one execution to the next, each for one engine. */
static struct guest_mem *memory[2];

struct side {
    struct engine *engine; /* NULL: there is none */
    struct digest seen;
    struct err err;
    const char *abort_why;
};

struct pair {
    struct fuzz_guest guest;
    struct side side[2];
    struct checks *checks;
    uint64_t record, at_ns;
};

static const char *strategy_name(const struct pair *p)
{
    return p->guest.other == SYNC_DIRTY ? "dirty" : "translate";
}

static void see(void *ctx, const struct obs *o)
{
    struct side *s = ctx;

    if (o->kind == OBS_ABORT)
        s->abort_why = o->u.abort.why;
    digest_observer(&s->seen).see(&s->seen, o);
}

/* False: the profile's system does not offer the unit. */
static bool begin(struct pair *p, unsigned n)
{
    struct side *s = &p->side[n];
    struct engine_options o = p->guest.options;

    s->err.text[0] = 0;
    s->abort_why = NULL;
    if (!memory[n] && !(memory[n] = guest_mem_new()))
        return false;
    o.mem = memory[n];
    if (n)
        o.sync = p->guest.other;
    if (engine_new(&p->guest.header, &o, &s->engine, &s->err)) {
        if (!s->err.text[0])
            finding("a unit is refused without a sentence");
        return false;
    }
    digest_init(&s->seen);
    return engine_observe(s->engine, (struct observer){.see = see, .ctx = s}) == 0;
}

static bool begin_checks(struct pair *p)
{
    struct check_config c = {.mode = CHECK_FULL, .findings_kept = 1};
    struct err e;

    engine_check_config(p->side[0].engine, &c);
    p->checks = checks_new(&c, &e);
    return p->checks && engine_observe(p->side[0].engine, checks_observer(p->checks)) == 0;
}

/* What comes of what a consumer asked for; or a device's own fault: it may end the run, in the
 * middle of a record whose work is then not done, or break what type1 promises to devices. */
static bool own_fault(const struct pair *p, const struct finding *f)
{
    const char *id = f->inv->id;

    if (fuzz_is_deaf(&p->guest, f->consumer) &&
        (!strcmp(id, "COH-STALE") || !strcmp(id, "COH-DMA")))
        return true;
    /* type1 knows no owner: what one unmaps is gone for the other, who may never be asked again. */
    if (p->guest.shares && p->guest.apart && (!strcmp(id, "COH-SHADOW") || !strcmp(id, "COH-DMA")))
        return true;
    if (!p->guest.misbehaves)
        return false;
    return (p->side[0].abort_why && f->record >= p->record) || !strcmp(id, "LIVE-ABORT") ||
           !strcmp(id, "ISO-GONE") || !strncmp(id, "PIN-", 4);
}

static void judge(const struct pair *p)
{
    if (!p->guest.ideal || checks_failed(p->checks) || !checks_total(p->checks, SEV_VIOLATION))
        return;
    for (size_t n = 0; n < checks_findings(p->checks); n++) {
        const struct finding *f = checks_finding(p->checks, n);

        if (f->inv->severity == SEV_VIOLATION && !own_fault(p, f))
            finding("ideal breaks %s at record %" PRIu64 ", %s: %s", f->inv->id, f->record,
                    f->consumer ? f->consumer : "nobody", f->text);
    }
}

/* Both sides answered; do they agree? */
static void compare(const struct pair *p, int answer, int other)
{
    const struct side *a = &p->side[0], *b = &p->side[1];

    if (answer != other)
        finding("record %" PRIu64 ": walk answers %d (%s), %s %d (%s)", p->record, answer,
                a->err.text, strategy_name(p), other, b->err.text);
    if (answer >= 0 && digest_value(&a->seen) != digest_value(&b->seen))
        finding("record %" PRIu64 ": walk and %s show different things", p->record,
                strategy_name(p));
}

/* One record, or NULL for the end, to both sides. The first one's answer. */
static int step(struct pair *p, const struct rec *r)
{
    int answer[2] = {0, 0};

    for (unsigned n = 0; n < 2 && p->side[n].engine; n++) {
        struct side *s = &p->side[n];

        answer[n] = r ? engine_step(s->engine, r, &s->err) : engine_finish(s->engine, &s->err);
        if (answer[n] < 0 && !s->err.text[0])
            finding("record %" PRIu64 " is refused without a sentence", p->record);
        if (answer[n] == 1 && !s->abort_why)
            finding("record %" PRIu64 " ended the simulation, and nobody was told", p->record);
    }
    if (p->side[1].engine)
        compare(p, answer[0], answer[1]);
    if (answer[0] == 1 && p->guest.ideal && !p->guest.misbehaves)
        finding("ideal aborts at record %" PRIu64 ": %s", p->record, p->side[0].abort_why);
    return answer[0];
}

static void end(struct pair *p)
{
    checks_free(p->checks);
    for (unsigned n = 0; n < 2; n++) {
        engine_free(p->side[n].engine);
        if (memory[n])
            guest_mem_reset(memory[n]);
    }
}

static void run(struct pair *p)
{
    const struct rec *r;
    struct err e;
    int answer = 0;

    engine_start(p->side[0].engine, &e);
    if (p->side[1].engine)
        engine_start(p->side[1].engine, &e);
    while (!answer && (r = fuzz_guest_next(&p->guest))) {
        p->record++;
        if (rec_check(r, &p->at_ns, &e))
            finding("record %" PRIu64 " could stand in no trace: %s", p->record, e.text);
        answer = step(p, r);
    }
    if (!answer)
        answer = step(p, NULL);
    if (answer < 0)
        return; /* a refused run is not judged */
    checks_finish(p->checks);
    judge(p);
}

void fuzz_pair(enum fuzz_menu menu, const uint8_t *data, size_t size)
{
    static struct pair p;

    fuzz_guest_begin(&p.guest, menu, data, size);
    p.side[0].engine = p.side[1].engine = NULL;
    p.checks = NULL;
    p.record = p.at_ns = 0;
    if (begin(&p, 0) && (!p.guest.ideal || begin(&p, 1)) && begin_checks(&p))
        run(&p);
    end(&p);
}

int fuzz_pair_trace(enum fuzz_menu menu, const uint8_t *data, size_t size, struct trace_sink sink,
                    struct err *e)
{
    static const char *const key = "replay-with";
    struct fuzz_guest g;
    struct trace_writer *w = NULL;
    struct engine *engine = NULL;
    const struct rec *r;
    char how[100];
    int fault, answer = 0;

    fuzz_guest_begin(&g, menu, data, size);
    snprintf(how, sizeof(how), "--profile %s%s", policy_name(g.options.policy),
             g.options.type1_chain ? " --type1 chain" : "");
    struct meta_entry meta = {(char *)(uintptr_t)key, how};
    g.header.meta = &meta;
    g.header.metas = 1;
    fault = engine_new(&g.header, &g.options, &engine, e);
    if (!fault)
        fault = engine_start(engine, e);
    if (!fault)
        fault = trace_writer_open(TRACE_TEXT, &g.header, 0, sink, &w, e);
    while (!fault && !answer && (r = fuzz_guest_next(&g))) {
        struct err refused;

        answer = engine_step(engine, r, &refused);
        if (answer >= 0)
            fault = trace_writer_add(w, r, e);
    }
    if (!fault)
        fault = trace_writer_finish(w, e);
    trace_writer_free(w);
    engine_free(engine);
    return fault;
}
