/* SPDX-License-Identifier: MIT */
#include "report/html_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/counts.h"
#include "report/show.h"

void html_watch_init(struct html_watch *w)
{
    memset(w, 0, sizeof(*w));
    for (unsigned a = 0; a < HTML_AXES; a++)
        html_bins_init(&w->bins[a]);
    w->lanes = 1;
}

void html_watch_free(struct html_watch *w)
{
    for (unsigned i = 0; i < w->persons; i++) {
        rangemap_clear(&w->person[i]->ram);
        rangemap_clear(&w->person[i]->tables);
        free(w->person[i]->space);
        free(w->person[i]);
    }
    html_watch_init(w);
}

void html_watch_now(const struct html_watch *w, unsigned bin[HTML_AXES])
{
    for (unsigned a = 0; a < HTML_AXES; a++)
        bin[a] = w->bins[a].bin;
}

/* The state as it is now, in bins from..to. */
static void carry(struct html_watch *w, enum html_axis a, unsigned from, unsigned to)
{
    for (unsigned i = 0; i < w->persons; i++) {
        struct html_person *p = w->person[i];
        uint16_t bits = (uint16_t)((p->ram.count ? 1 : 0) | (p->tables.count ? 2 : 0));

        html_gauge_carry(&p->held[a], from, to, p->ram.count + p->tables.count);
        for (unsigned b = from; b <= to && b < HTML_BINS; b++)
            p->ram_bits[a][b] = bits;
        if (p->space)
            html_space_carry(p->space, a, from, to);
    }
    for (unsigned i = 0; i < w->lanes; i++)
        for (unsigned b = from; b <= to && b < HTML_BINS; b++)
            w->lane[i].bits[a][b] = w->lane[i].state;
}

static void fold(struct html_watch *w, enum html_axis a)
{
    struct html_bins *b = &w->bins[a];

    if (b->bin % 2 == 0) /* its pair was not reached yet: nothing happened in it */
        carry(w, a, b->bin + 1, b->bin + 1);
    for (unsigned i = 0; i < w->persons; i++) {
        html_gauge_fold(&w->person[i]->held[a]);
        html_lane_fold(w->person[i]->ram_bits[a]);
        if (w->person[i]->space)
            html_space_fold(w->person[i]->space, a);
    }
    for (unsigned i = 0; i < w->lanes; i++)
        html_lane_fold(w->lane[i].bits[a]);
    html_lane_fold(w->mark_bits[a]);
    html_bins_fold(b);
}

static void advance(struct html_watch *w, enum html_axis a, uint64_t position, uint64_t at_ns)
{
    struct html_bins *b = &w->bins[a];
    uint64_t bin;

    while (html_bins_full(b, position))
        fold(w, a);
    bin = position > b->origin ? (position - b->origin) / b->width : 0;
    if (bin > b->bin) {
        unsigned from = b->bin + 1;

        for (unsigned i = from; i < bin; i++)
            b->at_ns[i] = b->at_ns[b->bin];
        b->bin = (unsigned)bin;
        carry(w, a, from, b->bin);
    }
    b->at_ns[b->bin] = at_ns;
}

static void move(struct html_watch *w, const struct obs *o)
{
    if (!w->started) {
        w->started = true;
        w->first_record = w->bins[AXIS_RECORD].origin = o->record ? o->record - 1 : 0;
    }
    if (o->kind == OBS_RECORD && o->u.rec->kind == REC_AT && !w->has_time) {
        w->has_time = true;
        w->first_ns = w->bins[AXIS_TIME].origin = o->u.rec->u.at.ns;
    }
    w->last_record = o->record;
    advance(w, AXIS_RECORD, o->record, o->at_ns);
    if (!w->has_time || o->at_ns < w->first_ns)
        return;
    w->last_ns = o->at_ns;
    advance(w, AXIS_TIME, o->at_ns, o->at_ns);
}

static void count(struct html_watch *w, enum html_strip s)
{
    for (unsigned a = 0; a < HTML_AXES; a++)
        w->bins[a].count[s][w->bins[a].bin]++;
}

/* The lane of that id, or HTML_LANES when there is no room. */
static unsigned lane_of(struct html_watch *w, bdf_t bdf)
{
    for (unsigned i = 1; i < w->lanes; i++)
        if (w->lane[i].bdf.v == bdf.v)
            return i;
    if (w->lanes == HTML_LANES)
        return HTML_LANES;
    w->lane[w->lanes].bdf = bdf;
    return w->lanes++;
}

static void set_bits(struct html_watch *w, unsigned lane, uint16_t bits)
{
    for (unsigned a = 0; a < HTML_AXES && lane < w->lanes; a++)
        w->lane[lane].bits[a][w->bins[a].bin] |= bits;
}

