/* SPDX-License-Identifier: MIT */
/*
 * A trace's last devices become others, with a vhost each: what the guest does with the old ones it
 * does with the new ones, and between its records the vhosts miss, access, stop, start and switch
 * their ATS. It works on records, whatever guest made them.
 */
#ifndef VTR_GEN_RANDOM_VHOST_H
#define VTR_GEN_RANDOM_VHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "trace/header.h"
#include "trace/record.h"

#define RANDOM_VHOSTS_MAX 3
#define RANDOM_VHOST_SEEN 16
#define RANDOM_VHOST_WAIT 8

struct random_vhost {
    uint64_t dice;
    bdf_t old[RANDOM_VHOSTS_MAX], at[RANDOM_VHOSTS_MAX];
    char name[RANDOM_VHOSTS_MAX][NAME_BYTES];
    bool stopped[RANDOM_VHOSTS_MAX], ats[RANDOM_VHOSTS_MAX];
    unsigned count;
    bool device_iotlb;                /* without one, ATS ends QEMU */
    uint64_t seen[RANDOM_VHOST_SEEN]; /* addresses that the guest spoke of, the last ones */
    unsigned seen_count;
    uint64_t contexts[4]; /* context tables of bus 0, the last ones */
    unsigned contexts_count;
    struct rec wait[RANDOM_VHOST_WAIT]; /* made, not handed out yet */
    uint64_t wait_words[RANDOM_VHOST_WAIT][2];
    struct attach_rec attach[RANDOM_VHOSTS_MAX];
    unsigned waits, next;
    uint64_t words[2]; /* of the guest's record, changed */
    struct rec changed;
};

/** Put vhosts `at` in place of the header's last devices (at most RANDOM_VHOSTS_MAX of them); the
 * unit gets a device IOTLB, or loses caching mode, by chance. 0, or -EINVAL with a sentence. */
int random_vhost_begin(struct random_vhost *v, struct trace_header *h, const bdf_t *at,
                       unsigned count, uint64_t seed, struct err *e);

/** A record of the vhosts' own that comes next, or NULL: then the guest's. Valid until the next
 * call. */
const struct rec *random_vhost_own(struct random_vhost *v);

/** The guest's record as it is now; likewise. */
const struct rec *random_vhost_change(struct random_vhost *v, const struct rec *r);

#endif
