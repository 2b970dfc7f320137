/* SPDX-License-Identifier: MIT */
#include "campaign/known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mark mark_of(const struct finding *f)
{
    struct mark m = {.record = f->record};
    size_t rows;

    m.row = (size_t)(f->inv - invariants(&rows));
    snprintf(m.consumer, sizeof(m.consumer), "%s", f->consumer ? f->consumer : "");
    return m;
}

bool known_has(const struct known *k, const struct finding *f)
{
    struct mark m = mark_of(f);

    if (!k->once[m.row] || k->often[m.row])
        return k->often[m.row];
    for (size_t i = 0; i < k->marks; i++)
        if (k->mark[i].row == m.row && k->mark[i].record == m.record &&
            !strcmp(k->mark[i].consumer, m.consumer))
            return true;
    return false;
}

int known_learn(struct known *known, const struct checks *c)
{
    size_t rows, n = c ? checks_findings(c) : 0;

    invariants(&rows);
    known->mark = calloc(n + 1, sizeof(*known->mark));
    if (!known->mark)
        return -ENOMEM;
    for (; known->marks < n; known->marks++)
        known->mark[known->marks] = mark_of(checks_finding(c, known->marks));
    for (size_t i = 0; i < rows && i < KNOWN_ROWS_MAX && c; i++) {
        uint64_t kept = 0;

        for (size_t m = 0; m < n; m++)
            kept += known->mark[m].row == i;
        known->once[i] = checks_count(c, i) > 0;
        known->often[i] = checks_count(c, i) > kept;
    }
    return 0;
}

void known_free(struct known *k)
{
    free(k->mark);
    k->mark = NULL;
    k->marks = 0;
}
