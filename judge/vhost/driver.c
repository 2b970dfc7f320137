/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../machine_inside.h"
#include "backend.h"

#define PCI_COMMAND    0x04u
#define PCI_BUSES      0x18u /* of a bridge: primary, secondary, subordinate */
#define PCI_FIRST_CAP  0x34u
#define PCI_VENDOR_CAP 0x09u
#define BUS_MASTER     0x4u

#define CAP_CONFIG_ACCESS 5u /* virtio's way into its registers by configuration space */

/* Registers of virtio's common configuration, which is at 0 of the modern BAR. */
enum {
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    DEVICE_STATUS = 20,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48
};

#define STATUS_READY   0x0bu /* acknowledged, driver, features */
#define STATUS_RUNNING 0x0fu
#define RING_ENTRIES   8u
#define RINGS          0xfee80000u /* inside the interrupt window */
#define RINGS_START    0x80000u    /* RAM: 10.0 does not start without its used rings */

#define HOST_BRIDGE 0u
#define PCIEXBAR    0x60u
#define ECAM        UINT64_C(0xb0000000) /* RAM ends below (layout.c) */
#define EXTENDED    0x100u
#define CAP_ATS     0x0fu
#define ATS_ENABLE  0x8000u

static enum answer select_config(struct machine *m, unsigned b, unsigned at, struct err *e)
{
    char text[64];

    snprintf(text, sizeof(text), "outl 0xcf8 0x%x\n", 0x80000000u | b << 8 | (at & 0xfcu));
    return machine_command(m, text, NULL, e);
}

static enum answer config_write(struct machine *m, unsigned b, unsigned at, unsigned bytes,
                                uint32_t val, struct err *e)
{
    char text[64], size = bytes == 4 ? 'l' : bytes == 2 ? 'w' : 'b';
    enum answer a = select_config(m, b, at, e);

    snprintf(text, sizeof(text), "out%c 0x%x 0x%" PRIx32 "\n", size, 0xcfcu + (at & 3), val);
    return a == ANSWERED ? machine_command(m, text, NULL, e) : a;
}

static enum answer config_read(struct machine *m, unsigned b, unsigned at, unsigned bytes,
                               unsigned *val, struct err *e)
{
    char text[64], size = bytes == 4 ? 'l' : bytes == 2 ? 'w' : 'b';
    enum answer a = select_config(m, b, at, e);
    uint64_t got = 0;

    snprintf(text, sizeof(text), "in%c 0x%x\n", size, 0xcfcu + (at & 3));
    if (a == ANSWERED)
        a = machine_command(m, text, &got, e);
    *val = (unsigned)got;
    return a;
}

/* virtio's capability for access by configuration space, of device `b`. */
static enum answer find_access(struct machine *m, unsigned b, unsigned *cap, struct err *e)
{
    unsigned at, id = 0, type = 0;
    enum answer a = config_read(m, b, PCI_FIRST_CAP, 1, &at, e);

    for (unsigned n = 0; a == ANSWERED && at && at != 0xff && n < 48; n++) {
        a = config_read(m, b, at, 1, &id, e);
        if (a == ANSWERED && id == PCI_VENDOR_CAP)
            a = config_read(m, b, at + 3, 1, &type, e);
        if (a == ANSWERED && id == PCI_VENDOR_CAP && type == CAP_CONFIG_ACCESS) {
            *cap = at;
            return ANSWERED;
        }
        if (a == ANSWERED)
            a = config_read(m, b, at + 1, 1, &at, e);
    }
    if (a == ANSWERED)
        err_set(e, ENODEV, "%02x:%02x.%x is not the virtio device it should be", b >> 8,
                b >> 3 & 31, b & 7);
    return a == ANSWERED ? FAILED : a;
}

struct target {
    struct machine *m;
    unsigned bdf, cap;
    enum answer a; /* of the first write that failed */
    struct err *e;
};

static void write_register(struct target *t, unsigned reg, unsigned bytes, uint32_t val)
{
    if (t->a == ANSWERED)
        t->a = config_write(t->m, t->bdf, t->cap + 8, 4, reg, t->e);
    if (t->a == ANSWERED)
        t->a = config_write(t->m, t->bdf, t->cap + 12, 4, bytes, t->e);
    if (t->a == ANSWERED)
        t->a = config_write(t->m, t->bdf, t->cap + 16, bytes, val, t->e);
}

static void write_queue(struct target *t, unsigned queue, uint32_t base)
{
    static const unsigned part[] = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE};

    write_register(t, QUEUE_SELECT, 2, queue);
    write_register(t, QUEUE_SIZE, 2, RING_ENTRIES);
    for (unsigned i = 0; i < 3; i++) {
        write_register(t, part[i], 4, base + queue * 0x4000u + i * 0x1000u);
        write_register(t, part[i] + 4, 4, 0);
    }
    write_register(t, QUEUE_ENABLE, 2, 1);
}

/* While they run, this says only where QEMU itself would look. */
static void place_rings(struct target *t, uint32_t base)
{
    for (unsigned queue = 0; queue < VHOST_QUEUES; queue++)
        write_queue(t, queue, base);
}

static struct target target(struct machine *m, size_t index, struct err *e)
{
    struct target t = {m, m->backends[index].bdf.v, 0, ANSWERED, e};

    t.a = find_access(m, t.bdf, &t.cap, e);
    return t;
}

static enum answer set_up_one(struct machine *m, size_t index, struct err *e)
{
    struct target t = target(m, index, e);

