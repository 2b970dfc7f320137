/* SPDX-License-Identifier: MIT */
/*
 * What the architecture allows for one access: a walk that at each entry goes every way that
 * the entry's value, now or still rememberable, leads (specification 3.4-3.7, 6.2; vtd-facts 3.9).
 */
#include "checks/registry.h"

#define STEPS_MAX 4096u

struct walk {
    const struct checks *c;
    struct allowed *out;
    uint64_t iova;
    uint32_t right;  /* bit of the right asked for */
    uint32_t denied; /* the fault that its lack gives */
    uint16_t did;
    unsigned levels;
};

/* How the walk came here: kinds of older values used, and the last record that replaced one. */
struct trail {
    unsigned old;
    uint64_t record;
};

static struct trail via(struct trail t, unsigned kind, uint64_t record)
{
    unsigned old = t.old | kind;

    return (struct trail){old & OLD_VAGUE ? OLD_VAGUE : old, record > t.record ? record : t.record};
}

static void allow_fault(struct allowed *a, uint32_t reasons, struct trail t)
{
    a->reasons |= reasons;
    if (!t.old)
        a->reasons_now |= reasons;
    else if (!(t.old & ~(OLD_HOLE | OLD_CTX_HOLE)) && t.record > a->hole_record)
        a->hole_record = t.record;
}

static void allow_page(struct allowed *a, uint64_t target, struct trail t)
{
    for (unsigned i = 0; i < a->oks; i++) {
        if (a->ok[i].gpa != target)
            continue;
        if (a->ok[i].old && !t.old)
            a->ok[i].old = 0;
        return;
    }
    if (a->oks == OUTCOMES_MAX) {
        a->wild = true;
        return;
    }
    a->ok[a->oks].gpa = target;
    a->ok[a->oks].old = t.old;
    a->ok[a->oks++].record = t.record;
}

static void walk_table(struct walk *w, uint64_t page, unsigned level, bool denied, struct trail t);

static void walk_entry(struct walk *w, unsigned level, uint64_t word, bool denied, struct trail t)
{
    const struct arch *arch = &w->c->arch;
    enum entry_kind kind = arch_entry(arch, level, word);

    if (++w->out->steps > STEPS_MAX)
        w->out->wild = true;
    if (w->out->wild)
        return;
    if (!denied && !(word & w->right)) {
        denied = true;
        allow_fault(w->out, w->denied, t);
    }
    if (kind == ENTRY_ABSENT)
        return; /* the right is absent: allowed above, here or higher up */
    if (kind == ENTRY_BAD) {
        allow_fault(w->out, REASON(FR_ENTRY_RESERVED), t);
        return;
    }
    if (kind == ENTRY_TABLE) {
        walk_table(w, word & arch->addr_mask, level - 1, denied, t);
        return;
    }

    uint64_t mask = arch_entry_bytes(level) - 1;
    uint64_t target = (word & arch->addr_mask & ~mask) | (w->iova & mask);

    if (target >= IR_WINDOW_FIRST && target <= IR_WINDOW_LAST)
        allow_fault(w->out, REASON(FR_TO_WINDOW), t);
    else if (!denied)
        allow_page(w->out, target, t);
}

/* An invalidation of any page below drops a remembered hole above it, too, and a pointer to a table
 * that was empty; and page-selective ones are not followed to tables in several places: nobody is
 * blamed for that. */
static unsigned kind_of(const struct node *n, const struct item *i)
{
    if (n->shared || i->forsaken ||
        (i->covered && (i->covered->vague || (n->role > 1 && !(i->lo & 3)))))
        return OLD_VAGUE;
    return i->lo & 3 ? OLD_ENTRY : OLD_HOLE;
}

static void walk_table(struct walk *w, uint64_t page, unsigned level, bool denied, struct trail t)
{
    const struct registry *r = w->c->registry;
    const uint64_t *words = guest_mem_page(w->c->cfg.mem, gpa(page));
    unsigned index = arch_index(level, w->iova);
    const struct node *n;

    if (!words) {
        allow_fault(w->out, REASON(level == w->levels ? FR_CTX_INVALID : FR_TABLE_ACCESS), t);
        return;
    }
    walk_entry(w, level, words[index], denied, t);
    n = r->item_count ? reg_find(r, page, level) : NULL;
    if (!n || !node_marked(n, index))
        return;
    for (const struct item *i = node_items(n); i && !w->out->wild; i = i->next) {
        if (i->index != index || !item_alive(r, i, w->did, w->iova))
            continue;
        if (i->wild)
            w->out->wild = true;
        walk_entry(w, level, i->lo, denied, via(t, kind_of(n, i), i->record));
    }
}

static void walk_tables(struct walk *w, const struct ctx *x, struct trail t)
{
    if (x->kind == CTX_PASS) {
        if (x->reasons)
            allow_fault(w->out, x->reasons, t);
        allow_page(w->out, w->iova, t);
        return;
    }
    if (w->iova > arch_last(x->limit_bits)) {
        allow_fault(w->out, REASON(FR_BEYOND), t);
        return;
    }
    w->did = x->did;
    w->levels = x->levels;
    walk_table(w, x->top, x->levels, false, t);
}

