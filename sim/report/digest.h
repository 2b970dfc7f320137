/* SPDX-License-Identifier: MIT */
/*
 * The digest: one 64-bit number over everything a replay showed that a user may rely on --
 * each event, what the model answered, each finding, each count -- and over nothing that depends on
 * the strategy (operations counted), on options that only show, or on wording.
 *
 * The hash is XXH64 with seed 0 (its published description), fed with little-endian words,
 * so that it is the same on every compiler and machine.
 */
#ifndef VTR_REPORT_DIGEST_H
#define VTR_REPORT_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "checks/checks.h"
#include "observe.h"
#include "report/counts.h"

/* A multiple of the 32 bytes that are hashed at a time. */
#define DIGEST_REST_BYTES 512u

/** A running XXH64. Of what was fed the last bytes wait until they are many: to put a word by is
 * cheap, and lanes are fast when they are not left. Only the functions below look inside. */
struct digest {
    uint64_t lane[4];
    uint64_t bytes; /* hashed so far: a multiple of 32 */
    size_t kept;    /* bytes that wait */
    unsigned char rest[DIGEST_REST_BYTES];
};

void digest_init(struct digest *d);

/** Hash what waits but for its last bytes % 32. */
void digest_hash(struct digest *d);

/**
 * Room for `bytes` more, at most DIGEST_REST_BYTES - 32: where they are to be written. What was
 * written counts from digest_wrote on; nothing else is fed meanwhile.
 */
static inline unsigned char *digest_room(struct digest *d, size_t bytes)
{
    if (d->kept + bytes > DIGEST_REST_BYTES)
        digest_hash(d);
    return d->rest + d->kept;
}

/** The room is written up to `end`. */
static inline void digest_wrote(struct digest *d, const unsigned char *end)
{
    d->kept = (size_t)(end - d->rest);
}

/** Write a word, least significant byte first; behind it. */
static inline unsigned char *digest_put(unsigned char *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(p, &v, 8);
#else
    for (unsigned i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> 8 * i);
#endif
    return p + 8;
}

void digest_bytes(struct digest *d, const void *bytes, size_t length);

/** Eight bytes, least significant first. */
void digest_u64(struct digest *d, uint64_t v);

/** As digest_u64 of each of the words in turn. */
void digest_words(struct digest *d, const uint64_t *words, size_t count);

/** Length, then the bytes of a string; NULL and "" differ. */
void digest_text(struct digest *d, const char *s);

/** The hash of all that was fed so far; more may follow. */
uint64_t digest_value(const struct digest *d);

/** A listener that feeds every event and every answer of the model. `d` stays the caller's. */
struct observer digest_observer(struct digest *d);

/** What is known at the end: findings (not their sentences), invariants and counts. */
void digest_finish(struct digest *d, const struct checks *c, const struct counts *n);

#endif
