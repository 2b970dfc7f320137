/* SPDX-License-Identifier: MIT */
/* What a guest does, and how often. */
#include "gen/random_inside.h"

/* plain: the weight of a guest that is not wild; wild: the middle of what is drawn. Kept: never
 * drawn to be nothing. Rare: nothing in three of four seeds (they end QEMU, or much work). */
static const struct action {
    void (*act)(struct random_guest *);
    unsigned plain, wild;
    enum { DRAWN, KEPT, RARE } how;
} actions[] = {
    {random_change_entry, 400, 60, DRAWN},
    {random_change_spot, 0, 300, KEPT},
    {random_bad_entry, 0, 40, DRAWN},
    {random_fill_table, 0, 30, DRAWN},
    {random_odd_target, 0, 50, DRAWN},
    {random_split_or_join, 0, 80, DRAWN},
    {random_replace_table, 0, 40, DRAWN},
    {random_strange_table, 0, 40, RARE},
    {random_change_context, 50, 40, KEPT},
    {random_move_domain, 0, 40, DRAWN},
    {random_bad_context, 0, 30, DRAWN},
    {random_change_root, 5, 15, DRAWN},
    {random_invalidate, 300, 100, KEPT},
    {random_page_selective, 0, 150, KEPT},
    {random_window_edge, 0, 20, DRAWN},
    {random_device_tlb, 0, 80, DRAWN},
    {random_interrupt_entry, 0, 10, DRAWN},
    {random_batch, 0, 50, DRAWN},
    {random_wait, 5, 30, DRAWN},
    {random_bad_descriptor, 5, 20, DRAWN},
    {random_recover, 0, 5, DRAWN},
    {random_mend_queue, 0, 3, DRAWN},
    {random_bad_tail, 0, 5, RARE},
    {random_restart_queue, 0, 12, DRAWN},
    {random_run_queue, 0, 4, RARE},
    {random_by_register, 0, 35, DRAWN},
    {random_odd_register, 0, 10, DRAWN},
    {random_event_register, 0, 15, DRAWN},
    {random_half_register, 0, 10, DRAWN},
    {random_wide_register, 0, 4, RARE},
    {random_read_register, 0, 20, RARE},
    {random_switch, 5, 10, KEPT},
    {random_set_root, 10, 18, DRAWN},
    {random_odd_command, 0, 12, DRAWN},
    {random_reset, 1, 3, DRAWN},
    {random_access, 180, 150, KEPT},
    {random_many_accesses, 0, 20, DRAWN},
    {random_service_faults, 30, 40, KEPT},
};
#define ACTIONS (sizeof(actions) / sizeof(*actions))
_Static_assert(ACTIONS <= RANDOM_ACTIONS_MAX, "struct random_guest has no room for the weights");

static unsigned draw_weight(struct random_guest *g, const struct action *a)
{
    static const unsigned times[] = {0, 1, 4, 16}; /* quarters */
    unsigned i = (unsigned)random_below(g, 4);
    bool rare = random_one_in(g, 4);

    if (a->how == RARE)
        return rare ? a->wild : 0;
    if (a->how == KEPT && i == 0)
        i = 2;
    return a->wild * times[i] / 4;
}

void random_weights(struct random_guest *g)
{
    g->weights = 0;
    for (size_t i = 0; i < ACTIONS; i++) {
        g->weight[i] = g->wild ? draw_weight(g, &actions[i]) : actions[i].plain;
        g->weights += g->weight[i];
    }
}

/* What should not last: a stopped queue, translation off, a wrong root. */
static bool mend(struct random_guest *g)
{
    if (g->stuck && random_one_in(g, 6)) {
        random_recover(g);
        return true;
    }
    if (g->root_odd && random_one_in(g, 8)) {
        random_mend_root(g);
        return true;
    }
    if (!(g->gcmd & GCMD_TE) && random_one_in(g, 10)) {
        random_push_w32(g, REG_GCMD, g->gcmd |= GCMD_TE);
        return true;
    }
    return false;
}

void random_choose(struct random_guest *g)
{
    uint64_t dice;

    if (g->wild && mend(g))
        return;
    dice = random_below(g, g->weights);
    for (size_t i = 0; i < ACTIONS; i++) {
        if (dice < g->weight[i]) {
            actions[i].act(g);
            return;
        }
        dice -= g->weight[i];
    }
}
