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

#include "checks/checks.h"
#include "observe.h"
#include "report/counts.h"

/** A running XXH64. What is not hashed yet are the last bytes % 32 bytes: words, and a part of one.
 */
struct digest {
    uint64_t lane[4];
    uint64_t bytes;
    uint64_t rest[4]; /* the words */
    uint64_t part;    /* the last bytes % 8 bytes, the first of them lowest */
};

void digest_init(struct digest *d);
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
