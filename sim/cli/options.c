/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options_inside.h"
#include "cli/parse.h"

static const char *const check_words[] = {"fast", "full", "off", NULL};
static const char *const compare_words[] = {"model", "always", "never", NULL};
static const char *const report_words[] = {"text", "json", NULL};
static const char *const type1_words[] = {"list", "chain", NULL};
static const char *const strict_words[] = {"guest", NULL};
static const char *const list_words[] = {"table", NULL};

const char *check_name(enum check_mode m)
{
    return check_words[m];
}

enum {
    OPT_PROFILE = 256,
    OPT_SYNC,
    OPT_ATTACH,
    OPT_TYPE1,
    OPT_DMA_LIMIT,
    OPT_FAIL,
    OPT_QUIRK,
    OPT_LIST_QUIRKS,
    OPT_COMPARE,
    OPT_CHECK,
    OPT_STRICT,
    OPT_EVENTS,
    OPT_REPORT,
    OPT_REPORT_HTML,
    OPT_STOP,
    OPT_FROM,
    OPT_TO,
    OPT_DEVICE,
    OPT_IOVA,
    OPT_LIST_INVARIANTS,
    OPT_SET,
    OPT_LIST_FIELDS,
    OPT_DIGEST,
    OPT_SAVE,
    OPT_RESTORE,
    OPT_RESTORE_AT,
    OPT_EXPLAIN,
    OPT_AGAINST,
    OPT_JOBS,
    OPT_HELP,
    OPT_VERSION
};

static const struct option options[] = {
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"sync", required_argument, NULL, OPT_SYNC},
    {"attach", required_argument, NULL, OPT_ATTACH},
    {"type1", required_argument, NULL, OPT_TYPE1},
    {"dma-limit", required_argument, NULL, OPT_DMA_LIMIT},
    {"fail", required_argument, NULL, OPT_FAIL},
    {"quirk", required_argument, NULL, OPT_QUIRK},
    {"list-quirks", no_argument, NULL, OPT_LIST_QUIRKS},
    {"set", required_argument, NULL, OPT_SET},
    {"list-fields", no_argument, NULL, OPT_LIST_FIELDS},
    {"compare", required_argument, NULL, OPT_COMPARE},
    {"check", required_argument, NULL, OPT_CHECK},
    {"strict", required_argument, NULL, OPT_STRICT},
    {"events", required_argument, NULL, OPT_EVENTS},
    {"report", required_argument, NULL, OPT_REPORT},
    {"report-html", required_argument, NULL, OPT_REPORT_HTML},
    {"stop-on-violation", no_argument, NULL, OPT_STOP},
    {"from", required_argument, NULL, OPT_FROM},
    {"to", required_argument, NULL, OPT_TO},
    {"device", required_argument, NULL, OPT_DEVICE},
    {"iova", required_argument, NULL, OPT_IOVA},
    {"list-invariants", optional_argument, NULL, OPT_LIST_INVARIANTS},
    {"digest", no_argument, NULL, OPT_DIGEST},
    {"save", required_argument, NULL, OPT_SAVE},
    {"restore", required_argument, NULL, OPT_RESTORE},
    {"restore-at", required_argument, NULL, OPT_RESTORE_AT},
    {"explain", required_argument, NULL, OPT_EXPLAIN},
    {"against", required_argument, NULL, OPT_AGAINST},
    {"jobs", required_argument, NULL, OPT_JOBS},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

/* Options whose value is one of a few words. */
static int set_word(struct replay_options *o, int option, const char *s, struct err *e)
{
    int word = 0, rc = 0;

    switch (option) {
    case OPT_COMPARE:
        rc = arg_word("--compare", s, compare_words, &word, e);
        o->compare = (enum compare_mode)word;
        break;
    case OPT_TYPE1:
        rc = arg_word("--type1", s, type1_words, &word, e);
        o->type1_chain = word;
        break;
    case OPT_CHECK:
        rc = arg_word("--check", s, check_words, &word, e);
        o->check = (enum check_mode)word;
        o->check_said = true;
        break;
    case OPT_STRICT:
        rc = arg_word("--strict", s, strict_words, &word, e);
        o->strict_guest = true;
        break;
    case OPT_REPORT:
        rc = arg_word("--report", s, report_words, &word, e);
        o->form = word ? FORM_JSON : FORM_TEXT;
        break;
    default: break;
    }
    return rc;
}

/* --list-invariants, or --list-invariants=table. */
static int set_list(struct replay_options *o, const char *s, struct err *e)
{
    int word = 0;

    o->what = s ? DO_TABLE_INVARIANTS : DO_LIST_INVARIANTS;
    return s ? arg_word("--list-invariants", s, list_words, &word, e) : 0;
}

