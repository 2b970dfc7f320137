/* SPDX-License-Identifier: MIT */
/* The data of a guest, and what devices do with it. */
#include "gen/driver.h"
#include "vtd_tables.h"

/* Below and above 4 GiB; tables and queues lie below both. */
static const struct {
    uint64_t first, end;
} data[2] = {{UINT64_C(0x10000000), UINT64_C(0x7f000000)},
             {UINT64_C(0x100000000), UINT64_C(0x180000000)}};

uint64_t driver_data(struct driver *d, uint64_t pages, uint64_t align)
{
    unsigned i = driver_one_in(d, 2);
    uint64_t bytes = align << 12, first = (data[i].first + bytes - 1) & ~(bytes - 1);
    uint64_t room;

    if (first + (pages << 12) > data[i].end) {
        i = 1;
        first = data[1].first;
    }
    room = (data[i].end - first - (pages << 12)) / bytes;
    return first + driver_below(d, room + 1) * bytes;
}

void driver_dma(struct driver *d, unsigned dev, uint64_t iova, uint64_t pages)
{
    static const uint32_t sizes[] = {4, 8, 64, 256, 1514, 4096};
    uint64_t at = iova + driver_below(d, pages) * 4096, gpa = at;
    uint32_t bytes = sizes[driver_below(d, sizeof(sizes) / sizeof(*sizes))];
    uint64_t off = driver_below(d, 4096 - bytes + 1);
    unsigned perm = SS_PERM;
    bool write = driver_one_in(d, 2);
    struct driver_step *s;

    if (d->at[dev] == DRIVER_NONE ||
        (d->at[dev] != DRIVER_PASS && !driver_lookup(d, d->at[dev], at, &gpa, &perm)))
        return;
    if (perm != SS_PERM)
        write = perm == 2;
    s = driver_push(d, REC_DMA);
    s->id = d->sid[dev];
    s->on = write;
    s->at = at + off;
    s->n = bytes;
    s->val[0] = gpa + off;
}
