/* SPDX-License-Identifier: MIT */
/* A container and its groups, as the kernel's VFIO answers for them. */
#include "state.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>

/* Page sizes that type1 says it can map: 4 KiB, 2 MiB, 1 GiB. */
#define PAGE_SIZES UINT64_C(0x40201000)

int container_new(struct state *s)
{
    for (int i = 0; i < PEOPLE_MAX; i++)
        if (!s->containers[i].used) {
            s->containers[i] = (struct container){.used = true, .name = -1};
            control_rules(s, s->opened, &s->containers[i].type1);
            return i;
        }
    return -1;
}

void container_close(struct state *s, int index)
{
    type1v2_clear(&s->containers[index].type1);
    s->containers[index].used = false;
}

static int map(struct state *s, struct container *c, struct vfio_iommu_type1_dma_map *m)
{
    int rc = control_refuses(s, c->name, CONTROL_MAP);

    if (!rc)
        rc = control_refuses(s, c->name, CONTROL_ALLOC);
    if (!rc)
        rc = type1v2_map(&c->type1, m->iova, m->size, m->vaddr, m->flags);
    say(s, "map %d 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %u %d\n", c->name, (uint64_t)m->iova,
        (uint64_t)m->size, (uint64_t)m->vaddr, m->flags, rc);
    return rc;
}

static int unmap(struct state *s, struct container *c, struct vfio_iommu_type1_dma_unmap *u)
{
    uint64_t removed = 0, bytes = u->size;
    int rc = control_refuses(s, c->name, CONTROL_UNMAP);

    if (!rc)
        rc = type1v2_unmap(&c->type1, u->iova, u->size, u->flags, &removed);
    if (rc == 0)
        u->size = removed;
    say(s, "unmap %d 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %u %d\n", c->name, (uint64_t)u->iova,
        bytes, removed, u->flags, rc);
    return rc;
}

static int get_info(struct vfio_iommu_type1_info *info)
{
    if (info->argsz < sizeof(*info) - sizeof(info->cap_offset) &&
        info->argsz < offsetof(struct vfio_iommu_type1_info, cap_offset))
        return -EINVAL;
    info->flags = VFIO_IOMMU_INFO_PGSIZES;
    info->iova_pgsizes = PAGE_SIZES;
    return 0;
}

int container_ioctl(struct state *s, int index, unsigned long request, void *argument)
{
    struct container *c = &s->containers[index];

    switch (request) {
    case VFIO_GET_API_VERSION: return VFIO_API_VERSION;
    case VFIO_CHECK_EXTENSION:
        return (uintptr_t)argument == VFIO_TYPE1_IOMMU ||
               ((uintptr_t)argument == VFIO_TYPE1v2_IOMMU && !c->type1.version_1);
    case VFIO_SET_IOMMU:
        if ((uintptr_t)argument != (c->type1.version_1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU))
            return -ENODEV;
        c->set = true;
        return 0;
    case VFIO_IOMMU_GET_INFO: return get_info(argument);
    case VFIO_IOMMU_MAP_DMA: return c->set ? map(s, c, argument) : -EINVAL;
    case VFIO_IOMMU_UNMAP_DMA: return c->set ? unmap(s, c, argument) : -EINVAL;
    default: say(s, "unknown container 0x%lx\n", request); return -ENOTTY;
    }
}

/* A plain function without BARs, capabilities or an interrupt. */
static void make_config(uint8_t *config)
{
    static const uint8_t start[16] = {0x36, 0x1b, 0xf0, 0xff, 0, 0, 0, 0, 1, 0, 0, 0xff};

    memset(config, 0, CONFIG_BYTES);
    memcpy(config, start, sizeof(start));
}

int group_open(struct state *s, int number)
{
    for (int i = 0; i < PEOPLE_MAX; i++)
        if (!s->groups[i].used) {
            s->groups[i] = (struct group){.used = true, .number = number, .container = -1};
            make_config(s->groups[i].config);
            s->opened = number;
            return i;
        }
    return -1;
}

void group_close(struct state *s, int index)
{
    s->groups[index].used = false;
    say(s, "left %d\n", s->groups[index].number);
}

static int set_container(struct state *s, struct group *g, const int *fd)
{
    int container = container_of_fd(s, *fd);

    if (container < 0 || g->container >= 0)
        return -EINVAL;
    if (s->containers[container].name >= 0)
        return -EINVAL; /* as the kernel, where the host's IOMMU would not do for both: each device
                           of an address space has its own */
    g->container = container;
    if (s->containers[container].name < 0)
        s->containers[container].name = g->number;
    return 0;
}

int group_ioctl(struct state *s, int index, unsigned long request, void *argument)
{
    struct group *g = &s->groups[index];
    struct vfio_group_status *status = argument;

    switch (request) {
    case VFIO_GROUP_GET_STATUS:
        status->flags = VFIO_GROUP_FLAGS_VIABLE;
        if (g->container >= 0)
            status->flags |= VFIO_GROUP_FLAGS_CONTAINER_SET;
        return 0;
    case VFIO_GROUP_SET_CONTAINER: return set_container(s, g, argument);
    case VFIO_GROUP_UNSET_CONTAINER: g->container = -1; return 0;
    case VFIO_GROUP_GET_DEVICE_FD: return device_fd(s, index);
    default: say(s, "unknown group 0x%lx\n", request); return -ENOTTY;
    }
}
