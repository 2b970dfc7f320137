/* SPDX-License-Identifier: MIT */
#include "report/digest.h"

#include <string.h>

#define P1 UINT64_C(0x9e3779b185ebca87)
#define P2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define P3 UINT64_C(0x165667b19e3779f9)
#define P4 UINT64_C(0x85ebca77c2b2ae63)
#define P5 UINT64_C(0x27d4eb2f165667c5)

/* Bytes put by in one go, so that there is room for them once what can be hashed is. */
#define AT_ONCE (DIGEST_REST_BYTES - 32)

static inline uint64_t rotl(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static uint64_t le(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;

    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

/* Eight bytes written out, so that compilers make one load of them. */
static inline uint64_t le8(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static inline uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotl(lane + word * P2, 31) * P1;
}

void digest_init(struct digest *d)
{
    d->lane[0] = P1 + P2;
    d->lane[1] = P2;
    d->lane[2] = 0;
    d->lane[3] = UINT64_C(0) - P1;
    d->bytes = 0;
    d->kept = 0;
}

void digest_hash(struct digest *d)
{
    uint64_t a = d->lane[0], b = d->lane[1], c = d->lane[2], e = d->lane[3];
    size_t whole = d->kept & ~(size_t)31;

    for (const unsigned char *p = d->rest; p < d->rest + whole; p += 32) {
        a = mix(a, le8(p));
        b = mix(b, le8(p + 8));
        c = mix(c, le8(p + 16));
        e = mix(e, le8(p + 24));
    }
    d->lane[0] = a;
    d->lane[1] = b;
    d->lane[2] = c;
    d->lane[3] = e;
    d->bytes += whole;
    d->kept -= whole;
    memcpy(d->rest, d->rest + whole, d->kept);
}

void digest_u64(struct digest *d, uint64_t v)
{
    digest_wrote(d, digest_put(digest_room(d, 8), v));
}

void digest_words(struct digest *d, const uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        digest_u64(d, words[i]);
}

void digest_bytes(struct digest *d, const void *bytes, size_t length)
{
    const unsigned char *from = bytes;

    while (length) {
        size_t n = length < AT_ONCE ? length : AT_ONCE;

        memcpy(digest_room(d, n), from, n);
        d->kept += n;
        from += n;
        length -= n;
    }
}

void digest_text(struct digest *d, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    digest_u64(d, s ? n : UINT64_MAX);
    digest_bytes(d, s, n);
}

static uint64_t avalanche(uint64_t h)
{
    h = (h ^ h >> 33) * P2;
    h = (h ^ h >> 29) * P3;
    return h ^ h >> 32;
}

uint64_t digest_value(const struct digest *d)
{
    struct digest all = *d; /* what waits is hashed here, and goes on waiting there */
    const unsigned char *p = all.rest;
    size_t n;
    uint64_t h = P5;

    digest_hash(&all);
    n = all.kept;
    if (all.bytes) {
        h = rotl(all.lane[0], 1) + rotl(all.lane[1], 7) + rotl(all.lane[2], 12) +
            rotl(all.lane[3], 18);
        for (unsigned i = 0; i < 4; i++)
            h = (h ^ mix(0, all.lane[i])) * P1 + P4;
    }
    h += all.bytes + n;
    for (; n >= 8; p += 8, n -= 8)
        h = rotl(h ^ mix(0, le8(p)), 27) * P1 + P4;
    if (n >= 4) {
        h = rotl(h ^ le(p, 4) * P1, 23) * P2 + P3;
        p += 4;
        n -= 4;
    }
    for (; n; p++, n--)
        h = rotl(h ^ *p * P5, 11) * P1;
    return avalanche(h);
}
