/* SPDX-License-Identifier: MIT */
#include "shadow_node.h"

#include <stdlib.h>
#include <string.h>

/* Steps of about a third, so that a leaf takes at most 24 bytes, its part of the parent included.
 */
static const uint16_t rooms[] = {2, 4, 6, 10, 14, 22, 30, 46, 62, 94, 126, SHADOW_SPARSE_MAX};

size_t shadow_node_bytes(unsigned room)
{
    return shadow_node_offset(room) + room * sizeof(uint64_t);
}

unsigned shadow_node_room(unsigned used)
{
    if (used > SHADOW_SPARSE_MAX)
        return WORDS_PER_PAGE;
    for (unsigned i = 0;; i++)
        if (rooms[i] >= used)
            return rooms[i];
}

unsigned shadow_node_search(const struct shadow_node *n, unsigned index)
{
    unsigned low = 0, high = n->used;

    if (high && n->index[high - 1] < index)
        return high; /* ascending */
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (n->index[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct shadow_node *shadow_node_new(unsigned used)
{
    unsigned room = shadow_node_room(used);
    struct shadow_node *n = room == WORDS_PER_PAGE ? calloc(1, shadow_node_bytes(room))
                                                   : malloc(shadow_node_bytes(room));

    if (n) {
        n->used = 0;
        n->room = (uint16_t)room;
    }
    return n;
}

void shadow_node_put(struct shadow_node *n, unsigned index, uint64_t word)
{
    unsigned place = shadow_node_place(n, index);
    uint64_t *words = shadow_node_words(n);

    if (!shadow_node_full(n)) {
        if (place < n->used) {
            memmove(&n->index[place + 1], &n->index[place],
                    (n->used - place) * sizeof(n->index[0]));
            memmove(&words[place + 1], &words[place], (n->used - place) * sizeof(words[0]));
        }
        n->index[place] = (uint16_t)index;
    }
    words[place] = word;
    n->used++;
}

struct shadow_node *shadow_node_copy(const struct shadow_node *n, unsigned used)
{
    struct shadow_node *to = shadow_node_new(used);
    const uint64_t *words = shadow_node_words(n);
    unsigned places = shadow_node_places(n);
    uint64_t *out;

    if (!to)
        return NULL;
    out = shadow_node_words(to);
    for (unsigned i = 0; i < places; i++) {
        if (!words[i])
            continue;
        if (shadow_node_full(to)) {
            out[shadow_node_index(n, i)] = words[i];
        } else {
            to->index[to->used] = (uint16_t)shadow_node_index(n, i);
            out[to->used] = words[i];
        }
        to->used++;
    }
    return to;
}

void shadow_node_close(struct shadow_node *n, unsigned from, unsigned to)
{
    uint64_t *words = shadow_node_words(n);
    unsigned gone = 0;

    for (unsigned i = from; i < to; i++) {
        if (!words[i]) {
            gone++;
        } else if (gone && !shadow_node_full(n)) {
            words[i - gone] = words[i];
            n->index[i - gone] = n->index[i];
        }
    }
    if (!shadow_node_full(n)) {
        memmove(&words[to - gone], &words[to], (n->used - to) * sizeof(words[0]));
        memmove(&n->index[to - gone], &n->index[to], (n->used - to) * sizeof(n->index[0]));
    }
    n->used = (uint16_t)(n->used - gone);
}
