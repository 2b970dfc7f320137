/* SPDX-License-Identifier: MIT */
/*
 * Which pages of guest memory are tables, where they hang, and what their entries held before:
 * the memory of the oracle. A page is a node once for each role it plays; a node lives as long as
 * an entry points at it, now or in what a cache may still remember. An item is an older value of an
 * entry; it goes when the invalidation that covers it completes.
 */
#ifndef VTR_CHECKS_REGISTRY_H
#define VTR_CHECKS_REGISTRY_H

#include "checks/did_times.h"
#include "checks/internal.h"

enum { ROLE_CTX = 6, ROLE_ROOT = 7 }; /* 1 to 5: a paging table of that level */

#define FOREVER UINT64_MAX

/* Parts of an item's range that page-selective invalidations covered already. */
#define COVERED_PARTS_MAX 65536u /* of all items; beyond, less is known to be covered */

struct covered {
    struct spans parts;
    uint16_t did;
    bool vague; /* some parts are not kept: accuse nobody by this item */
};

struct item {
    struct item *next;
    struct item *same; /* the next of the same entry, where the node has `by_entry` */
    uint64_t lo, hi; /* the older value (hi: root and context entries) */
    uint64_t until;  /* when it was replaced */
    uint64_t record; /* by which record */
    struct covered *covered;
    uint16_t index;
    uint8_t role;
    bool wild;     /* too many values to remember: anything goes */
    bool forsaken; /* covered in part, and led to a table that held nothing; or stood in such a one
                    */
    bool hinted; /* an invalidation with IH passed over it: caches may keep a pointer to a table */
};

struct node {
    uint64_t page;
    uint64_t base; /* first IOVA; context tables: the bus */
    uint64_t top;  /* page of the top table above */
    uint64_t made; /* store that made it */
    uint32_t refs_now, refs_old;
    uint8_t role, top_level;
    bool forsaken; /* its last pointer is: nobody is blamed for what stands in it since */
    bool shared;   /* hangs in more than one place: base and top are those of the first */
    struct node_past *past; /* from its first item on; NULL: it never had any */
    struct node *page_next, *place_next;
};

/* Older values of a node's entries. Tables are many, those that change are few. */
struct node_past {
    struct item *items;
    struct item **by_entry; /* with many items: those of each entry, in that order; NULL: few */
    unsigned item_count;
    uint64_t marked[8]; /* which entries have items */
    struct node *hist_prev, *hist_next;
};

/* Nodes are made and given back one by one, and lie in slabs. */
#define SLAB_NODES 64u
struct slab {
    struct slab *next;
    struct node node[SLAB_NODES];
};

static inline struct item *node_items(const struct node *n)
{
    return n->past ? n->past->items : NULL;
}

static inline bool node_marked(const struct node *n, unsigned index)
{
    return n->past && (n->past->marked[index / 64] >> index % 64 & 1);
}

/* A domain id and the tables that context entries give it, now or remembered. */
struct domain_link {
    uint64_t top;
    uint32_t refs;
    uint16_t did;
    uint8_t levels;
};

/* What the links say of one domain id. */
struct domain_view {
    unsigned id; /* and 1; 0: nobody was asked for since the links changed */
    bool alone;  /* it has tables, and none of them is another's, too */
    size_t links, first; /* how many are its own; one of them */
};

struct old_root {
    uint64_t page, until;
};

#define OLD_ROOTS_MAX 8u

struct device_cover {
    uint32_t key; /* sid << 16 | did */
    uint64_t at;
};

struct pending_word {
    uint64_t page;
    uint16_t index;
    uint8_t role;
};

struct registry {
    struct node **by_page, **by_place;
    struct slab *slabs;
    struct node *spare_nodes; /* by page_next */
    size_t slots, nodes;
    size_t shared_nodes; /* hanging in more than one place: what an item of theirs translates is not
                            known */
    struct node *hist;   /* nodes with items */
    size_t hist_count, item_count, part_count;
    size_t hist_upper; /* of hist_count: tables of paging entries above those of leaves */
    struct item *spare;
    struct domain_link *links;
    size_t link_count, link_room;
    struct domain_view view; /* of the domain asked for last */
    struct old_root old_roots[OLD_ROOTS_MAX];
    unsigned old_root_count;
    bool wild; /* too much is unknown: nothing is judged until a full invalidation */
    uint64_t wild_since;
    uint64_t now;
    uint64_t iotlb_all, cc_all;   /* when the last global invalidation completed */
    struct did_times iotlb_did, cc_did; /* likewise for each domain id */
    struct device_cover *cc_dev;
    size_t cc_dev_count, cc_dev_room;
    struct pending_word *pending; /* entries the current record stores to */
    size_t pending_count, pending_room;
    bool partly;  /* the invalidation under way names a part of what an older pointer covers */
    bool rebuild; /* the unit wrote into a table: look at everything anew */
};

/* registry.c */
struct registry *reg_new(void);
void reg_free(struct registry *r);
void reg_clear(struct registry *r);
static inline size_t reg_mix(uint64_t v, size_t slots)
{
    v *= UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(v >> 32) & (slots - 1);
}

static inline size_t reg_page_slot(const struct registry *r, uint64_t page)
{
    return reg_mix(page >> 12, r->slots);
}

/* Chain by page_next; compare page. */
static inline struct node *reg_nodes_of(const struct registry *r, uint64_t page)
{
    return r->by_page[reg_page_slot(r, page)];
}

