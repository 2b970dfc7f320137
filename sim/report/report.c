/* SPDX-License-Identifier: MIT */
#include "report/report.h"

#include <errno.h>
#include <string.h>

#include "policy.h"
#include "policy_table.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = {"clean", "violated", "differs", "damaged", "aborted"};

    return names[v];
}

/* How often the invariant of that id was broken. */
static uint64_t broken(const struct checks *c, const char *id)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++)
        if (!strcmp(inv[i].id, id))
            return checks_count(c, i);
    return 0;
}

enum verdict report_judge(const struct report *r)
{
    uint64_t different = r->differs.reads + r->differs.dma + r->differs.expect;
    uint64_t violations = r->checks ? checks_total(r->checks, SEV_VIOLATION) : 0;
    uint64_t dma, from_comparing;

    if (!r->judged || !different)
        return violations ? VERDICT_VIOLATED : VERDICT_CLEAN;
    /* A judged difference is counted as the invariant it belongs to; more than those is a
     * violation. */
    dma = broken(r->checks, "COH-DMA");
    from_comparing = broken(r->checks, "COH-READ") + broken(r->checks, "COH-EXPECT") +
                     (dma < r->differs.dma ? dma : r->differs.dma);
    return violations > from_comparing ? VERDICT_VIOLATED : VERDICT_DIFFERS;
}

int report_exit_code(const struct report *r, bool strict_guest)
{
    if (r->verdict == VERDICT_DAMAGED)
        return 2;
    if (r->verdict != VERDICT_CLEAN)
        return 1;
    return strict_guest && r->checks && checks_total(r->checks, SEV_GUEST);
}

const char *report_model(const struct report *r)
{
    return r->header && r->header->has_unit ? r->header->unit.model : "";
}

int report_invariants(FILE *out)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++)
        fprintf(out, "%-18s %-10s %s\n", inv[i].id, severity_name(inv[i].severity),
                inv[i].statement);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

int report_invariants_table(FILE *out)
{
    size_t rows;
    const struct invariant *inv = invariants(&rows);

    for (size_t i = 0; i < rows; i++)
        fprintf(out, "%s\t%s\t%s\t%s\n", inv[i].id, severity_name(inv[i].severity),
                inv[i].statement, inv[i].source);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

int report_quirks(FILE *out)
{
    const struct quirk *q;

    for (size_t i = 0; (q = policy_quirk(i)) != NULL; i++)
        fprintf(out, "%-28s %s (%s)\n", q->name, q->what, q->source);
    return fflush(out) || ferror(out) ? -EIO : 0;
}

int report_fields(FILE *out)
{
    const struct policy_field *f;

    for (size_t i = 0; (f = policy_field(i)) != NULL; i++)
        fprintf(out, "%-26s %s (%s)\n", f->name, f->meaning, f->source);
    return fflush(out) || ferror(out) ? -EIO : 0;
}
