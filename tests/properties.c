/* SPDX-License-Identifier: MIT */
/*
 * properties [--random N] [--all] TRACE...: does any trace need what a profile says? For each
 * profile and each of its fields the profile is changed in that field alone, to what `ideal` has,
 * or else another profile, or else a quirk; both are given every trace. A trace needs the field
 * where anything differs that an observer sees (notifications, reads, accesses, faults, stores,
 * switches, the end), or a register at the end. One line a profile and field, separated by tabs:
 *
 *   profile field value other whose traces-that-need-it shortest-of-them at-record
 *
 * With --random N, N random traces are given too. With --all a line for each trace that needs it
 * instead: profile field value other whose trace at-record. With --fields nothing is played: a line
 * with the names of the profiles, then one for each field: field part meaning source, and its value
 * in each profile.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/parse.h"
#include "engine.h"
#include "gen/gen_random.h"
#include "policy_table.h"
#include "report/digest.h"
#include "trace/memory_sink.h"
#include "trace/reader.h"

#define EVENTS       400 /* of a random trace */
#define VARIANTS_MAX 256

/* A profile changed in one field, or not at all, and what is to be said of it. */
struct variant {
    const struct policy_field *field; /* NULL: the profile itself */
    struct policy *policy;
    char value[FIELD_VALUE_BYTES], other[FIELD_VALUE_BYTES];
    const char *whose;
    struct engine *engine; /* NULL: not begun, or refused, or it has differed */
    struct digest digest;
    int answer; /* of its last step */
    bool differed;
    uint64_t needed; /* by so many traces */
    uint64_t shortest_records, shortest_at;
    char shortest[200];
};

struct profile {
    const char *name;
    struct variant v[VARIANTS_MAX]; /* the first one is the profile itself */
    size_t count;
};

struct run {
    struct profile *profiles;
    size_t count;
    bool all;
};

static int die(const char *what, const char *why)
{
    fprintf(stderr, "properties: %s: %s\n", what, why);
    exit(2);
}

/* Which other value? That of ideal, of the nearest other profile, of a quirk. */
static const char *choose_other(const struct policy_field *f, const struct policy *row,
                                struct policy *changed)
{
    size_t rows;
    const char *const *names = policy_names(&rows);
    const struct quirk *q;

    for (size_t i = rows; i-- > 0;) { /* ideal is the last */
        const struct policy *p = policy_find(names[i]);

        if (policy_field_same(f, row, p))
            continue;
        policy_field_take(f, changed, p);
        return names[i];
    }
    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++) {
        struct policy *p = policy_copy(row);
        struct err e;
        bool same;

        if (!p || policy_apply_quirk(p, q->name, &e))
            die("policy", "no memory");
        same = policy_field_same(f, row, p);
        if (!same)
            policy_field_take(f, changed, p);
        free(p);
        if (!same)
            return q->name;
    }
    return NULL;
}

static void make_profile(struct profile *to, const char *name)
{
    const struct policy *row = policy_find(name);
    const struct policy_field *f;

    to->name = name;
    to->count = 1;
    to->v[0].policy = policy_copy(row);
    for (size_t i = 0; (f = policy_field(i)) != NULL; i++) {
        struct variant *v = &to->v[to->count];

        v->policy = policy_copy(row);
        v->field = f;
        v->whose = v->policy ? choose_other(f, row, v->policy) : NULL;
        if (!v->whose || to->count == VARIANTS_MAX - 1)
            die(f->name, "no profile and no quirk has another value");
        policy_field_value(f, row, v->value);
        policy_field_value(f, v->policy, v->other);
        to->count++;
    }
}

static void begin(struct variant *v, const struct trace_header *h)
{
    struct engine_options o = {.policy = v->policy, .dma_limit = 65535};
    struct err e;

    v->differed = false;
    digest_init(&v->digest);
    v->answer = engine_new(h, &o, &v->engine, &e);
    if (v->answer == 0)
        v->answer = engine_observe(v->engine, digest_observer(&v->digest));
    if (v->answer == 0)
        v->answer = engine_start(v->engine, &e);
}

static void end(struct variant *v)
{
    engine_free(v->engine);
    v->engine = NULL;
}

static void step(struct variant *v, const struct rec *r)
{
    struct err e;

    if (v->engine && v->answer == 0)
        v->answer = r ? engine_step(v->engine, r, &e) : engine_finish(v->engine, &e);
}

static bool same(const struct variant *a, const struct variant *b)
{
    return a->answer == b->answer && digest_value(&a->digest) == digest_value(&b->digest);
}

/* Everyone obeys the record (NULL: the trace is over); who shows something else is done with. */
static void step_all(const struct run *run, struct profile *p, const struct rec *r,
                     const char *trace, uint64_t at)
{
    step(&p->v[0], r);
    for (size_t i = 1; i < p->count; i++) {
        struct variant *v = &p->v[i];

        if (v->differed)
            continue;
        step(v, r);
        if (same(v, &p->v[0]))
            continue;
        v->differed = true;
        v->needed++;
        end(v);
        if (run->all)
            printf("%s\t%s\t%s\t%s\t%s\t%s\t%" PRIu64 "\n", p->name, v->field->name, v->value,
                   v->other, v->whose, trace, at);
    }
}

