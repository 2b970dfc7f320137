/* SPDX-License-Identifier: MIT */
/*
 * The inside of the checks: what they know of the run so far, and one entry point for each
 * family of invariants. `checks.c` passes every observation to the families that want it.
 *
 * Places: state.h what they know; memory.h what memory says; ids.h the invariants by number;
 * person.h, people.c who is attached and registered; notes.c what they were told; registry.c,
 * history.c which pages are tables and what they held; outcomes.c what the architecture allows.
 */
#ifndef VTR_CHECKS_INTERNAL_H
#define VTR_CHECKS_INTERNAL_H

#include "base/apart.h"
#include "checks/memory.h"
#include "checks/state.h"

/* findings.c */
struct where {
    const struct person *who; /* NULL: no consumer */
    bool has_range;
    struct iova_range range;
    uint64_t cause;
};
void chk_find(struct checks *c, enum inv_id id, const struct where *w, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), cold));
/* One more is counted of which no sentence is kept; false: one would be, nothing is counted. Who
 * asks first need not write what nobody reads. */
bool chk_found_enough(struct checks *c, enum inv_id id);
void chk_findings_init(struct checks *c);
const char *chk_perm(enum perm p); /* "r", "w", "rw", "no right" */
void chk_story(struct checks *c, uint64_t gpa);
uint64_t chk_story_of(const struct checks *c,
                      uint64_t gpa); /* record of the last store there, 0: unknown */

/* aliases.c */
void chk_alias_joins(struct checks *c, bdf_t bdf, bdf_t alias);
void chk_alias_leaves(struct checks *c, bdf_t bdf);
bool chk_is_alias(const struct checks *c, bdf_t bdf); /* of a device that is there */

/* people.c */
/* The state of what a device's requests carry: shared by devices with one alias. */
struct person *chk_person_look(struct checks *c, const char *name);
static inline struct named *chk_named(struct checks *c, const char *name)
{
    return &c->named[((uintptr_t)name >> 4 ^ (uintptr_t)name >> 9) & (NAMED - 1)];
}
static inline struct person *chk_person(struct checks *c, const char *name)
{
    const struct named *n = chk_named(c, name);

    return name && name == n->name && n->record == c->record ? n->who : chk_person_look(c, name);
}
struct device_state *chk_device_look(struct checks *c, bdf_t bdf, bool make);
static inline struct device_state *chk_device(struct checks *c, bdf_t bdf, bool make)
{
    bdf = chk_requester(c, bdf);
    if (c->last_device < c->device_count && c->devices[c->last_device].bdf.v == bdf.v)
        return &c->devices[c->last_device];
    return chk_device_look(c, bdf, make);
}
void chk_consumer(struct checks *c, const struct obs *o);
void chk_register(struct checks *c, const struct obs *o);
void chk_unregister(struct checks *c, const struct obs *o);
void chk_flags(struct checks *c, const struct obs *o);
void chk_flags_settled(struct checks *c);
void chk_people_free(struct checks *c);
/* chk_held of whose side is not known yet. */
bool chk_held_look(const struct checks *c, struct person *p, uint64_t at, struct held_xlat *out);
/* What its side holds; where check_world.held is given. */
static inline bool chk_held(const struct checks *c, struct person *p, uint64_t at,
                            struct held_xlat *out)
{
    const struct check_world *w = &c->cfg.world;

    return p->side ? w->side_held(w->sim, p->side, iova(at), out) : chk_held_look(c, p, at, out);
}
#define NOTIFY_BOTH (NOTIFY_MAP | NOTIFY_UNMAP)
/* Registered with both MAP and UNMAP. */
static inline bool chk_shadows(const struct person *p)
{
    return p->joined && (p->registered & NOTIFY_BOTH) == NOTIFY_BOTH;
}
/* Asks for both, registered or not. */
static inline bool chk_keeps(const struct person *p)
{
    return ((p->flags | p->registered) & NOTIFY_BOTH) == NOTIFY_BOTH;
}

