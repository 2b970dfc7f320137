/* SPDX-License-Identifier: MIT */
#include "cli/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/event_read.h"
#include "report/show.h"

/* Records shown of each consumer, and lines of each side in one, unless --all. */
#define RECORDS_SHOWN 10u
#define LINES_SHOWN   20u

struct side {
    struct event_reader reader;
    struct event_line event;
    int state; /* 1: `event` is the next one; 0: at the end; negative: unreadable */
};

struct diff {
    FILE *out;
    const struct diff_options *options;
    struct pairing differ;
    struct side *side; /* two */
    uint64_t events[2];
    uint64_t size; /* of both streams in bytes; 0: unknown */
};

static void show(void *ctx, const struct pairing_change *c)
{
    struct diff *d = ctx;

    if (!d->options->all && c->group->records > RECORDS_SHOWN)
        return;
    pairing_print(d->out, c, d->options->context, d->options->all ? SIZE_MAX : LINES_SHOWN);
}

static void advance(struct diff *d, unsigned s, struct err *e)
{
    d->side[s].state = event_next(&d->side[s].reader, &d->side[s].event, e);
}

/* All events of `record` on one side. */
static void take(struct diff *d, unsigned s, uint64_t record, struct err *e)
{
    struct side *x = &d->side[s];
    char text[PAIRING_TEXT];

    while (x->state > 0 && x->event.note.record == record) {
        if (x->event.abort)
            pairing_abort_text(text, x->event.why);
        else
            pairing_note_text(text, &x->event.note, d->options->form);
        pairing_add(&d->differ, (enum pairing_side)s, x->event.abort ? NULL : x->event.consumer,
                    text);
        d->events[s]++;
        advance(d, s, e);
    }
}

static bool broken(const struct diff *d)
{
    return d->side[0].state < 0 || d->side[1].state < 0 || d->differ.failed;
}

/* Why the comparison is worth nothing, with the name of the stream. */
static int broken_why(const struct diff *d, const char *const names[2], struct err *e)
{
    struct err why = *e;

    for (unsigned s = 0; s < 2; s++)
        if (d->side[s].state < 0)
            return err_set(e, EINVAL, "%.100s: %.200s", names[s], why.text);
    return d->differ.failed ? err_set(e, ENOMEM, "out of memory") : 0;
}

/* Bytes of both streams; 0: one is no file. */
static uint64_t size_of(FILE *const in[2])
{
    struct stat st[2];

    for (unsigned s = 0; s < 2; s++)
        if (fstat(fileno(in[s]), &st[s]) || !S_ISREG(st[s].st_mode))
            return 0;
    return (uint64_t)st[0].st_size + (uint64_t)st[1].st_size;
}

static void show_progress(const struct diff *d, uint64_t compared)
{
    const struct progress *p = &d->options->progress;

    if (p->show && compared % PROGRESS_EVERY_RECORDS == 0)
        p->show(p->ctx, d->events[0] + d->events[1],
                d->side[0].reader.byte + d->side[1].reader.byte, d->size);
}

static int compare(struct diff *d, const char *const names[2], struct err *e)
{
    uint64_t compared = 0; /* records */

    advance(d, 0, e);
    if (d->side[0].state >= 0)
        advance(d, 1, e);
    while (!broken(d) && (d->side[0].state > 0 || d->side[1].state > 0)) {
        uint64_t a = d->side[0].state > 0 ? d->side[0].event.note.record : UINT64_MAX;
        uint64_t b = d->side[1].state > 0 ? d->side[1].event.note.record : UINT64_MAX;
        uint64_t record = a < b ? a : b;

        take(d, 0, record, e);
        if (d->side[0].state >= 0)
            take(d, 1, record, e);
        if (d->side[0].state >= 0 && d->side[1].state >= 0)
            pairing_record_end(&d->differ, record, 0);
        show_progress(d, ++compared);
    }
    return broken_why(d, names, e);
}

static void summary(const struct diff *d, const char *const names[2])
{
    if (!pairing_any(&d->differ)) {
        fprintf(d->out, "equal: %s event%s of %zu consumer%s\n", show_count(d->events[0]).text,
                d->events[0] == 1 ? "" : "s", d->differ.groups, d->differ.groups == 1 ? "" : "s");
        return;
    }
    fprintf(d->out, "- is %s, + is %s\n", names[0], names[1]);
    for (size_t i = 0; i < d->differ.groups; i++) {
        const struct pairing_group *g = &d->differ.group[i];
        const char *name = *g->name ? g->name : "the run";

        if (!g->differs) {
            fprintf(d->out, "%s: equal, %s event%s\n", name, show_count(g->events[0]).text,
                    g->events[0] == 1 ? "" : "s");
            continue;
        }
        fprintf(d->out, "%s: begins to differ at record %s; %s record%s differ%s; %s and %s events",
                name, show_count(g->first_record).text, show_count(g->records).text,
                g->records == 1 ? "" : "s", g->records == 1 ? "s" : "",
                show_count(g->events[0]).text, show_count(g->events[1]).text);
        if (!d->options->all && g->records > RECORDS_SHOWN)
            fprintf(d->out, " (the first %u are shown; --all shows every one)", RECORDS_SHOWN);
        fputc('\n', d->out);
    }
}

int diff_streams(FILE *out, const char *const names[2], FILE *const in[2],
                 const struct diff_options *o, struct err *e)
{
    struct diff d = {.out = out, .options = o, .side = calloc(2, sizeof(struct side))};
    int rc, code;

    if (!d.side) {
        err_set(e, ENOMEM, "out of memory");
        return 2;
    }
    pairing_init(&d.differ);
    d.differ.show = show;
    d.differ.ctx = &d;
    d.size = o->progress.show ? size_of(in) : 0;
    for (unsigned s = 0; s < 2; s++)
        event_reader_init(&d.side[s].reader, in[s]);
    rc = compare(&d, names, e);
    if (rc == 0)
        summary(&d, names);
    code = rc ? 2 : pairing_any(&d.differ);
    if (fflush(out) || ferror(out)) {
        err_set(e, EIO, "the comparison could not be written");
        code = 2;
    }
    pairing_free(&d.differ);
    free(d.side);
    return code;
}
