/* SPDX-License-Identifier: MIT */
#include "shrink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/shrink_goal.h"

struct player {
    const struct judge_options *o;
    struct judged want;
    char path[300];
};

static int write_case(const char *path, const char *comment, const struct shrink_case *c,
                      struct err *e)
{
    FILE *f = fopen(path, "w");
    int rc;

    if (!f)
        return err_set(e, errno, "%.200s: %s", path, strerror(errno));
    rc = shrink_write(f, comment, c, e);
    if (fclose(f) && rc == 0)
        rc = err_set(e, EIO, "%.200s could not be written", path);
    return rc;
}

static int play(const struct player *p, const struct shrink_case *c, struct judged *j,
                struct err *e)
{
    int rc = write_case(p->path, "", c, e);

    if (rc == 0)
        judge_trace(p->path, p->o, j);
    return rc;
}

static int differs_so(void *arg, const struct shrink_case *c, size_t *needed)
{
    const struct player *p = arg;
    struct judged j;
    struct err e;
    int rc = play(p, c, &j, &e);

    if (rc)
        return rc == -EINVAL ? 0 : rc; /* a record breaks a rule: no trace */
    if (j.judgement != DIFFER || j.difference != p->want.difference || j.detail != p->want.detail)
        return 0;
    if (j.differs_at < c->count)
        *needed = (size_t)j.differs_at;
    return 1;
}

static int read_trace(const char *path, struct shrink_trace **t, struct err *e)
{
    struct trace_reader *r;
    struct trace_damage d;
    int rc = trace_open(path, &r, &d);

    if (rc == 0)
        rc = shrink_read(r, t, &d);
    if (rc)
        err_set(e, -rc, "record %llu: %s", (unsigned long long)d.record, d.why);
    trace_close(r);
    return rc;
}

/* A file of our own, for the candidates. */
static int make_path(struct player *p, struct err *e)
{
    const char *dir = getenv("TMPDIR");
    int fd;

    snprintf(p->path, sizeof(p->path), "%.250s/judge-XXXXXX", dir && *dir ? dir : "/tmp");
    fd = mkstemp(p->path);
    if (fd < 0)
        return err_set(e, errno, "no temporary file: %s", strerror(errno));
    close(fd);
    return 0;
}

static int shrink(struct player *p, struct shrink_trace *t, uint64_t runs, const char *out,
                  struct judge_shrunk *s, struct err *e)
{
    struct shrink_options so = {.fails = differs_so, .arg = p, .runs = runs};
    struct shrink_case c = shrink_now(t);
    char comment[200];
    int rc = play(p, &c, &s->judged, e);

    if (rc || s->judged.judgement != DIFFER)
        return rc;
    p->want = s->judged;
    rc = shrink_run(t, &so, &s->stats, e);
    if (rc == -ENODATA)
        return err_set(e, EAGAIN, "played again it does not differ so");
    if (rc)
        return rc;
    c = shrink_now(t);
    rc = play(p, &c, &s->judged, e);
    snprintf(comment, sizeof(comment), "Shrunk: QEMU %.100s and %.40s differ", s->judged.qemu,
             s->judged.profile);
    return rc ? rc : write_case(out, comment, &c, e);
}

int judge_shrink(const char *path, const struct judge_options *o, uint64_t runs, const char *out,
                 struct judge_shrunk *s, struct err *e)
{
    struct judge_options quiet = *o;
    struct player p = {.o = &quiet};
    struct shrink_trace *t = NULL;
    int rc;

    memset(s, 0, sizeof(*s));
    quiet.record = NULL;
    rc = read_trace(path, &t, e);
    if (rc == 0)
        rc = make_path(&p, e);
    if (rc == 0) {
        rc = shrink(&p, t, runs, out, s, e);
        unlink(p.path);
    }
    shrink_free(t);
    return rc;
}
