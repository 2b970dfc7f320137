/* SPDX-License-Identifier: MIT */
#include "shrink/seen.h"

#include <stdlib.h>
#include <string.h>

#include "trace/rec_check.h"
#include "trace/text_write.h"

#define RECORDS_MAX 500u /* longer ones cost more to remember than to try again */

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t h, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return h;
}

static int put(void *ctx, const char *text, size_t n)
{
    uint64_t *h = ctx;

    *h = mix(*h, text, n);
    return 0;
}

uint64_t seen_hash(struct seen *s, const struct shrink_case *c)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325), at_ns = 0;
    struct err e;

    if (c->count > RECORDS_MAX)
        return 0;
    if (!s->text)
        s->text = malloc(REC_TEXT_BYTES);
    if (!s->text || header_text(c->header, put, &h))
        return 0;
    for (size_t i = 0; i < c->count; i++) {
        if (rec_check(c->rec[i], &at_ns, &e))
            return 0;
        h = mix(h, s->text, rec_text(c->rec[i], s->text));
    }
    return h ? h : 1;
}

static size_t place(const struct seen *s, uint64_t hash)
{
    size_t at = (size_t)(hash % s->room);

    while (s->hash[at] && s->hash[at] != hash)
        at = at + 1 == s->room ? 0 : at + 1;
    return at;
}

bool seen_has(const struct seen *s, uint64_t hash)
{
    return hash && s->room && s->hash[place(s, hash)] == hash;
}

static bool grow(struct seen *s)
{
    struct seen wider = {.room = s->room ? 2 * s->room : 1024};

    wider.hash = calloc(wider.room, sizeof(*wider.hash));
    if (!wider.hash)
        return false;
    for (size_t i = 0; i < s->room; i++)
        if (s->hash[i])
            wider.hash[place(&wider, s->hash[i])] = s->hash[i];
    free(s->hash);
    s->hash = wider.hash;
    s->room = wider.room;
    return true;
}

void seen_add(struct seen *s, uint64_t hash)
{
    if (!hash || seen_has(s, hash))
        return;
    if (2 * (s->count + 1) > s->room && !grow(s))
        return;
    s->hash[place(s, hash)] = hash;
    s->count++;
}

void seen_free(struct seen *s)
{
    free(s->hash);
    free(s->text);
    *s = (struct seen){NULL, 0, 0, NULL};
}
