/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/header.h"
#include "trace/writer.h"

struct recorder {
    FILE *to;
    struct trace_writer *writer;
    const struct vfio_device *devices;
    size_t count;
};

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static bool failed(struct judged *j, const char *why)
{
    j->judgement = CANNOT;
    snprintf(j->why, sizeof(j->why), "--record: %s", why);
    return false;
}

static int copy_header(struct trace_header *to, const struct trace_header *h,
                       const struct vfio_device *devices, size_t count, const struct judged *j,
                       struct err *e)
{
    char text[200];
    int rc = 0, n;

    *to = header_empty();
    for (size_t i = 0; i < h->metas && !rc; i++)
        rc = header_add_meta(to, h->meta[i].key, h->meta[i].text, strlen(h->meta[i].text), e);
    n = snprintf(text, sizeof(text), "QEMU %s, with qtest and a preloaded VFIO", j->qemu);
    if (!rc)
        rc = header_add_meta(to, "judge", text, (size_t)n, e);
    to->has_unit = true;
    to->unit = h->unit;
    snprintf(to->unit.model, sizeof(to->unit.model), "%s", j->profile);
    for (size_t i = 0; i < h->rams && !rc; i++)
        rc = header_add_ram(to, &h->ram[i], e);
    for (size_t i = 0; i < count && !rc; i++)
        if (devices[i].joins == 0 && devices[i].nth == 0)
            rc = header_add_device(
                to,
                &(struct device_rec){.bdf = devices[i].bdf,
                                     .has_alias = devices[i].requester.v != devices[i].bdf.v,
                                     .alias = devices[i].requester},
                e);
    return rc;
}

static int all_expected(struct recorder *r, const struct vfio_device *d, struct err *e)
{
    struct rec all = {.kind = REC_EXPECTATIONS};

    memcpy(all.u.expectations.name, d->name, NAME_BYTES);
    all.u.expectations.level = EXPECT_IOCTL;
    return trace_writer_add(r->writer, &all, e);
}

/* The consumers that are no default ones (those come, and come again, with their device) under their
 * names, then: all of what follows is expected. */
static int announce(struct recorder *r, struct err *e)
{
    struct attach_rec a;
    struct rec rec = {.kind = REC_ATTACH};
    struct rec begun = {.kind = REC_MARK, .u.mark.text = "all are there"};
    int rc = 0;

    for (size_t i = 0; i < r->count && !rc; i++) {
        if (r->devices[i].joins || !r->devices[i].how)
            continue;
        a = *r->devices[i].how;
        rec.u.attach = &a;
        rc = trace_writer_add(r->writer, &rec, e);
    }
    if (!rc) /* what they map as they come is not expected: it was not looked at */
        rc = trace_writer_add(r->writer, &begun, e);
    for (size_t i = 0; i < r->count && !rc; i++)
        if (r->devices[i].joins == 0)
            rc = all_expected(r, &r->devices[i], e);
    return rc;
}

bool recorder_joined(struct recorder *r, const struct vfio_device *d, struct judged *j)
{
    struct err e = {""};

    return !r || !all_expected(r, d, &e) || failed(j, e.text);
}

bool recorder_begin(struct recorder **out, FILE *to, const struct trace_header *h,
                    const struct vfio_device *devices, size_t count, struct judged *j)
{
    struct recorder *r = to ? calloc(1, sizeof(*r)) : NULL;
    struct trace_header copy;
    struct err e = {""};
    int rc;

    *out = r;
    if (!to)
        return true;
    if (!r)
        return failed(j, "out of memory");
    r->devices = devices;
    r->count = count;
    rc = copy_header(&copy, h, devices, count, j, &e);
    if (!rc)
        rc = trace_writer_open(TRACE_TEXT, &copy, TRACE_LEVEL_DEFAULT, (struct trace_sink){put, to},
                               &r->writer, &e);
    header_free(&copy);
    if (!rc)
        rc = announce(r, &e);
    return !rc || failed(j, e.text);
}

static const char *name_of(const struct recorder *r, bdf_t b, unsigned nth)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->devices[i].bdf.v == b.v && r->devices[i].nth == nth)
            return r->devices[i].name;
    return "unknown";
}

static int add_call(struct recorder *r, const struct call *c, struct err *e)
{
    struct rec rec = {.kind = REC_EXPECT};
    struct expect_rec *x = &rec.u.expect;

    snprintf(x->name, sizeof(x->name), "%s", name_of(r, c->bdf, c->nth));
    x->op = c->unmap ? EXPECT_UNMAP : EXPECT_MAP;
    x->iova = c->iova;
    x->size = c->bytes;
    x->gpa = c->gpa;
    x->perm = c->perm;
    x->has_result = true;
    x->result = c->result;
    return trace_writer_add(r->writer, &rec, e);
}

bool recorder_add(struct recorder *r, const struct rec *rec, const struct call_list *calls,
                  bool died, struct judged *j)
{
    struct err e = {""};
    int rc;

    if (!r)
        return true;
    rc = trace_writer_add(r->writer, rec, &e);
    for (size_t i = 0; calls && i < calls->count && !rc; i++)
        rc = add_call(r, &calls->calls[i], &e);
    if (died && r->count && !rc) {
        struct rec end = {.kind = REC_EXPECT};

        memcpy(end.u.expect.name, r->devices[0].name, NAME_BYTES);
        end.u.expect.op = EXPECT_ABORT;
        rc = trace_writer_add(r->writer, &end, &e);
    }
    return !rc || failed(j, e.text);
}

void recorder_end(struct recorder *r, struct judged *j)
{
    struct err e = {""};

    if (!r)
        return;
    if (r->writer && trace_writer_finish(r->writer, &e))
        failed(j, e.text);
    trace_writer_free(r->writer);
    free(r);
}
