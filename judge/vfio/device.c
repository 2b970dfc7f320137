/* SPDX-License-Identifier: MIT */
/* A PCI function without BARs: configuration space is all it has. */
#include "state.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

/* Where a region begins in the device's file: the index stands above bit 40, as in the kernel. */
#define REGION_SHIFT 40
#define BARS_FIRST   0x10
#define BARS_END     0x28
#define ROM_FIRST    0x30
#define ROM_END      0x34

static int get_info(struct vfio_device_info *info)
{
    info->flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
    info->num_regions = VFIO_PCI_NUM_REGIONS;
    info->num_irqs = VFIO_PCI_NUM_IRQS;
    return 0;
}

static int get_region(struct vfio_region_info *info)
{
    if (info->index >= VFIO_PCI_NUM_REGIONS)
        return -EINVAL;
    info->flags = 0;
    info->size = 0;
    info->cap_offset = 0;
    info->offset = (uint64_t)info->index << REGION_SHIFT;
    if (info->index == VFIO_PCI_VGA_REGION_INDEX)
        return -EINVAL;
    if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
        info->size = CONFIG_BYTES;
        info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
    }
    return 0;
}

static int get_irq(struct vfio_irq_info *info)
{
    if (info->index > VFIO_PCI_MSIX_IRQ_INDEX)
        return -EINVAL;
    info->flags = 0;
    info->count = 0;
    return 0;
}

int device_ioctl(struct state *s, int index, unsigned long request, void *argument)
{
    (void)index;
    switch (request) {
    case VFIO_DEVICE_GET_INFO: return get_info(argument);
    case VFIO_DEVICE_GET_REGION_INFO: return get_region(argument);
    case VFIO_DEVICE_GET_IRQ_INFO: return get_irq(argument);
    case VFIO_DEVICE_SET_IRQS: return 0;
    case VFIO_DEVICE_RESET: return 0;
    case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO: return -ENODEV;
    default: say(s, "unknown device 0x%lx\n", request); return -ENOTTY;
    }
}

/* Offset in configuration space, or -1 when [offset, offset + n) is not wholly in it. */
static long config_at(uint64_t offset, size_t n)
{
    uint64_t at = offset - ((uint64_t)VFIO_PCI_CONFIG_REGION_INDEX << REGION_SHIFT);

    return at < CONFIG_BYTES && n <= CONFIG_BYTES - at ? (long)at : -1;
}

ssize_t device_read(struct state *s, int index, void *to, size_t n, uint64_t offset)
{
    long at = config_at(offset, n);

    if (at < 0)
        return -EINVAL;
    memcpy(to, s->groups[index].config + at, n);
    return (ssize_t)n;
}

ssize_t device_write(struct state *s, int index, const void *from, size_t n, uint64_t offset)
{
    long at = config_at(offset, n);

    if (at < 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        size_t byte = (size_t)at + i;

        if (byte < 4 || (byte >= BARS_FIRST && byte < BARS_END) ||
            (byte >= ROM_FIRST && byte < ROM_END))
            continue;
        s->groups[index].config[byte] = ((const uint8_t *)from)[i];
    }
    return (ssize_t)n;
}
