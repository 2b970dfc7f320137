/* SPDX-License-Identifier: MIT */
/* Before the records: what the machine can have beside the vhosts, and memory as they are told. */
#include "base/addr.h"
#include "driver.h"
#include "play.h"

/* The RAM of a header, pieces that touch as one. */
static bool same_ram(const struct trace_header *h, const struct ram_entry *ram, size_t count)
{
    size_t piece = 0;
    uint64_t at = 0;

    for (size_t i = 0; i < h->rams; i++) {
        const struct ram_entry *b = &h->ram[i];

        if (b->rom)
            continue;
        if (piece == count || (at == 0 && b->gpa.v != ram[piece].gpa.v) || (at && b->gpa.v != at) ||
            b->bytes > ram[piece].bytes - (at ? at - ram[piece].gpa.v : 0))
            return false;
        at = b->gpa.v + b->bytes;
        if (at == ram[piece].gpa.v + ram[piece].bytes) {
            piece++;
            at = 0;
        }
    }
    return piece == count && at == 0;
}

/* What lies between 0xc0000 and 1 MiB and is no RAM is ROM, and so is the end of 4 GiB. */
static size_t with_rom(struct ram_entry *to, const struct ram_entry *ram, size_t count,
                       uint32_t bios_bytes)
{
    const uint64_t legacy = 0xc0000, mib = 0x100000, four_gib = UINT64_C(1) << 32;
    uint64_t at = legacy;
    size_t n = 0, i = 0;

    for (; i < count && ram[i].gpa.v < mib; i++) {
        if (ram[i].gpa.v > at)
            to[n++] = (struct ram_entry){gpa(at), ram[i].gpa.v - at, true};
        to[n++] = ram[i];
        if (ram[i].gpa.v + ram[i].bytes > at)
            at = ram[i].gpa.v + ram[i].bytes;
    }
    if (at < mib)
        to[n++] = (struct ram_entry){gpa(at), mib - at, true};
    for (; i < count && ram[i].gpa.v < four_gib; i++)
        to[n++] = ram[i];
    to[n++] = (struct ram_entry){gpa(four_gib - bios_bytes), bios_bytes, true};
    for (; i < count; i++)
        to[n++] = ram[i];
    return n;
}

bool run_vhosts_alone(struct run *r)
{
    const struct trace_header *h = trace_header(r->reader);

    if (r->vhost_count && r->o->record)
        return run_cannot(r, "--record: a vhost and its messages are not recorded yet");
    for (size_t i = 0; i < r->model->device_count; i++) {
        unsigned b = r->model->devices[i].bdf.v;

        if (run_vhost_of(r, bdf((uint16_t)b)) >= 0)
            return run_cannot(r,
                              "%02x:%02x.%x is assigned and has a vhost: both are not played yet",
                              b >> 8, b >> 3 & 31, b & 7);
    }
    for (size_t i = 0; i < h->devices_count; i++) {
        unsigned b = h->devices[i].bdf.v;

        if (h->devices[i].has_alias && run_vhost_of(r, h->devices[i].bdf) >= 0)
            return run_cannot(r, "a vhost at %02x:%02x.%x: an alias of it is not played yet",
                              b >> 8, b >> 3 & 31, b & 7);
    }
    return true;
}

/* A bus of its own number, or one behind a root port: the machine cannot have both under a number.
 * A bridge has its slot's function to itself. */
static bool in_the_way(const struct machine_function *f, unsigned b)
{
    return f->at.v == b || (b >> 8 && f->at.v >> 8 == b >> 8);
}

bool run_vhosts_placed(struct run *r)
{
    for (size_t i = 0; i < r->vhost_count; i++)
        for (size_t k = 0; k < r->people.function_count; k++) {
            unsigned b = r->vhosts[i].bdf.v, at = r->people.functions[k].at.v;

            if (in_the_way(&r->people.functions[k], b))
                return run_cannot(r,
                                  "a vhost at %02x:%02x.%x: %02x:%02x.%x is assigned: on one bus "
                                  "other than 0, or with one id, both are not played yet",
                                  b >> 8, b >> 3 & 31, b & 7, at >> 8, at >> 3 & 31, at & 7);
        }
    for (size_t i = 0; i < r->vhost_count; i++) {
        unsigned b = r->vhosts[i].bdf.v;

        if (b >> 8 && (b & 7) && run_vhost_of(r, bdf((uint16_t)(b & ~7u))) < 0)
            return run_cannot(r,
                              "a vhost at %02x:%02x.%x: behind a root port function 0 must be "
                              "there, too",
                              b >> 8, b >> 3 & 31, b & 7);
    }
    return true;
}

void run_vhosts_layout(struct run *r)
{
    struct ram_entry ram[VU_AREAS_MAX];
    struct machine_config c;
    size_t count;

    count = vhost_memory(r->machine, ram);
    if (same_ram(&r->header, ram, count))
        return;
    if (r->header.rams)
        snprintf(r->out->note, sizeof(r->out->note),
                 "memory is that of the machine, not all that the trace says");
    layout_choose(&r->header, &c);
    r->header.rams = with_rom(r->ram, ram, count, c.bios_bytes);
    r->header.ram = r->ram;
}
