/* SPDX-License-Identifier: MIT */
#include "campaign/command_line.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "checks/checks.h"
#include "cli/parse.h"
#include "policy.h"

const char campaign_help[] =
    "Usage: campaign [OPTION]...\n"
    "       campaign --ask NAME [--profile P] [--quirk Q] [--restore-at N] TRACE\n"
    "Draw random traces from a seed and ask of each what must hold: ideal breaks nothing, the\n"
    "strategies notify the same, a restored twin does the same, equal traces end the same. What\n"
    "does not hold is shrunk and printed with the command that shows it.\n"
    "\n"
    "  --seed S               64 bits; decides everything (default 1)\n"
    "  --runs N               traces (default 1000)\n"
    "  --events N             records of a trace's guest, at most (default 200)\n"
    "  --shard I/N            of the runs every Nth, from number I on, 1 to N; the results of all\n"
    "                         shards make the whole (trace merge)\n"
    "  --canary               in three of four runs a quirk is on, and each must be caught\n"
    "  --quirk NAME           with --canary: this one alone; without: it is on in every run, and the\n"
    "                         campaign ends when it is caught\n"
    "  --without INVARIANT    it is not judged: what does a canary need it for?\n"
    "  --json FILE            the result (- for standard output, without the text)\n"
    "  --traces DIR           the shrunk traces of findings and canaries, a file each\n"
    "  --shrink-runs N        replays that one shrinking may take (default 20000; 0: no limit)\n"
    "  --show R               print the trace of run R and end\n"
    "  --ask NAME             ask one thing of a file: ideal, strategy, profile, again, swap,\n"
    "                         split, join, tail, block, queue\n"
    "      --profile P        for strategy, profile and again (default ideal)\n"
    "      --check full       for ideal\n"
    "      --restore-at N     for ideal and profile: a twin is restored there\n"
    "      --help             print this text\n"
    "      --version          print the version\n"
    "\n"
    "Exit codes: 0 nothing was found, and (without --shard) every canary was caught; 1 otherwise;\n"
    "2 bad usage, or a file cannot be read or written.\n";

enum {
    OPT_SEED = 256,
    OPT_RUNS,
    OPT_EVENTS,
    OPT_SHARD,
    OPT_CANARY,
    OPT_QUIRK,
    OPT_WITHOUT,
    OPT_JSON,
    OPT_TRACES,
    OPT_SHRINK,
    OPT_SHOW,
    OPT_ASK,
    OPT_PROFILE,
    OPT_CHECK,
    OPT_RESTORE,
    OPT_HELP,
    OPT_VERSION
};

static const struct option known[] = {{"seed", required_argument, NULL, OPT_SEED},
                                      {"runs", required_argument, NULL, OPT_RUNS},
                                      {"events", required_argument, NULL, OPT_EVENTS},
                                      {"shard", required_argument, NULL, OPT_SHARD},
                                      {"canary", no_argument, NULL, OPT_CANARY},
                                      {"quirk", required_argument, NULL, OPT_QUIRK},
                                      {"without", required_argument, NULL, OPT_WITHOUT},
                                      {"json", required_argument, NULL, OPT_JSON},
                                      {"traces", required_argument, NULL, OPT_TRACES},
                                      {"shrink-runs", required_argument, NULL, OPT_SHRINK},
                                      {"show", required_argument, NULL, OPT_SHOW},
                                      {"ask", required_argument, NULL, OPT_ASK},
                                      {"profile", required_argument, NULL, OPT_PROFILE},
                                      {"check", required_argument, NULL, OPT_CHECK},
                                      {"restore-at", required_argument, NULL, OPT_RESTORE},
                                      {"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {NULL, 0, NULL, 0}};

static int take_invariant(struct campaign_command_line *c, const char *s, struct err *e)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    c->o.without = c->job.without = s;
    for (size_t i = 0; i < rows; i++)
        if (!strcmp(inv[i].id, s))
            return 0;
    return err_set(e, EINVAL, "--without: there is no '%.40s'; replay --list-invariants has all", s);
}

static int take_name(struct campaign_command_line *c, int option, const char *s, struct err *e)
{
    const struct quirk *q = NULL;

    if (option == OPT_WITHOUT)
        return take_invariant(c, s, e);
    if (option == OPT_PROFILE) {
        c->job.profile = s;
        return policy_find(s) ? 0 : err_set(e, EINVAL, "--profile: there is no '%.60s'", s);
    }
    if (option == OPT_ASK) {
        c->what = CAMPAIGN_ASK;
        c->job.what = comparison_find(s);
        return c->job.what < COMPARISONS
                   ? 0
                   : err_set(e, EINVAL, "--ask: there is no '%.60s'; --help has all", s);
    }
    if (option == OPT_CHECK) {
        c->job.full = true;
        return strcmp(s, "full") ? err_set(e, EINVAL, "--check: full expected") : 0;
    }
    c->o.quirk = c->job.quirk = s;
    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++)
        if (!strcmp(q->name, s))
            return 0;
    return err_set(e, EINVAL, "--quirk: there is no '%.60s'; replay --list-quirks has all", s);
}

