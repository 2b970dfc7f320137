/* SPDX-License-Identifier: MIT */
/* The bytes of an input, one choice after the other. When they are used up every choice is 0. */
#ifndef VTR_FUZZ_CHOICES_H
#define VTR_FUZZ_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t choice8(struct choices *c)
{
    if (!c->left)
        return 0;
    c->left--;
    return *c->at++;
}

/** A number of `bytes` bytes, 1 to 8, the lowest first. */
static inline uint64_t choice(struct choices *c, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned n = 0; n < bytes; n++)
        v |= (uint64_t)choice8(c) << 8 * n;
    return v;
}

/** Below n, which is 1 to 256: one byte. */
static inline unsigned choice_below(struct choices *c, unsigned n)
{
    return choice8(c) % n;
}

#endif
