/* SPDX-License-Identifier: MIT */
#include "cli/shrink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/against.h"
#include "cli/explain.h"
#include "cli/part_file.h"
#include "cli/shrink_goal.h"
#include "report/show.h"
#include "trace/words.h"

#define COMMENT_BYTES 1024u

struct work {
    const struct shrink_command_line *o;
    struct shrink_goal goal;
    uint64_t runs; /* the predicate's so far */
    struct shrink_trace *trace;
    struct shrink_stats stats;
    char path[300]; /* for --command */
};

static int read_trace(struct work *w, struct err *e)
{
    const char *path = w->o->replay.traces[0];
    struct trace_reader *r;
    struct trace_damage d;
    int rc = trace_open(path, &r, &d);

    if (rc == 0)
        rc = shrink_read(r, &w->trace, &d);
    if (rc == -EBADMSG)
        err_set(e, EBADMSG, "byte %" PRIu64 ", record %" PRIu64 ": %s", d.byte, d.record, d.why);
    else if (rc)
        err_set(e, -rc, "%s", d.why);
    trace_close(r);
    return rc;
}

/* A file of our own for the user's command. */
static int make_path(struct work *w, struct err *e)
{
    const char *dir = getenv("TMPDIR");
    int fd;

    snprintf(w->path, sizeof(w->path), "%.250s/shrink-XXXXXX", dir && *dir ? dir : "/tmp");
    fd = mkstemp(w->path);
    if (fd < 0) {
        w->path[0] = 0;
        return err_set(e, errno, "no temporary file: %s", strerror(errno));
    }
    close(fd);
    w->goal.path = w->path;
    return 0;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;

    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void add(char *to, size_t room, const char *word, const char *value)
{
    size_t n = strlen(to);

    snprintf(to + n, room - n, " %.100s%s%.200s", word, *value ? " " : "", value);
}

/* What the trace is for, and how to see it; the result of shrinking the result says the same. */
static void comment(const struct work *w, char *to, size_t room)
{
    const struct replay_options *o = &w->o->replay;
    struct shrink_case c = shrink_now(w->trace);
    uint64_t at[1];
    char number[32];

    if (w->o->command) {
        snprintf(to, room, "Shrunk: the shortest trace found for which a command ends with 1.");
        return;
    }
    snprintf(to, room, "Shrunk: the shortest trace found for %s; replay",
             shrink_goal_name(&w->goal));
    if (o->profile)
        add(to, room, "--profile", o->profile);
    if (o->against)
        add(to, room, "--against", o->against);
    for (size_t i = 0; i < o->quirks_count; i++)
        add(to, room, "--quirk", o->quirks[i]);
    if (o->sync != SYNC_WALK)
        add(to, room, "--sync", sync_name(o->sync));
    for (size_t i = 0; i < o->attach_count; i++)
        add(to, room, "--attach", o->attach[i].name);
    if (o->type1_chain)
        add(to, room, "--type1", "chain");
    if (o->dma_limit != 65535) {
        snprintf(number, sizeof(number), "%" PRIu64, o->dma_limit);
        add(to, room, "--dma-limit", number);
    }
    if (o->has_fail) {
        snprintf(number, sizeof(number), "%s:%" PRIu64 ":%d", WORDS_FAIL[o->fail.op], o->fail.nth,
                 o->fail.error);
        add(to, room, "--fail", number);
    }
    if (o->compare != COMPARE_MODEL)
        add(to, room, "--compare", o->compare == COMPARE_ALWAYS ? "always" : "never");
    if (o->check != CHECK_FAST)
        add(to, room, "--check", check_name(o->check));
    if (o->restore_at_count == 1) {
        shrink_goal_restore_at(&w->goal, &c, at);
        snprintf(number, sizeof(number), "%" PRIu64, at[0]);
        add(to, room, "--restore-at", number);
    }
}

/* The goal's predicate, watched: an interrupt ends the shrinking. */
static int fails(void *arg, const struct shrink_case *c, size_t *needed)
{
    struct work *w = arg;
    const struct progress *p = &w->o->progress;
    int rc = progress_stop(p) ? -EINTR : shrink_goal_fails(&w->goal, c, needed);

    w->runs++;
    if (progress_stop(p))
        return -EINTR; /* what a replay or command says that was hit by it is not believed */
    if (p->show)
        p->show(p->ctx, w->runs, 0, 0);
    return rc;
}

static int write_result(const struct work *w, struct err *e)
{
    struct shrink_case c = shrink_now(w->trace);
    bool is_stdout = !strcmp(w->o->output, "-");
    struct part_file p = {.f = stdout};
    char text[COMMENT_BYTES];
    struct err why = {""};
    int rc = is_stdout ? 0 : part_open(&p, w->o->output, &why);

    if (rc)
        return err_set(e, -rc, "%.200s: %s", w->o->output, why.text);
    comment(w, text, sizeof(text));
    rc = shrink_write(p.f, text, &c, e);
    if (rc && !is_stdout)
        part_drop(&p);
    else if ((is_stdout ? fflush(p.f) : part_finish(&p, &why)) && rc == 0)
        rc = err_set(e, EIO, "%.200s could not be written", w->o->output);
    return rc;
}

/* The story of the result, or how the two profiles differ. */
static int tell(FILE *out, struct work *w, const char *program, struct err *e)
{
    struct replay_options o = w->o->replay;
    struct shrink_case c = shrink_now(w->trace);
    struct explain_job story = {.options = &o, .program = program};
    struct against_job difference = {.options = &o, .trace = w->o->output};
    char output[4096], *traces[1] = {output};
    uint64_t *at = calloc(o.restore_at_count + 1, sizeof(*at));
    int code = 0;

    if (!at)
        return err_set(e, ENOMEM, "out of memory");
    shrink_goal_restore_at(&w->goal, &c, at);
    snprintf(output, sizeof(output), "%s", w->o->output);
    o.restore_at = at;
    o.traces = traces;
    o.explain = shrink_goal_finding(&w->goal, &c);
    if (o.explain || o.against)
        fputc('\n', out);
    if (o.explain)
        code = explain_run(out, &story, e);
    else if (o.against)
        code = against_run(out, &difference, e);
    free(at);
    return code == 2 ? -EIO : 0;
}

static int sums(FILE *out, const struct work *w)
{
    const struct shrink_stats *s = &w->stats;

    return fprintf(out, "%s: %s records, before %s; %s %s%s\n", shrink_goal_name(&w->goal),
                   show_count(s->after).text, show_count(s->before).text, show_count(s->runs).text,
                   w->o->command ? "runs" : "replays",
                   s->limited ? " (no more are allowed: it may not be the shortest)" : "");
}

/* What is left so far is a result, too. */
static int interrupted(struct work *w, struct err *e)
{
    if (w->stats.after == w->stats.before)
        return err_set(e, EINTR, "interrupted before any record could be left out");
    if (write_result(w, e))
        return -EIO;
    return err_set(e, EINTR, "interrupted: the shortest so far is written, %s records, before %s",
                   show_count(w->stats.after).text, show_count(w->stats.before).text);
}

static int work(FILE *out, struct work *w, const char *program, struct err *e)
{
    struct shrink_options so = {fails, w, w->o->runs, !w->o->replay.profile};
    bool to_stdout = !strcmp(w->o->output, "-");
    struct shrink_case all;
    int rc = read_trace(w, e);

    if (rc == 0 && w->o->command)
        rc = make_path(w, e);
    if (rc)
        return rc;
    all = shrink_now(w->trace);
    rc = shrink_goal_choose(&w->goal, &all, e);
    if (rc == 0)
        rc = shrink_run(w->trace, &so, &w->stats, e);
    if (rc == -EINTR)
        return interrupted(w, e);
    if (rc == 0)
        rc = write_result(w, e);
    if (rc || w->o->quiet)
        return rc;
    sums(to_stdout ? stderr : out, w);
    if (!to_stdout)
        rc = tell(out, w, program, e);
    return rc ? rc : fflush(out) ? err_set(e, EIO, "could not be written") : 0;
}

int shrink_command_run(FILE *out, const struct shrink_command_line *o, const char *program,
                       struct err *e)
{
    struct work w = {.o = o,
                     .goal = {.options = &o->replay, .named = o->invariant, .command = o->command}};
    int rc;

    if (same_file(o->replay.traces[0], o->output)) {
        err_set(e, EINVAL, "%.200s is the input too, another file expected", o->output);
        return 2;
    }
    rc = work(out, &w, program, e);
    if (*w.path)
        unlink(w.path);
    shrink_free(w.trace);
    return rc == -ENODATA ? 1 : rc ? 2 : 0;
}