    if (t.a == ANSWERED)
        t.a = config_write(m, t.bdf, PCI_COMMAND, 2, BUS_MASTER, e);
    write_register(&t, DEVICE_STATUS, 1, 0);
    write_register(&t, DEVICE_STATUS, 1, 3);
    for (unsigned half = 0; half < 2; half++) { /* nothing below; version 1, IOMMU platform */
        write_register(&t, DRIVER_FEATURE_SELECT, 4, half);
        write_register(&t, DRIVER_FEATURE, 4, half ? 3 : 0);
    }
    write_register(&t, DEVICE_STATUS, 1, STATUS_READY);
    place_rings(&t, RINGS_START);
    write_register(&t, DEVICE_STATUS, 1, STATUS_RUNNING);
    place_rings(&t, RINGS);
    return t.a;
}

/* Each root port leads to one bus. */
static enum answer number_buses(struct machine *m, struct err *e)
{
    enum answer a = ANSWERED;

    for (size_t i = 0; a == ANSWERED && i < m->port_count; i++) {
        unsigned bus = m->ports[i].bus;

        a = config_write(m, m->ports[i].devfn, PCI_BUSES, 4, bus << 16 | bus << 8, e);
        if (a == ANSWERED)
            a = config_write(m, m->ports[i].devfn, PCI_COMMAND, 2, BUS_MASTER, e);
    }
    if (a == ANSWERED && m->port_count)
        a = config_write(m, HOST_BRIDGE, PCIEXBAR, 4, (uint32_t)ECAM | 1, e);
    return a;
}

enum answer vhost_set_up(struct machine *m, struct err *e)
{
    enum answer a;

    for (size_t i = 0; i < m->backend_count; i++) {
        m->backends[i].quiet = true;
        m->backends[i].table.count = 0;
    }
    a = m->backend_count ? number_buses(m, e) : ANSWERED;
    for (size_t i = 0; a == ANSWERED && i < m->backend_count; i++)
        a = set_up_one(m, i, e);
    for (size_t i = 0; i < m->backend_count; i++) {
        m->backends[i].quiet = false;
        if (a == ANSWERED && m->backends[i].memory.count == 0) {
            err_set(e, EPROTO, "QEMU did not start its vhost");
            a = FAILED;
        }
    }
    return a;
}

bool vhost_needs_used_rings(const struct machine *m)
{
    return m->version_major > 7;
}

iova_t vhost_used_ring(unsigned queue)
{
    return iova(RINGS_START + queue * 0x4000u + 0x2000u);
}

enum answer vhost_rings(struct machine *m, size_t index, bool run, struct err *e)
{
    struct target t = target(m, index, e);
    bool moved = run && vhost_needs_used_rings(m);

    if (moved)
        place_rings(&t, RINGS_START);
    write_register(&t, DEVICE_STATUS, 1, run ? STATUS_RUNNING : STATUS_READY);
    if (moved)
        place_rings(&t, RINGS);
    m->backends[index].table.count = 0;
    return t.a;
}

enum answer vhost_switch_ats(struct machine *m, size_t index, bool on, struct err *e)
{
    uint64_t base = ECAM | (uint64_t)m->backends[index].bdf.v << 12, val = 0;
    unsigned at = EXTENDED;
    char text[64];
    enum answer a = machine_read(m, base + at, 4, &val, e);

    for (unsigned n = 0; a == ANSWERED && n < 64 && (val & 0xffff) != CAP_ATS && val >> 20; n++) {
        at = (unsigned)(val >> 20) & 0xffc;
        a = machine_read(m, base + at, 4, &val, e);
    }
    if (a == ANSWERED && (val & 0xffff) != CAP_ATS) {
        err_set(e, ENODEV, "the virtio device has no ATS");
        return FAILED;
    }
    /* As 16 bits: QEMU looks at bit 15 of what is written, wherever the write begins. */
    snprintf(text, sizeof(text), "writew 0x%" PRIx64 " 0x%x\n", base + at + 6,
             on ? ATS_ENABLE : 0u);
    return a == ANSWERED ? machine_command(m, text, NULL, e) : a;
}

enum answer vhost_ask(struct machine *m, size_t index, iova_t at, bool write, struct err *e)
{
    struct backend *b = &m->backends[index];
    enum answer a = machine_settle(m, e);
    struct call c = {.bdf = b->bdf, .reply = true, .iova = at};

    if (a != ANSWERED)
        return a;
    if (backend_miss(b, at, write, e))
        return FAILED;
    a = machine_serve(m, &b->answered, e);
    c.result = b->answer ? -EFAULT : 0;
    if (a == ANSWERED && calls_add(&b->heard, c)) {
        err_set(e, ENOMEM, "out of memory");
        return FAILED;
    }
    return a;
}

bool vhost_finds(struct machine *m, size_t index, iova_t at, gpa_t *out)
{
    return backend_finds(&m->backends[index], at, out);
}

static int by_address(const void *a, const void *b)
{
    const struct ram_entry *x = a, *y = b;

    return (x->gpa.v > y->gpa.v) - (x->gpa.v < y->gpa.v);
}

size_t vhost_memory(struct machine *m, struct ram_entry *to)
{
    const struct vu_memory *told = &m->backends[0].memory;

    for (uint32_t i = 0; i < told->count; i++)
        to[i] = (struct ram_entry){gpa(told->area[i].gpa), told->area[i].bytes, false};
    qsort(to, told->count, sizeof(*to), by_address);
    return told->count;
}

int vhost_take(struct machine *m, struct call_list *to)
{
    int rc = 0;

    for (size_t i = 0; i < m->backend_count && !rc; i++)
        rc = backend_take(&m->backends[i], to);
    return rc;
}
