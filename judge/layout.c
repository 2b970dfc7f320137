/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB       UINT64_C(0x40000000)
#define MIB       UINT64_C(0x100000)
#define FOUR_GIB  (4 * GIB)
#define LOW_MAX   (UINT64_C(0xb0000000)) /* q35: PCI's configuration window begins there */
#define HIGH_MAX  (64 * GIB)
#define PAM_FIRST UINT64_C(0xc0000)
#define PAM_BYTES UINT64_C(0x4000)
#define PAM_RW    3u
#define PAM_R     1u

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static bool rom_at(const struct trace_header *h, uint64_t at)
{
    for (size_t i = 0; i < h->rams; i++)
        if (at >= h->ram[i].gpa.v && at - h->ram[i].gpa.v < h->ram[i].bytes)
            return h->ram[i].rom;
    return true;
}

/*
 * The firmware's area as it is at reset: real ROM. What firmware sets up later are aliases of RAM
 * that are read-only to the guest alone: a device that the tables let write there may write.
 */
static bool as_at_reset(const struct trace_header *h, uint32_t bios_bytes)
{
    return bios_bytes == 0x10000 && rom_at(h, 0xc0000) && rom_at(h, 0xdffff) &&
           !rom_at(h, 0xe0000) && !rom_at(h, 0xeffff) && rom_at(h, 0xf0000);
}

/* The firmware's own ROM shows through at [0xf0000, 0x100000), and below it there is RAM. */
static bool firmware_shows(const struct trace_header *h, uint32_t bios_bytes)
{
    return bios_bytes == 0x10000 && rom_at(h, 0xf0000) && !rom_at(h, 0xe0000) &&
           !rom_at(h, 0xeffff);
}

/* Registers 0x90-0x96: the high half of the first is [0xf0000, 0x100000), then 16 KiB a half. */
static void choose_pam(const struct trace_header *h, uint32_t bios_bytes, uint8_t pam[7])
{
    memset(pam, 0, 7);
    if (!firmware_shows(h, bios_bytes))
        pam[0] = (rom_at(h, 0xf0000) ? PAM_R : PAM_RW) << 4;
    for (unsigned i = 0; i < 12; i++) {
        unsigned how = rom_at(h, PAM_FIRST + i * PAM_BYTES) ? PAM_R : PAM_RW;

        pam[1 + i / 2] |= (uint8_t)(how << (i % 2 ? 4 : 0));
    }
}

void layout_choose(const struct trace_header *h, struct machine_config *c)
{
    c->low_bytes = c->high_bytes = 0;
    memset(c->pam, 0, sizeof(c->pam));
    c->bios_bytes = 0x10000;
    for (size_t i = 0; i < h->rams; i++) {
        uint64_t first = h->ram[i].gpa.v, end = first + h->ram[i].bytes;

        if (h->ram[i].rom && end == FOUR_GIB && h->ram[i].bytes <= 16 * MIB)
            c->bios_bytes = (uint32_t)h->ram[i].bytes;
        else if (first < LOW_MAX && !h->ram[i].rom && min_u64(end, LOW_MAX) > c->low_bytes)
            c->low_bytes = min_u64(end, LOW_MAX);
        if (end > FOUR_GIB)
            c->high_bytes = min_u64(end - FOUR_GIB, HIGH_MAX);
    }
    if (h->rams == 0) {
        c->low_bytes = 2 * GIB;
        c->high_bytes = 2 * GIB;
    } else if (!as_at_reset(h, c->bios_bytes)) {
        choose_pam(h, c->bios_bytes, c->pam);
    }
    c->low_bytes = (c->low_bytes + MIB - 1) / MIB * MIB;
    c->low_bytes = c->low_bytes < 2 * MIB ? 2 * MIB : c->low_bytes;
    c->high_bytes = (c->high_bytes + MIB - 1) / MIB * MIB;
}

/* One line of the log. */
struct line {
    bool unmap;
    unsigned group;
    uint64_t iova, bytes, address;
    unsigned flags;
    int result;
};

/* Reads one line and steps on: 1, 0 at the end, -1 when it is none of ours. */
static int next_line(const char **at, struct line *l)
{
    int used = 0, rc = 1;

    if (!**at)
        return 0;
    memset(l, 0, sizeof(*l));
    if (sscanf(*at, "map %u %" SCNx64 " %" SCNx64 " %" SCNx64 " %u %d\n%n", &l->group, &l->iova,
               &l->bytes, &l->address, &l->flags, &l->result, &used) != 6) {
        l->unmap = true;
        if (sscanf(*at, "unmap %u %" SCNx64 " %" SCNx64 " %" SCNx64 " %u %d\n%n", &l->group,
                   &l->iova, &l->bytes, &l->address, &l->flags, &l->result, &used) != 6)
            rc = -1;
    }
    if (rc < 0) {
        const char *end = strchr(*at, '\n');

        used = end ? (int)(end - *at) + 1 : (int)strlen(*at);
    }
    *at += used;
    return rc;
}