/* moments.c */
void chk_record_begins(struct checks *c, const struct rec *r);
void chk_record_ends(struct checks *c);
void chk_gsts_moves(struct checks *c, uint32_t old, uint32_t new);
void chk_root_latched(struct checks *c, const struct obs *o);
void chk_reset(struct checks *c);
void chk_inval_begins(struct checks *c, const struct obs *o);
void chk_inval_done(struct checks *c, const struct obs *o);
void chk_inval_refused(struct checks *c, const struct obs *o);
void chk_queue_stops(struct checks *c);
void chk_wait_landed(struct checks *c, uint64_t lo, uint64_t hi);

/* notes.c */
void chk_note(struct checks *c, const struct note *n);
void chk_replay(struct checks *c, const struct obs *o);
void chk_done_shown(struct checks *c, bool gsts);
void chk_notes_record_end(struct checks *c);

/* filters.c */
void chk_filters(struct checks *c, struct person *p, const struct note *n);

/* shadow.c, shadow_held.c, stale.c */
void chk_shadow(struct checks *c, const struct desc *d);
void chk_dirty_device(struct checks *c, bdf_t bdf);
void chk_dirty_all(struct checks *c);
void chk_dirty_top(struct checks *c, uint64_t top, uint64_t first, uint64_t last);
void chk_stale_unmapped(struct checks *c, struct person *p, const struct note *n,
                        const struct span *held);
void chk_stale_settle(struct checks *c);
void chk_stale_cached(struct checks *c, const struct desc *d);
void chk_stale_reached(struct checks *c, const struct obs *o);

/* misses.c: `of` NULL: of every device */
void chk_misses_see(struct checks *c, struct person *p, const struct obs *o);
void chk_misses_must_end(struct checks *c, const bdf_t *of, const char *why);
void chk_misses_forget(struct person *p);
void chk_misses_record_end(struct checks *c);

/* device_iotlb.c */
void chk_device_iotlb_see(struct checks *c, struct person *p, const struct obs *o);
void chk_device_iotlb_switched(struct checks *c, const bdf_t *of);
/* chk_device_iotlb_done where some vhost joined. */
APART void chk_device_iotlb_judge(struct checks *c, const struct desc *d);
static inline void chk_device_iotlb_done(struct checks *c, const struct desc *d)
{
    if (c->some_vhost)
        chk_device_iotlb_judge(c, d);
}
/* The device may go on with what it was given at `at`: `right` to `target`. */
bool chk_device_iotlb_may(struct checks *c, struct person *p, uint64_t at, uint64_t target,
                          enum perm right);

/* observed.c */
int chk_observed_init(struct checks *c);
#define HEARD_ROOM_KEPT 65536u
void chk_observed_end(struct checks *c);
void chk_observed_record(struct checks *c, const struct rec *r);
/* The same for a store or a register write. */
static inline void chk_observed_event(struct checks *c)
{
    if (c->expectings || c->heard_room > HEARD_ROOM_KEPT)
        chk_observed_end(c);
    c->heards = 0;
    c->heard_lost = false;
    c->event_record = c->record;
}
#define HEARD_UNANNOUNCED_MAX                                                                      \
    16384u /* notes kept of one record for consumers without `expectations` */
APART bool chk_observed_room(struct checks *c); /* for more notes; false: out of memory */
static inline void chk_observed_note(struct checks *c, const struct person *p, const struct note *n)
{
    struct heard *h;

    if (!note_coarse(n->type)) /* no real system tells them */
        return;
    if (c->heards >= HEARD_UNANNOUNCED_MAX && !p->expected) {
        c->heard_lost = true;
        return;
    }
    if (c->heards == c->heard_room && !chk_observed_room(c))
        return;
    h = &c->heard[c->heards++];
    h->who = p;
    h->range = n->range;
    h->gpa = n->gpa;
    h->result = n->result;
    h->type = (uint8_t)n->type;
    h->perm = (uint8_t)n->perm;
    h->asked = n->asked;
    h->by_region = n->via == VIA_REGION;
}
void chk_observed_read(struct checks *c, const struct obs *o);
void chk_observed_dma(struct checks *c, const struct obs *o);
void chk_observed_free(struct checks *c);

/* converge.c */
void chk_converge_note(struct checks *c, struct person *p, const struct note *n);
void chk_converge_begin(struct checks *c); /* an invalidation, or a record, begins */
void chk_converge(struct checks *c, struct person *p, const struct ctx *x, const struct desc *d);
void chk_converge_left(struct checks *c, struct person *p, struct iova_range r);
bool chk_right_held(const struct checks *c, uint64_t target, enum perm told, enum perm held);