static inline struct node *reg_find(const struct registry *r, uint64_t page, unsigned role)
{
    struct node *n = reg_nodes_of(r, page);

    while (n && (n->page != page || n->role != role))
        n = n->page_next;
    return n;
}

struct node *reg_at(const struct registry *r, uint64_t top, unsigned role,
                    uint64_t base); /* by place_next */
struct node *reg_add(struct checks *c, struct node like);
void reg_remove(struct registry *r, const struct node *n);
void reg_node_free(struct registry *r, struct node *n); /* removed, without items */
void reg_leave_place(struct registry *r, const struct node *n);
void reg_entry(const struct checks *c, const struct node *n, unsigned index, uint64_t *lo,
               uint64_t *hi);
/** The first entry at or after `from` with a bit that may make it present; WORDS_PER_PAGE: none, or
 * `words` (a page, as guest_mem_page gives it) is NULL. */
unsigned reg_present(const uint64_t *words, unsigned role, unsigned from);
bool reg_child(const struct checks *c, unsigned role, uint64_t lo, uint64_t hi, uint64_t *page,
               unsigned *child);

/* links.c */
void reg_root(struct checks *c, uint64_t page);
void reg_link(struct checks *c, const struct node *parent, unsigned index, uint64_t lo, uint64_t hi,
              bool judge);
void reg_release(struct checks *c, unsigned role, uint64_t lo, uint64_t hi, bool old);
void reg_now_to_old(struct checks *c, unsigned role, uint64_t lo, uint64_t hi);
void reg_unref(struct checks *c, struct node *n);
void reg_look_at_domain(struct registry *r, uint16_t did);
static inline const struct domain_view *reg_domain(struct registry *r, uint16_t did)
{
    if (r->view.id != did + 1u)
        reg_look_at_domain(r, did);
    return &r->view;
}
bool reg_only_domain(const struct registry *r, uint64_t top, uint16_t did);

static inline bool reg_is_place(const struct node *n, uint64_t top, unsigned role, uint64_t base)
{
    return !n->shared && n->top == top && n->role == role && n->base == base;
}

/* stores.c */
bool hist_init(struct checks *c);
void hist_before(struct checks *c, const struct rec *r);
void hist_after(struct checks *c);
void hist_unit_store(struct checks *c, uint64_t gpa);
void hist_root(struct checks *c, uint64_t page);
void hist_reset(struct checks *c);

/* history.c */
void item_add(struct checks *c, struct node *n, unsigned index, uint64_t lo, uint64_t hi);
void item_unlink(struct registry *r, struct node *n, struct item **link, struct item **dead);
void item_unlink_first(struct registry *r, struct node *n, struct item **dead);
void item_uncover(struct registry *r, struct item *i);
/* items_bury of one that leads to a table, or is covered in part. */
void item_let_go(struct checks *c, struct item *i);
static inline void items_bury(struct checks *c, struct item *dead)
{
    struct registry *r = c->registry;

    for (struct item *next; dead; dead = next) {
        next = dead->next;
        if (dead->role > 1 || dead->covered)
            item_let_go(c, dead);
        dead->next = r->spare;
        r->spare = dead;
    }
}
void hist_drop_items(struct checks *c, struct node *n);

/* cover.c */
/* The page at d->first will be covered: the table it stands in is brought near. */
void cover_expect(const struct checks *c, const struct desc *d);
void cover_done(struct checks *c, const struct desc *d);
void cover_everything(struct checks *c);
bool item_alive(const struct registry *r, const struct item *i, uint16_t did, uint64_t iova);
bool ctx_alive(const struct registry *r, uint64_t until, bdf_t bdf, const struct ctx *x);

/* cover_contexts.c: a device-selective invalidation; what nobody can remember any more goes */
void cover_device(struct checks *c, uint16_t sid, uint16_t did);
void cover_prune_contexts(struct checks *c);

/* forsaken.c: a page-selective invalidation named a part of what older pointers cover */
void cover_forsake(struct checks *c);

/* outcomes.c: what the architecture allows for one access */
/* OLD_VAGUE: an entry or hole which an invalidation may have dropped: allowed, but nobody's fault.
 */
enum { OLD_ENTRY = 1, OLD_HOLE = 2, OLD_CTX = 4, OLD_CTX_HOLE = 8, OLD_VAGUE = 16 };

#define OUTCOMES_MAX 16u

struct allowed {
    bool wild; /* anything */
    unsigned oks;
    struct {
        uint64_t gpa;
        unsigned old;    /* which kinds of older values led there */
        uint64_t record; /* the last record that replaced one of them */
    } ok[OUTCOMES_MAX];
    uint32_t reasons;
    uint32_t reasons_now; /* of the current values alone */
    uint64_t
        hole_record; /* the last record that filled a hole which a cache may still remember; 0 */
    unsigned steps;
};

/* dma.c: the same with translation off, too */
void chk_allowed_now(const struct checks *c, bdf_t bdf, uint64_t iova, enum dma_access access,
                     struct allowed *a);
bool chk_may_reach(const struct allowed *a, uint64_t target);
/* A page that leads into the interrupt window faults on its way; it may still be told. */
bool chk_may_be_told(const struct allowed *a, uint64_t target);

void allowed_for(const struct checks *c, bdf_t bdf, uint64_t iova, bool write, struct allowed *out);
void allowed_from(const struct checks *c, const struct ctx *x, uint64_t iova, bool write,
                  struct allowed *out);

#endif
