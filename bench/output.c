/* SPDX-License-Identifier: MIT */
#include "bench/output.h"

#include <errno.h>
#include <inttypes.h>

#include "bench/points.h"
#include "cli/options.h"
#include "cli/version.h"

static void work(FILE *out, const struct work *w)
{
    fprintf(out,
            "{\"entries_read\":%" PRIu64 ",\"tables_read\":%" PRIu64 ",\"slots_compared\":%" PRIu64
            ",\"shadow_lookups\":%" PRIu64 ",\"callbacks\":%" PRIu64 ",\"notifications\":%" PRIu64
            ",\"type1_calls\":%" PRIu64 "}",
            w->entries_read, w->tables_read, w->slots_compared, w->shadow_lookups, w->callbacks,
            w->notifications, w->type1_calls);
}

static void point(FILE *out, const struct result *r)
{
    const struct tables_plan *t = &r->plan.tables;
    char name[32];

    case_name(t, name, sizeof(name));
    fprintf(out,
            "{\"case\":\"%s\",\"shape\":\"%s\",\"mappings\":%" PRIu64 ",\"stride\":%" PRIu64
            ",\"order\":\"%s\",\"levels\":%u,\"sync\":\"%s\",\"consumer\":\"%s\",\"checks\":%s,"
            "\"op\":\"%s\",\"inval\":\"%s\",\"places\":\"%s\",\"runs\":%u,\"batch\":%u,"
            "\"min_ns\":%.1f,\"median_ns\":%.1f,\"floor_ns\":%.1f,\"record_leaves\":%" PRIu64
            ",\"record_bytes\":%" PRIu64 ",\"container_maps\":%" PRIu64 ",\"heap_bytes\":%" PRIu64
            ",\"counts\":",
            name, shape_letter(t->shape), t->mappings, t->stride, t->shuffled ? "random" : "rising",
            t->levels, sync_name(r->plan.sync), listener_name(r->plan.listener),
            r->plan.checks ? "true" : "false", operation_name(r->op), inval_name(r->inval),
            r->random ? "random" : "rising", r->runs, r->batch, r->min_ns, r->median_ns,
            r->floor_ns, r->record_leaves, r->record_bytes, r->container_maps, r->heap_bytes);
    work(out, &r->work);
    fputc('}', out);
}

static void floors(FILE *out, const struct machine_floor *f)
{
    fputs("\"floor\":[", out);
    for (unsigned i = 0; i < FLOOR_SIZES; i++)
        fprintf(out, "%s{\"bytes\":%" PRIu64 ",\"gb_per_s\":%.2f}", i ? "," : "", f->at[i].bytes,
                f->at[i].bytes_per_ns);
    fprintf(out, "],\n\"far_ns\":%.1f,\"many_ns\":%.1f,\n", f->far_ns, f->many_ns);
}

static void all_marks(FILE *out, const struct marks *m)
{
    fputs("\"marks\":[\n", out);
    for (size_t i = 0; i < m->count; i++) {
        const struct mark *x = &m->list[i];

        fprintf(out, "{\"name\":\"%s\",\"unit\":\"%s\",\"%s\":%g,", x->name, x->unit,
                x->at_least ? "at_least" : "at_most", x->limit);
        if (x->known)
            fprintf(out, "\"measured\":%.4g,\"floor\":%.4g,\"missed_by\":%.2f,\"case\":\"%s\"}",
                    x->measured, x->floor, mark_missed(x), x->from);
        else
            fputs("\"measured\":null}", out);
        fputs(i + 1 < m->count ? ",\n" : "\n", out);
    }
    fputs("],\n", out);
}

static void all_real(FILE *out, const struct real *r)
{
    fprintf(out, "\"real\":{\"qemu\":\"%s\",\"profile\":\"%s\",\"empty_ns\":%.0f,\"points\":[\n",
            r->version, r->profile, r->empty_ns);
    for (size_t i = 0; i < r->count; i++) {
        const struct real_point *p = &r->list[i];
        char name[32];

        case_name(&p->tables, name, sizeof(name));
        fprintf(out,
                "{\"case\":\"%s\",\"inval\":\"%s\",\"runs\":%u,\"qemu_ns\":%.0f,\"ours_ns\":%.0f,"
                "\"ratio\":%.1f}%s\n",
                name, inval_name(p->inval), p->runs, p->qemu_ns, p->ours_ns,
                p->qemu_ns / p->ours_ns, i + 1 < r->count ? "," : "");
    }
    fputs("]},\n", out);
}

int output_json(FILE *out, const struct bench *b, const struct marks *m, const struct rates *rates,
                const struct real *real)
{
    fprintf(out, "{\"version\":\"%s\",\n", VTR_VERSION);
    if (progress_stop(&b->progress)) /* what was done before */
        fputs("\"interrupted\":true,\n", out);
    floors(out, &b->floor);
    all_marks(out, m);
    fprintf(
        out,
        "\"rates\":{\"records\":%" PRIu64 ",\"invalidations\":%" PRIu64
        ",\"read_per_s\":%.0f,\"stores_per_s\":%.0f,\"invalidations_per_s\":%.0f,"
        "\"checks_over_replay\":%.2f,\"two_over_one\":%.2f,\"captured_bytes_a_record\":%.2f},\n",
        rates->records, rates->invalidations, rates->read_per_s, rates->stores_per_s,
        rates->invals_per_s, rates->checks_over_replay, rates->two_over_one, rates->captured_bytes);
    if (real)
        all_real(out, real);
    fputs("\"points\":[\n", out);
    for (size_t i = 0; i < b->results.count; i++) {
        point(out, &b->results.list[i]);
        fputs(i + 1 < b->results.count ? ",\n" : "\n", out);
    }
    fputs("]}\n", out);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

static void time_text(char *to, size_t room, double ns)
{
    if (ns < 1e3)
        snprintf(to, room, "%.0f ns", ns);
    else if (ns < 1e6)
        snprintf(to, room, "%.1f us", ns / 1e3);
    else
        snprintf(to, room, "%.2f ms", ns / 1e6);
}

void output_real(FILE *out, const struct real *r)
{
    fprintf(out, "nothing changed; QEMU %s by its own processor time, and its model (%s)\n",
            r->version, r->profile);
    fprintf(out, "%-8s %-8s %12s %12s %8s\n", "case", "", "QEMU", "ours", "ratio");
    for (size_t i = 0; i < r->count; i++) {
        const struct real_point *p = &r->list[i];
        char name[32], real[24], ours[24];

        case_name(&p->tables, name, sizeof(name));
        time_text(real, sizeof(real), p->qemu_ns);
        time_text(ours, sizeof(ours), p->ours_ns);
        fprintf(out, "%-8s %-8s %12s %12s %8.0f\n", name, inval_name(p->inval), real, ours,
                p->qemu_ns / p->ours_ns);
    }
}
