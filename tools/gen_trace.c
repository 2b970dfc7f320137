/* SPDX-License-Identifier: MIT */
/* gen_trace: make traces from seeds; the work is in sim/gen/. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/version.h"
#include "common/bar.h"
#include "common/interrupt.h"
#include "common/output.h"
#include "gen/command_line.h"
#include "gen/reach_result.h"

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "gen_trace: %s: %s\n", what, why);
    return 2;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static bool packed(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && !strcmp(name + n - 4, ".zst");
}

static int generate(const struct gen_options *g, const char *output)
{
    bool to_file = output && strcmp(output, "-") != 0;
    const char *name = to_file ? output : "-";
    struct part_file out;
    struct err e = {""};
    int rc = output_open(&out, output, &e);

    if (rc)
        return complain(name, e.text);
    rc = gen_write(g, to_file && packed(name) ? TRACE_PACKED : TRACE_TEXT, TRACE_LEVEL_DEFAULT,
                   (struct trace_sink){put, out.f}, &e);
    if (rc)
        output_drop(&out);
    else
        rc = output_close(&out, &e);
    return rc ? complain(name, e.text) : 0;
}

/* What was asked for and could not be done any more: said, and the exit code. */
static int interrupted(uint64_t done, uint64_t of, const char *what)
{
    fprintf(stderr, "gen_trace: interrupted: %" PRIu64 " of %" PRIu64 " %s\n", done, of, what);
    return interrupt_code();
}

/* A file for each seed of the shard. An interrupt lets the one under way become whole. */
static int generate_many(const struct gen_command_line *c)
{
    uint64_t items = shard_items(c->span.shard, c->span.of, c->span.seeds), done = 0;
    struct gen_options one = c->g;
    struct bar bar;
    char path[4096];
    int code = 0;

    if (mkdir(c->output, 0777) && errno != EEXIST)
        return complain(c->output, strerror(errno));
    bar_begin(&bar, "traces");
    for (; done < items && !code && !interrupt_code(); done += !code) {
        one.seed = c->g.seed + c->span.shard - 1 + done * c->span.of;
        snprintf(path, sizeof(path), "%.4000s/%" PRIu64 ".trace", c->output, one.seed);
        bar_show(&bar, done, done, items);
        code = generate(&one, path);
    }
    bar_erase(&bar);
    return code || done == items ? code : interrupted(done, items, "traces are written");
}

static int write_json(const char *file, const struct reach_result *r)
{
    struct part_file out;
    struct err e = {""};

    if (output_open(&out, file, &e))
        return complain(file, e.text);
    if (reach_result_write(out.f, r)) {
        output_drop(&out);
        return complain(file, "could not be written");
    }
    return output_close(&out, &e) ? complain(file, e.text) : 0;
}

/* The seeds of one step of the curve, shown as what they are of all. */
struct step {
    struct bar *bar;
    uint64_t before, seeds;
};

static void show_step(void *ctx, uint64_t done, uint64_t bytes, uint64_t size)
{
    struct step *s = ctx;

    (void)bytes;
    (void)size;
    bar_show(s->bar, s->before + done, s->before + done, s->seeds);
}

/* After 1, 2, 3, 4, 6, 8, 12, ... seeds. */
static int curve(const struct gen_command_line *c, struct reach *r, struct bar *bar, struct err *e)
{
    struct step step = {bar, 0, c->span.seeds};
    struct reach_watch watch = {
        .progress = {.show = show_step, .ctx = &step, .stop = interrupt_flag()}};
    struct gen_options one = c->g;
    uint64_t done = 0, next = 1;
    int rc = 0;

    while (done < c->span.seeds && !rc) {
        struct reach_span span = {.shard = 1, .of = 1};
        struct reach_sum sum;

        next = next < c->span.seeds ? next : c->span.seeds;
        span.seeds = next - done;
        one.seed = c->g.seed + done;
        step.before = done;
        rc = reach_run(r, &one, &span, c->profile, &watch, e);
        if (!rc && watch.done < span.seeds)
            return interrupted(done + watch.done, c->span.seeds, "seeds were replayed");
        sum = reach_sum(r);
        if (!rc && printf("%" PRIu64 " %u %u\n", next, sum.touched, sum.possible) < 0)
            rc = err_set(e, EIO, "could not be written");
        done = next;
        next = next & (next - 1) ? (next / 3) * 4 : next < 2 ? 2 : next / 2 * 3;
    }
    return rc;
}

