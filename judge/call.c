/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int calls_add(struct call_list *l, struct call c)
{
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 256;
        struct call *more = realloc(l->calls, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        l->calls = more;
        l->room = room;
    }
    l->calls[l->count++] = c;
    return 0;
}

void calls_clear(struct call_list *l)
{
    l->count = 0;
}

void calls_free(struct call_list *l)
{
    free(l->calls);
    *l = (struct call_list){0};
}

bool call_same(const struct call *a, const struct call *b)
{
    if (a->unmap != b->unmap || a->reply != b->reply || a->iova.v != b->iova.v ||
        a->bytes != b->bytes || a->result != b->result)
        return false;
    return a->unmap || a->reply ||
           (a->gpa_known == b->gpa_known && a->gpa.v == b->gpa.v && a->perm == b->perm);
}

void call_text(char *to, size_t room, const struct call *c)
{
    static const char *const rights[] = {"-", "r", "w", "rw"};

    if (!c)
        snprintf(to, room, "nothing");
    else if (c->reply)
        snprintf(to, room, "miss 0x%" PRIx64 " answered, result=%d", c->iova.v, c->result);
    else if (c->unmap)
        snprintf(to, room, "unmap 0x%" PRIx64 " 0x%" PRIx64 " result=%d", c->iova.v, c->bytes,
                 c->result);
    else if (c->gpa_known)
        snprintf(to, room, "map 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %s result=%d", c->iova.v,
                 c->bytes, c->gpa.v, rights[c->perm & 3], c->result);
    else
        snprintf(to, room, "map 0x%" PRIx64 " 0x%" PRIx64 " (no guest memory) %s result=%d",
                 c->iova.v, c->bytes, rights[c->perm & 3], c->result);
}