static void read_registers(const struct run *run, struct profile *p, const char *trace, uint64_t at)
{
    struct rec r = {.kind = REC_R32};

    for (uint16_t off = 0; off < 0x240; off += 4) {
        r.u.reg.off = off;
        step_all(run, p, &r, trace, at);
    }
}

static void keep_shortest(struct profile *p, const char *trace, uint64_t records,
                          const uint64_t *at)
{
    for (size_t i = 1; i < p->count; i++) {
        struct variant *v = &p->v[i];

        if (!v->differed || (v->needed > 1 && v->shortest_records <= records))
            continue;
        v->shortest_records = records;
        v->shortest_at = at[i];
        snprintf(v->shortest, sizeof(v->shortest), "%s", trace);
    }
}

/* One trace, one profile and all its variants side by side. */
static void play(const struct run *run, struct profile *p, struct trace_reader *t,
                 const char *trace)
{
    uint64_t at[VARIANTS_MAX] = {0};
    struct trace_damage d;
    struct rec r;
    bool more = true;

    for (size_t i = 0; i < p->count; i++)
        begin(&p->v[i], trace_header(t));
    while (more) {
        more = p->v[0].answer == 0 && trace_next(t, &r, &d) > 0;
        step_all(run, p, more ? &r : NULL, trace, trace_records(t));
        if (!more && p->v[0].answer == 0)
            read_registers(run, p, trace, trace_records(t));
        for (size_t i = 1; i < p->count; i++)
            if (p->v[i].differed && !at[i])
                at[i] = trace_records(t) + !trace_records(t);
    }
    keep_shortest(p, trace, trace_records(t), at);
    for (size_t i = 0; i < p->count; i++)
        end(&p->v[i]);
}

static void play_file(struct run *run, const char *path)
{
    for (size_t i = 0; i < run->count; i++) {
        struct trace_reader *t;
        struct trace_damage d;

        if (trace_open(path, &t, &d))
            die(path, d.why);
        play(run, &run->profiles[i], t, path);
        trace_close(t);
    }
}

static void play_random(struct run *run, uint64_t seed)
{
    struct gen_random g = {.seed = seed, .events = EVENTS};
    struct trace_bytes b = {NULL, 0, 0};
    char name[64];
    struct err e;

    snprintf(name, sizeof(name), "gen_trace --random --seed %" PRIu64 " --events %d", seed, EVENTS);
    if (gen_random_write(&g, TRACE_TEXT, TRACE_LEVEL_DEFAULT, trace_memory_sink(&b), &e))
        die(name, e.text);
    for (size_t i = 0; i < run->count; i++) {
        struct trace_reader *t;
        struct trace_damage d;

        if (trace_open_memory(b.at, b.used, &t, &d))
            die(name, d.why);
        play(run, &run->profiles[i], t, name);
        trace_close(t);
    }
    trace_bytes_free(&b);
}

static void print(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct profile *p = &run->profiles[i];

        for (size_t n = 1; n < p->count && !run->all; n++) {
            const struct variant *v = &p->v[n];

            printf("%s\t%s\t%s\t%s\t%s\t%" PRIu64 "\t%s\t%" PRIu64 "\n", p->name, v->field->name,
                   v->value, v->other, v->whose, v->needed, v->needed ? v->shortest : "-",
                   v->shortest_at);
        }
    }
}

static int print_fields(void)
{
    size_t count;
    const char *const *names = policy_names(&count);
    const struct policy_field *f;
    char value[FIELD_VALUE_BYTES];

    printf("field\tpart\tmeaning\tsource");
    for (size_t i = 0; i < count; i++)
        printf("\t%s", names[i]);
    for (size_t n = 0; (f = policy_field(n)) != NULL; n++) {
        printf("\n%s\t%s\t%s\t%s", f->name, f->part, f->meaning, f->source);
        for (size_t i = 0; i < count; i++) {
            policy_field_value(f, policy_find(names[i]), value);
            printf("\t%s", value);
        }
    }
    putchar('\n');
    return fflush(stdout) || ferror(stdout) ? 2 : 0;
}

static void free_all(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        for (size_t n = 0; n < run->profiles[i].count; n++)
            free(run->profiles[i].v[n].policy);
    free(run->profiles);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    size_t count;
    const char *const *names = policy_names(&count);
    uint64_t random = 0;
    struct err e;
    int i = 1;

    if (argc == 2 && !strcmp(argv[1], "--fields"))
        return print_fields();
    run.profiles = calloc(count, sizeof(*run.profiles));
    if (!run.profiles)
        die("profiles", "no memory");
    for (; run.count < count; run.count++)
        make_profile(&run.profiles[run.count], names[run.count]);
    for (; i < argc && !strncmp(argv[i], "--", 2); i++) {
        if (!strcmp(argv[i], "--all"))
            run.all = true;
        else if (strcmp(argv[i], "--random") != 0 || i + 1 >= argc ||
                 arg_number("--random", argv[++i], &random, &e))
            die(argv[i], "expected --fields, --random N or --all");
    }
    for (; i < argc; i++)
        play_file(&run, argv[i]);
    for (uint64_t seed = 1; seed <= random; seed++)
        play_random(&run, seed);
    print(&run);
    free_all(&run);
    return fflush(stdout) || ferror(stdout) ? 2 : 0;
}
