/* SPDX-License-Identifier: MIT */
/* A quirk is one field of a policy changed. */
#include "policy.h"
#include "policy_fields.h"
#include "policy_table.h"

#include <errno.h>
#include <string.h>

static void dup_map(struct policy *p)
{
    p->tells_unchanged = true;
}

static void skip_pde(struct policy *p)
{
    p->skips_nonleaf_holes = true;
}

static void bare_map(struct policy *p)
{
    p->inplace_bare_map = true;
}

static void whole_event(struct policy *p)
{
    p->straddle = STRADDLE_WHOLE;
}

static void all_kinds(struct policy *p)
{
    p->kinds_ignored = true;
}

static void te_off(struct policy *p)
{
    p->te_off_keeps_region = true;
}

/* Of its time are both: the key was all that was compared. */
static void sid8(struct policy *p)
{
    p->iotlb_sid_mask = 0xff;
    p->iotlb_by_context = false;
}

static void large_stays(struct policy *p)
{
    p->iotlb_keeps_large = true;
}

static void unregister(struct policy *p)
{
    p->leaves_stay_linked = true;
}

static void replay_unmaps(struct policy *p)
{
    p->replay = REPLAY_UNMAP_FIRST;
}

static void unmap_only_deaf(struct policy *p)
{
    p->sync_unmap_only = SYNC_UNMAP_ONLY_WALKS;
}

static void any_domain(struct policy *p)
{
    p->domain_ignored = true;
}

static void keep_rights(struct policy *p)
{
    p->unmap_keeps_rights = true;
}

static void flags_always(struct policy *p)
{
    p->flags_told_always = true;
}

static void add_first(struct policy *p)
{
    p->add_before_delete = true;
}

static void restore_layout(struct policy *p)
{
    p->restore_forgets_regions = true;
}

static void ats_ignored(struct policy *p)
{
    p->vhost_ats_ignored = true;
}

static void old_misses(struct policy *p)
{
    p->misses_outlive_stop = true;
}

static void keep_entries(struct policy *p)
{
    p->entries_kept = true;
}

static void pages_drop_all(struct policy *p)
{
    p->iotlb_pages_all = true;
}

static void pins_ignored(struct policy *p)
{
    p->unmap_ignores_pins = true;
}

static void no_dma_unmap(struct policy *p)
{
    p->core_takes_no_dma_unmap = true;
}

static void tests_register(struct policy *p)
{
    p->close_tests_register = true;
}

static void leaves_unlocked(struct policy *p)
{
    p->unregister_unlocked = true;
}

static void callback_locked(struct policy *p)
{
    p->callback_under_iommu_lock = true;
}

static void replay_gap(struct policy *p)
{
    p->inval_replays = true;
    p->replay = REPLAY_UNMAP_FIRST;
}

/* Of its time are both: what was rounded up was delivered uncut. */
static void whole_rounded(struct policy *p)
{
    p->unmap_whole = UNMAP_WHOLE_POW2;
    p->straddle = STRADDLE_WHOLE;
}

static void whole_short(struct policy *p)
{
    p->unmap_whole = UNMAP_WHOLE_SHORT;
}

static void absent_context(struct policy *p)
{
    p->context_absent_frozen = true;
}

static void devtlb_asserts(struct policy *p)
{
    p->devtlb_straddle_asserts = true;
}

static void late_misses(struct policy *p)
{
    p->vhost_late_miss_lost = true;
}

static void retries_kept(struct policy *p)
{
    p->retries_never_reset = true;
}

static void limit_kept(struct policy *p)
{
    p->limit_not_returned = true;
}

