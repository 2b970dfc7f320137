/* SPDX-License-Identifier: MIT */
/* gen_trace: make traces from a seed; the work is in sim/gen/. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/parse.h"
#include "cli/version.h"
#include "gen/gen_random.h"
#include "gen/reach_run.h"

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "gen_trace: %s: %s\n", what, why);
    return 2;
}

static int bad_usage(const char *why)
{
    fprintf(stderr, "gen_trace: %s\nTry 'gen_trace --help'.\n", why);
    return 2;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

enum {
    OPT_RANDOM = 256,
    OPT_SEED,
    OPT_EVENTS,
    OPT_AW,
    OPT_VHOST,
    OPT_REACH,
    OPT_SEEDS,
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
                                      {"seed", required_argument, NULL, OPT_SEED},
                                      {"events", required_argument, NULL, OPT_EVENTS},
                                      {"aw-bits", required_argument, NULL, OPT_AW},
                                      {"vhost", required_argument, NULL, OPT_VHOST},
                                      {"reach", no_argument, NULL, OPT_REACH},
                                      {"seeds", required_argument, NULL, OPT_SEEDS},
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

struct usage {
    struct gen_random g;
    bool random, reach;
    uint64_t seeds;
    const struct policy *profile;
    const char *output;
};

/* A number from `first` to `last`: 0, or 2 after a complaint. */
static int knob(const char *option, unsigned first, unsigned last, unsigned *to)
{
    char why[96];
    uint64_t n;
    struct err e;

    if (arg_number(option, optarg, &n, &e))
        return bad_usage(e.text);
    snprintf(why, sizeof(why), "%s: %u to %u expected", option, first, last);
    if (n < first || n > last)
        return bad_usage(why);
    *to = (unsigned)n;
    return 0;
}

/* 4k,2m,1g: a set of bits. */
static int page_sizes(unsigned *to)
{
    static const char *const names[] = {"4k", "2m", "1g"};
    const char *s = optarg;

    for (*to = 0;; s += 3) {
        unsigned i = 0;

        while (i < 3 && strncmp(s, names[i], 2) != 0)
            i++;
        if (i == 3 || (s[2] != ',' && s[2] != 0))
            return bad_usage("--page-sizes: some of 4k,2m,1g expected");
        *to |= 1u << i;
        if (s[2] == 0)
            return 0;
    }
}

static int take_knob(int c, struct random_knobs *k)
{
    switch (c) {
    case OPT_DEVICES: return knob("--devices", 1, RANDOM_DEVICES_MAX, &k->devices);
    case OPT_PAGES: return knob("--pages", RANDOM_PAGES_MIN, RANDOM_PAGES_MAX, &k->pages);
    case OPT_DEPTH: return knob("--depth", 3, 4, &k->depth);
    case OPT_DENSITY: return knob("--density", 1, 100, &k->density);
    case OPT_SIZES: return page_sizes(&k->page_sizes);
    default: fputs("Try 'gen_trace --help'.\n", stderr); return 2;
    }
}

/* 0, 1 for what prints and ends, or 2 after a complaint. */
static int take_option(int c, struct usage *u)
{
    uint64_t bits;
    struct err e;

    switch (c) {
    case OPT_RANDOM: u->random = true; return 0;
    case OPT_SEED: return arg_number("--seed", optarg, &u->g.seed, &e) ? bad_usage(e.text) : 0;
    case OPT_EVENTS:
        return arg_number("--events", optarg, &u->g.events, &e) ? bad_usage(e.text) : 0;
    case OPT_AW:
        if (arg_number("--aw-bits", optarg, &bits, &e))
            return bad_usage(e.text);
        if (bits != 39 && bits != 48)
            return bad_usage("--aw-bits: 39 or 48 expected");
        u->g.aw_bits = (unsigned)bits;
        return 0;
    case OPT_VHOST:
        if (u->g.vhosts == sizeof(u->g.vhost) / sizeof(*u->g.vhost))
            return bad_usage("--vhost: at most 3 devices expected");
        return arg_bdf("--vhost", optarg, &u->g.vhost[u->g.vhosts++], &e) ? bad_usage(e.text) : 0;
    case OPT_REACH: u->reach = true; return 0;
    case OPT_SEEDS: return arg_number("--seeds", optarg, &u->seeds, &e) ? bad_usage(e.text) : 0;
    case OPT_PROFILE:
        u->profile = policy_find(optarg);
        return u->profile ? 0 : bad_usage("--profile: a name as replay knows it expected");
    case 'o': u->output = optarg; return 0;
    case OPT_HELP: return fputs(gen_trace_help, stdout) < 0 || fflush(stdout) ? 2 : 1;
    case OPT_VERSION:
        return printf("vtd-gen-trace %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 1;
    default: return take_knob(c, &u->g.knobs);
    }
}

static bool packed(const char *name)
{
    size_t n = strlen(name);

    return n > 4 && !strcmp(name + n - 4, ".zst");
}

static int generate(const struct usage *u)
{
    bool to_file = u->output && strcmp(u->output, "-") != 0;
    FILE *f = to_file ? fopen(u->output, "wb") : stdout;
    const char *name = to_file ? u->output : "-";
    struct err e = {""};
    int rc;

    if (!f)
        return complain(name, strerror(errno));
    rc = gen_random_write(&u->g, to_file && packed(name) ? TRACE_PACKED : TRACE_TEXT,
                          TRACE_LEVEL_DEFAULT, (struct trace_sink){put, f}, &e);
    if (fflush(f) && !rc)
        rc = err_set(&e, EIO, "could not be written");
    if (to_file && fclose(f) && !rc)
        rc = err_set(&e, EIO, "could not be written");
    return rc ? complain(name, e.text) : 0;
}

static int print_reach(const struct usage *u)
{
    struct reach *r = reach_new();
    struct err e = {"out of memory"};
    char line[512];
    int rc = r ? reach_random(r, &u->g, u->seeds, u->profile, &e) : -ENOMEM;

    for (unsigned i = 0; !rc && reach_line(r, i, line, sizeof(line)); i++)
        if (puts(line) < 0)
            rc = err_set(&e, EIO, "could not be written");
    if (!rc && fflush(stdout))
        rc = err_set(&e, EIO, "could not be written");
    reach_free(r);
    return rc ? complain("--reach", e.text) : 0;
}

int main(int argc, char **argv)
{
    static char name[] = "gen_trace";
    struct usage u = {.g = {.seed = 1, .events = 1000}, .seeds = 1};
    int c, rc = 0;

    if (argc > 0)
        argv[0] = name; /* for getopt's complaints */
    while (rc == 0 && (c = getopt_long(argc, argv, "o:", known, NULL)) != -1)
        rc = take_option(c, &u);
    if (rc)
        return rc == 1 ? 0 : rc;
    if (optind < argc)
        return bad_usage("no argument but options expected");
    if (!u.random)
        return bad_usage("what to make? --random expected");
    return u.reach ? print_reach(&u) : generate(&u);
}
