/* SPDX-License-Identifier: MIT */
/* One call to VFIO's container: what a real QEMU asked, or what the model says it asks. */
#ifndef VTR_JUDGE_CALL_H
#define VTR_JUDGE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct call {
    bdf_t bdf;    /* whose device's container */
    unsigned nth; /* how many assigned ones this device had before, 0 to ... */
    bool unmap;
    bool reply; /* vhost: the end of a miss at `iova`, with its result */
    iova_t iova;
    uint64_t bytes;
    bool gpa_known; /* map: the target lies in guest memory */
    gpa_t gpa;
    enum perm perm; /* map: rights asked of the kernel */
    int result;     /* 0 or a negative errno */
};

struct call_list {
    struct call *calls;
    size_t count, room;
};

/** Append: 0 or -ENOMEM. */
int calls_add(struct call_list *l, struct call c);

/** Keep the room, drop the calls. */
void calls_clear(struct call_list *l);
void calls_free(struct call_list *l);

bool call_same(const struct call *a, const struct call *b);

/** `map 0x1000 0x1000 0x2000 rw result=0`, as in an `expect` record; NULL: `nothing`. */
void call_text(char *to, size_t room, const struct call *c);

#endif
