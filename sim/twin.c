/* SPDX-License-Identifier: MIT */
#include "twin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/digest.h"

typedef unsigned long long ull;

/* One thing that was shown. */
struct shown {
    enum obs_kind kind;
    uint64_t hash;
    enum note_type type; /* OBS_NOTE */
    struct iova_range range;
};

/* All that one simulation showed since the last record. */
struct seen {
    struct shown *items;
    size_t count, room;
    bool no_memory;
};

struct twin {
    uint64_t after;
    bool begun;
    struct engine *engine; /* NULL before it begins and after its end */
    struct seen seen;
};

struct twins {
    struct twins_setup setup;
    struct seen seen; /* of the original */
    size_t count;
    struct twin twin[];
};

static void see(void *ctx, const struct obs *o)
{
    struct seen *s = ctx;
    struct shown it = {.kind = o->kind};
    struct digest d;

    if (o->kind == OBS_RECORD || o->kind == OBS_RECORD_END)
        return;
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 64;
        struct shown *grown = realloc(s->items, room * sizeof(*grown));

        if (!grown) {
            s->no_memory = true;
            return;
        }
        s->items = grown;
        s->room = room;
    }
    digest_init(&d);
    digest_observer(&d).see(&d, o);
    it.hash = digest_value(&d);
    if (o->kind == OBS_NOTE) {
        it.type = o->u.note->type;
        it.range = o->u.note->range;
    }
    s->items[s->count++] = it;
}

int twins_new(const struct twins_setup *s, struct twins **out, struct err *e)
{
    struct twins *t = calloc(1, sizeof(*t) + s->count * sizeof(t->twin[0]));
    int fault;

    *out = t;
    if (!t)
        return err_set(e, ENOMEM, "out of memory for a restored twin");
    t->setup = *s;
    t->count = s->count;
    for (size_t n = 0; n < s->count; n++)
        t->twin[n].after = s->at[n];
    fault = engine_observe(s->original, (struct observer){.see = see, .ctx = &t->seen});
    return fault ? err_set(e, -fault, "too many observers") : 0;
}

static void twin_end(struct twin *w)
{
    engine_free(w->engine);
    w->engine = NULL;
    free(w->seen.items);
    w->seen = (struct seen){0};
}

static void differs(struct twins *t, struct twin *w, uint64_t record, const char *how)
{
    char text[400];

    snprintf(text, sizeof(text), "Saved and restored after record %" PRIu64 ", %s.", w->after, how);
    checks_report_restore(t->setup.checks, record, w->after, text);
    twin_end(w);
}

static int no_memory(struct err *e)
{
    return err_set(e, ENOMEM, "out of memory for a restored twin");
}

/* A twin of the original as it is now. */
static int twin_begin(struct twins *t, struct twin *w, struct err *e)
{
    struct state_out bytes = {0};
    struct state_in in = {0};
    struct err why = {""};
    int fault = engine_save(t->setup.original, &bytes);

    w->begun = true;
    if (!fault) {
        in = (struct state_in){.bytes = bytes.bytes, .size = bytes.used};
        fault = engine_restore(t->setup.header, t->setup.options, &in, &w->engine, &why);
    }
    if (!fault)
        fault = engine_observe(w->engine, (struct observer){.see = see, .ctx = &w->seen});
    if (!fault)
        fault = engine_start(w->engine, &why);
    state_out_free(&bytes);
    if (fault == -ENOMEM)
        return no_memory(e);
    if (fault) {
        char how[360];

        snprintf(how, sizeof(how), "the simulation does not come back: %s",
                 why.text[0] ? why.text : "it cannot be saved here");
        differs(t, w, w->after, how);
    }
    return 0;
}

static int begin_those_at(struct twins *t, uint64_t record, struct err *e)
{
    int fault = 0;

    for (size_t n = 0; n < t->count && !fault; n++)
        if (!t->twin[n].begun && t->twin[n].after == record)
            fault = twin_begin(t, &t->twin[n], e);
    return fault;
}

int twins_start(struct twins *t, uint64_t record, struct err *e)
{
    return begin_those_at(t, record, e);
}

static const char *kind_name(enum obs_kind k)
{
    static const char *const names[OBS_KINDS] = {
        [OBS_UNIT_STORE] = "a store by the unit",
        [OBS_GSTS] = "a change of GSTS",
        [OBS_ROOT] = "a root table latched",
        [OBS_INVAL_BEGIN] = "an invalidation begun",
        [OBS_INVAL_DONE] = "an invalidation done",
        [OBS_INVAL_REFUSED] = "an invalidation refused",
        [OBS_QUEUE_ERROR] = "a queue error",
        [OBS_WAIT_LANDED] = "a wait that landed",
        [OBS_INTERRUPT] = "an interrupt",
        [OBS_FAULT] = "a DMA fault",
        [OBS_DEVICE] = "a device that joins or goes",
        [OBS_SWITCH] = "a switch of a device",
        [OBS_CONSUMER] = "a consumer that joins or leaves",
        [OBS_REGISTER] = "a registration",
        [OBS_UNREGISTER] = "an unregistration",
        [OBS_FLAGS] = "a change of flags",
        [OBS_REPLAY_BEGIN] = "a replay",
        [OBS_REPLAY_END] = "the end of a replay",
        [OBS_READ] = "a register read",
        [OBS_DMA] = "an access",
        [OBS_DMA_SHADOW] = "what a consumer holds",
        [OBS_RESET] = "a reset",
        [OBS_ABORT] = "the end of the emulator",
    };

    return k < OBS_KINDS && names[k] ? names[k] : "something else";
}

