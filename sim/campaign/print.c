/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>

#include "campaign/result.h"
#include "report/shards_out.h"
#include "report/show.h"

static void comparisons(FILE *out, const struct campaign_result *r)
{
    fprintf(out, "\n%-10s %12s %12s  %s\n", "asked", "traces", "answered", "what");
    for (size_t i = 0; i < COMPARISONS; i++)
        if (r->asked[i])
            fprintf(out, "%-10s %12s %12s  %s\n", comparison_name((enum comparison)i),
                    show_count(r->asked[i]).text, show_count(r->said[i]).text,
                    comparison_what((enum comparison)i));
}

static void findings(FILE *out, const struct campaign_result *r)
{
    for (size_t i = 0; i < r->findings; i++) {
        const struct campaign_finding *f = &r->finding[i];

        fprintf(out,
                "\nFOUND %s, profile %s: %s\n  %s\n  in %s runs, first in run %" PRIu64
                " of seed %" PRIu64 "; shrunk to %" PRIu64 " records\n  %s\n",
                f->comparison, f->profile, f->key, f->text, show_count(f->count).text, f->run,
                f->seed, f->records, f->command);
    }
}

static void canaries(FILE *out, const struct campaign_result *r)
{
    if (!r->canaries)
        return;
    fprintf(out, "\n%-28s %9s %9s %8s %8s  %s\n", "canary", "tries", "caught", "first at",
            "records", "by");
    for (size_t i = 0; i < r->canaries; i++) {
        const struct campaign_canary *c = &r->canary[i];

        fprintf(out, "%-28s %9" PRIu64 " %9" PRIu64, c->quirk, c->tries, c->caught);
        if (c->caught)
            fprintf(out, " %8" PRIu64 " %8" PRIu64 "  %s\n", c->after, c->records, c->key);
        else
            fprintf(out, " %8s %8s  %s\n", "-", "-",
                    campaign_whole(r) ? "NOT CAUGHT" : "not yet: runs are missing");
    }
}

int campaign_print(FILE *out, const struct campaign_result *r)
{
    for (size_t i = 0; i < r->parts; i++) {
        const struct campaign_part *p = &r->part[i];

        fprintf(out, "seed %" PRIu64 ", %s runs", p->seed, show_count(p->runs).text);
        if (p->shards.of > 1)
            fprintf(out, ", %zu of %" PRIu64 " shards", p->shards.count, p->shards.of);
        fputc('\n', out);
        shards_print_missing(out, &p->shards, p->runs, "runs");
    }
    fprintf(out, "%s traces, %s records, %s executions\n", show_count(r->runs).text,
            show_count(r->records).text, show_count(r->executions).text);
    comparisons(out, r);
    canaries(out, r);
    findings(out, r);
    if (!r->findings)
        fputs("\nno finding\n", out);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