/* registry.c, history.c: see registry.h */
bool chk_had_domain(const struct checks *c, bdf_t bdf, uint16_t did);

/* dma.c */
void chk_dma(struct checks *c, const struct obs *o);
void chk_dma_shadow(struct checks *c, const struct obs *o);

/* pins.c: the kernel's side of containers */
struct pin_book;
void chk_pins(struct checks *c, const struct obs *o);
/* Apart: who asks first whether it is to be called has nothing else to do. */
APART void chk_pins_ioctl(struct checks *c, const struct obs *o);
void chk_pins_fail(struct checks *c, const struct fail_rec *f);
void chk_pins_free(struct checks *c);

/* guest_regs.c, guest_tables.c */
void chk_guest_record(struct checks *c, const struct rec *r);
void chk_guest_desc(struct checks *c, uint64_t lo, uint64_t hi, bool by_register,
                    const struct desc *d);
void chk_guest_done(struct checks *c, const struct desc *d);
void chk_guest_root(struct checks *c);
void chk_guest_reset(struct checks *c);
struct node;
void chk_guest_entry(struct checks *c, const struct node *n, unsigned index, const uint64_t old[2],
                     const uint64_t new[2]);
void chk_guest_table_linked(struct checks *c, const struct node *like);
void chk_guest_dma(struct checks *c, bdf_t bdf, uint64_t iova, const struct allowed *a);

/* guest.c */
struct item;
bool chk_watch_new(struct checks *c);
void chk_watch_free(struct checks *c);
void chk_watch_wait(struct checks *c, uint64_t lo, uint64_t hi);
void chk_watch_done(struct checks *c, const struct desc *d);
void chk_watch_reset(struct checks *c);
void chk_guest_retired(struct checks *c, const struct node *n, const struct item *i);
void chk_guest_met(struct checks *c, const struct node *n, const struct item *i,
                   const struct desc *d, bool whole);
/* transient.c: COH-TRANSIENT; redundant.c: CST-REDUNDANT */
bool chk_follows_memory(const struct checks *c, const struct ctx *x);
void chk_transient_unmapped(struct checks *c, const struct person *p, const struct note *n,
                            const struct span *held);
void chk_redundant_unmap(struct checks *c, const struct person *p, const struct note *n);
/* `held` goes, whole, with an UNMAP of a notifier. */
void chk_redundant_taken(struct checks *c, struct person *p, const struct span *held);
void chk_redundant_map(struct checks *c, struct person *p, const struct note *n);
void chk_redundant_settled(struct checks *c);

/* exact.c: COH-EXACT, around each IOTLB invalidation */
void chk_exact_before(struct checks *c, const struct desc *d);
void chk_exact_after(struct checks *c, const struct desc *d, bool by_register);
void chk_exact_record_end(struct checks *c);
void chk_exact_free(struct checks *c);

/* overreach.c: CST-OVERREACH. What an invalidation covers is gathered while it is covered. */
void chk_changed_begin(struct checks *c, const struct desc *d);
void chk_changed(struct checks *c, uint64_t top, uint64_t first, uint64_t last);
void chk_overreach(struct checks *c, const struct desc *d);

/* queue.c: LIVE-QUEUE */
void chk_queue_record(struct checks *c, const struct rec *r);
/* Or none is. */
static inline void chk_queue_untouched(struct checks *c)
{
    struct queue_watch *q = &c->queue;

    q->wrote = q->error = q->ccmd = q->iotlb = c->te_moves = c->te_falls = false;
}
void chk_queue_gsts(struct checks *c, uint32_t new);
void chk_queue_taken(struct checks *c, uint64_t lo, uint64_t hi, const struct desc *d);
void chk_queue_refused(struct checks *c, uint64_t lo, uint64_t hi);
void chk_queue_error(struct checks *c);
void chk_queue_record_end(struct checks *c);

/* life.c: LIFE-ENTRY and LIVE-ABORT */
void chk_life_note(struct checks *c, const struct person *p, const struct note *n);
void chk_abort(struct checks *c, const char *why);

/* describe.c */
#define DESC_TEXT 96u
const char *chk_describe(char text[DESC_TEXT], const struct desc *d);

#endif
