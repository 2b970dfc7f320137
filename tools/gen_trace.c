/* SPDX-License-Identifier: MIT */
/* gen_trace: make traces from seeds; the work is in sim/gen/. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/version.h"
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
    FILE *f = to_file ? fopen(output, "wb") : stdout;
    const char *name = to_file ? output : "-";
    struct err e = {""};
    int rc;

    if (!f)
        return complain(name, strerror(errno));
    rc = gen_write(g, to_file && packed(name) ? TRACE_PACKED : TRACE_TEXT, TRACE_LEVEL_DEFAULT,
                   (struct trace_sink){put, f}, &e);
    if (fflush(f) && !rc)
        rc = err_set(&e, EIO, "could not be written");
    if (to_file && fclose(f) && !rc)
        rc = err_set(&e, EIO, "could not be written");
    return rc ? complain(name, e.text) : 0;
}

/* A file for each seed of the shard. */
static int generate_many(const struct gen_command_line *c)
{
    struct gen_options one = c->g;
    char path[4096];
    int code = 0;

    if (mkdir(c->output, 0777) && errno != EEXIST)
        return complain(c->output, strerror(errno));
    for (uint64_t i = c->span.shard - 1; i < c->span.seeds && !code; i += c->span.of) {
        one.seed = c->g.seed + i;
        snprintf(path, sizeof(path), "%.4000s/%" PRIu64 ".trace", c->output, one.seed);
        code = generate(&one, path);
    }
    return code;
}

static int write_json(const char *file, const struct reach_result *r)
{
    bool to_stdout = !strcmp(file, "-");
    FILE *f = to_stdout ? stdout : fopen(file, "w");
    int rc;

    if (!f)
        return complain(file, strerror(errno));
    rc = reach_result_write(f, r);
    if ((to_stdout ? fflush(f) : fclose(f)) || rc)
        return complain(file, "could not be written");
    return 0;
}

/* After 1, 2, 3, 4, 6, 8, 12, ... seeds. */
static int curve(const struct gen_command_line *c, struct reach *r, struct err *e)
{
    struct gen_options one = c->g;
    uint64_t done = 0, next = 1;
    int rc = 0;

    while (done < c->span.seeds && !rc) {
        struct reach_span span = {.shard = 1, .of = 1};
        struct reach_sum sum;

        next = next < c->span.seeds ? next : c->span.seeds;
        span.seeds = next - done;
        one.seed = c->g.seed + done;
        rc = reach_run(r, &one, &span, c->profile, e);
        sum = reach_sum(r);
        if (!rc && printf("%" PRIu64 " %u %u\n", next, sum.touched, sum.possible) < 0)
            rc = err_set(e, EIO, "could not be written");
        done = next;
        next = next & (next - 1) ? (next / 3) * 4 : next < 2 ? 2 : next / 2 * 3;
    }
    return rc;
}

static int tables(const struct gen_command_line *c, struct reach_result *r, struct err *e)
{
    uint64_t shard = c->span.shard;
    struct reach_part p = {.events = c->g.events,
                           .seed = c->g.seed,
                           .seeds = c->span.seeds,
                           .of = c->span.of,
                           .shard = &shard,
                           .shards = 1};
    int rc = reach_run(r->reach, &c->g, &c->span, c->profile, e);

    gen_options_text(c, p.what, sizeof(p.what));
    if (!rc)
        rc = reach_result_add(r, &p, e);
    if (!rc && c->json && write_json(c->json, r))
        return 2;
    if (!rc && !(c->json && !strcmp(c->json, "-")) && reach_result_print(stdout, r))
        rc = err_set(e, EIO, "could not be written");
    return rc;
}

static int reach(const struct gen_command_line *c)
{
    struct reach_result r;
    struct err e = {"out of memory"};
    int rc = reach_result_new(&r);

    if (!rc)
        rc = c->curve ? curve(c, r.reach, &e) : tables(c, &r, &e);
    if (!rc && fflush(stdout))
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
