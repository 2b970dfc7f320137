/* SPDX-License-Identifier: MIT */
#include "gen/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/parse.h"
#include "gen/reach_result.h"

enum {
    OPT_RANDOM = 256,
    OPT_HOSTILE,
    OPT_WORKLOAD,
    OPT_LIST,
    OPT_SEED,
    OPT_EVENTS,
    OPT_SEEDS,
    OPT_SHARD,
    OPT_AW,
    OPT_VHOST,
    OPT_ATTACH,
    OPT_ATS,
    OPT_CACHING,
    OPT_REACH,
    OPT_CURVE,
    OPT_JSON,
    OPT_PROFILE,
    OPT_DEVICES,
    OPT_PAGES,
    OPT_DEPTH,
    OPT_DENSITY,
    OPT_SIZES,
    OPT_HELP,
    OPT_VERSION
};

static const struct option known[] = {{"random", no_argument, NULL, OPT_RANDOM},
                                      {"hostile", no_argument, NULL, OPT_HOSTILE},
                                      {"workload", required_argument, NULL, OPT_WORKLOAD},
                                      {"list-workloads", no_argument, NULL, OPT_LIST},
                                      {"seed", required_argument, NULL, OPT_SEED},
                                      {"events", required_argument, NULL, OPT_EVENTS},
                                      {"seeds", required_argument, NULL, OPT_SEEDS},
                                      {"shard", required_argument, NULL, OPT_SHARD},
                                      {"aw-bits", required_argument, NULL, OPT_AW},
                                      {"vhost", required_argument, NULL, OPT_VHOST},
                                      {"attach", required_argument, NULL, OPT_ATTACH},
                                      {"ats", no_argument, NULL, OPT_ATS},
                                      {"caching-mode", required_argument, NULL, OPT_CACHING},
                                      {"reach", no_argument, NULL, OPT_REACH},
                                      {"curve", no_argument, NULL, OPT_CURVE},
                                      {"json", required_argument, NULL, OPT_JSON},
                                      {"devices", required_argument, NULL, OPT_DEVICES},
                                      {"pages", required_argument, NULL, OPT_PAGES},
                                      {"depth", required_argument, NULL, OPT_DEPTH},
                                      {"density", required_argument, NULL, OPT_DENSITY},
                                      {"page-sizes", required_argument, NULL, OPT_SIZES},
                                      {"profile", required_argument, NULL, OPT_PROFILE},
                                      {"output", required_argument, NULL, 'o'},
                                      {"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {NULL, 0, NULL, 0}};

/* A number from `first` to `last`. */
static int knob(const char *option, const char *s, unsigned first, unsigned last, unsigned *to,
                struct err *e)
{
    uint64_t n;
    int rc = arg_number(option, s, &n, e);

    if (!rc && (n < first || n > last))
        rc = err_set(e, EINVAL, "%s: %u to %u expected", option, first, last);
    if (!rc)
        *to = (unsigned)n;
    return rc;
}

static const char *const size_names[] = {"4k", "2m", "1g"};

/* 4k,2m,1g: a set of bits. */
static int page_sizes(const char *s, unsigned *to, struct err *e)
{
    for (*to = 0;; s += 3) {
        unsigned i = 0;

        while (i < 3 && strncmp(s, size_names[i], 2) != 0)
            i++;
        if (i == 3 || (s[2] != ',' && s[2] != 0))
            return err_set(e, EINVAL, "--page-sizes: some of 4k,2m,1g expected");
        *to |= 1u << i;
        if (s[2] == 0)
            return 0;
    }
}

static int take_knob(int option, const char *s, struct random_knobs *k, struct err *e)
{
    switch (option) {
    case OPT_DEVICES: return knob("--devices", s, 1, RANDOM_DEVICES_MAX, &k->devices, e);
    case OPT_PAGES: return knob("--pages", s, 1, 4194304, &k->pages, e);
    case OPT_DEPTH: return knob("--depth", s, 3, 4, &k->depth, e);
    case OPT_DENSITY: return knob("--density", s, 1, 100, &k->density, e);
    case OPT_SIZES: return page_sizes(s, &k->page_sizes, e);
    default: e->text[0] = 0; return -EINVAL;
    }
}

static int take_workload(struct gen_options *g, const char *s, struct err *e)
{
    g->kind = GEN_WORKLOAD;
    g->workload = workload_find(s);
    return g->workload || !strcmp(s, "any")
               ? 0
               : err_set(e, EINVAL, "--workload: there is no '%.60s'; --list-workloads has all", s);
}

static int take_attach(struct gen_options *g, const char *s, struct err *e)
{
    if (g->attaches == WORKLOAD_ATTACH)
        return err_set(e, EINVAL, "--attach: at most %u consumers expected", WORKLOAD_ATTACH);
    return arg_attach("--attach", s, &g->attach[g->attaches++], e);
}

static int take_vhost(struct gen_options *g, const char *s, struct err *e)
{
    if (g->vhosts == sizeof(g->vhost) / sizeof(*g->vhost))
        return err_set(e, EINVAL, "--vhost: at most 3 devices expected");
    return arg_bdf("--vhost", s, &g->vhost[g->vhosts++], e);
}

/* What is about which traces, not about what is in them. */
static int take_about(struct gen_command_line *c, int option, const char *s, struct err *e)
{
    switch (option) {
    case OPT_LIST: c->what = GEN_LIST; return 0;
    case OPT_HELP: c->what = GEN_HELP; return 0;
    case OPT_VERSION: c->what = GEN_VERSION; return 0;
    case OPT_REACH: c->what = GEN_REACH; return 0;
    case OPT_CURVE: c->curve = true; return 0;
    case OPT_JSON: c->json = s; return 0;
    case OPT_PROFILE:
        c->profile = policy_find(s);
        return c->profile ? 0 : err_set(e, EINVAL, "--profile: a name as replay knows it expected");
    case OPT_SEEDS: c->many = true; return arg_number("--seeds", s, &c->span.seeds, e);
    case OPT_SHARD: c->many = true; return arg_shard(s, &c->span.shard, &c->span.of, e);
    case 'o': c->output = s; return 0;
    default: return take_knob(option, s, &c->g.knobs, e);
    }
}

static int take(struct gen_command_line *c, int option, const char *s, bool *kind, struct err *e)
{
    struct gen_options *g = &c->g;

    switch (option) {
    case OPT_RANDOM:
    case OPT_HOSTILE:
    case OPT_WORKLOAD:
        if (*kind)
            return err_set(e, EINVAL, "one of --random, --hostile and --workload expected");
        *kind = true;
        g->kind = option == OPT_RANDOM ? GEN_RANDOM : GEN_HOSTILE;
        return option == OPT_WORKLOAD ? take_workload(g, s, e) : 0;
    case OPT_SEED: return arg_number("--seed", s, &g->seed, e);
    case OPT_EVENTS: return arg_number("--events", s, &g->events, e);
    case OPT_AW:
        if (knob("--aw-bits", s, 39, 48, &g->aw_bits, e))
            return -EINVAL;
        return g->aw_bits == 39 || g->aw_bits == 48
                   ? 0
                   : err_set(e, EINVAL, "--aw-bits: 39 or 48 expected");
    case OPT_VHOST: return take_vhost(g, s, e);
    case OPT_ATTACH: return take_attach(g, s, e);
    case OPT_ATS: g->ats = true; return 0;
    case OPT_CACHING:
        g->has_caching_mode = true;
        g->caching_mode = !strcmp(s, "on");
        return g->caching_mode || !strcmp(s, "off")
                   ? 0
                   : err_set(e, EINVAL, "--caching-mode: on or off expected");
    default: return take_about(c, option, s, e);
    }
}

static int fits(const struct gen_command_line *c, struct err *e)
{
    const struct gen_options *g = &c->g;
    bool reach = c->what == GEN_REACH;

    if (g->kind == GEN_RANDOM && g->knobs.pages &&
        (g->knobs.pages < RANDOM_PAGES_MIN || g->knobs.pages > RANDOM_PAGES_MAX))
        return err_set(e, EINVAL, "--pages: %u to %u expected of --random", RANDOM_PAGES_MIN,
                       RANDOM_PAGES_MAX);
    if (!reach && (c->profile || c->json || c->curve))
        return err_set(e, EINVAL, "--profile, --json and --curve belong to --reach");
    if (c->curve && (c->json || c->span.of > 1))
        return err_set(e, EINVAL, "--curve: neither --json nor --shard expected");
    if (!reach && c->many && (!c->output || !strcmp(c->output, "-")))
        return err_set(e, EINVAL, "--seeds, --shard: a folder expected, -o FOLDER");
    if (reach && c->output)
        return err_set(e, EINVAL, "--reach: no -o expected, but --json FILE");
    return 0;
}

int gen_command_line(struct gen_command_line *c, int argc, char **argv, struct err *e)
{
    bool kind = false;
    int option, rc = 0;

    *c = (struct gen_command_line){.g = {.seed = 1, .events = 1000},
                                   .span = {.seeds = 1, .shard = 1, .of = 1}};
    while (!rc && (option = getopt_long(argc, argv, "o:", known, NULL)) != -1)
        rc = take(c, option, optarg, &kind, e);
    if (rc || c->what >= GEN_LIST)
        return rc;
    if (optind < argc)
        return err_set(e, EINVAL, "no argument but options expected");
    if (!kind)
        return err_set(e, EINVAL, "what to make? --random, --hostile or --workload expected");
    return fits(c, e);
}
