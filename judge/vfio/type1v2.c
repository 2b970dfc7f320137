/* SPDX-License-Identifier: MIT */
#include "type1v2.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MASK    UINT64_C(0xfff)
#define WINDOW_FIRST UINT64_C(0xfee00000)
#define WINDOW_LAST  UINT64_C(0xfeefffff)

static uint64_t last_of(const struct held_map *m)
{
    return m->iova + (m->bytes - 1);
}

/* Linux before ef270ec44637 compares with iova + bytes, which is 0 for what ends at 2^64: such a range
 * meets no mapping. All of memory can only be said by a flag. */
static bool ends_at_0(uint64_t iova, uint64_t last)
{
    return last == UINT64_MAX && iova != 0;
}

/* Index of the first mapping whose last byte is not below `iova`. */
static size_t first_reaching(const struct type1v2 *t, uint64_t iova)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (last_of(&t->maps[middle]) < iova)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int insert(struct type1v2 *t, size_t at, uint64_t iova, uint64_t bytes)
{
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct held_map *more = realloc(t->maps, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        t->maps = more;
        t->room = room;
    }
    memmove(&t->maps[at + 1], &t->maps[at], (t->count - at) * sizeof(*t->maps));
    t->maps[at] = (struct held_map){iova, bytes};
    t->count++;
    return 0;
}

int type1v2_map(struct type1v2 *t, uint64_t iova, uint64_t bytes, uint64_t target, uint32_t flags)
{
    uint64_t last = iova + (bytes - 1);
    size_t at;

    if ((flags & ~(CALL_READ | CALL_WRITE)) || !(flags & (CALL_READ | CALL_WRITE)) || !bytes ||
        ((iova | bytes | target) & PAGE_MASK) || last < iova || target + (bytes - 1) < target)
        return -EINVAL;
    at = first_reaching(t, iova);
    if (at < t->count && t->maps[at].iova <= last && !ends_at_0(iova, last))
        return -EEXIST;
    if (t->limit && t->count >= t->limit)
        return -ENOSPC;
    if (last > t->aperture_last || (iova <= WINDOW_LAST && last >= WINDOW_FIRST))
        return -EINVAL;
    return insert(t, at, iova, bytes);
}

/* Take all that lies in [iova, last] away; version 2 allows no mapping to be cut. */
static int remove_range(struct type1v2 *t, uint64_t iova, uint64_t last, uint64_t *removed)
{
    size_t from = first_reaching(t, iova), to = from;

    if (from < t->count && t->maps[from].iova < iova)
        return t->version_1 ? 0 : -EINVAL;
    if (ends_at_0(iova, last))
        return 0;
    for (; to < t->count && t->maps[to].iova <= last; to++) {
        if (last_of(&t->maps[to]) > last && !t->version_1) {
            *removed = 0;
            return -EINVAL;
        }
        *removed += t->maps[to].bytes;
    }
    if (to > from) /* there may be no array yet */
        memmove(&t->maps[from], &t->maps[to], (t->count - to) * sizeof(*t->maps));
    t->count -= to - from;
    return 0;
}

int type1v2_unmap(struct type1v2 *t, uint64_t iova, uint64_t bytes, uint32_t flags,
                  uint64_t *removed)
{
    uint64_t last = iova + (bytes - 1);

    *removed = 0;
    if (flags & ~CALL_ALL)
        return -EINVAL;
    if (flags & CALL_ALL)
        return iova || bytes ? -EINVAL : remove_range(t, 0, UINT64_MAX, removed);
    if (!bytes || ((iova | bytes) & PAGE_MASK) || last < iova)
        return -EINVAL;
    return remove_range(t, iova, last, removed);
}

void type1v2_clear(struct type1v2 *t)
{
    free(t->maps);
    *t = (struct type1v2){
        .limit = t->limit, .aperture_last = t->aperture_last, .version_1 = t->version_1};
}
