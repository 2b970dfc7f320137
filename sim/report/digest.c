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

static uint64_t le(const unsigned char *p, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
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

static void put_le8(unsigned char *p, uint64_t v)
{
    p[0] = (unsigned char)v;
    p[1] = (unsigned char)(v >> 8);
    p[2] = (unsigned char)(v >> 16);
    p[3] = (unsigned char)(v >> 24);
    p[4] = (unsigned char)(v >> 32);
    p[5] = (unsigned char)(v >> 40);
    p[6] = (unsigned char)(v >> 48);
    p[7] = (unsigned char)(v >> 56);
}

static uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotl(lane + word * P2, 31) * P1;
}

static void stripe(struct digest *d, const unsigned char *p)
{
    d->lane[0] = mix(d->lane[0], le8(p));
    d->lane[1] = mix(d->lane[1], le8(p + 8));
    d->lane[2] = mix(d->lane[2], le8(p + 16));
    d->lane[3] = mix(d->lane[3], le8(p + 24));
}

void digest_init(struct digest *d)
{
    *d = (struct digest){.lane = {P1 + P2, P2, 0, UINT64_C(0) - P1}};
}

void digest_bytes(struct digest *d, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    size_t have = d->bytes % 32;

    d->bytes += length;
    if (have + length < 32) {
        memcpy(d->rest + have, p, length);
        return;
    }
    if (have) {
        memcpy(d->rest + have, p, 32 - have);
        stripe(d, d->rest);
        p += 32 - have;
        length -= 32 - have;
    }
    for (; length >= 32; p += 32, length -= 32)
        stripe(d, p);
    memcpy(d->rest, p, length);
}

void digest_u64(struct digest *d, uint64_t v)
{
    size_t have = d->bytes % 32;
    unsigned char b[8];

    put_le8(b, v);
    if (have % 8) {
        digest_bytes(d, b, sizeof(b));
        return;
    }
    memcpy(d->rest + have, b, sizeof(b)); /* the usual case: words alone */
    d->bytes += 8;
    if (have == 24)
        stripe(d, d->rest);
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
    const unsigned char *p = d->rest;
    size_t n = d->bytes % 32;
    uint64_t h = P5;

    if (d->bytes >= 32) {
        h = rotl(d->lane[0], 1) + rotl(d->lane[1], 7) + rotl(d->lane[2], 12) + rotl(d->lane[3], 18);
        for (unsigned i = 0; i < 4; i++)
            h = (h ^ mix(0, d->lane[i])) * P1 + P4;
    }
    h += d->bytes;
    for (; n >= 8; p += 8, n -= 8)
        h = rotl(h ^ mix(0, le(p, 8)), 27) * P1 + P4;
    for (; n >= 4; p += 4, n -= 4)
        h = rotl(h ^ le(p, 4) * P1, 23) * P2 + P3;
    for (; n; p++, n--)
        h = rotl(h ^ *p * P5, 11) * P1;
    return avalanche(h);
}
