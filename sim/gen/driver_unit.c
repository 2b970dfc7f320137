/* SPDX-License-Identifier: MIT */
/* The unit in a correct driver's hands: boot, the queue, commands, and a kernel that takes over. */
#include "gen/driver.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define QUEUE_OFF  UINT64_C(0x800000) /* of a kernel's region */
#define STATUS_OFF UINT64_C(0x801000)
#define IRTE_OFF   UINT64_C(0x900000)
#define SLOTS      256u
#define RTPS       UINT32_C(0x40000000)
#define IRTPS      UINT32_C(0x01000000)

static void put(struct driver *d, uint64_t lo, uint64_t hi)
{
    struct driver_step *s = driver_push(d, REC_MEM);

    s->at = driver_region(d) + QUEUE_OFF + d->tail * 16u;
    s->n = 2;
    s->val[0] = lo;
    s->val[1] = hi;
    d->tail = (d->tail + 1) % SLOTS;
}

void driver_submit(struct driver *d, uint64_t lo, uint64_t hi)
{
    unsigned slot;

    put(d, lo, hi);
    slot = d->tail;
    put(d, UINT64_C(0x200000025), driver_region(d) + STATUS_OFF + slot * 4u);
    driver_at(d);
    driver_w32(d, REG_IQT, d->tail * 16);
}

/* One change, then look until it is done. */
static void command(struct driver *d, uint32_t levels, uint32_t one_shot)
{
    d->gcmd = levels;
    driver_at(d);
    driver_w32(d, REG_GCMD, levels | one_shot);
    d->gsts = levels | one_shot | (d->gsts & (RTPS | IRTPS));
    driver_r32(d, REG_GSTS, d->gsts);
}

static void queue_on(struct driver *d)
{
    driver_w32(d, REG_IQT, 0);
    d->tail = 0;
    driver_at(d);
    driver_w64(d, REG_IQA, driver_region(d) + QUEUE_OFF);
    command(d, d->gcmd | GCMD_QIE, 0);
}

static void interrupt_table(struct driver *d)
{
    if (!d->intremap)
        return;
    driver_w64(d, REG_IRTA, (driver_region(d) + IRTE_OFF) | 0xf);
    command(d, d->gcmd, GCMD_SIRTP);
    driver_submit(d, 4, 0);
    if (!(d->gcmd & GCMD_IRE))
        command(d, d->gcmd | GCMD_IRE, 0);
}

static void root_table(struct driver *d)
{
    driver_at(d);
    driver_w64(d, REG_RTADDR, driver_page_at(d->root));
    command(d, d->gcmd, GCMD_SRTP);
    driver_submit(d, 0x11, 0);
    driver_submit(d, 0xd2, 0);
}

void driver_interrupt(struct driver *d)
{
    uint64_t entry = driver_below(d, 64);

    if (!d->intremap)
        return;
    driver_store(d, driver_region(d) + IRTE_OFF + entry * 16, driver_below(d, 256) << 16 | 1);
    driver_submit(d, UINT64_C(0x14) | entry << 32, 0);
}

static void find_buses(struct driver *d)
{
    for (unsigned i = 0; i < d->devices; i++) {
        uint8_t bus = (uint8_t)(d->sid[i] >> 8);
        unsigned k = 0;

        while (k < d->buses && d->bus[k] != bus)
            k++;
        if (k == d->buses && k < DRIVER_BUSES)
            d->bus[d->buses++] = bus;
    }
}

static void context_tables(struct driver *d)
{
    for (unsigned i = 0; i < d->buses; i++) {
        d->context[i] = driver_take_page(d, DRIVER_PASS);
        driver_set(d, d->root, d->bus[i] * 2u, driver_page_at(d->context[i]) | ENTRY_P);
    }
}

void driver_boot(struct driver *d)
{
    d->now = 1000000000;
    find_buses(d);
    driver_r32(d, REG_GSTS, 0);
    queue_on(d);
    interrupt_table(d);
    d->root = driver_take_page(d, DRIVER_PASS);
    context_tables(d);
    root_table(d);
    command(d, d->gcmd | GCMD_TE, 0);
}

/* Queue and tables of the other kernel's memory are left alone; what the kernel before that one had
 * is used again. */
void driver_kexec(struct driver *d)
{
    int old[DRIVER_BUSES], first = (int)((d->kernel + 1) % 2 * (DRIVER_POOL / 2));

    for (unsigned i = 0; i < d->buses; i++)
        old[i] = d->context[i];
    driver_wait_ns(d, 2000000000);
    command(d, d->gcmd & ~GCMD_QIE, 0);
    d->kernel++;
    d->next_page = 0;
    for (int i = first; i < first + (int)(DRIVER_POOL / 2); i++)
        if (d->owner[i] == DRIVER_PASS + 1)
            d->owner[i] = 0;
    queue_on(d);
    d->root = driver_take_page(d, DRIVER_PASS);
    context_tables(d);
    for (unsigned i = 0; i < d->buses; i++)
        for (unsigned k = 0; k < 512; k++)
            if (d->word[old[i]][k])
                driver_set(d, d->context[i], k, d->word[old[i]][k]);
    root_table(d);
    interrupt_table(d);
}
