/* SPDX-License-Identifier: MIT */
/*
 * Target state: a simulation is saved after a record, some bytes of the saved state are forged, the
 * checksum is made right, and it is restored. It may be refused with a sentence; what is taken is
 * saved and restored again to the same bytes and goes on without harm; where nothing was forged it
 * goes on as the original does.
 *
 * The input: how many records before the save (one byte); how many bytes are forged, at most 8 (one
 * byte), each two bytes of place and one of value; the rest is a guest (guest.h).
 */
#include <inttypes.h>
#include <string.h>

#include "fuzz.h"
#include "guest.h"
#include "pair.h"

#define FORGED_MAX 8u
#define SUM_BYTES  8u

/* The original's, the restored one's, and that of who is restored from it. */
static struct guest_mem *memory[3];

struct plan {
    unsigned after, forged;
    const uint8_t *forge; /* three bytes each */
    const uint8_t *guest;
    size_t guest_bytes;
};

static struct plan plan_of(const uint8_t *data, size_t size)
{
    struct choices in = {data, size};
    struct plan p = {.after = choice8(&in)};

    p.forged = choice_below(&in, FORGED_MAX + 1);
    if (in.left < 3u * p.forged)
        p.forged = (unsigned)in.left / 3;
    p.forge = in.at;
    p.guest = in.at + 3u * p.forged;
    p.guest_bytes = in.left - 3u * p.forged;
    return p;
}

static void forge(const struct plan *p, struct state_out *o)
{
    uint64_t sum;

    for (unsigned n = 0; n < p->forged; n++) {
        const uint8_t *f = p->forge + 3u * n;

        o->bytes[(f[0] | (size_t)f[1] << 8) % (o->used - SUM_BYTES)] = f[2];
    }
    sum = state_sum(o->bytes, o->used - SUM_BYTES);
    for (unsigned n = 0; n < SUM_BYTES; n++)
        o->bytes[o->used - SUM_BYTES + n] = (uint8_t)(sum >> 8 * n);
}

/* A new simulation (bytes == NULL) or a restored one, in memory `n`. NULL: refused, see `e`. */
static struct engine *engine(const struct fuzz_guest *g, unsigned n, const struct state_out *bytes,
                             struct err *e)
{
    struct engine_options o = g->options;
    struct engine *made = NULL;

    e->text[0] = 0;
    if (!memory[n] && !(memory[n] = guest_mem_new()))
        return NULL;
    guest_mem_reset(memory[n]);
    o.mem = memory[n];
    if (bytes) {
        struct state_in in = {.bytes = bytes->bytes, .size = bytes->used};

        engine_restore(&g->header, &o, &in, &made, e);
    } else {
        engine_new(&g->header, &o, &made, e);
    }
    return made;
}

/* What was taken is a simulation: it can be saved, and restored to the same bytes. */
static void settled(const struct fuzz_guest *g, const struct engine *taken, const struct plan *p,
                    const struct state_out *from)
{
    struct state_out first = {0}, second = {0};
    struct engine *again;
    struct err e;

    if (engine_save(taken, &first))
        finding("a restored state cannot be saved");
    if (!p->forged && (first.used != from->used || memcmp(first.bytes, from->bytes, first.used)))
        finding("a state, restored and saved, has other bytes");
    again = engine(g, 2, &first, &e);
    if (!again)
        finding("what a restored state saves is refused: %s", e.text);
    engine_start(again, &e);
    if (engine_save(again, &second))
        finding("a state restored twice cannot be saved");
    if (first.used != second.used || memcmp(first.bytes, second.bytes, first.used) != 0)
        finding("a state saved, restored and saved again has other bytes");
    engine_free(again);
    state_out_free(&first);
    state_out_free(&second);
}

/* Both obey the rest, or, where something was forged, the restored one alone. */
static void go_on(struct fuzz_guest *g, struct engine *e[2], const struct plan *p)
{
    const struct rec *r;
    struct err why[2];
    int answer[2] = {0, 0};

    for (uint64_t n = 1; (r = fuzz_guest_next(g)) && !answer[0] && !answer[1]; n++) {
        for (unsigned k = p->forged ? 1 : 0; k < 2; k++) {
            why[k].text[0] = 0;
            answer[k] = engine_step(e[k], r, &why[k]);
            if (answer[k] < 0 && !why[k].text[0])
                finding("record %" PRIu64 " after the save is refused without a sentence", n);
        }
        if (!p->forged && (answer[0] != answer[1] || strcmp(why[0].text, why[1].text) != 0))
            finding("record %" PRIu64 " after the save: answer %d (%s), restored %d (%s)", n,
                    answer[0], why[0].text, answer[1], why[1].text);
    }
    if (!p->forged && !answer[0]) {
        struct state_out end[2] = {{0}, {0}};

        if (engine_save(e[0], &end[0]) || engine_save(e[1], &end[1]) ||
            end[0].used != end[1].used || memcmp(end[0].bytes, end[1].bytes, end[0].used) != 0)
            finding("the restored simulation ends in another state");
        state_out_free(&end[0]);
        state_out_free(&end[1]);
    }
}

static void run(struct fuzz_guest *g, const struct plan *p)
{
    struct engine *e[2] = {NULL, NULL};
    struct state_out o = {0};
    const struct rec *r = NULL;
    struct err err;
    int answer = 0;

    e[0] = engine(g, 0, NULL, &err);
    if (!e[0])
        return;
    engine_start(e[0], &err);
    for (unsigned n = 0; n < p->after && !answer && (r = fuzz_guest_next(g)); n++)
        answer = engine_step(e[0], r, &err);
    if (!answer && !engine_save(e[0], &o)) {
        forge(p, &o);
        e[1] = engine(g, 1, &o, &err);
        if (!e[1] && (!p->forged || !err.text[0]))
            finding("a saved state is refused: %s", err.text[0] ? err.text : "no sentence");
        if (e[1]) {
            engine_start(e[1], &err);
            settled(g, e[1], p, &o);
            go_on(g, e, p);
        }
    }
    state_out_free(&o);
    engine_free(e[0]);
    engine_free(e[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_guest g;
    struct plan p = plan_of(data, size);

    fuzz_guest_begin(&g, MENU_NOTIFIER, p.guest, p.guest_bytes);
    run(&g, &p);
    return 0;
}

int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    struct plan p = plan_of(data, size);

    return fuzz_pair_trace(MENU_NOTIFIER, p.guest, p.guest_bytes, sink, e);
}
