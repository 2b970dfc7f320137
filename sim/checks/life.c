/* SPDX-License-Identifier: MIT */
/*
 * LIFE-ENTRY and LIVE-ABORT. The core hands each notifier an entry with a number of its own, which
 * is struck out when the callback returns; a notification carries the number read from the entry
 * and the number of the delivery under way. Who acts on an entry it kept shows another number.
 */
#include "checks/internal.h"

#include <stdio.h>

typedef unsigned long long ull;

void chk_life_note(struct checks *c, const struct person *p, const struct note *n)
{
    struct where w = {p, true, n->range, c->record};

    if (n->via != VIA_NOTIFIER || n->entry == n->delivery)
        return;
    if (n->delivery)
        chk_find(c, LIFE_ENTRY, &w,
                 "%s was called with entry %llu and should read nothing else; however it acted on "
                 "one whose callback had returned.",
                 p->name, (ull)n->delivery);
    else
        chk_find(c, LIFE_ENTRY, &w,
                 "%s acted on an entry while it was not called at all; an entry should not be read "
                 "after its callback returned.",
                 p->name);
}

void chk_abort(struct checks *c, const char *why)
{
    char what[DESC_TEXT], when[DESC_TEXT + 16] = "";

    c->aborted = true;
    if (c->in_inval && (c->inval.type == DESC_IOTLB || c->inval.type == DESC_CC))
        snprintf(when, sizeof when, ", in the %s", chk_describe(what, &c->inval));
    chk_find(c, LIVE_ABORT, &(struct where){.cause = c->record},
             "Nothing that a guest does should end the emulator, but here%s the modelled system "
             "ends: %s.",
             when, why ? why : "no cause is known");
}
