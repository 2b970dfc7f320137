/* SPDX-License-Identifier: MIT */
/* The profiles v3, v6 and v7 under a test's hand. Test number _i is for profile seeds[_i]. */
#ifndef VTR_TESTS_SEEDS_RIG_H
#define VTR_TESTS_SEEDS_RIG_H

#include <string.h>

#include "map.h"
#include "pieces.h"
#include "rig.h"
#include "suite.h"

#define G           UINT64_C(0x700000)
#define ALL_39      "p UNMAP 0x0+0x8000000000 0\n"
#define PAGE        "p MAP 0x1000+0x1000 0x700000 rw 0\n"
#define LARGE       "p MAP 0x200000+0x200000 0x80000000 r 0\n"
#define EXPECT(...) ck_assert_str_eq(rig_notes(r), "" __VA_ARGS__)

static const char *const seeds[] = {"v3", "v6", "v7"};
#define V7 2

static inline struct attach_rec probe(const char *name, uint32_t flags, uint64_t first,
                                      uint64_t last)
{
    struct attach_rec a = {.kind = CONSUMER_PROBE,
                           .bdf = RIG_DEV,
                           .has_flags = true,
                           .flags = flags,
                           .has_range = true,
                           .range = {{first}, {last}}};

    strcpy(a.name, name);
    return a;
}

/* Translating, nothing mapped, nobody attached. */
static inline struct rig *empty(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = seeds[profile], .attach = ""});

    rig_device(r, RIG_DEV);
    rig_bring_up(r);
    rig_detach(r, "vfio@00:02.0"); /* joined by default */
    (void)rig_notes(r);
    r->registrations[0] = 0;
    return r;
}

/* One probe for all, and two leaves that it was told. */
static inline struct rig *mapped(int profile)
{
    struct rig *r = rig_new(&(struct rig_setup){.profile = seeds[profile]});

    rig_bring_up(r);
    map(r, 0x1000, 1, G | 3);
    map(r, 0x200000, 2, 0x80000081);
    rig_psi(r, 5, 0x1000, 0);
    rig_psi(r, 5, 0x200000, 0);
    EXPECT(PAGE LARGE);
    return r;
}

#endif