static int take(struct campaign_command_line *c, int option, const char *s, struct err *e)
{
    switch (option) {
    case OPT_SEED: return arg_number("--seed", s, &c->o.seed, e);
    case OPT_RUNS: return arg_number("--runs", s, &c->o.runs, e);
    case OPT_EVENTS:
        if (!arg_number("--events", s, &c->o.events, e) && c->o.events && c->o.events <= 1000000)
            return 0;
        return err_set(e, EINVAL, "--events: 1 to 1000000 expected");
    case OPT_SHARD: return arg_shard(s, &c->o.shard, &c->o.of, e);
    case OPT_CANARY: c->o.canary = true; return 0;
    case OPT_JSON: c->json = s; return 0;
    case OPT_TRACES: c->traces = s; return 0;
    case OPT_SHRINK: return arg_number("--shrink-runs", s, &c->o.shrink_runs, e);
    case OPT_SHOW: c->what = CAMPAIGN_SHOW; return arg_number("--show", s, &c->show, e);
    case OPT_RESTORE: c->job.restore = true; return arg_number("--restore-at", s, &c->job.at, e);
    case OPT_HELP: c->what = CAMPAIGN_HELP; return 0;
    case OPT_VERSION: c->what = CAMPAIGN_VERSION; return 0;
    case OPT_WITHOUT:
    case OPT_QUIRK:
    case OPT_ASK:
    case OPT_PROFILE:
    case OPT_CHECK: return take_name(c, option, s, e);
    default: e->text[0] = 0; return -EINVAL;
    }
}

static int fits(struct campaign_command_line *c, int left, struct err *e)
{
    const struct compare_job *j = &c->job;

    if (c->what == CAMPAIGN_ASK) {
        if (left != 1)
            return err_set(e, EINVAL, "--ask: one TRACE expected");
        if (j->profile && !comparison_has_profile(j->what))
            return err_set(e, EINVAL, "--ask %s is about ideal, it takes no --profile",
                           comparison_name(j->what));
        if (j->quirk && j->what != CMP_IDEAL)
            return err_set(e, EINVAL, "--quirk belongs to --ask ideal");
        return 0;
    }
    if (left)
        return err_set(e, EINVAL, "no argument but options expected");
    if (j->profile || j->full || j->restore)
        return err_set(e, EINVAL, "--profile, --check and --restore-at belong to --ask");
    c->o.hunt = j->quirk && !c->o.canary;
    if (c->o.hunt && (c->o.of > 1 || c->json))
        return err_set(e, EINVAL, "--quirk without --canary ends at the first catch: it is one "
                                  "program's, without --shard and --json");
    return 0;
}

int campaign_command_line(struct campaign_command_line *c, int argc, char **argv, struct err *e)
{
    int option, rc = 0;

    *c = (struct campaign_command_line){.o = {.seed = 1,
                                              .runs = 1000,
                                              .events = 200,
                                              .shard = 1,
                                              .of = 1,
                                              .shrink_runs = 20000}};
    while (!rc && (option = getopt_long(argc, argv, "", known, NULL)) != -1)
        rc = take(c, option, optarg, e);
    if (rc || c->what == CAMPAIGN_HELP || c->what == CAMPAIGN_VERSION)
        return rc;
    c->file = optind < argc ? argv[optind] : NULL;
    return fits(c, argc - optind, e);
}