static int tables(const struct gen_command_line *c, struct reach_result *r, struct bar *bar,
                  struct err *e)
{
    uint64_t items = shard_items(c->span.shard, c->span.of, c->span.seeds);
    struct shard shard = {c->span.shard, SHARD_WHOLE};
    struct reach_part p = {.events = c->g.events,
                           .seed = c->g.seed,
                           .seeds = c->span.seeds,
                           .shards = {c->span.of, &shard, 1}};
    struct reach_watch watch = {.progress = bar_progress(bar)};
    int rc = reach_run(r->reach, &c->g, &c->span, c->profile, &watch, e);

    bar_erase(bar);
    if (watch.done < items)
        shard.done = watch.done;
    gen_options_text(c, p.what, sizeof(p.what));
    if (!rc)
        rc = reach_result_add(r, &p, e);
    if (!rc && c->json && write_json(c->json, r))
        return 2;
    if (!rc && !(c->json && !strcmp(c->json, "-")) && reach_result_print(stdout, r))
        rc = err_set(e, EIO, "could not be written");
    return rc || watch.done == items ? rc : interrupted(watch.done, items, "seeds were replayed");
}

static int reach(const struct gen_command_line *c)
{
    struct reach_result r;
    struct err e = {"out of memory"};
    struct bar bar;
    int rc = reach_result_new(&r);

    bar_begin(&bar, "seeds");
    if (c->curve && isatty(STDOUT_FILENO))
        bar.wanted = false; /* it would stand between the lines */
    if (!rc)
        rc = c->curve ? curve(c, r.reach, &bar, &e) : tables(c, &r, &bar, &e);
    bar_erase(&bar);
    if (rc >= 0 && fflush(stdout))
        rc = err_set(&e, EIO, "could not be written");
    reach_result_free(&r);
    return rc < 0 ? complain("--reach", e.text) : rc;
}

static int list(void)
{
    const struct workload *l;

    for (unsigned i = 0; (l = workload_at(i)) != NULL; i++)
        printf("%-12s %s\n%-12s --pages %u to %u%s%s\n", l->name, l->about, "", l->pages_min,
               l->pages_max, l->knobs & KNOB_DENSITY ? ", --density" : "",
               l->knobs & KNOB_SIZES ? ", --page-sizes" : "");
    return fflush(stdout) ? 2 : 0;
}

int main(int argc, char **argv)
{
    static char name[] = "gen_trace";
    struct gen_command_line c;
    struct err e = {""};

    if (argc > 0)
        argv[0] = name; /* for getopt's complaints */
    if (gen_command_line(&c, argc, argv, &e)) {
        if (e.text[0])
            fprintf(stderr, "gen_trace: %s\n", e.text);
        fputs("Try 'gen_trace --help'.\n", stderr);
        return 2;
    }
    interrupt_catch(c.what == GEN_REACH || c.many);
    switch (c.what) {
    case GEN_HELP: return fputs(gen_trace_help, stdout) < 0 || fflush(stdout) ? 2 : 0;
    case GEN_VERSION:
        return printf("vtd-gen-trace %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 0;
    case GEN_LIST: return list();
    case GEN_REACH: return reach(&c);
    case GEN_WRITE: break;
    }
    return c.many ? generate_many(&c) : generate(&c.g, c.output);
}
