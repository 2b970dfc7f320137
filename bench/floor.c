/* SPDX-License-Identifier: MIT */
/* The machine's floor: what merely reading so many bytes costs here. */
#include <errno.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "bench/random.h"

#define READ_AT_ONCE (UINT64_C(64) << 20) /* a measurement reads as much, whatever the size */

static uint64_t sum(const uint64_t *words, size_t count)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;

    for (size_t i = 0; i + 4 <= count; i += 4) {
        a += words[i];
        b += words[i + 1];
        c += words[i + 2];
        d += words[i + 3];
    }
    return a + b + c + d;
}

#define LINE_WORDS 8u
#define LOOKS      (UINT64_C(1) << 19)

/* Make the lines of `words` one ring that goes to and fro at random. */
static void make_ring(uint64_t *words, uint64_t lines)
{
    uint64_t random = RANDOM_SEED;

    for (uint64_t i = 0; i < lines; i++)
        words[i * LINE_WORDS] = i;
    for (uint64_t i = lines - 1; i > 0; i--) { /* Sattolo: a single cycle */
        uint64_t other, held = words[i * LINE_WORDS];

        other = next_random(&random) % i;
        words[i * LINE_WORDS] = words[other * LINE_WORDS];
        words[other * LINE_WORDS] = held;
    }
}

/* Follow it. */
static double time_far(uint64_t *words, uint64_t lines, const struct meter *m, uint64_t *used)
{
    uint64_t at = 0, best = UINT64_MAX;

    make_ring(words, lines);
    for (unsigned run = 0; run < 3; run++) {
        uint64_t start = m->now_ns(), took;

        for (uint64_t i = 0; i < LOOKS; i++)
            at = words[at * LINE_WORDS];
        took = m->now_ns() - start;
        best = took < best ? took : best;
    }
    *used += at;
    return (double)best / (double)LOOKS;
}

/* As many lines at random, none of which waits for another. */
static double time_many(const uint64_t *words, uint64_t lines, const struct meter *m,
                        uint64_t *used)
{
    uint64_t random = RANDOM_SEED, best = UINT64_MAX;

    for (unsigned run = 0; run < 3; run++) {
        uint64_t start = m->now_ns(), took;

        for (uint64_t i = 0; i < LOOKS; i++)
            *used += words[(next_random(&random) >> 32) * lines / (UINT64_C(1) << 32) * LINE_WORDS];
        took = m->now_ns() - start;
        best = took < best ? took : best;
    }
    return (double)best / (double)LOOKS;
}

int floor_measure(struct machine_floor *f, const struct meter *m, uint64_t largest, struct err *e)
{
    uint64_t *words = malloc(largest);
    uint64_t used = 0;

    if (!words)
        return err_set(e, ENOMEM, "no memory to measure with");
    for (uint64_t i = 0; i < largest / 8; i++)
        words[i] = i;
    for (unsigned i = 0; i < FLOOR_SIZES; i++) {
        uint64_t bytes = largest >> (2 * (FLOOR_SIZES - 1 - i));
        uint64_t times = READ_AT_ONCE / bytes ? READ_AT_ONCE / bytes : 1, best = UINT64_MAX;

        for (unsigned run = 0; run < 3; run++) {
            uint64_t start = m->now_ns(), took;

            for (uint64_t t = 0; t < times; t++)
                used += sum(words, bytes / 8);
            took = m->now_ns() - start;
            best = took < best ? took : best;
        }
        f->at[i].bytes = bytes;
        f->at[i].bytes_per_ns = (double)(bytes * times) / (double)(best ? best : 1);
    }
    f->far_ns = time_far(words, largest / 32 / LINE_WORDS, m, &used);
    f->many_ns = time_many(words, largest / 32 / LINE_WORDS, m, &used);
    free(words);
    return used == 1 ? err_set(e, EIO, "no sum of these words") : 0; /* so that they are read */
}

double floor_ns(const struct machine_floor *f, uint64_t bytes)
{
    unsigned i = 0;

    while (i + 1 < FLOOR_SIZES && f->at[i].bytes < bytes)
        i++;
    return (double)bytes / f->at[i].bytes_per_ns;
}
