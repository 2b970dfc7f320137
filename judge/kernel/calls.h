/* SPDX-License-Identifier: MIT */
/* The host's side of the kernel as judge: lists drawn from a seed, and results compared. */
#ifndef VTR_JUDGE_CALLS_H
#define VTR_JUDGE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../vfio/type1v2.h"
#include "consumers/type1.h"
#include "listed.h"

/** Write a list with `calls` map and unmap calls to `to`. The same seed, the same list. */
void draw_list(FILE *to, uint64_t seed, uint64_t calls);

/** What is expected of one call. */
struct answer {
    bool known; /* false: no rule of ours covers it */
    int result;
    uint64_t bytes; /* unmap, with result 0: what went */
};

/** A container in both of our models. */
struct modelled {
    bool open, typed;
    unsigned groups;
    struct type1v2 preloaded; /* judge/vfio */
    struct type1 replayed;    /* sim/consumers */
};

struct models {
    struct modelled containers[CONTAINERS_MAX];
};

/**
 * One call to both models. *preloaded is what judge/vfio says, *replayed what replay's type1 does
 * (known only for map and unmap that it can be asked for).
 */
void models_answer(struct models *m, const struct listed *l, struct answer *preloaded,
                   struct answer *replayed);
void models_clear(struct models *m);

/** Leave out a rule of the models' answers, to see that this is noticed. False: no such rule. */
bool break_rule(const char *rule, const struct listed *l, struct answer *a);
extern const char break_rules[];

/** Compare the kernel's results with both models: 0 the same, 1 different, 2 unusable. `rule`: to
 * be broken, or NULL. Prints the first difference, or the sums. */
int compare_files(const char *list, const char *results, const char *rule);

/** Write what judge/vfio says in the form in which the guest writes its results: 0 or 2. */
int answer_file(const char *list, FILE *to);

#endif
