/* SPDX-License-Identifier: MIT */
/* QEMU's command line for a machine, and the folder that it refers to. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machine_inside.h"

#define MIB UINT64_C(0x100000)

void argument(struct arguments *a, const char *format, ...)
{
    char text[1024];
    va_list list;
    char *word;
    int n;

    va_start(list, format);
    n = vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    word = n < 0 || (size_t)n >= sizeof(text) || a->count >= ARGUMENTS_MAX ? NULL : strdup(text);
    if (!word) {
        a->failed = true;
        return;
    }
    a->words[a->count++] = word;
    a->words[a->count] = NULL;
}

void arguments_free(struct arguments *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->words[i]);
    a->count = 0;
}

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

/* What is on by default is said only when it is off: QEMU 11.1 cannot switch off `pt` and
 * `dma-drain` any more, and 7.2 has no `stale-tm`. */
static void unit_arguments(struct arguments *a, const struct unit_config *u)
{
    argument(a, "-device");
    argument(a,
             "intel-iommu,aw-bits=%u,caching-mode=%s,device-iotlb=%s,snoop-control=%s,"
             "intremap=%s,eim=%s%s%s%s",
             u->aw_bits, on_off(u->caching_mode), on_off(u->device_iotlb), on_off(u->snoop_control),
             on_off(u->intremap), on_off(u->eim), u->pt ? "" : ",pt=off",
             u->dma_drain ? "" : ",dma-drain=off", u->stale_tm ? ",stale-tm=on" : "");
}

static void machine_type(struct arguments *a, const struct machine_config *c)
{
    argument(a, "-machine");
    argument(a, "q35,accel=%s,max-ram-below-4g=%" PRIu64 "%s%s", c->accel, c->low_bytes,
             c->unit->intremap ? ",kernel-irqchip=split" : "",
             c->vhost_count ? ",memory-backend=ram" : "");
    if (c->vhost_count) { /* a backend is told of memory that has a descriptor alone */
        argument(a, "-object");
        argument(a, "memory-backend-memfd,id=ram,share=on,size=%" PRIu64,
                 c->low_bytes + c->high_bytes);
    }
    argument(a, "-m");
    argument(a, "%" PRIu64 "M", (c->low_bytes + c->high_bytes) / MIB);
}

/* With time that jumps to the next event: edu thinks for 100 ms of it. The helper of the virtual
 * APIC would wait for a processor that waits itself. */
static void edu_arguments(struct arguments *a, const struct machine_config *c)
{
    if (c->edu_count == 0)
        return;
    argument(a, "-icount");
    argument(a, "shift=0,sleep=off");
    argument(a, "-global");
    argument(a, "apic-common.vapic=off");
    argument(a, "-trace");
    argument(a, "vtd_dmar_translate");
    for (size_t i = 0; i < c->edu_count; i++) {
        unsigned b = c->edu[i].v;

        argument(a, "-device");
        argument(a, "edu,dma_mask=0xffffffffffffffff,addr=%x.%x,multifunction=on", b >> 3 & 31,
                 b & 7);
    }
}

unsigned machine_free_slot(const struct machine_config *c, unsigned skip)
{
    return place_free_slot(
        c->functions, c->function_count,
        place_slots(c->edu, c->edu_count) | place_slots(c->vhost, c->vhost_count), skip);
}

/* A bus of its own number beside bus 0: it takes bridges only. */
static void bus_argument(struct arguments *a, const struct machine_config *c, unsigned bus,
                         unsigned *buses)
{
    argument(a, "-device");
    argument(a, "pxb-pcie,id=bus%x,bus_nr=%u,bus=pcie.0,addr=%x", bus, bus,
             machine_free_slot(c, (*buses)++));
}

static void bridge_argument(struct arguments *a, const struct machine_function *f, unsigned number)
{
    unsigned b = f->at.v;
    char bus[16] = "pcie.0";

    if (b >> 8)
        snprintf(bus, sizeof(bus), "bus%x", b >> 8);
    argument(a, "-device");
    argument(a, "pci-bridge,id=b%x,bus=%s,addr=%x.%x,multifunction=on,shpc=on,chassis_nr=%u", b,
             bus, b >> 3 & 31, b & 7, 1 + number % 255);
}

