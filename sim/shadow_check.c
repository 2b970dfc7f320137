/* SPDX-License-Identifier: MIT */
/* Whether the record of what was notified is in order. */
#include "shadow.h"

struct tally {
    uint64_t leaves, nodes, bytes;
    const char *wrong;
};

static void check_node(const struct shadow_node *n, unsigned level, bool is_root, struct tally *t);

static void check_word(uint64_t word, unsigned level, struct tally *t)
{
    if (shadow_is_node(word)) {
        if (level == 1)
            t->wrong = "a child below the leaf level";
        else
            check_node(shadow_child(word), level - 1, false, t);
        return;
    }
    t->leaves++;
    if (!(word & SS_PERM))
        t->wrong = "a leaf without rights";
    if (shadow_is_only(word) && level == 1)
        t->wrong = "an only leaf below the leaf level";
    if (!shadow_is_only(word) && (word & (SHADOW_ONLY | SHADOW_ONLY_INDEX)))
        t->wrong = "a leaf with bits that no leaf has";
}

static void check_node(const struct shadow_node *n, unsigned level, bool is_root, struct tally *t)
{
    const uint64_t *words = shadow_node_words(n);
    unsigned used = 0;

    t->nodes++;
    t->bytes += shadow_node_bytes(n->room);
    for (unsigned i = 0; i < shadow_node_places(n); i++) {
        if (!words[i] && !shadow_node_full(n))
            t->wrong = "an empty slot among those in use";
        if (i && shadow_node_index(n, i) <= shadow_node_index(n, i - 1))
            t->wrong = "slots out of order";
        used += words[i] != 0;
        if (words[i])
            check_word(words[i], level, t);
    }
    if (used != n->used)
        t->wrong = "a node's count of used slots is wrong";
    if (n->room != shadow_node_room(used))
        t->wrong = "a node is larger or smaller than its slots need";
    if (!used)
        t->wrong = "an empty node was kept";
    if (used == 1 && !is_root && !shadow_is_node(words[0]) && !shadow_is_only(words[0]))
        t->wrong = "a node for an only leaf was kept";
}

const char *shadow_check(const struct shadow *s)
{
    struct tally t = {0};

    if (s->root)
        check_node(shadow_child(s->root), s->levels, true, &t);
    if (t.leaves != s->leaves)
        t.wrong = "the count of leaves is wrong";
    if (t.nodes != s->nodes)
        t.wrong = "the count of nodes is wrong";
    if (t.bytes != s->bytes)
        t.wrong = "the count of bytes is wrong";
    return t.wrong;
}