static void drop_piece(struct layout *l, uint64_t first, uint64_t bytes)
{
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++)
        if (l->pieces[i].gpa < first || l->pieces[i].gpa - first >= bytes)
            l->pieces[kept++] = l->pieces[i];
    l->count = kept;
}

static void add_piece(struct layout *l, struct piece p)
{
    size_t at = l->count;

    if (l->count == PIECES_MAX)
        return;
    while (at > 0 && l->pieces[at - 1].gpa > p.gpa) {
        l->pieces[at] = l->pieces[at - 1];
        at--;
    }
    l->pieces[at] = p;
    l->count++;
}

void layout_learn(struct layout *l, const char *log, unsigned group)
{
    struct line x;
    int rc;

    l->count = 0;
    while ((rc = next_line(&log, &x))) {
        if (rc < 0 || x.result || x.group != group)
            continue;
        if (x.unmap)
            drop_piece(l, x.iova, x.bytes);
        else
            add_piece(l, (struct piece){x.iova, x.bytes, x.address, !(x.flags & 2)});
    }
}

void layout_unsaid(struct layout *l)
{
    static const struct piece pieces[] = {
        {0x0, 0xc0000, 0, false},       {0xc0000, 0x20000, 0, true},
        {0xe0000, 0x10000, 0, false},   {0xf0000, 0x10000, 0, true},
        {MIB, 2 * GIB - MIB, 0, false}, {FOUR_GIB - 0x10000, 0x10000, 0, true},
        {FOUR_GIB, 2 * GIB, 0, false},
    };

    memcpy(l->pieces, pieces, sizeof(pieces));
    l->count = sizeof(pieces) / sizeof(*pieces);
}

bool layout_is(const struct layout *l, const struct trace_header *h)
{
    if (l->count != h->rams)
        return false;
    for (size_t i = 0; i < l->count; i++) {
        size_t same = 0;

        for (size_t k = 0; k < h->rams; k++)
            same += h->ram[k].gpa.v == l->pieces[i].gpa && h->ram[k].bytes == l->pieces[i].bytes &&
                    h->ram[k].rom == l->pieces[i].rom;
        if (same != 1)
            return false;
    }
    return true;
}

void layout_records(const struct layout *l, struct ram_entry *to)
{
    for (size_t i = 0; i < l->count; i++)
        to[i] = (struct ram_entry){gpa(l->pieces[i].gpa), l->pieces[i].bytes, l->pieces[i].rom};
}

/* Where guest memory has this address. ROM may be there twice; then at `wish`, else the lowest. */
static bool find_gpa(const struct layout *l, uint64_t address, uint64_t wish, gpa_t *out)
{
    bool found = false;

    for (size_t i = 0; i < l->count; i++) {
        const struct piece *p = &l->pieces[i];
        uint64_t at = p->gpa + (address - p->address);

        if (address < p->address || address - p->address >= p->bytes || (found && at != wish))
            continue;
        *out = gpa(at);
        found = true;
    }
    return found;
}

bool layout_same(const struct layout *l, gpa_t a, gpa_t b)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct piece *p = &l->pieces[i];
        gpa_t other;

        if (a.v >= p->gpa && a.v - p->gpa < p->bytes)
            return find_gpa(l, p->address + (a.v - p->gpa), b.v, &other) && other.v == b.v;
    }
    return false;
}

int layout_calls(const struct layout *l, const char *log, struct call_list *to, struct err *e)
{
    struct line x;
    int rc;

    while ((rc = next_line(&log, &x))) {
        struct call c = {.bdf = bdf((uint16_t)x.group),
                         .nth = x.group >> 16,
                         .unmap = x.unmap,
                         .iova = iova(x.iova),
                         .bytes = x.bytes,
                         .result = x.result};

        if (rc < 0)
            continue;
        if (!x.unmap) {
            c.gpa_known = find_gpa(l, x.address, x.iova, &c.gpa);
            c.perm = (enum perm)(x.flags & 3);
        }
        if (calls_add(to, c))
            return err_set(e, ENOMEM, "out of memory");
    }
    return 0;
}