static const struct {
    struct quirk about;
    void (*apply)(struct policy *p);
} quirks[] = {
    {{"dup-map-no-tree", "nothing is remembered: unchanged entries are notified again", "M03"},
     dup_map},
    {{"psi-skip-pde", "an absent entry above the leaf level unmaps nothing", "M01"}, skip_pde},
    {{"inplace-bare-map", "an in-place change is notified as MAP alone", "seed 004"}, bare_map},
    {{"deliver-whole", "an event that straddles a notifier's border is delivered uncut", "M05"},
     whole_event},
    {{"kinds-ignored", "every notifier hears every kind of event", "M27"}, all_kinds},
    {{"te-off-no-switch", "translation off leaves devices and their mappings as they were", "M09"},
     te_off},
    {{"iotlb-key-sid8", "the IOTLB's key holds 8 bits of the source id", "M36"}, sid8},
    {{"iotlb-large-stays", "page-selective invalidation misses large IOTLB entries", "I14"},
     large_stays},
    {{"unregister-missing", "an unregistered notifier is still called", "M34"}, unregister},
    {{"replay-unmaps", "a replay unmaps the notifier's whole range first", "M11"}, replay_unmaps},
    {{"domain-ignored", "IOTLB invalidations of any domain reach every device", "I14"}, any_domain},
    {{"unmap-keeps-rights", "an UNMAP carries the rights of what it takes away",
      "what the assertion of museum 1.2 guards against"},
     keep_rights},
    {{"flags-told-always", "the unit is told at each registration, changed or not",
      "museum 1.1, d22d8956b1"},
     flags_always},
    {{"add-before-delete",
      "a switched device's new region is replayed before the old one is unmapped",
      "none known: the order that memory transactions exist to prevent"},
     add_first},
    {{"domain-global-inv-no-unmap", "UNMAP-only consumers miss domain and global invalidations",
      "M17"},
     unmap_only_deaf},
    {{"migration-region-layout",
      "after a restore devices stay untranslated until something switches them", "M55, 552a1e01a4"},
     restore_layout},
    {{"pending-miss-after-reboot", "vhost misses that wait outlive a stop and a reset", "M54"},
     old_misses},
    {{"ats-ignored", "vhost listens to device-TLB invalidations alone, ATS on or off", "M31"},
     ats_ignored},
    {{"entry-kept", "a probe acts on its entry one callback later, when it is dead", "M68"},
     keep_entries},
    {{"iotlb-pages-drop-all", "page-selective invalidation drops the whole IOTLB",
      "none known: what a register command may report and a queue cannot (vtd-facts 6)"},
     pages_drop_all},
    {{"unmap-ignores-pins", "type1 unmaps without a look at pinned pages", "none known: seed 002"},
     pins_ignored},
    {{"open-without-dma-unmap", "a device without dma_unmap is opened, and passed over by type1",
      "seed 002, review"},
     no_dma_unmap},
    {{"unregister-tests-register",
      "closing a device tests the hook for registering and calls the other, which the driver lacks",
      "M74, seed 002, review"},
     tests_register},
    {{"unregister-unlocked", "a device leaves type1's list without a lock",
      "none known: what seed 002's locks prevent"},
     leaves_unlocked},
    {{"callback-under-iommu-lock", "dma_unmap is called with the iommu lock held",
      "none known: what seed 002's comment warns of"},
     callback_locked},
    {{"dsi-replay-gap",
      "domain, global and context invalidations unmap everything, then map it again",
      "M02, 63b88968f1"},
     replay_gap},
    {{"unmap-whole-pow2-up",
      "all of a notifier is one UNMAP, rounded up to a power of two and delivered uncut",
      "M05, 9a4bb8391f"},
     whole_rounded},
    {{"unmap-whole-end-off-by-one", "all of a notifier is unmapped but for its last byte",
      "M06, d6d10793dc"},
     whole_short},
    {{"ce-absent", "an absent context entry unmaps nothing", "M08, c28b535d08"}, absent_context},
    {{"devtlb-range-assert",
      "a device-TLB invalidation beyond a notifier's range meets an assertion", "M25, 1804857f19"},
     devtlb_asserts},
    {{"miss-after-te-off",
      "a miss of a device that is no longer translated is looked up one to one, and is lost where "
      "no RAM is",
      "M53, unmerged 279cac06a9"},
     late_misses},
    {{"type1-unmap-retry",
      "the retries of one unmap are counted over all its mappings: BUG with pages still to ask for",
      "M74"},
     retries_kept},
    {{"limit-not-returned", "a map that fails keeps its place under the container's limit",
      "none known: museum I16"},
     limit_kept},
};

#define QUIRKS (sizeof(quirks) / sizeof(quirks[0]))

const struct quirk *policy_quirk(size_t index)
{
    return index < QUIRKS ? &quirks[index].about : NULL;
}

int policy_apply_quirk(struct policy *p, const char *name, struct err *e)
{
    if (strchr(name, '='))
        return policy_set(p, name, e);
    for (size_t i = 0; i < QUIRKS; i++) {
        if (strcmp(quirks[i].about.name, name) == 0) {
            quirks[i].apply(p);
            return 0;
        }
    }
    return err_set(e, ENOENT, "no quirk is called '%s'; --list-quirks prints them", name);
}