/* Those behind bridges are plugged later (hotplug.c). Hot-plug is the bridges' own affair. */
static void function_arguments(struct arguments *a, const struct machine_config *c,
                               const char *folder)
{
    unsigned buses = 0, bridges = 0;
    char path[200];

    for (size_t i = 0; i < c->function_count; i++) {
        const struct machine_function *f = &c->functions[i];

        if (place_first_of_bus(c->functions, i))
            bus_argument(a, c, f->at.v >> 8, &buses);
        if (place_first_of_bridge(c->functions, i))
            bridge_argument(a, f, bridges++);
        if (f->slot)
            continue;
        argument(a, "-device");
        if (c->vfio_host) {
            argument(a, "vfio-pci,host=0000:%02x:%02x.%x,addr=%x.%x,multifunction=on", f->at.v >> 8,
                     f->at.v >> 3 & 31, f->at.v & 7, f->at.v >> 3 & 31, f->at.v & 7);
            continue;
        }
        function_path(path, sizeof(path), folder, f, "");
        argument(a, "vfio-pci,sysfsdev=%s,bus=pcie.0,addr=%x.%x,multifunction=on", path,
                 f->at.v >> 3 & 31, f->at.v & 7);
    }
    if (bridges) {
        argument(a, "-global");
        argument(a, "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off");
    }
}

void machine_arguments(struct arguments *a, const struct machine_config *c, const struct machine *m,
                       int qmp_fd)
{
    argument(a, "%s", c->qemu);
    argument(a, "-nodefaults");
    argument(a, "-display");
    argument(a, "none");
    argument(a, "-no-user-config");
    machine_type(a, c);
    argument(a, "-cpu");
    argument(a, "qemu64");
    argument(a, "-bios");
    argument(a, "%s/bios", m->folder);
    argument(a, "-qtest");
    argument(a, "stdio");
    argument(a, "-qtest-log");
    argument(a, "none");
    argument(a, "-chardev");
    argument(a, "socket,id=qmp,fd=%d", qmp_fd);
    argument(a, "-mon");
    argument(a, "chardev=qmp,mode=control");
    unit_arguments(a, c->unit);
    edu_arguments(a, c);
    function_arguments(a, c, m->folder);
    machine_vhost_arguments(a, m);
}

/* A processor that halts at once, and again whatever wakes it. */
static int make_bios(const struct machine *m, uint32_t bytes, struct err *e)
{
    static const unsigned char halt[] = {0xfa, 0xf4, 0xeb, 0xfd}; /* cli; hlt; jmp to the hlt */
    unsigned char *image = calloc(1, bytes);
    char path[128];
    FILE *f;
    int rc = 0;

    snprintf(path, sizeof(path), "%s/bios", m->folder);
    f = image ? fopen(path, "wb") : NULL;
    if (!f) {
        free(image);
        return err_set(e, EIO, "%s: cannot be written", path);
    }
    memcpy(image + bytes - 16, halt, sizeof(halt));
    if (fwrite(image, 1, bytes, f) != bytes)
        rc = err_set(e, EIO, "%s: cannot be written", path);
    if (fclose(f) && !rc)
        rc = err_set(e, EIO, "%s: cannot be written", path);
    free(image);
    return rc;
}

void function_path(char *to, size_t room, const char *folder, const struct machine_function *f,
                   const char *name)
{
    unsigned b = f->group & UINT16_MAX;
    char nth[16] = "";

    if (f->group >> 16)
        snprintf(nth, sizeof(nth), "+%u", f->group >> 16);
    snprintf(to, room, "%s/0000:%02x:%02x.%x%s%s", folder, b >> 8, b >> 3 & 31, b & 7, nth, name);
}

/* What sysfs would have. Neither link's end need exist. */
static int make_device(const struct machine *m, const struct machine_function *f, struct err *e)
{
    char path[200], group[64];

    function_path(path, sizeof(path), m->folder, f, "");
    if (mkdir(path, 0700))
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    function_path(path, sizeof(path), m->folder, f, "/iommu_group");
    snprintf(group, sizeof(group), "/kernel/iommu_groups/%u", f->group);
    if (symlink(group, path))
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    function_path(path, sizeof(path), m->folder, f, "/subsystem");
    if (symlink("/sys/bus/pci", path))
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    return 0;
}

int machine_folder_make(struct machine *m, const struct machine_config *c, struct err *e)
{
    const char *root = getenv("TMPDIR");
    int rc;

    if (!root || strlen(root) > 40)
        root = "/tmp";
    snprintf(m->folder, sizeof(m->folder), "%s/vtd-judge.XXXXXX", root);
    if (!mkdtemp(m->folder)) {
        rc = err_set(e, errno, "%s: %s", m->folder, strerror(errno));
        *m->folder = 0;
        return rc;
    }
    rc = make_bios(m, c->bios_bytes, e);
    for (size_t i = 0; rc == 0 && i < c->function_count; i++)
        rc = make_device(m, &c->functions[i], e);
    return rc;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void machine_folder_remove(struct machine *m)
{
    if (*m->folder)
        nftw(m->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    *m->folder = 0;
}
