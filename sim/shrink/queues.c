/* SPDX-License-Identifier: MIT */
/* Where the trace has its invalidation queues: what it writes to IQA. */
#include "shrink/inside.h"
#include "vtd_regs.h"

static void add(struct queue_places *q, uint64_t iqa)
{
    uint64_t base = iqa & ADDR_FIELD, entries = UINT64_C(256) << (iqa & IQA_QS);

    for (size_t i = 0; i < q->count; i++)
        if (q->base[i] == base) {
            q->entries[i] = q->entries[i] > entries ? q->entries[i] : entries;
            return;
        }
    if (q->count == QUEUES_MAX) {
        q->beyond = true;
        return;
    }
    q->base[q->count] = base;
    q->entries[q->count++] = entries;
}

struct queue_places queue_places(const struct shrink_list *l)
{
    struct queue_places q = {.count = 0};
    uint64_t iqa = 0;

    for (size_t i = 0; i < l->count; i++)
        if (shrink_iqa(l->rec[i], &iqa))
            add(&q, iqa);
    return q;
}

bool shrink_iqa(const struct rec *r, uint64_t *iqa)
{
    if (r->kind == REC_W64 && r->u.reg.off == REG_IQA)
        *iqa = r->u.reg.val;
    else if (r->kind == REC_W32 && r->u.reg.off == REG_IQA)
        *iqa = (*iqa & ~UINT64_C(0xffffffff)) | r->u.reg.val;
    else if (r->kind == REC_W32 && r->u.reg.off == REG_IQA + 4)
        *iqa = (*iqa & UINT64_C(0xffffffff)) | r->u.reg.val << 32;
    else
        return false;
    return true;
}

size_t queue_at(const struct queue_places *q, uint64_t gpa)
{
    for (size_t i = 0; i < q->count; i++)
        if (gpa >= q->base[i] && gpa - q->base[i] < 16 * q->entries[i])
            return i;
    return q->count;
}