/* Something happened to a device, or the unit. */
static struct html_event *happened(struct html_watch *w, const struct obs *o, unsigned lane,
                                   uint16_t bit)
{
    struct html_event *e = w->events < HTML_EVENTS ? &w->event[w->events] : NULL;

    set_bits(w, lane, bit);
    w->all_events++;
    if (!e || lane >= w->lanes)
        return NULL;
    w->events++;
    *e = (struct html_event){.record = o->record, .at_ns = o->at_ns, .lane = lane, .bit = bit};
    return e;
}

static void set_state(struct html_watch *w, unsigned lane, uint16_t state)
{
    if (lane >= w->lanes)
        return;
    w->lane[lane].state = state;
    set_bits(w, lane, state);
}

static void see_device(struct html_watch *w, const struct obs *o)
{
    unsigned lane = lane_of(w, o->u.device.bdf);
    struct html_event *e;

    if (lane == HTML_LANES) {
        w->more_devices += o->kind == OBS_DEVICE && o->u.device.on;
        return;
    }
    if (o->kind == OBS_SWITCH) {
        e = happened(w, o, lane, LANE_SWITCHED);
        if (e)
            e->on = o->u.device.on;
        w->lane[lane].translated = o->u.device.on;
        set_state(w, lane, o->u.device.on ? LANE_TRANSLATED : LANE_BYPASS);
        return;
    }
    happened(w, o, lane, o->u.device.on ? LANE_JOINED : LANE_GONE);
    if (!o->u.device.on)
        w->lane[lane].translated = false;
    if (o->u.device.on && !w->lane[lane].state)
        set_state(w, lane, LANE_BYPASS);
    else if (!o->u.device.on)
        set_state(w, lane, 0);
}

static void see_consumer(struct html_watch *w, const struct obs *o)
{
    struct html_event *e = happened(w, o, lane_of(w, o->u.consumer.bdf),
                                    o->u.consumer.joined ? LANE_ATTACHED : LANE_DETACHED);

    if (e)
        snprintf(e->who, sizeof(e->who), "%s", o->u.consumer.name);
}

static void see_mark(struct html_watch *w, const struct obs *o)
{
    struct html_mark *m = w->marks < HTML_MARKS ? &w->mark[w->marks] : NULL;

    for (unsigned a = 0; a < HTML_AXES; a++)
        w->mark_bits[a][w->bins[a].bin] |= LANE_MARK;
    w->all_marks++;
    if (!m)
        return;
    w->marks++;
    m->record = o->record;
    m->at_ns = o->at_ns;
    show_clean(m->text, sizeof(m->text), o->u.rec->u.mark.text);
}

static void see_gsts(struct html_watch *w, const struct obs *o)
{
    bool on = o->u.gsts.new_val >> 31, was = o->u.gsts.old_val >> 31;
    struct html_event *e;

    if (on == was)
        return;
    e = happened(w, o, 0, LANE_SWITCHED);
    if (e)
        e->on = on;
    set_state(w, 0, on ? LANE_TRANSLATED : LANE_BYPASS);
}

static void count_note(struct html_watch *w, const struct note *n)
{
    count(w, note_maps(n->type) ? STRIP_MAP : STRIP_UNMAP);
    if (n->asked && n->result < 0)
        count(w, STRIP_REFUSED);
}

static void see_rest(struct html_watch *w, const struct obs *o)
{
    switch (o->kind) {
    case OBS_INVAL_DONE:
        if (inval_kind_of(o->u.inval.lo) != INVAL_WAIT)
            count(w, STRIP_INVAL);
        break;
    case OBS_NOTE: count_note(w, o->u.note); break;
    case OBS_FAULT:
        count(w, STRIP_FAULT);
        set_bits(w, lane_of(w, o->u.fault.bdf), LANE_FAULT);
        break;
    case OBS_VHOST:
        if (o->u.vhost.what == VHOST_MISS)
            count(w, STRIP_MISS);
        break;
    case OBS_PIN:
        if (!o->u.pin.unpin)
            count(w, STRIP_PIN);
        break;
    default: break;
    }
}

static void see(void *ctx, const struct obs *o)
{
    struct html_watch *w = ctx;

    move(w, o);
    switch (o->kind) {
    case OBS_RECORD:
        if (o->u.rec->kind == REC_MARK)
            see_mark(w, o);
        if (o->u.rec->kind == REC_DMA)
            count(w, STRIP_DMA);
        break;
    case OBS_DEVICE:
    case OBS_SWITCH: see_device(w, o); break;
    case OBS_CONSUMER: see_consumer(w, o); break;
    case OBS_GSTS: see_gsts(w, o); break;
    case OBS_ROOT: happened(w, o, 0, LANE_ROOT); break;
    case OBS_RESET: happened(w, o, 0, LANE_RESET); break;
    case OBS_QUEUE_ERROR: happened(w, o, 0, LANE_QUEUE_ERROR); break;
    case OBS_ABORT: happened(w, o, 0, LANE_ABORT); break;
    default: see_rest(w, o); break;
    }
    html_held_see(w, o);
}

struct observer html_watch_observer(struct html_watch *w)
{
    return (struct observer){.see = see, .ctx = w};
}
