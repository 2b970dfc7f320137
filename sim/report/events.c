/* SPDX-License-Identifier: MIT */
#include "report/events.h"

#include <string.h>

#include "report/show.h"

/* A line under construction; what does not fit is dropped (the fields are bounded, so all fits). */
struct line {
    char *at, *end;
};

static void put(struct line *l, const char *s)
{
    size_t n = strlen(s), room = (size_t)(l->end - l->at);

    if (n > room)
        n = room;
    memcpy(l->at, s, n);
    l->at += n;
}

static void put_digits(struct line *l, uint64_t v, unsigned base)
{
    char b[24];
    char *p = b + sizeof(b) - 1;

    *p = 0;
    do {
        *--p = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    put(l, p);
}

static void put_hex(struct line *l, const char *key, uint64_t v)
{
    put(l, key);
    put(l, "\"0x");
    put_digits(l, v, 16);
    put(l, "\"");
}

/* A string's inside: ours are names and short sentences, but JSON must stay valid whatever they
 * hold. */
static void put_string(struct line *l, const char *s, size_t most)
{
    put(l, "\"");
    for (; *s && most; s++, most--) {
        char c[3] = {*s, 0, 0};

        if (*s == '"' || *s == '\\')
            memcpy(c, (char[]){'\\', *s}, 2);
        else if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
            c[0] = '?';
        put(l, c);
    }
    put(l, "\"");
}

static void put_result(struct line *l, const struct note *n)
{
    bool asked = n->asked || !n->why; /* one that only records accepts: 0 */
    int64_t result = n->asked ? n->result : 0;

    put(l, ",\"result\":");
    if (!asked) {
        put(l, "null,\"why\":");
        put_string(l, n->why, 60);
        return;
    }
    if (result < 0)
        put(l, "-");
    put_digits(l, (uint64_t)(result < 0 ? -result : result), 10);
}

static void put_head(struct line *l, uint64_t seq, uint64_t record)
{
    put(l, "{\"seq\":");
    put_digits(l, seq, 10);
    put(l, ",\"record\":");
    put_digits(l, record, 10);
    put(l, ",\"consumer\":");
}

size_t events_line(char line[EVENT_LINE_BYTES], const struct note *n)
{
    struct line l = {line, line + EVENT_LINE_BYTES - 1};
    uint64_t bytes = n->range.last.v - n->range.first.v + 1;

    put_head(&l, n->seq, n->record);
    put_string(&l, n->consumer, NAME_BYTES);
    put(&l, n->via == VIA_REGION ? ",\"via\":\"region\"" : ",\"via\":\"notifier\"");
    put(&l, ",\"type\":\"");
    put(&l, note_type_name(n->type));
    put(&l, "\"");
    put_hex(&l, ",\"iova\":", n->range.first.v);
    if (bytes)
        put_hex(&l, ",\"size\":", bytes);
    else
        put(&l, ",\"size\":\"0x10000000000000000\"");
    if (note_maps(n->type)) {
        put_hex(&l, ",\"gpa\":", n->gpa.v);
        put(&l, n->perm == PERM_RW  ? ",\"perm\":\"rw\""
                : n->perm == PERM_W ? ",\"perm\":\"w\""
                : n->perm == PERM_R ? ",\"perm\":\"r\""
                                    : ",\"perm\":\"\"");
    }
    put_result(&l, n);
    put(&l, "}\n");
    *l.at = 0;
    return (size_t)(l.at - line);
}

static void write_abort(struct events *e, const struct obs *o)
{
    char line[EVENT_LINE_BYTES];
    struct line l = {line, line + sizeof(line) - 1};

    put_head(&l, ++e->seq, o->record);
    put(&l, "null,\"type\":\"ABORT\",\"why\":");
    put_string(&l, o->u.abort.why ? o->u.abort.why : "", 240);
    put(&l, "}\n");
    if (fwrite(line, 1, (size_t)(l.at - line), e->out) != (size_t)(l.at - line))
        e->failed = true;
}

static void see(void *ctx, const struct obs *o)
{
    struct events *e = ctx;
    char line[EVENT_LINE_BYTES];
    size_t n;

    if (o->kind == OBS_ABORT)
        write_abort(e, o);
    if (o->kind != OBS_NOTE)
        return;
    e->seq = o->u.note->seq;
    if (!view_note(&e->view, o->u.note))
        return;
    n = events_line(line, o->u.note);
    if (fwrite(line, 1, n, e->out) != n)
        e->failed = true;
}

struct observer events_observer(struct events *e)
{
    return (struct observer){.see = see, .ctx = e};
}
