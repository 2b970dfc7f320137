/* SPDX-License-Identifier: MIT */
#include "consumers/type1.h"

void type1_save(const struct type1 *t, struct state_out *o)
{
    state_put(o, t->limit, 8);
    state_put(o, t->aperture_last, 8);
    state_put_bool(o, t->v1);
    rangemap_save(&t->maps, o);
}

void type1_load(struct type1 *t, struct state_in *i)
{
    t->limit = state_take(i, 8);
    t->aperture_last = state_take(i, 8);
    t->v1 = state_take_bool(i);
    rangemap_load(&t->maps, i);
}