static struct walk begin(const struct checks *c, uint64_t iova, bool write, struct allowed *out)
{
    *out = (struct allowed){.wild = c->registry->wild};
    return (struct walk){.c = c,
                         .out = out,
                         .iova = iova,
                         .right = write ? PERM_W : PERM_R,
                         .denied = REASON(write ? FR_WRITE : FR_READ)};
}

/* The page walk alone, from a context entry's tables. */
void allowed_from(const struct checks *c, const struct ctx *x, uint64_t iova, bool write,
                  struct allowed *out)
{
    struct walk w = begin(c, iova, write, out);

    if (x->kind == CTX_TABLES || x->kind == CTX_PASS)
        walk_tables(&w, x, (struct trail){0, 0});
}

/* One value of a context entry, reached by values the oldest of which was replaced at `until`. */
static void walk_context(struct walk *w, bdf_t bdf, uint64_t lo, uint64_t hi, uint64_t until,
                         struct trail t)
{
    struct ctx x = arch_context(&w->c->arch, lo, hi);

    if (++w->out->steps > STEPS_MAX)
        w->out->wild = true;
    if (w->out->wild || !ctx_alive(w->c->registry, until, bdf, &x))
        return;
    if (x.kind == CTX_ABSENT || x.kind == CTX_BAD)
        allow_fault(w->out, x.reasons, t);
    else
        walk_tables(w, &x, t);
}

static uint64_t older(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void walk_root(struct walk *w, bdf_t bdf, uint64_t lo, uint64_t hi, uint64_t until,
                      struct trail t)
{
    const struct checks *c = w->c;
    struct ctx faulting = {.kind = CTX_ABSENT};
    enum root_kind kind;
    uint64_t page, clo, chi;
    const struct node *n;

    kind = arch_root(&c->arch, lo, hi, &page);
    if (kind != ROOT_TABLE || !guest_mem_page(c->cfg.mem, gpa(page))) {
        if (ctx_alive(c->registry, until, bdf, &faulting))
            allow_fault(w->out,
                        REASON(kind == ROOT_ABSENT ? FR_ROOT_ABSENT
                               : kind == ROOT_BAD  ? FR_ROOT_RESERVED
                                                   : FR_CTX_ACCESS),
                        t);
        return;
    }

    struct node here = {.page = page, .role = ROLE_CTX};
    unsigned index = bdf.v & 0xff;

    reg_entry(c, &here, index, &clo, &chi);
    walk_context(w, bdf, clo, chi, until, t);
    n = c->registry->item_count ? reg_find(c->registry, page, ROLE_CTX) : NULL;
    if (!n || !node_marked(n, index))
        return;
    for (const struct item *i = node_items(n); i && !w->out->wild; i = i->next) {
        if (i->index != index)
            continue;
        if (i->wild)
            w->out->wild = true;
        walk_context(w, bdf, i->lo, i->hi, older(until, i->until),
                     via(t, i->lo & 1 ? OLD_CTX : OLD_CTX_HOLE, i->record));
    }
}

static void walk_root_table(struct walk *w, bdf_t bdf, uint64_t page, uint64_t until,
                            struct trail t)
{
    const struct checks *c = w->c;
    unsigned index = bdf.v >> 8;
    struct node here = {.page = page, .role = ROLE_ROOT};
    const struct node *n;
    uint64_t lo, hi;

    if (!guest_mem_page(c->cfg.mem, gpa(page))) {
        allow_fault(w->out, REASON(FR_ROOT_ACCESS), t);
        return;
    }
    reg_entry(c, &here, index, &lo, &hi);
    walk_root(w, bdf, lo, hi, until, t);
    n = c->registry->item_count ? reg_find(c->registry, page, ROLE_ROOT) : NULL;
    if (!n || !node_marked(n, index))
        return;
    for (const struct item *i = node_items(n); i && !w->out->wild; i = i->next) {
        if (i->index != index)
            continue;
        if (i->wild)
            w->out->wild = true;
        walk_root(w, bdf, i->lo, i->hi, older(until, i->until),
                  via(t, i->lo & 1 ? OLD_CTX : OLD_CTX_HOLE, i->record));
    }
}

void allowed_for(const struct checks *c, bdf_t bdf, uint64_t iova, bool write, struct allowed *out)
{
    struct walk w = begin(c, iova, write, out);
    const struct registry *r = c->registry;

    bdf = chk_requester(c, bdf);
    if (!c->root_known || c->root_bad) {
        out->wild =
            true; /* translation without a root table: the guest's error, nothing is promised */
        return;
    }
    walk_root_table(&w, bdf, c->root, FOREVER, (struct trail){0, 0});
    for (unsigned i = 0; i < r->old_root_count && !out->wild; i++)
        walk_root_table(&w, bdf, r->old_roots[i].page, r->old_roots[i].until,
                        (struct trail){OLD_CTX, 0});
}
