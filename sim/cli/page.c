/* SPDX-License-Identifier: MIT */
#include "cli/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain.h"
#include "cli/page_path.h"
#include "cli/version.h"
#include "report/html.h"

#define STORIES_MOST    20u
#define STORIES_OF_EACH 5u
/* A story replays the trace up to its finding three times: no more than that many records in all.
 */
#define STORY_RECORDS UINT64_C(3000000)

struct page {
    const struct replay_options *options;
    const char *program, *trace;
    size_t index;
    struct html_watch watch;
    struct html_story story[STORIES_MOST];
    size_t stories;
    uint64_t records; /* replayed for stories */
};

static int listen(void *ctx, struct engine *e)
{
    struct page *p = ctx;

    return engine_observe(e, html_watch_observer(&p->watch));
}

int page_begin(struct page **out, const struct replay_options *o, size_t index, const char *program,
               struct replay_job *job, struct err *e)
{
    struct page *p;

    *out = NULL;
    if (!o->report_html)
        return 0;
    p = calloc(1, sizeof(*p));
    if (!p)
        return err_set(e, ENOMEM, "out of memory for the page");
    *p = (struct page){.options = o, .program = program, .trace = o->traces[index], .index = index};
    html_watch_init(&p->watch);
    job->hooks.listen = listen;
    job->hooks.ctx = p;
    *out = p;
    return 0;
}

/* What --explain prints, or NULL; the caller frees it. */
static char *tell(const struct page *p, uint64_t n)
{
    struct replay_options o = *p->options;
    struct explain_job job = {.options = &o, .program = p->program};
    struct err e = {""};
    char *text = NULL, *trace = o.traces[p->index];
    size_t bytes = 0;
    FILE *f = open_memstream(&text, &bytes);
    int code;

    if (!f)
        return NULL;
    o.explain = n;
    o.traces = &trace;
    o.traces_count = 1;
    o.saves_count = 0;
    code = explain_run(f, &job, &e);
    if (fclose(f) || code == 2) {
        free(text);
        return NULL;
    }
    return text;
}

static bool told(const struct page *p, uint64_t n)
{
    for (size_t i = 0; i < p->stories; i++)
        if (p->story[i].n == n)
            return true;
    return false;
}

static void tell_one(struct page *p, const struct finding *f)
{
    char *text;

    if (told(p, f->n) || p->records + 3 * f->record > STORY_RECORDS)
        return;
    p->records += 3 * f->record;
    text = tell(p, f->n);
    if (text)
        p->story[p->stories++] = (struct html_story){f->n, text};
}

/* The `nth` finding of an invariant that is shown, or NULL. */
static const struct finding *nth_of(const struct page *p, const struct report *r,
                                    const struct invariant *inv, size_t nth)
{
    for (size_t i = 0; i < checks_findings(r->checks); i++) {
        const struct finding *f = checks_finding(r->checks, i);

        if (f->inv == inv && f->n && view_finding(&p->options->view, f, r->counts) && !nth--)
            return f;
    }
    return NULL;
}

/* First one story of each invariant broken, then a second, and so on. */
static void tell_all(struct page *p, const struct report *r)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t nth = 0; nth < STORIES_OF_EACH; nth++)
        for (unsigned s = SEV_VIOLATION; s <= SEV_GUEST; s++)
            for (size_t i = 0; i < rows && p->stories < STORIES_MOST; i++) {
                const struct finding *f = inv[i].severity == s && checks_count(r->checks, i) > nth
                                              ? nth_of(p, r, &inv[i], nth)
                                              : NULL;

                if (f)
                    tell_one(p, f);
            }
}

static int write_page(const struct page *p, const struct report *r, struct err *e)
{
    char *command = malloc(PAGE_COMMAND_BYTES), *explain = malloc(PAGE_COMMAND_BYTES);
    uint64_t all =
        r->checks ? checks_total(r->checks, SEV_VIOLATION) + checks_total(r->checks, SEV_GUEST) : 0;
    bool from_stdin = !strcmp(p->trace, "-");
    struct html_page page = {.report = r,
                             .view = &p->options->view,
                             .watch = &p->watch,
                             .stories = p->story,
                             .stories_count = p->stories,
                             .command = command,
                             .version = VTR_VERSION};
    FILE *out = NULL;
    int rc = command && explain ? page_open(p->options, p->index, &out, e)
                                : err_set(e, ENOMEM, "out of memory for the page");

    if (rc == 0) {
        page_command(command, p->options, p->program, r->profile, "", p->trace);
        page_command(explain, p->options, p->program, r->profile, "--explain N", p->trace);
        if (from_stdin && all)
            page.no_stories = "A trace read from standard input is read once: no stories are told.";
        else if (all > p->stories)
            page.no_stories = "Stories are told of the first few findings of each kind.";
        page.explain = from_stdin ? NULL : explain;
        rc = html_page(out, &page);
        rc = page_close(p->options, p->index, out, rc, e);
    }
    free(command);
    free(explain);
    return rc;
}

static void forget(struct page *p)
{
    for (size_t i = 0; i < p->stories; i++)
        free((char *)(uintptr_t)p->story[i].text);
    html_watch_free(&p->watch);
    free(p);
}

int page_end(struct page *p, const struct report *r, struct err *e)
{
    int rc;

    if (!p)
        return 0;
    if (p->watch.failed) {
        rc = err_set(e, ENOMEM, "out of memory for the page");
    } else {
        if (r->checks && strcmp(p->trace, "-") != 0)
            tell_all(p, r);
        rc = write_page(p, r, e);
    }
    forget(p);
    return rc;
}
