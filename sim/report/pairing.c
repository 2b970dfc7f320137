/* SPDX-License-Identifier: MIT */
#include "report/pairing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/show.h"

void pairing_init(struct pairing *d)
{
    memset(d, 0, sizeof(*d));
}

void pairing_free(struct pairing *d)
{
    for (size_t i = 0; i < d->groups; i++)
        for (unsigned s = 0; s < 2; s++) {
            free(d->group[i].side[s].event);
            free(d->group[i].first[s]);
        }
    free(d->group);
    pairing_init(d);
}

static struct pairing_group *group_of(struct pairing *d, const char *name)
{
    struct pairing_group *g;

    for (size_t i = 0; i < d->groups; i++)
        if (!strcmp(d->group[i].name, name))
            return &d->group[i];
    if (d->groups == d->room) {
        size_t room = d->room ? 2 * d->room : 8;

        g = realloc(d->group, room * sizeof(*g));
        if (!g)
            return NULL;
        d->group = g;
        d->room = room;
    }
    g = &d->group[d->groups++];
    memset(g, 0, sizeof(*g));
    snprintf(g->name, sizeof(g->name), "%s", name);
    for (unsigned s = 0; s < 2; s++)
        digest_init(&g->side[s].rest);
    return g;
}

static bool room_in(struct pairing_list *l)
{
    size_t room = l->room ? 2 * l->room : 8;
    struct pairing_event *grown;

    if (l->kept < l->room)
        return true;
    grown = realloc(l->event, room * sizeof(*grown));
    if (!grown)
        return false;
    l->event = grown;
    l->room = room;
    return true;
}

void pairing_add(struct pairing *d, enum pairing_side side, const char *consumer, const char *text)
{
    struct pairing_group *g = group_of(d, consumer ? consumer : "");
    struct pairing_list *l = g ? &g->side[side] : NULL;

    if (!l || (l->kept < PAIRING_KEPT && !room_in(l))) {
        d->failed = true;
        return;
    }
    l->count++;
    g->events[side]++;
    if (l->kept < PAIRING_KEPT)
        snprintf(l->event[l->kept++].text, PAIRING_TEXT, "%s", text);
    else
        digest_text(&l->rest, text);
}

/* How many events the two lists have in common, from the front and from the end. */
static void common(const struct pairing_group *g, struct pairing_change *c)
{
    const struct pairing_list *a = &g->side[0], *b = &g->side[1];
    size_t n = a->kept < b->kept ? a->kept : b->kept, left;

    while (c->same_before < n &&
           !strcmp(a->event[c->same_before].text, b->event[c->same_before].text))
        c->same_before++;
    left = n - c->same_before;
    if (a->count > a->kept || b->count > b->kept)
        return;
    while (c->same_behind < left && !strcmp(a->event[a->kept - 1 - c->same_behind].text,
                                            b->event[b->kept - 1 - c->same_behind].text))
        c->same_behind++;
}

static bool same(const struct pairing_group *g, const struct pairing_change *c)
{
    const struct pairing_list *a = &g->side[0], *b = &g->side[1];

    return a->count == b->count && c->same_before == a->kept &&
           digest_value(&a->rest) == digest_value(&b->rest);
}

/* Where a consumer begins to differ: keep what it was told, from the first difference on. */
static bool keep_first(struct pairing_group *g, const struct pairing_change *c)
{
    g->differs = true;
    g->first_record = c->record;
    g->first_at_ns = c->at_ns;
    for (unsigned s = 0; s < 2; s++) {
        const struct pairing_list *l = &g->side[s];
        size_t n = l->kept - c->same_before - c->same_behind;

        g->first_count[s] = l->count - c->same_before - c->same_behind;
        g->firsts[s] = n < PAIRING_FIRST ? n : PAIRING_FIRST;
        if (!g->firsts[s])
            continue;
        g->first[s] = malloc(g->firsts[s] * sizeof(*g->first[s]));
        if (!g->first[s])
            return false;
        memcpy(g->first[s], l->event + c->same_before, g->firsts[s] * sizeof(*g->first[s]));
    }
    return true;
}

