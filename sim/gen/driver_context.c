/* SPDX-License-Identifier: MIT */
/* Domains of a correct driver, and which device is in which. */
#include "gen/driver.h"
#include "vtd_tables.h"

#define PASS_DID 1u /* Linux gives the first to the identity domain */

int driver_new_domain(struct driver *d)
{
    for (int i = 0; i < (int)DRIVER_DOMAINS; i++) {
        struct driver_domain *new = &d->domain[i];

        if (new->live)
            continue;
        new->live = true;
        new->did = (uint16_t)(i + 2);
        new->levels = d->levels;
        new->lowest = UINT64_C(1) << 32;
        new->waits = 0;
        for (unsigned k = 0; k < DRIVER_ORDERS; k++)
            new->spare[k].n = 0;
        new->top = driver_take_page(d, i);
        if (new->top != DRIVER_NONE)
            return i;
        new->live = false;
        break;
    }
    return DRIVER_NONE;
}

void driver_end_domain(struct driver *d, int domain)
{
    d->domain[domain].live = false;
    driver_free_pages(d, domain);
}

unsigned driver_users(const struct driver *d, int domain)
{
    unsigned n = 0;

    for (unsigned i = 0; i < d->devices; i++)
        n += d->at[i] == domain;
    return n;
}

static uint16_t did_of(const struct driver *d, int domain)
{
    return domain == DRIVER_PASS ? PASS_DID : d->domain[domain].did;
}

static int table_of(const struct driver *d, unsigned dev)
{
    unsigned i = 0;

    while (d->bus[i] != d->sid[dev] >> 8)
        i++;
    return d->context[i];
}

static void words(const struct driver *d, int domain, uint64_t w[2])
{
    unsigned type = domain == DRIVER_PASS ? TT_PASS_THROUGH
                    : d->ats              ? TT_DEV_IOTLB
                                          : TT_MULTI_LEVEL;

    w[0] = (domain == DRIVER_PASS ? 0 : driver_page_at(d->domain[domain].top)) |
           (uint64_t)type << 2 | ENTRY_P;
    w[1] =
        (uint64_t)did_of(d, domain) << 8 |
        ((domain == DRIVER_PASS ? d->unit_levels : d->levels) - 2); /* 9.3: pass-through, widest */
}

/* The context cache, then the IOTLB of that domain. */
static void flush_context(struct driver *d, unsigned dev, uint16_t context_did, uint16_t iotlb_did)
{
    driver_submit(d, UINT64_C(0x31) | (uint64_t)context_did << 16 | (uint64_t)d->sid[dev] << 32, 0);
    driver_submit(d, UINT64_C(0xe2) | (uint64_t)iotlb_did << 16, 0);
}

static void flush_device(struct driver *d, unsigned dev)
{
    if (d->ats)
        driver_submit(d, UINT64_C(3) | (uint64_t)d->sid[dev] << 32, UINT64_C(0x7ffffffffffff001));
}

static void announce(struct driver *d, unsigned dev, int domain)
{
    if (d->caching_mode)
        flush_context(d, dev, 0, did_of(d, domain));
}

/* As Linux writes it: the half without the present bit first, that bit last. */
void driver_attach(struct driver *d, unsigned dev, int domain)
{
    int table = table_of(d, dev);
    unsigned at = (d->sid[dev] & 0xffu) * 2;
    uint64_t w[2];

    words(d, domain, w);
    driver_set(d, table, at + 1, w[1] & ~UINT64_C(7));
    driver_set(d, table, at + 1, w[1]);
    driver_set(d, table, at, w[0] & ~ENTRY_P);
    driver_set(d, table, at, w[0]);
    d->at[dev] = domain;
    announce(d, dev, domain);
}

void driver_detach(struct driver *d, unsigned dev)
{
    int table = table_of(d, dev), domain = d->at[dev];
    unsigned at = (d->sid[dev] & 0xffu) * 2;

    driver_set(d, table, at, d->word[table][at] & ~ENTRY_P);
    flush_context(d, dev, did_of(d, domain), did_of(d, domain));
    if (domain != DRIVER_PASS)
        flush_device(d, dev);
    driver_set(d, table, at, 0);
    driver_set(d, table, at + 1, 0);
    d->at[dev] = DRIVER_NONE;
}

void driver_move(struct driver *d, unsigned dev, int domain)
{
    int table = table_of(d, dev), from = d->at[dev];
    unsigned at = (d->sid[dev] & 0xffu) * 2;
    struct driver_step *s;
    uint64_t w[2];

    words(d, domain, w);
    d->word[table][at] = w[0];
    d->word[table][at + 1] = w[1];
    s = driver_push(d, REC_MEM);
    s->at = driver_page_at(table) + 8u * at;
    s->n = 2;
    s->val[0] = w[0];
    s->val[1] = w[1];
    flush_context(d, dev, did_of(d, from), did_of(d, from));
    if (from != DRIVER_PASS)
        flush_device(d, dev);
    d->at[dev] = domain;
}
