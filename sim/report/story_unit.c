/* SPDX-License-Identifier: MIT */
/* The unit's part of a story: invalidations, registers, faults, and what the guest was shown. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"
#include "report/story.h"
#include "vtd_regs.h"

#define TEXT 160

static void see_inval(struct story *s, const struct obs *o)
{
    uint64_t lo = o->u.inval.lo, hi = o->u.inval.hi;
    enum story_cover c = story_covers(s, lo, hi);
    char text[TEXT];

    if (o->record == s->about.record) {
        s->here = (struct story_inval){o->record, lo, hi};
        s->here_refused = false;
    }
    if (c == COVERS || !s->about.has_range || o->record == s->about.record)
        story_add(&s->log, STORY_INVAL, o->record, o->at_ns,
                  "The unit executes the guest's %s (%s0x%" PRIx64 " 0x%" PRIx64 ")%s.",
                  story_desc_text(text, TEXT, lo, hi),
                  o->u.inval.by_register ? "register command; as a descriptor " : "descriptor ", lo,
                  hi,
                  !s->about.has_range || c == NO_INVALIDATION ? ""
                  : c == COVERS                               ? ", which covers this range"
                                : ", which does not cover this range");
    if ((lo & 0xf) != DESC_IOTLB || c == NO_INVALIDATION) {
        s->waits_due += c == COVERS;
        return;
    }
    if (c == COVERS) {
        s->covering = (struct story_inval){o->record, lo, hi};
        s->waits_due++;
    } else {
        s->missing = (struct story_inval){o->record, lo, hi};
        s->missed++;
    }
}

static void see_refused(struct story *s, const struct obs *o)
{
    char text[TEXT];

    if (o->record == s->about.record && (o->u.inval.lo || o->u.inval.hi)) {
        s->here = (struct story_inval){o->record, o->u.inval.lo, o->u.inval.hi};
        s->here_refused = true;
    }
    story_add(&s->log, STORY_INVAL, o->record, o->at_ns,
              o->kind == OBS_QUEUE_ERROR ? "The queue stopped in error at the %s (0x%" PRIx64
                                           " 0x%" PRIx64 ")."
                                         : "The unit refused the %s (0x%" PRIx64 " 0x%" PRIx64 ").",
              !o->u.inval.lo && !o->u.inval.hi
                  ? "tail or the fetch"
                  : story_desc_text(text, TEXT, o->u.inval.lo, o->u.inval.hi),
              o->u.inval.lo, o->u.inval.hi);
}

static const char *bits_moved(char *out, size_t room, uint32_t moved, uint32_t now)
{
    static const struct {
        uint32_t bit;
        const char *on, *off;
    } names[] = {{GCMD_TE, "translation is on", "translation is off"},
                 {GCMD_SRTP, "the root table is set", "no root table is set"},
                 {GCMD_QIE, "the queue is on", "the queue is off"},
                 {GCMD_SIRTP, "the interrupt-remapping table is set", "it is not set"},
                 {GCMD_IRE, "interrupt remapping is on", "interrupt remapping is off"}};
    size_t at = 0;

    *out = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (moved & names[i].bit)
            at += (size_t)snprintf(out + at, room - at, "%s%s", at ? ", " : "",
                                   now & names[i].bit ? names[i].on : names[i].off);
    return *out ? out : "other bits moved";
}

static void see_shown(struct story *s, const struct obs *o)
{
    char text[TEXT];

    if (o->kind == OBS_GSTS) {
        story_add(&s->log, STORY_STATE, o->record, o->at_ns,
                  "The guest is shown by GSTS 0x%08x (was 0x%08x): %s.", o->u.gsts.new_val,
                  o->u.gsts.old_val,
                  bits_moved(text, TEXT, o->u.gsts.old_val ^ o->u.gsts.new_val, o->u.gsts.new_val));
        s->gsts = o->u.gsts.new_val;
        return;
    }
    if (s->waits_due || o->record == s->about.record || !s->about.has_range)
        story_add(&s->log, STORY_INVAL, o->record, o->at_ns,
                  "The guest is shown that its invalidations are done: the %s landed.",
                  story_desc_text(text, TEXT, o->u.inval.lo, o->u.inval.hi));
    s->waits_due = 0;
}

const char *story_register_name(unsigned off)
{
    static const struct {
        unsigned off;
        const char *name;
    } names[] = {{REG_VER, "VER"},         {REG_CAP, "CAP"},
                 {REG_ECAP, "ECAP"},       {REG_GCMD, "GCMD"},
                 {REG_GSTS, "GSTS"},       {REG_RTADDR, "RTADDR"},
                 {REG_CCMD, "CCMD"},       {REG_CCMD_HI, "CCMD, high half"},
                 {REG_FSTS, "FSTS"},       {REG_FECTL, "FECTL"},
                 {REG_FEDATA, "FEDATA"},   {REG_FEADDR, "FEADDR"},
                 {REG_FEUADDR, "FEUADDR"}, {REG_IQH, "IQH"},
                 {REG_IQT, "IQT"},         {REG_IQA, "IQA"},
                 {REG_ICS, "ICS"},         {REG_IECTL, "IECTL"},
                 {REG_IEDATA, "IEDATA"},   {REG_IEADDR, "IEADDR"},
                 {REG_IEUADDR, "IEUADDR"}, {REG_IQERCD, "IQERCD"},
                 {REG_IRTA, "IRTA"},       {REG_IVA, "IVA"},
                 {REG_IOTLB, "IOTLB"},     {REG_IOTLB_HI, "IOTLB, high half"},
                 {REG_FRCD, "FRCD"},       {REG_FRCD_HI, "FRCD, high half"}};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].off == off)
            return names[i].name;
    return "";
}

static void see_register_write(struct story *s, const struct obs *o)
{
    const struct rec *r = o->u.rec;

    if (r->kind != REC_W32 && r->kind != REC_W64)
        return;
    if (!s->about.has_range || o->record == s->about.record || o->record == s->about.cause_record)
        story_add(&s->log, STORY_REGS, o->record, o->at_ns,
                  "The guest writes 0x%" PRIx64 " to register 0x%03x%s%s%s.", r->u.reg.val,
                  r->u.reg.off, *story_register_name(r->u.reg.off) ? " (" : "",
                  story_register_name(r->u.reg.off), *story_register_name(r->u.reg.off) ? ")" : "");
}

static void see_fault(struct story *s, const struct obs *o)
{
    if (!story_is_device(s, o->u.fault.bdf) ||
        (s->about.has_range && !iova_range_has(s->about.range, o->u.fault.iova)))
        return;
    story_add(&s->log, STORY_DMA, o->record, o->at_ns,
              "The unit %s a fault of %s at 0x%" PRIx64 ", reason 0x%x: %s.",
              o->u.fault.end == XLAT_FAULT ? "recorded" : "did not record",
              show_bdf(o->u.fault.bdf).text, o->u.fault.iova.v, o->u.fault.reason,
              story_reason(o->u.fault.reason));
}

void story_see_unit(struct story *s, const struct obs *o)
{
    switch (o->kind) {
    case OBS_RECORD: see_register_write(s, o); break;
    case OBS_INVAL_BEGIN: see_inval(s, o); break;
    case OBS_INVAL_REFUSED:
    case OBS_QUEUE_ERROR: see_refused(s, o); break;
    case OBS_GSTS:
    case OBS_WAIT_LANDED: see_shown(s, o); break;
    case OBS_FAULT: see_fault(s, o); break;
    case OBS_READ:
        if (o->record == s->about.record)
            story_add(&s->log, STORY_REGS, o->record, o->at_ns,
                      "The guest reads register 0x%03x (%s): it saw 0x%" PRIx64
                      "; the model says 0x%" PRIx64 ".",
                      o->u.read.off, story_register_name(o->u.read.off), o->u.read.seen,
                      o->u.read.model);
        break;
    case OBS_INTERRUPT:
        if (!s->about.has_range || o->record == s->about.record)
            story_add(&s->log, STORY_STATE, o->record, o->at_ns, "The unit sends its %s interrupt.",
                      o->u.msi.fault_event ? "fault" : "completion");
        break;
    case OBS_ABORT:
        story_add(&s->log, STORY_STATE, o->record, o->at_ns,
                  "The modelled system would have ended here: %s.",
                  o->u.abort.why ? o->u.abort.why : "no reason given");
        break;
    default: break;
    }
}
