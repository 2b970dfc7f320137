/* SPDX-License-Identifier: MIT */
/* What --against prints. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/against_inside.h"
#include "report/json_node.h"
#include "report/show.h"

static uint64_t differing(const struct against *a)
{
    uint64_t n = 0;

    for (size_t i = 0; i < a->differ.groups; i++)
        n += a->differ.group[i].differs && *a->differ.group[i].name;
    return n;
}

static bool ended_early(const struct against *a)
{
    return a->damaged || a->interrupted || a->side[0].aborted || a->side[1].aborted ||
           a->side[0].refused || a->side[1].refused;
}

static void print_told(FILE *out, const struct against *a, const struct pairing_group *g,
                       unsigned s)
{
    fprintf(out, "    %-10s told ", a->side[s].profile);
    if (!g->firsts[s])
        fputs("nothing more\n", out);
    for (size_t i = 0; i < g->firsts[s]; i++)
        fprintf(out, "%s%s\n", i ? "                    " : "", g->first[s][i].text);
    if (g->first_count[s] > g->firsts[s])
        fprintf(out, "                    and %s more\n",
                show_count(g->first_count[s] - g->firsts[s]).text);
}

static void print_group(FILE *out, const struct against *a, const struct pairing_group *g)
{
    struct against_only o = against_compare_held(a, g->name);

    fprintf(out, "\n%s begins to differ at record %s", *g->name ? g->name : "The run",
            show_count(g->first_record).text);
    if (g->first_at_ns)
        fprintf(out, ", %s", show_time(g->first_at_ns).text);
    fputs(":\n", out);
    print_told(out, a, g, 0);
    print_told(out, a, g, 1);
    fprintf(out, "  %s record%s differ%s; %s and %s events in all\n", show_count(g->records).text,
            g->records == 1 ? "" : "s", g->records == 1 ? "s" : "", show_count(g->events[0]).text,
            show_count(g->events[1]).text);
    if (!*g->name)
        return;
    if (!o.only[0] && !o.only[1])
        fprintf(out, "  at the end it holds the same by both: %s range%s\n",
                show_count(o.held[0]).text, o.held[0] == 1 ? "" : "s");
    else
        fprintf(out, "  at the end it holds %s and %s ranges: %s only by %s, %s only by %s\n",
                show_count(o.held[0]).text, show_count(o.held[1]).text, show_count(o.only[0]).text,
                a->side[0].profile, show_count(o.only[1]).text, a->side[1].profile);
}

static void print_end(FILE *out, const struct against *a)
{
    for (unsigned s = 0; s < 2; s++) {
        if (a->side[s].aborted)
            fprintf(out, "\n%s would have ended at record %s: %s\n", a->side[s].profile,
                    show_count(a->records).text, a->side[s].why);
        if (a->side[s].refused)
            fprintf(out, "\n%s refuses at record %s: %s\n", a->side[s].profile,
                    show_count(a->records).text, a->side[s].why);
    }
    if (a->damaged)
        fprintf(out, "\nThe trace is damaged at byte %" PRIu64 ", record %s: %s\n", a->damage.byte,
                show_count(a->damage.record).text, a->damage.why);
    if (a->interrupted)
        fputs("\nInterrupted; what lies behind was not compared.\n", out);
    if (ended_early(a))
        fprintf(out, "Compared up to record %s.\n", show_count(a->records).text);
}

int against_text(FILE *out, const struct against *a)
{
    char name[1024];
    size_t consumers = 0;

    for (size_t i = 0; i < a->differ.groups; i++)
        consumers += *a->differ.group[i].name != 0;
    show_clean(name, sizeof(name), a->job->trace);
    fprintf(out, "%s  %s: %s against %s", pairing_any(&a->differ) ? "DIFFERS" : "SAME", name,
            a->side[0].profile, a->side[1].profile);
    if (pairing_any(&a->differ))
        fprintf(out, ", %s of %zu consumer%s differ%s, in %s of %s records\n",
                show_count(differing(a)).text, consumers, consumers == 1 ? "" : "s",
                differing(a) == 1 ? "s" : "", show_count(a->differ.records).text,
                show_count(a->records).text);
    else
        fprintf(out, ", %zu consumer%s, %s records\n", consumers, consumers == 1 ? "" : "s",
                show_count(a->records).text);
    for (size_t i = 0; i < a->differ.groups; i++)
        if (a->differ.group[i].differs)
            print_group(out, a, &a->differ.group[i]);
    print_end(out, a);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

static void add_side(struct json *j, cJSON *to, const struct against *a,
                     const struct pairing_group *g, unsigned s)
{
    cJSON *o = json_add(j, to, s ? "against" : "profile", cJSON_CreateObject());
    cJSON *told = json_add(j, o, "told", cJSON_CreateArray());
    struct against_only held = against_compare_held(a, g->name);

    for (size_t i = 0; i < g->firsts[s]; i++)
        json_add_text(j, told, NULL, g->first[s][i].text);
    json_add_u64(j, o, "told_there", g->first_count[s]);
    json_add_u64(j, o, "events", g->events[s]);
    json_add_u64(j, o, "held", held.held[s]);
    json_add_u64(j, o, "held_alone", held.only[s]);
}

static void add_ended(struct json *j, cJSON *to, const struct against *a, unsigned s)
{
    const struct against_side *x = &a->side[s];
    const char *key = s ? "against_ended" : "profile_ended";
    cJSON *o;

    if (!x->aborted && !x->refused) {
        json_add(j, to, key, cJSON_CreateNull());
        return;
    }
    o = json_add(j, to, key, cJSON_CreateObject());
    json_add_text(j, o, "how", x->aborted ? "aborted" : "refused");
    json_add_u64(j, o, "record", a->records);
    json_add_text(j, o, "why", x->why);
}

static cJSON *make(struct json *j, const struct against *a)
{
    cJSON *o = cJSON_CreateObject(), *list;

    if (!o)
        return NULL;
    json_add_text(j, o, "trace", a->job->trace);
    json_add_text(j, o, "profile", a->side[0].profile);
    json_add_text(j, o, "against", a->side[1].profile);
    json_add_u64(j, o, "records", a->records);
    json_add_u64(j, o, "records_differ", a->differ.records);
    list = json_add(j, o, "differs", cJSON_CreateArray());
    for (size_t i = 0; i < a->differ.groups; i++) {
        const struct pairing_group *g = &a->differ.group[i];
        cJSON *d = g->differs ? json_add(j, list, NULL, cJSON_CreateObject()) : NULL;

        if (!g->differs)
            continue;
        json_add(j, d, "consumer", *g->name ? cJSON_CreateString(g->name) : cJSON_CreateNull());
        json_add_u64(j, d, "record", g->first_record);
        json_add_u64(j, d, "at_ns", g->first_at_ns);
        json_add_u64(j, d, "records", g->records);
        add_side(j, d, a, g, 0);
        add_side(j, d, a, g, 1);
    }
    add_ended(j, o, a, 0);
    add_ended(j, o, a, 1);
    if (a->damaged) {
        cJSON *d = json_add(j, o, "damaged", cJSON_CreateObject());

        json_add_u64(j, d, "byte", a->damage.byte);
        json_add_u64(j, d, "record", a->damage.record);
        json_add_text(j, d, "why", a->damage.why);
    } else {
        json_add(j, o, "damaged", cJSON_CreateNull());
    }
    json_add(j, o, "interrupted", cJSON_CreateBool(a->interrupted));
    return o;
}

int against_json(FILE *out, const struct against *a)
{
    struct json j = {false};
    cJSON *o = make(&j, a);
    char *text = o && !j.failed ? cJSON_PrintUnformatted(o) : NULL;
    int rc = text ? 0 : -ENOMEM;

    if (text && (fprintf(out, "%s\n", text) < 0 || fflush(out) || ferror(out)))
        rc = -EIO;
    cJSON_free(text);
    cJSON_Delete(o);
    return rc;
}
