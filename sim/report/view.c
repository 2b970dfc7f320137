/* SPDX-License-Identifier: MIT */
#include "report/view.h"

struct view view_all(void)
{
    return (struct view){.to = UINT64_MAX};
}

bool view_thins(const struct view *v)
{
    return v->from || v->to != UINT64_MAX || v->has_device || v->has_iova;
}

static bool in_records(const struct view *v, uint64_t record)
{
    return v->from <= record && record <= v->to;
}

/* It is the device, or what its requests carry. */
static bool of_device(const struct view *v, bdf_t device, bool has_alias, bdf_t alias)
{
    return !v->has_device || v->bdf.v == device.v || (has_alias && v->bdf.v == alias.v);
}

bool view_note(const struct view *v, const struct note *n)
{
    return in_records(v, n->record) && of_device(v, n->bdf, n->has_alias, n->alias) &&
           (!v->has_iova || iova_range_overlap(v->iova, n->range));
}

bool view_finding(const struct view *v, const struct finding *f, const struct counts *c)
{
    const struct consumer_counts *k = v->has_device ? counts_consumer(c, f->consumer) : NULL;

    if (!in_records(v, f->record))
        return false;
    if (v->has_device && (!k || !of_device(v, k->bdf, k->has_alias, k->alias)))
        return false;
    return !v->has_iova || (f->has_range && iova_range_overlap(v->iova, f->range));
}
