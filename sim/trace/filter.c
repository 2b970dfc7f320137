/* SPDX-License-Identifier: MIT */
#include "trace/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/scan.h"

static int learn(struct filter *f, const struct attach_rec *a)
{
    struct filter_name *names;
    size_t i = 0;

    while (i < f->names_count && strcmp(f->names[i].name, a->name) != 0)
        i++;
    if (i == f->names_count) {
        if ((i & (i - 1)) == 0) {
            names = realloc(f->names, (i ? 2 * i : 1) * sizeof(*names));
            if (!names)
                return -ENOMEM;
            f->names = names;
        }
        f->names_count++;
        memcpy(f->names[i].name, a->name, NAME_BYTES);
    }
    f->names[i].bdf = a->bdf;
    return 0;
}

/* Does the consumer `name` sit on the device? */
static bool sits_there(const struct filter *f, const char *name)
{
    const char *at = strchr(name, '@');
    struct err err;
    struct scan s;
    bdf_t b;

    for (size_t i = 0; i < f->names_count; i++)
        if (strcmp(f->names[i].name, name) == 0)
            return f->names[i].bdf.v == f->device.v;
    if (!at)
        return false;
    s = scan_line(at + 1, strlen(at + 1), &err);
    return scan_bdf(&s, (struct field){at + 1, strlen(at + 1)}, &b) && b.v == f->device.v;
}

static const char *name_of(const struct rec *rec)
{
    switch (rec->kind) {
    case REC_DETACH:
    case REC_STOP:
    case REC_START: return rec->u.named.name;
    case REC_MISS: return rec->u.miss.name;
    case REC_PIN:
    case REC_UNPIN: return rec->u.pin.name;
    case REC_FAIL: return rec->u.fail.name;
    case REC_EXPECT: return rec->u.expect.name;
    case REC_EXPECTATIONS: return rec->u.expectations.name;
    default: return NULL;
    }
}

static bool names_device(const struct filter *f, const struct rec *rec)
{
    const char *name = name_of(rec);

    if (name)
        return sits_there(f, name);
    switch (rec->kind) {
    case REC_DMA: return rec->u.dma.bdf.v == f->device.v;
    case REC_DEVICE: return rec->u.device.bdf.v == f->device.v;
    case REC_GONE: return rec->u.gone.bdf.v == f->device.v;
    case REC_ATS: return rec->u.ats.bdf.v == f->device.v;
    case REC_ATTACH: return rec->u.attach->bdf.v == f->device.v;
    default: return false;
    }
}

/* `bytes` from `first` on, cut at the end of 64 bits; 0 stands for 2^64. */
static bool touches(const struct filter *f, iova_t first, uint64_t bytes)
{
    uint64_t last = first.v + bytes - 1;

    if (last < first.v)
        last = UINT64_MAX;
    return iova_range_overlap(f->range, iova_range(first.v, last));
}

static bool in_range(const struct filter *f, const struct rec *rec)
{
    switch (rec->kind) {
    case REC_DMA: return touches(f, rec->u.dma.iova, rec->u.dma.bytes);
    case REC_MISS: return touches(f, rec->u.miss.iova, 1);
    case REC_PIN:
    case REC_UNPIN: return touches(f, rec->u.pin.iova, rec->u.pin.pages << 12);
    case REC_EXPECT:
        return rec->u.expect.op != EXPECT_ABORT &&
               touches(f, rec->u.expect.iova, rec->u.expect.size);
    case REC_ATTACH:
        return rec->u.attach->has_range && iova_range_overlap(f->range, rec->u.attach->range);
    default: return false;
    }
}

int filter_shows(struct filter *f, uint64_t number, const struct rec *rec)
{
    if (f->has_device && rec->kind == REC_ATTACH && learn(f, rec->u.attach))
        return -ENOMEM;
    return number >= f->from && number <= f->to && (!f->has_device || names_device(f, rec)) &&
           (!f->has_iova || in_range(f, rec));
}

void filter_free(struct filter *f)
{
    free(f->names);
    f->names = NULL;
    f->names_count = 0;
}
