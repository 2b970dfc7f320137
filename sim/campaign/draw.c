/* SPDX-License-Identifier: MIT */
#include "campaign/draw.h"

#include <errno.h>
#include <string.h>

#include "gen/gen_random.h"
#include "trace/memory_sink.h"
#include "trace/reader.h"

static int read_all(const struct trace_bytes *b, struct draft *d, struct err *e)
{
    struct trace_reader *r;
    struct trace_damage damage = {.why = ""};
    struct rec rec;
    int rc = trace_open_memory(b->at, b->used, &r, &damage);

    if (rc)
        return err_set(e, -rc, "a generated trace: %.200s", damage.why);
    draft_init(d, trace_header(r));
    while ((rc = trace_next(r, &rec, &damage)) > 0)
        draft_add(d, &rec);
    trace_close(r);
    return rc ? err_set(e, EBADMSG, "a generated trace: %.200s", damage.why) : 0;
}

/* By its text: the generator's own form is its own. */
static int random_guest(const struct draw_options *o, uint64_t events, struct draft *d,
                        struct err *e)
{
    struct gen_random g = {.seed = o->seed, .events = events};
    struct trace_bytes b = {NULL, 0, 0};
    int rc = gen_random_write(&g, TRACE_TEXT, TRACE_LEVEL_DEFAULT, trace_memory_sink(&b), e);

    if (rc == 0)
        rc = read_all(&b, d, e);
    trace_bytes_free(&b);
    return rc;
}

int draw_trace(const struct draw_options *o, struct draft *d, struct err *e)
{
    struct dice dice = {o->seed};
    uint64_t events = 1 + dice_below(&dice, o->events);
    struct draft guest = {.count = 0};
    struct shrink_case c;
    int rc = 0;

    memset(d, 0, sizeof(*d));
    if (dice_one_in(&dice, 2)) {
        rc = random_guest(o, events, &guest, e);
    } else {
        draft_init(&guest, NULL);
        plan_guest(&guest, events, &dice);
    }
    if (rc == 0 && !guest.failed) {
        c = draft_case(&guest);
        dress(d, &c, &dice);
    }
    if (rc == 0 && (guest.failed || d->failed))
        rc = err_set(e, ENOMEM, "out of memory for a trace");
    draft_free(&guest);
    return rc;
}
