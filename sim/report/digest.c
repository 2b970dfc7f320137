/* SPDX-License-Identifier: MIT */
#include "report/digest.h"

#include <string.h>

#define P1 UINT64_C(0x9e3779b185ebca87)
#define P2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define P3 UINT64_C(0x165667b19e3779f9)
#define P4 UINT64_C(0x85ebca77c2b2ae63)
#define P5 UINT64_C(0x27d4eb2f165667c5)

static uint64_t rotl(uint64_t v, unsigned by)
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
static uint64_t le8(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

static inline uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotl(lane + word * P2, 31) * P1;
}

/* One more whole word. */
static inline void word(struct digest *d, size_t at, uint64_t v)
{
    if (at < 3) {
        d->rest[at] = v;
        return;
    }
    d->lane[0] = mix(d->lane[0], d->rest[0]);
    d->lane[1] = mix(d->lane[1], d->rest[1]);
    d->lane[2] = mix(d->lane[2], d->rest[2]);
    d->lane[3] = mix(d->lane[3], v);
}

void digest_init(struct digest *d)
{
    *d = (struct digest){.lane = {P1 + P2, P2, 0, UINT64_C(0) - P1}};
}

void digest_u64(struct digest *d, uint64_t v)
{
    unsigned have = 8 * (d->bytes % 8); /* bits */
    size_t at = d->bytes / 8 % 4;

    d->bytes += 8;
    if (!have) {
        word(d, at, v);
        return;
    }
    word(d, at, d->part | v << have);
    d->part = v >> (64 - have);
}

void digest_words(struct digest *d, const uint64_t *words, size_t count)
{
    unsigned have = 8 * (d->bytes % 8);
    size_t at = d->bytes / 8 % 4;
    uint64_t part = d->part;

    for (size_t i = 0; i < count; i++, at = (at + 1) % 4) {
        uint64_t v = words[i];

        if (have) {
            word(d, at, part | v << have);
            part = v >> (64 - have);
        } else {
            word(d, at, v);
        }
    }
    d->part = part;
    d->bytes += 8 * count;
}

/* Fewer than eight bytes; the rest of `v` is zero. */
static void some(struct digest *d, uint64_t v, size_t bytes)
{
    unsigned have = 8 * (d->bytes % 8);
    size_t at = d->bytes / 8 % 4;

    d->part = have ? d->part | v << have : v;
    d->bytes += bytes;
    if (have + 8 * bytes < 64)
        return;
    word(d, at, d->part);
    d->part = have ? v >> (64 - have) : 0;
}

void digest_bytes(struct digest *d, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;

    for (; length >= 8; p += 8, length -= 8)
        digest_u64(d, le8(p));
    if (length)
        some(d, le(p, length), length);
}

void digest_text(struct digest *d, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    digest_u64(d, s ? n : UINT64_MAX);
    if (n)
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
    size_t n = d->bytes % 8;
    uint64_t h = P5, part = d->part;

    if (d->bytes >= 32) {
        h = rotl(d->lane[0], 1) + rotl(d->lane[1], 7) + rotl(d->lane[2], 12) + rotl(d->lane[3], 18);
        for (unsigned i = 0; i < 4; i++)
            h = (h ^ mix(0, d->lane[i])) * P1 + P4;
    }
    h += d->bytes;
    for (size_t i = 0; i < d->bytes / 8 % 4; i++)
        h = rotl(h ^ mix(0, d->rest[i]), 27) * P1 + P4;
    if (n >= 4) {
        h = rotl(h ^ (part & UINT32_MAX) * P1, 23) * P2 + P3;
        part >>= 32;
        n -= 4;
    }
    for (; n; part >>= 8, n--)
        h = rotl(h ^ (part & 0xff) * P5, 11) * P1;
    return avalanche(h);
}
