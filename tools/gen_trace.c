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
    default: fputs("Try 'gen_trace --help'.\n", stderr); return 2;
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
    const struct policy *p = u->profile ? u->profile : policy_find("ideal");
    struct err e = {"out of memory"};
    char line[512];
    int rc = r ? reach_random(r, &u->g, u->seeds, p, &e) : -ENOMEM;

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