static void describe(char *out, size_t room, const struct seen *s, size_t at)
{
    static const char *const types[] = {"MAP", "UNMAP", "DEVIOTLB_UNMAP"};

    if (at >= s->count)
        snprintf(out, room, "nothing more");
    else if (s->items[at].kind == OBS_NOTE)
        snprintf(out, room, "%s 0x%llx-0x%llx", types[s->items[at].type],
                 (ull)s->items[at].range.first.v, (ull)s->items[at].range.last.v);
    else
        snprintf(out, room, "%s", kind_name(s->items[at].kind));
}

/* The first thing that a twin showed otherwise in this record; true when there is one. */
static bool shown_otherwise(const struct twins *t, const struct twin *w, char *how, size_t room)
{
    size_t at = 0, most = t->seen.count > w->seen.count ? t->seen.count : w->seen.count;
    char original[80], restored[80];

    while (at < most && at < t->seen.count && at < w->seen.count &&
           t->seen.items[at].kind == w->seen.items[at].kind &&
           t->seen.items[at].hash == w->seen.items[at].hash)
        at++;
    if (at == most)
        return false;
    describe(original, sizeof(original), &t->seen, at);
    describe(restored, sizeof(restored), &w->seen, at);
    snprintf(how, room, "the simulation shows %s where the original shows %s%s", restored, original,
             strcmp(original, restored) == 0 ? ", with other values" : "");
    return true;
}

/* A twin has answered: it goes on, or differs. */
static int compare(struct twins *t, struct twin *w, uint64_t record, int answer, int twin_answer,
                   struct err *e)
{
    char how[300];

    if (t->seen.no_memory || w->seen.no_memory || (twin_answer == -ENOMEM && answer != -ENOMEM))
        return no_memory(e);
    if (shown_otherwise(t, w, how, sizeof(how))) {
        differs(t, w, record, how);
    } else if (answer != twin_answer) {
        snprintf(how, sizeof(how), "the simulation answers %d where the original answers %d",
                 twin_answer, answer);
        differs(t, w, record, how);
    }
    w->seen.count = 0;
    return 0;
}

int twins_step(struct twins *t, const struct rec *r, uint64_t record, int answer, struct err *e)
{
    struct err ignored;
    int fault = 0;

    for (size_t n = 0; n < t->count && !fault; n++)
        if (t->twin[n].engine) {
            int own = engine_step(t->twin[n].engine, r, &ignored);

            fault = compare(t, &t->twin[n], record, answer, own, e);
        }
    t->seen.count = 0;
    return fault || answer ? fault : begin_those_at(t, record, e);
}

/* Both as bytes: 0 and *same, or -ENOMEM. */
static int same_bytes(const struct engine *a, const struct engine *b, bool *same)
{
    struct state_out of_a = {0}, of_b = {0};
    int fault_a = engine_save(a, &of_a), fault_b = engine_save(b, &of_b);

    *same = fault_a == fault_b &&
            (fault_a || (of_a.used == of_b.used && !memcmp(of_a.bytes, of_b.bytes, of_a.used)));
    state_out_free(&of_a);
    state_out_free(&of_b);
    return fault_a == -ENOMEM || fault_b == -ENOMEM ? -ENOMEM : 0;
}

static int finish_one(struct twins *t, struct twin *w, uint64_t record, int answer, struct err *e)
{
    struct err ignored;
    bool same = true;
    int fault = compare(t, w, record, answer, engine_finish(w->engine, &ignored), e);

    if (fault || !w->engine)
        return fault;
    if (same_bytes(t->setup.original, w->engine, &same))
        return no_memory(e);
    if (!same)
        differs(t, w, record,
                "the simulation shows the same to the end, but its state there is another");
    return 0;
}

int twins_finish(struct twins *t, uint64_t record, int answer, struct err *e)
{
    int fault = 0;

    for (size_t n = 0; n < t->count && !fault; n++)
        if (t->twin[n].engine)
            fault = finish_one(t, &t->twin[n], record, answer, e);
    return fault;
}

uint64_t twins_waiting(const struct twins *t)
{
    uint64_t least = UINT64_MAX;

    for (size_t n = 0; n < t->count; n++)
        if (!t->twin[n].begun && t->twin[n].after < least)
            least = t->twin[n].after;
    return least;
}

void twins_free(struct twins *t)
{
    if (!t)
        return;
    for (size_t n = 0; n < t->count; n++)
        twin_end(&t->twin[n]);
    free(t->seen.items);
    free(t);
}
