/* SPDX-License-Identifier: MIT */
/*
 * A treap by (first address, order of insertion), each node knowing the last address below it. The
 * priorities are a function of the order of insertion: the same entries make the same tree.
 */
#include "consumers/vhost_iotlb.h"

#include <errno.h>
#include <stdlib.h>

struct vhost_node {
    struct range_entry entry;
    uint64_t order, priority;
    uint64_t last_below; /* the highest last address of the subtree */
    struct vhost_node *left, *right;
    struct vhost_node *older, *newer;
};

static uint64_t scatter(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static bool before(const struct vhost_node *a, const struct vhost_node *b)
{
    uint64_t x = a->entry.range.first.v, y = b->entry.range.first.v;

    return x != y ? x < y : a->order < b->order;
}

static void settle(struct vhost_node *n)
{
    n->last_below = n->entry.range.last.v;
    if (n->left && n->left->last_below > n->last_below)
        n->last_below = n->left->last_below;
    if (n->right && n->right->last_below > n->last_below)
        n->last_below = n->right->last_below;
}

/* Everything of `n` before `at` to *low, the rest to *high. */
static void split(struct vhost_node *n, const struct vhost_node *at, struct vhost_node **low,
                  struct vhost_node **high)
{
    if (!n) {
        *low = *high = NULL;
    } else if (before(n, at)) {
        split(n->right, at, &n->right, high);
        *low = n;
        settle(n);
    } else {
        split(n->left, at, low, &n->left);
        *high = n;
        settle(n);
    }
}

static struct vhost_node *join(struct vhost_node *low, struct vhost_node *high)
{
    if (!low || !high)
        return low ? low : high;
    if (low->priority > high->priority) {
        low->right = join(low->right, high);
        settle(low);
        return low;
    }
    high->left = join(low, high->left);
    settle(high);
    return high;
}

static struct vhost_node *without(struct vhost_node *n, const struct vhost_node *gone)
{
    if (n == gone)
        return join(n->left, n->right);
    if (before(gone, n))
        n->left = without(n->left, gone);
    else
        n->right = without(n->right, gone);
    settle(n);
    return n;
}

static void take(struct vhost_iotlb *t, struct vhost_node *n)
{
    t->root = without(t->root, n);
    *(n->older ? &n->older->newer : &t->oldest) = n->newer;
    *(n->newer ? &n->newer->older : &t->newest) = n->older;
    t->count--;
    free(n);
}

static void put(struct vhost_iotlb *t, struct vhost_node *n)
{
    struct vhost_node *low, *high;

    n->order = t->given++;
    n->priority = scatter(n->order);
    settle(n);
    split(t->root, n, &low, &high);
    t->root = join(join(low, n), high);
    n->older = t->newest;
    *(t->newest ? &t->newest->newer : &t->oldest) = n;
    t->newest = n;
    t->count++;
}

static int add_one(struct vhost_iotlb *t, const struct range_entry *e, vhost_evicted *evicted,
                   void *arg)
{
    struct vhost_node *n = calloc(1, sizeof(*n));

    if (!n)
        return -ENOMEM;
    if (t->limit && t->count >= t->limit) {
        struct range_entry old = t->oldest->entry;

        take(t, t->oldest);
        if (evicted)
            evicted(arg, &old);
    }
    n->entry = *e;
    put(t, n);
    return 0;
}

int vhost_iotlb_add(struct vhost_iotlb *t, const struct range_entry *e, vhost_evicted *evicted,
                    void *arg)
{
    struct range_entry half = *e;
    int result;

    if (e->range.first.v != 0 || e->range.last.v != UINT64_MAX)
        return add_one(t, e, evicted, arg);
    half.range.last = iova(UINT64_MAX / 2);
    result = add_one(t, &half, evicted, arg);
    half.range = iova_range(UINT64_MAX / 2 + 1, UINT64_MAX);
    half.gpa = gpa_add(e->gpa, UINT64_MAX / 2 + 1);
    return result ? result : add_one(t, &half, evicted, arg);
}

static struct vhost_node *first(const struct vhost_iotlb *t, struct iova_range r)
{
    struct vhost_node *n = t->root;

    while (n && n->last_below >= r.first.v) {
        if (n->left && n->left->last_below >= r.first.v)
            n = n->left; /* if none there begins early enough, none further right does */
        else if (n->entry.range.first.v > r.last.v)
            return NULL;
        else if (n->entry.range.last.v >= r.first.v)
            return n;
        else
            n = n->right;
    }
    return NULL;
}

const struct range_entry *vhost_iotlb_first(const struct vhost_iotlb *t, struct iova_range r)
{
    const struct vhost_node *n = first(t, r);

    return n ? &n->entry : NULL;
}

const struct range_entry *vhost_iotlb_at(const struct vhost_iotlb *t, iova_t at)
{
    return vhost_iotlb_first(t, (struct iova_range){at, at});
}

uint64_t vhost_iotlb_remove(struct vhost_iotlb *t, struct iova_range r)
{
    uint64_t removed = 0;

    for (struct vhost_node *n; (n = first(t, r)); removed++)
        take(t, n);
    return removed;
}

void vhost_iotlb_visit(const struct vhost_iotlb *t,
                       void (*show)(void *arg, const struct range_entry *e), void *arg)
{
    for (const struct vhost_node *n = t->oldest; n; n = n->newer)
        show(arg, &n->entry);
}

void vhost_iotlb_clear(struct vhost_iotlb *t)
{
    for (struct vhost_node *n = t->oldest, *newer; n; n = newer) {
        newer = n->newer;
        free(n);
    }
    *t = (struct vhost_iotlb){.limit = t->limit, .given = t->given};
}
