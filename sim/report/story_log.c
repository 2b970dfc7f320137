/* SPDX-License-Identifier: MIT */
#include "report/story_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *story_kind_name(enum story_kind k)
{
    static const char *const names[STORY_KINDS] = {
        [STORY_TABLES] = "changes of these entries",
        [STORY_INVAL] = "invalidations",
        [STORY_NOTES] = "notifications",
        [STORY_DMA] = "accesses",
        [STORY_SIDE] = "events of the kernel's side or of a device IOTLB",
        [STORY_STATE] = "changes of state",
        [STORY_REGS] = "register accesses"};

    return k < STORY_KINDS ? names[k] : "events";
}

void story_log_init(struct story_log *l, uint64_t cause_record)
{
    memset(l, 0, sizeof(*l));
    l->cause_record = cause_record;
}

/* Where the next event of a kind is kept: among the first, with the cause, or in the ring. */
static struct story_event *place(struct story_log *l, struct story_shelf *s, uint64_t record)
{
    s->count++;
    if (s->firsts < STORY_FIRST)
        return &s->first[s->firsts++];
    if (l->cause_record && record == l->cause_record && s->causes < STORY_CAUSE)
        return &s->cause[s->causes++];
    return &s->last[s->lasts++ % STORY_LAST];
}

void story_add(struct story_log *l, enum story_kind k, uint64_t record, uint64_t at_ns,
               const char *fmt, ...)
{
    struct story_event *e = place(l, &l->shelf[k], record);
    va_list args;

    e->order = ++l->orders;
    e->record = record;
    e->at_ns = at_ns;
    va_start(args, fmt);
    vsnprintf(e->text, sizeof(e->text), fmt, args);
    va_end(args);
}

static int by_order(const void *a, const void *b)
{
    const struct story_line *x = a, *y = b;

    return x->event->order < y->event->order ? -1 : x->event->order > y->event->order;
}

static size_t add_lines(const struct story_event *e, size_t n, enum story_kind k,
                        struct story_line *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (struct story_line){.event = &e[i], .kind = k};
    return n;
}

size_t story_lines(const struct story_log *l, struct story_line out[STORY_LINES])
{
    const struct story_event *oldest[STORY_KINDS] = {NULL};
    size_t n = 0;

    for (unsigned k = 0; k < STORY_KINDS; k++) {
        const struct story_shelf *s = &l->shelf[k];
        size_t kept = s->lasts < STORY_LAST ? (size_t)s->lasts : STORY_LAST;

        n += add_lines(s->first, s->firsts, (enum story_kind)k, out + n);
        n += add_lines(s->cause, s->causes, (enum story_kind)k, out + n);
        n += add_lines(s->last, kept, (enum story_kind)k, out + n);
        if (s->lasts > STORY_LAST)
            oldest[k] = &s->last[s->lasts % STORY_LAST];
    }
    qsort(out, n, sizeof(*out), by_order);
    for (size_t i = 0; i < n; i++)
        if (out[i].event == oldest[out[i].kind])
            out[i].left_out = l->shelf[out[i].kind].lasts - STORY_LAST;
    return n;
}
