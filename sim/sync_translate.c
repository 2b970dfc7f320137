/* SPDX-License-Identifier: MIT */
/*
 * Per-page translate: each address from the root, then on by the size of what answered (a leaf, a
 * hole, a refused entry) or by 4 KiB. What notifiers without a page walk would have to do.
 */
#include "sync.h"

static struct slot translate(const struct table_view *v, iova_t at, struct sync_counts *counts)
{
    enum perm perm = PERM_RW;
    gpa_t table = v->top;

    for (unsigned level = v->levels;; level--) {
        const uint64_t *words = guest_mem_page(v->mem, table);
        struct slot s = {.at = iova(at.v & ~level_mask(level)), .level = level};
        uint64_t entry = words ? words[level_index(at, level)] : 0;

        s.last = entry_is_leaf(entry, level);
        counts->tables_read++;
        counts->entries_read++;
        switch (words ? entry_judge(v->rules, entry, level, perm) : ENTRY_UNREADABLE) {
        case ENTRY_TABLE:
            perm = (enum perm)(entry & SS_PERM & (uint64_t)perm);
            table = entry_target(v->rules, entry);
            continue;
        case ENTRY_LEAF:
            s.kind = SLOT_LEAF;
            s.gpa = entry_target(v->rules, entry);
            s.perm = (enum perm)(entry & SS_PERM & (uint64_t)perm);
            return s;
        case ENTRY_HOLE: s.kind = SLOT_HOLE; return s;
        case ENTRY_RESERVED:
        case ENTRY_UNREADABLE: s.kind = SLOT_REFUSED; return s;
        }
    }
}

static void step_through(const struct table_view *v, struct iova_range r, const struct slot_sink *s,
                         bool by_4k)
{
    uint64_t last = r.last.v < v->limit_last ? r.last.v : v->limit_last;
    uint64_t at = r.first.v & ~PAGE_4K_MASK;
    uint64_t before = s->counts->entries_read;

    while (at <= last && !fate_ended(s->fate)) {
        struct slot slot = translate(v, iova(at), s->counts);
        uint64_t slot_last = slot.at.v | level_mask(slot.level);

        if (s->counts->entries_read - before > WALK_ENTRIES_MAX)
            fate_unsupported(s->fate, WALK_TOO_LONG);
        s->slot(s->arg, &slot);
        at = by_4k ? at + PAGE_4K_BYTES : slot_last + 1;
        if (at == 0)
            return;
    }
}

static void by_answer(const struct table_view *v, struct iova_range r, const struct slot_sink *s)
{
    step_through(v, r, s, false);
}

static void by_4k(const struct table_view *v, struct iova_range r, const struct slot_sink *s)
{
    step_through(v, r, s, true);
}

const struct sync_strategy_ops sync_translate = {"translate", by_answer, false};
const struct sync_strategy_ops sync_translate_4k = {"translate-4k", by_4k, false};