static bool settle(struct pairing *d, struct pairing_group *g, uint64_t record, uint64_t at_ns)
{
    struct pairing_change c = {.group = g, .record = record, .at_ns = at_ns};
    bool differs;

    common(g, &c);
    differs = !same(g, &c);
    if (differs && !g->differs && !keep_first(g, &c))
        d->failed = true;
    if (differs) {
        g->records++;
        if (d->show)
            d->show(d->ctx, &c);
    }
    for (unsigned s = 0; s < 2; s++) {
        g->side[s].kept = 0;
        g->side[s].count = 0;
        digest_init(&g->side[s].rest);
    }
    return differs;
}

void pairing_record_end(struct pairing *d, uint64_t record, uint64_t at_ns)
{
    bool differs = false;

    for (size_t i = 0; i < d->groups; i++)
        if (d->group[i].side[0].count || d->group[i].side[1].count)
            differs = settle(d, &d->group[i], record, at_ns) || differs;
    d->records += differs;
}

bool pairing_any(const struct pairing *d)
{
    return d->records != 0;
}

char *pairing_note_text(char out[PAIRING_TEXT], const struct note *n, struct pairing_form f)
{
    char seq[32] = "", to[64] = "", answer[96] = "";

    if (f.seq)
        snprintf(seq, sizeof(seq), "#%" PRIu64 " ", n->seq);
    if (n->type == NOTE_MAP)
        snprintf(to, sizeof(to), " to 0x%" PRIx64 " (%s)", n->gpa.v, perm_name(n->perm));
    if (!f.without_result && !n->asked && n->why)
        snprintf(answer, sizeof(answer), ", its side not asked: %.60s", n->why);
    else if (!f.without_result)
        snprintf(answer, sizeof(answer), ", result %s",
                 n->asked && n->result ? show_errno(n->result).text : "0");
    snprintf(out, PAIRING_TEXT, "%s%s 0x%" PRIx64 "-0x%" PRIx64 "%s%s%s", seq,
             note_type_name(n->type), n->range.first.v, n->range.last.v, to, answer,
             n->via == VIA_REGION ? ", by itself" : "");
    return out;
}

char *pairing_abort_text(char out[PAIRING_TEXT], const char *why)
{
    snprintf(out, PAIRING_TEXT, "ABORT: %.240s", why && *why ? why : "no reason given");
    return out;
}

static void print_side(FILE *out, char sign, const struct pairing_list *l,
                       const struct pairing_change *c, size_t most)
{
    size_t end = l->kept - c->same_behind, shown = 0;
    uint64_t all = l->count - c->same_before - c->same_behind;

    for (size_t i = c->same_before; i < end && shown < most; i++, shown++)
        fprintf(out, "  %c %s\n", sign, l->event[i].text);
    if (all > shown)
        fprintf(out, "  %c (%s more)\n", sign, show_count(all - shown).text);
}

void pairing_print(FILE *out, const struct pairing_change *c, size_t context, size_t most)
{
    const struct pairing_list *a = &c->group->side[0];
    size_t before = c->same_before < context ? c->same_before : context;
    size_t behind = c->same_behind < context ? c->same_behind : context;

    fprintf(out, "@ record %s", show_count(c->record).text);
    if (c->at_ns)
        fprintf(out, ", %s", show_time(c->at_ns).text);
    fprintf(out, ", %s\n", *c->group->name ? c->group->name : "the run");
    for (size_t i = c->same_before - before; i < c->same_before; i++)
        fprintf(out, "    %s\n", a->event[i].text);
    print_side(out, '-', &c->group->side[0], c, most);
    print_side(out, '+', &c->group->side[1], c, most);
    for (size_t i = a->kept - c->same_behind; i < a->kept - c->same_behind + behind; i++)
        fprintf(out, "    %s\n", a->event[i].text);
}
