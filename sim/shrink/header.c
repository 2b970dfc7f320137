/* SPDX-License-Identifier: MIT */
/* The header: texts, the unit's options, memory and devices. */
#include <errno.h>
#include <string.h>

#include "shrink/inside.h"
#include "trace/words.h"

static struct trace_header *copy(struct shrink *s)
{
    struct trace_header *h = shrink_over(s) ? NULL : shrink_header_copy(&s->t->arena, s->t->header);

    if (!h && !s->fault && !s->stats->limited)
        s->fault = -ENOMEM;
    return h;
}

void pass_header_text(struct shrink *s)
{
    struct trace_header *h;

    if (!s->t->header->metas || !(h = copy(s)))
        return;
    h->metas = 0;
    shrink_try_header(s, h);
}

/* Try the unit `u`; the header is not changed when there is nothing to change. */
static void try_unit(struct shrink *s, const struct unit_config *u, bool said)
{
    const struct unit_config *was = &s->t->header->unit;
    struct trace_header *h;
    bool same = was->aw_bits == u->aw_bits && !strcmp(was->model, u->model) &&
                was->has_cap == u->has_cap && was->has_ecap == u->has_ecap &&
                was->has_version == u->has_version && s->t->header->has_unit == said;

    for (const struct unit_switch *k = UNIT_SWITCHES; same && k->key; k++)
        same = *((const bool *)was + k->offset) == *((const bool *)u + k->offset);
    if (same || !(h = copy(s)))
        return;
    h->unit = *u;
    h->has_unit = said;
    shrink_try_header(s, h);
}

static void unit(struct shrink *s)
{
    struct unit_config usual = unit_config_default(), u;

    if (!s->t->header->has_unit)
        return;
    if (!s->o->keep_model || !*s->t->header->unit.model)
        try_unit(s, &usual, false);
    if (!s->t->header->has_unit)
        return;
    for (const struct unit_switch *k = UNIT_SWITCHES; k->key; k++) {
        u = s->t->header->unit;
        *((bool *)&u + k->offset) = *((const bool *)&usual + k->offset);
        try_unit(s, &u, true);
    }
    u = s->t->header->unit;
    u.aw_bits = usual.aw_bits;
    try_unit(s, &u, true);
    u = s->t->header->unit;
    u.has_cap = u.has_ecap = u.has_version = false;
    u.cap = u.ecap = u.version = 0;
    try_unit(s, &u, true);
    u = s->t->header->unit;
    if (!s->o->keep_model)
        u.model[0] = 0;
    try_unit(s, &u, true);
}

static void ram(struct shrink *s)
{
    struct trace_header *h;

    if (s->t->header->rams && (h = copy(s))) {
        h->rams = 0; /* what a trace has that says nothing */
        shrink_try_header(s, h);
    }
    for (size_t i = s->t->header->rams; i-- > 0 && (h = copy(s));) {
        h->rams--;
        memmove(h->ram + i, h->ram + i + 1, (h->rams - i) * sizeof(*h->ram));
        shrink_try_header(s, h);
    }
}

static void devices(struct shrink *s)
{
    struct trace_header *h;

    for (size_t i = s->t->header->devices_count; i-- > 0 && (h = copy(s));) {
        h->devices_count--;
        memmove(h->devices + i, h->devices + i + 1, (h->devices_count - i) * sizeof(*h->devices));
        if (shrink_try_header(s, h))
            continue;
        if (s->t->header->devices[i].ats && (h = copy(s))) {
            h->devices[i].ats = false;
            shrink_try_header(s, h);
        }
        if (s->t->header->devices[i].has_alias && (h = copy(s))) {
            h->devices[i].has_alias = false;
            shrink_try_header(s, h);
        }
    }
}

static void expectations(struct shrink *s)
{
    struct trace_header *h;

    for (size_t i = s->t->header->expectations_count; i-- > 0 && (h = copy(s));) {
        h->expectations_count--;
        memmove(h->expectations + i, h->expectations + i + 1,
                (h->expectations_count - i) * sizeof(*h->expectations));
        shrink_try_header(s, h);
    }
}

void pass_header(struct shrink *s)
{
    if (s->t->now.count > SHRINK_SHORT)
        return;
    expectations(s);
    devices(s);
    ram(s);
    unit(s);
}