static int set_view(struct replay_options *o, int option, const char *s, struct err *e)
{
    switch (option) {
    case OPT_FROM: return arg_number("--from", s, &o->view.from, e);
    case OPT_TO: return arg_number("--to", s, &o->view.to, e);
    case OPT_DEVICE: o->view.has_device = true; return arg_bdf("--device", s, &o->view.bdf, e);
    default: o->view.has_iova = true; return arg_iova_range("--iova", s, &o->view.iova, e);
    }
}

static int set_option(struct replay_options *o, int option, const char *s, struct err *e)
{
    switch (option) {
    case OPT_PROFILE: o->profile = s; return option_profile("--profile", s, e);
    case OPT_SYNC: return option_sync(o, s, e);
    case OPT_ATTACH: return option_attach(o, s, e);
    case OPT_DMA_LIMIT: return arg_number("--dma-limit", s, &o->dma_limit, e);
    case OPT_FAIL: o->has_fail = true; return arg_fail("--fail", s, &o->fail, e);
    case OPT_QUIRK: return option_quirk(o, s, e);
    case OPT_SET: return option_set(o, s, e);
    case OPT_TYPE1:
    case OPT_COMPARE:
    case OPT_CHECK:
    case OPT_STRICT:
    case OPT_REPORT: return set_word(o, option, s, e);
    case OPT_FROM:
    case OPT_TO:
    case OPT_DEVICE:
    case OPT_IOVA: return set_view(o, option, s, e);
    case OPT_SAVE: return option_save(o, s, e);
    case OPT_RESTORE_AT:
        return arg_number("--restore-at", s, &o->restore_at[o->restore_at_count++], e);
    case OPT_RESTORE: o->restore = s; break;
    case OPT_EXPLAIN: return option_explain(o, s, e);
    case OPT_AGAINST: o->against = s; return option_profile("--against", s, e);
    case OPT_EVENTS: o->events = s; break;
    case OPT_REPORT_HTML: o->report_html = s; break;
    case OPT_JOBS: return arg_number("--jobs", s, &o->jobs, e);
    case OPT_STOP: o->stop_on_violation = true; break;
    case OPT_DIGEST: o->form = FORM_DIGEST; break;
    case OPT_LIST_INVARIANTS: return set_list(o, s, e);
    case OPT_LIST_QUIRKS: o->what = DO_LIST_QUIRKS; break;
    case OPT_LIST_FIELDS: o->what = DO_LIST_FIELDS; break;
    case OPT_HELP: o->what = DO_HELP; break;
    case OPT_VERSION: o->what = DO_VERSION; break;
    default: break;
    }
    return 0;
}

static int parse_all(struct replay_options *o, int argc, char **argv, struct err *e)
{
    bool chosen = false;
    int option, rc;

    opterr = 0;
    optind = 0; /* start anew: a program may parse more than once */
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        const char *was = optind > 0 && optind <= argc ? argv[optind - 1] : "";

        if (option == ':')
            return err_set(e, EINVAL, "%.60s needs a value", was);
        if (option == '?')
            return err_set(e, EINVAL, "%.60s is no option, or not written so; --help lists them",
                           was);
        chosen = chosen || option == OPT_REPORT || option == OPT_DIGEST;
        rc = set_option(o, option, optarg, e);
        if (rc)
            return rc;
        if (o->what == DO_HELP || o->what == DO_VERSION)
            return 0;
    }
    o->traces = argv + optind;
    o->traces_count = (size_t)(argc - optind);
    if (!chosen && ((o->events && !strcmp(o->events, "-")) ||
                    (o->report_html && !strcmp(o->report_html, "-"))))
        o->form = FORM_NONE; /* the stream, or the page, has standard output for itself */
    if (o->what != DO_REPLAY)
        return 0;
    return options_agree(o, e);
}

int options_parse(struct replay_options *o, int argc, char **argv, struct err *e)
{
    *o = (struct replay_options){.dma_limit = 65535, .view = view_all()};
    o->attach = calloc((size_t)argc + 1, sizeof(*o->attach));
    o->quirks = calloc((size_t)argc + 1, sizeof(*o->quirks));
    o->saves = calloc((size_t)argc + 1, sizeof(*o->saves));
    o->restore_at = calloc((size_t)argc + 1, sizeof(*o->restore_at));
    if (!o->attach || !o->quirks || !o->saves || !o->restore_at)
        return err_set(e, ENOMEM, "out of memory");
    return parse_all(o, argc, argv, e);
}

void options_free(struct replay_options *o)
{
    free(o->attach);
    free(o->quirks);
    free(o->saves);
    free(o->restore_at);
    o->attach = NULL;
    o->quirks = NULL;
    o->saves = NULL;
    o->restore_at = NULL;
}
