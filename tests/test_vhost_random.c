/* SPDX-License-Identifier: MIT */
/* Guests that do anything, with vhosts of each backend: as architected no promise breaks, and no
 * profile crashes. */
#include "vhost_rig.h"

#define PAGES 12u
#define LARGE UINT64_C(0x200000)

static uint64_t some_page(uint64_t *seed)
{
    uint64_t n = rig_random(seed) % (PAGES + 4);

    return n < PAGES ? 0x1000 * n : LARGE + 0x1000 * (n - PAGES) * 0x55;
}

static void store(struct vrig *v, uint64_t *seed)
{
    uint64_t at = some_page(seed), target = 0x2000000 + rig_random(seed) % 8 * 0x200000;
    uint64_t rights = rig_random(seed) % 4;

    if (rig_random(seed) % 16 == 0)
        target = UINT64_C(0xfee00000); /* into the window */
    if (at >= LARGE && rig_random(seed) % 2)
        rig_map(&v->rig, RIG_TOP, 3, at, 2, target | 0x80 | rights);
    else
        rig_map(&v->rig, RIG_TOP, 3, at, 1, (target + 0x3000) | rights);
}

static void invalidate(struct vrig *v, uint64_t *seed)
{
    switch (rig_random(seed) % 8) {
    case 0: rig_dsi(&v->rig, 5); break;
    case 1: rig_iotlb_global(&v->rig); break;
    case 2: rig_cc_global(&v->rig); break;
    case 3: devtlb(v, 0, true); break;
    case 4: rig_psi(&v->rig, 5, 0, 9); break;
    case 5: rig_psi(&v->rig, 5, LARGE, 9); break;
    default: {
        uint64_t at = some_page(seed);

        rig_psi(&v->rig, 5, at, 0);
        if (rig_random(seed) % 2)
            devtlb(v, at, false);
    }
    }
}

/* A context entry that passes through, or the old one; with and without the invalidation. */
static void context(struct vrig *v, uint64_t *seed)
{
    bool pass = rig_random(seed) % 2;

    rig_mem2(&v->rig, RIG_CTX + RIG_DEV.v * 16u, RIG_TOP | 1 | (pass ? 2 << 2 : 0), 0x501);
    if (rig_random(seed) % 4)
        rig_cc_device(&v->rig, 5, RIG_DEV);
}

static void rare(struct vrig *v, uint64_t *seed)
{
    static const char *const names[] = {"v", "w"};
    const char *name = names[rig_random(seed) % 2];

    switch (rig_random(seed) % 8) {
    case 0: ats_rec(v, rig_random(seed) % 2); break;
    case 1: te(v, rig_random(seed) % 4); break;
    case 2: named_rec(v, REC_STOP, name); break;
    case 3:
    case 4: named_rec(v, REC_START, name); break;
    case 5: context(v, seed); break;
    case 6:
        if (rig_random(seed) % 8 == 0) {
            rig_reset(&v->rig);
            rig_bring_up(&v->rig);
        }
        break;
    default: fail_rec(v, name, (enum fail_op)(rig_random(seed) % 3), 12);
    }
}

START_TEST(anything)
{
    static const enum vhost_backend backends[] = {BACKEND_KERNEL, BACKEND_USER, BACKEND_VDPA,
                                                  BACKEND_IOMMUFD};
    const char *profile = rig_profiles[_i % RIG_PROFILES];
    enum vhost_backend b = backends[_i / RIG_PROFILES % 4];
    bool ideal = strcmp(profile, "ideal") == 0,
         on_demand = b == BACKEND_KERNEL || b == BACKEND_USER;
    uint64_t seed = 1000 + (unsigned)_i;
    struct vrig *v = vrig_new(
        &(struct vrig_setup){.profile = profile, .device_iotlb = _i % 2, .ats = _i % 4 == 1});

    attach_vhost(v, "v", b, on_demand ? 6 : 0);
    attach_vhost(v, "w", BACKEND_USER, 0);
    bring_up(v);
    for (unsigned step = 0; step < 1500 && v->rig.result >= 0 && !v->rig.abort_why; step++) {
        unsigned what = (unsigned)(rig_random(&seed) % 32);

        if (what < 8)
            store(v, &seed);
        else if (what < 16)
            invalidate(v, &seed);
        else if (what < 28)
            access_at(v, some_page(&seed), (enum dma_access)(rig_random(&seed) % 3));
        else if (what < 30)
            miss_rec(v, on_demand && what == 28 ? "v" : "w", some_page(&seed), what == 29);
        else
            rare(v, &seed);
        seen(v);
    }
    if (ideal)
        for (size_t i = 0; i < checks_findings(v->checks); i++) {
            const struct finding *f = checks_finding(v->checks, i);

            ck_assert_msg(f->inv->severity != SEV_VIOLATION, "%d: %s at %llu: %s", _i, f->inv->id,
                          (unsigned long long)f->record, f->text);
        }
    vrig_free(v);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{anything, 240}};

    return run_tests("vhost_random", rows, COUNT(rows));
}
