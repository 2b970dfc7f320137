/* SPDX-License-Identifier: MIT */
/* A walk and its entries in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/show.h"
#include "report/story_walk.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

const char *story_reason(uint8_t reason)
{
    switch (reason) {
    case FR_ROOT_ABSENT: return "the root entry is not present";
    case FR_CONTEXT_ABSENT: return "the context entry is not present";
    case FR_CONTEXT_INVALID: return "the context entry asks for what the unit does not offer";
    case FR_BEYOND_WIDTH: return "the address lies beyond the width of the tables";
    case FR_WRITE: return "an entry does not allow a write";
    case FR_READ: return "an entry does not allow a read";
    case FR_TABLE_ACCESS: return "a table cannot be read";
    case FR_ROOT_ACCESS: return "the root table cannot be read";
    case FR_CONTEXT_ACCESS: return "the context table cannot be read";
    case FR_ROOT_RESERVED: return "a reserved bit of the root entry is set";
    case FR_CONTEXT_RESERVED: return "a reserved bit of the context entry is set";
    case FR_ENTRY_RESERVED: return "a reserved bit of a paging entry is set";
    case FR_INTERRUPT_RANGE: return "the target lies in the interrupt window";
    case FR_ROOT_PROGRAMMING: return "the root table's type is not offered";
    default: return "";
    }
}

const char *story_step_name(const struct step *s)
{
    static const char *const levels[] = {"entry",         "level 1 entry", "level 2 entry",
                                         "level 3 entry", "level 4 entry", "level 5 entry"};

    if (s->kind == STEP_TABLE)
        return levels[s->level <= LEVELS_MAX ? s->level : 0];
    return s->kind == STEP_ROOT ? "root entry" : "context entry";
}

static void context_text(char *out, size_t room, const struct check_config *c, struct context x)
{
    static const char *const types[] = {"multi-level tables", "tables and device IOTLB",
                                        "pass-through", "translation type 3 (reserved)"};
    struct shown top = show_hex(entry_gpa(x.lo, c->aw_bits).v);

    if (!x.lo && !x.hi) {
        snprintf(out, room, "not present");
        return;
    }
    snprintf(out, room, "%s%s, %s, domain %u, %u levels, top table %s",
             x.lo & ENTRY_P ? "present" : "not present",
             x.lo & CONTEXT_FPD ? ", faults not recorded (FPD)" : "", types[context_tt(x)],
             context_did(x).v, context_levels(x), top.text);
    if ((x.lo & CONTEXT_RSVD_LO) || (x.hi & CONTEXT_RSVD_HI)) {
        size_t n = strlen(out);

        snprintf(out + n, room - n, ", reserved bits set");
    }
}

/* Reserved bits as numbers: " 62 51". */
static void bits_text(char *out, size_t room, uint64_t bits)
{
    size_t at = 0;

    *out = 0;
    for (int b = 63; b >= 0 && at < room; b--)
        if (bits >> b & 1)
            at += (size_t)snprintf(out + at, room - at, " %d", b);
}

static void table_text(char *out, size_t room, const struct check_config *c, const struct step *s)
{
    bool leaf = s->level == 1 || (s->level < 4 && (s->lo & SS_LARGE));
    uint64_t bad = s->lo & story_reserved(c, s->lo, s->level);
    enum perm perm = (enum perm)(s->lo & SS_PERM);
    struct shown to = show_hex(entry_gpa(s->lo, c->aw_bits).v);
    char bits[200];

    if (perm == PERM_NONE) {
        snprintf(out, room,
                 s->lo ? "not present (neither R nor W; the other bits mean nothing)"
                       : "not present");
        return;
    }
    bits_text(bits, sizeof(bits), bad);
    snprintf(out, room, "%s, %s%s%s%s%s", perm_name(perm),
             !leaf           ? "next table "
             : s->level == 1 ? "4 KiB page at "
             : s->level == 2 ? "2 MiB page at "
                             : "1 GiB page at ",
             to.text, bad ? ", reserved and set: bit" : "", bad & (bad - 1) ? "s" : "", bits);
}

char *story_step_text(char *out, size_t room, const struct check_config *c, const struct step *s)
{
    struct shown table = show_hex(entry_gpa(s->lo, c->aw_bits).v);

    if (!s->readable)
        snprintf(out, room, "not RAM of this guest: it cannot be read");
    else if (s->kind == STEP_TABLE)
        table_text(out, room, c, s);
    else if (s->kind == STEP_CONTEXT)
        context_text(out, room, c, (struct context){s->lo, s->hi});
    else if (!(s->lo & ENTRY_P))
        snprintf(out, room, "not present");
    else
        snprintf(out, room, "present, context table %s%s", table.text,
                 (s->lo & ROOT_RSVD_LO) || s->hi ? ", reserved bits set" : "");
    return out;
}

char *story_walk_text(char *out, size_t room, const struct story_walk *w, iova_t at)
{
    uint64_t first = at.v & ~w->mask;

    switch (w->end) {
    case WALK_NO_ROOT:
        snprintf(out, room, "no root table has been latched, so there are no tables to walk");
        break;
    case WALK_PASS_THROUGH:
        snprintf(out, room, "the device is passed through: 0x%" PRIx64 " leads to itself", at.v);
        break;
    case WALK_MAPPED:
        snprintf(out, room, "0x%" PRIx64 "-0x%" PRIx64 " leads to 0x%" PRIx64 " (%s)", first,
                 first | w->mask, w->gpa.v, perm_name(w->perm));
        break;
    case WALK_FAULT:
        snprintf(out, room, "0x%" PRIx64 " leads nowhere: %s (fault reason 0x%x)", at.v,
                 w->reason == FR_READ ? "an entry on the way is not present"
                                      : story_reason(w->reason),
                 w->reason);
        break;
    }
    return out;
}
