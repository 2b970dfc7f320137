/* SPDX-License-Identifier: MIT */
/* Records of a correct driver, as they are made. */
#include "gen/dice.h"
#include "gen/driver.h"

uint64_t driver_below(struct driver *d, uint64_t n)
{
    return gen_below(&d->dice, n);
}

bool driver_one_in(struct driver *d, unsigned n)
{
    return gen_one_in(&d->dice, n);
}

struct driver_step *driver_push(struct driver *d, enum rec_kind kind)
{
    struct driver_step *s;

    if (d->steps == DRIVER_STEPS) {
        d->full = true;
        d->steps--;
    }
    s = &d->step[d->steps++];
    *s = (struct driver_step){.kind = (uint8_t)kind};
    return s;
}

void driver_store(struct driver *d, uint64_t at, uint64_t val)
{
    struct driver_step *s = driver_push(d, REC_MEM);

    s->at = at;
    s->n = 1;
    s->val[0] = val;
}

static void reg(struct driver *d, enum rec_kind kind, unsigned off, uint64_t val)
{
    struct driver_step *s = driver_push(d, kind);

    s->id = (uint16_t)off;
    s->val[0] = val;
}

void driver_w32(struct driver *d, unsigned off, uint32_t val)
{
    reg(d, REC_W32, off, val);
}

void driver_w64(struct driver *d, unsigned off, uint64_t val)
{
    reg(d, REC_W64, off, val);
}

void driver_r32(struct driver *d, unsigned off, uint32_t val)
{
    reg(d, REC_R32, off, val);
}

void driver_wait_ns(struct driver *d, uint64_t ns)
{
    d->now += ns;
}

void driver_at(struct driver *d)
{
    d->now += 40 + driver_below(d, 400);
    driver_push(d, REC_AT)->at = d->now;
}
