/* SPDX-License-Identifier: MIT */
/* A finding as somebody else can see it: the shortest trace, and the command. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/campaign.h"
#include "trace/writer.h"

struct goal {
    const struct campaign_options *o;
    const struct compare_job *job;
    const char *key;
};

static int fails_alike(const struct goal *g, const struct shrink_case *c, struct judgement *j)
{
    int rc;

    memset(j, 0, sizeof(*j));
    rc = compare(g->job, c, j);
    return rc ? rc : !j->useless && j->wrong && !strcmp(j->key, g->key);
}

static int fails(void *arg, const struct shrink_case *c, size_t *needed)
{
    const struct goal *g = arg;
    struct shrink_case cut = *c;
    struct judgement j, again;
    int rc = campaign_stopped(g->o) ? -EINTR : fails_alike(g, c, &j);

    if (rc <= 0 || j.record >= c->count || !j.record || g->job->restore ||
        (g->job->what != CMP_IDEAL && g->job->what != CMP_PROFILE))
        return rc;
    cut.count = (size_t)j.record;
    if (fails_alike(g, &cut, &again) > 0)
        *needed = cut.count;
    return 1;
}

static void command_line(const struct compare_job *job, const struct judgement *j, char *to)
{
    int n;

    if (job->what == CMP_IDEAL || job->what == CMP_PROFILE)
        n = snprintf(to, 256, "replay --profile %.40s", job->profile ? job->profile : "ideal");
    else
        n = snprintf(to, 256, "campaign --ask %s%s%.40s", comparison_name(job->what),
                     job->profile ? " --profile " : "", job->profile ? job->profile : "");
    if (job->quirk)
        n += snprintf(to + n, 256 - (size_t)n, " --quirk %.60s", job->quirk);
    if (job->full)
        n += snprintf(to + n, 256 - (size_t)n, " --check full");
    if (job->restore)
        n += snprintf(to + n, 256 - (size_t)n, " --restore-at %" PRIu64, j->restored_at);
    snprintf(to + n, 256 - (size_t)n, " {}");
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static int as_text(const struct shrink_case *c, const struct judgement *j, const char *command,
                   char **text, struct err *e)
{
    struct trace_writer *w = NULL;
    size_t size = 0;
    FILE *f = open_memstream(text, &size);
    int rc;

    if (!f)
        return err_set(e, ENOMEM, "out of memory");
    fprintf(f, "# %s: %s\n# %s\n", j->key, j->text, command);
    rc = trace_writer_open(TRACE_TEXT, c->header, TRACE_LEVEL_DEFAULT, (struct trace_sink){put, f},
                           &w, e);
    for (size_t i = 0; i < c->count && !rc; i++)
        rc = trace_writer_add(w, c->rec[i], e);
    if (rc == 0)
        rc = trace_writer_finish(w, e);
    trace_writer_free(w);
    if (fclose(f) && !rc)
        rc = err_set(e, ENOMEM, "out of memory");
    return rc;
}

int campaign_shrink(const struct compare_job *job, const struct judgement *j,
                    const struct shrink_case *c, const struct campaign_options *o, char **text,
                    char *command, uint64_t *records, struct err *e)
{
    struct goal goal = {o, job, j->key};
    struct shrink_options how = {.fails = fails, .arg = &goal, .runs = o->shrink_runs};
    struct shrink_trace *t = NULL;
    struct trace_reader *r;
    struct trace_damage d;
    struct shrink_stats stats;
    struct shrink_case now;
    struct judgement at_last = *j;
    int rc = trace_open_records(c->header, c->rec, c->count, &r, &d);

    if (rc)
        return err_set(e, ENOMEM, "out of memory");
    rc = shrink_read(r, &t, &d);
    trace_close(r);
    if (rc)
        return err_set(e, -rc, "%s", d.why);
    rc = shrink_run(t, &how, &stats, e);
    now = shrink_now(t);
    if (rc == 0 || rc == -ENODATA || rc == -EINTR)
        rc = fails_alike(&goal, &now, &at_last) < 0 ? -ENOMEM : 0;
    command_line(job, &at_last, command);
    *records = now.count;
    if (rc == 0)
        rc = as_text(&now, &at_last, command, text, e);
    shrink_free(t);
    return rc;
}
