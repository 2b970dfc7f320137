/* SPDX-License-Identifier: MIT */
/*
 * Runs in the guest, as root: makes the calls of a list to the kernel's VFIO and writes, for each
 * line of it that is a call, `LINE RESULT BYTES`. Also what VFIO_IOMMU_GET_INFO says of the first
 * container. caller LIST >RESULTS
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "listed.h"

#define LIMIT_FILE   "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define GROUPS_MAX   8
#define BITMAP_BYTES 4096u

struct open_group {
    char bdf[8]; /* "": unused */
    int fd;
    unsigned container;
};

struct caller {
    int containers[CONTAINERS_MAX]; /* -1: not open */
    struct open_group groups[GROUPS_MAX];
    uint8_t *places[3];
    uint64_t bitmap[BITMAP_BYTES / 8];
    bool informed;
};

static int result_of(int rc)
{
    return rc < 0 ? -errno : rc;
}

static int open_container(struct caller *c, const struct listed *l)
{
    FILE *f = fopen(LIMIT_FILE, "w");

    if (!f || fprintf(f, "%" PRIu64 "\n", l->number) < 0 || fclose(f))
        return -errno;
    c->containers[l->container] = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
    return c->containers[l->container] < 0 ? -errno : 0;
}

static struct open_group *group_of(struct caller *c, const char *bdf)
{
    for (int i = 0; i < GROUPS_MAX; i++)
        if (!strcmp(c->groups[i].bdf, bdf))
            return &c->groups[i];
    return NULL;
}

static int join(struct caller *c, const struct listed *l)
{
    struct open_group *g = group_of(c, "");
    char path[96], link[256];
    ssize_t n;
    int rc;

    snprintf(path, sizeof(path), "/sys/bus/pci/devices/0000:%s/iommu_group", l->bdf);
    n = readlink(path, link, sizeof(link) - 1);
    if (n < 0 || !g)
        return n < 0 ? -errno : -ENFILE;
    link[n] = 0;
    snprintf(path, sizeof(path), "/dev/vfio/%.40s", strrchr(link, '/') + 1);
    g->fd = open(path, O_RDWR | O_CLOEXEC);
    if (g->fd < 0)
        return -errno;
    rc = result_of(ioctl(g->fd, VFIO_GROUP_SET_CONTAINER, &c->containers[l->container]));
    if (rc) {
        close(g->fd);
        return rc;
    }
    memcpy(g->bdf, l->bdf, sizeof(g->bdf));
    g->container = l->container;
    return 0;
}

static int leave(struct open_group *g)
{
    int rc;

    if (!g)
        return -ENOENT;
    rc = result_of(ioctl(g->fd, VFIO_GROUP_UNSET_CONTAINER));
    close(g->fd);
    g->bdf[0] = 0;
    return rc;
}

static int close_container(struct caller *c, unsigned container)
{
    for (int i = 0; i < GROUPS_MAX; i++)
        if (c->groups[i].bdf[0] && c->groups[i].container == container)
            leave(&c->groups[i]);
    return result_of(close(c->containers[container]));
}

static int map(struct caller *c, int fd, const struct listed *l)
{
    struct vfio_iommu_type1_dma_map m = {
        .argsz = sizeof(m), .flags = l->flags, .iova = l->iova, .size = l->size};

    m.vaddr = l->place == PLACE_NUMBER ? l->address : (uintptr_t)c->places[l->place] + l->address;
    return result_of(ioctl(fd, VFIO_IOMMU_MAP_DMA, &m));
}

static int unmap(int fd, const struct listed *l, uint64_t *bytes)
{
    struct vfio_iommu_type1_dma_unmap u = {
        .argsz = sizeof(u), .flags = l->flags, .iova = l->iova, .size = l->size};
    int rc = result_of(ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &u));

    *bytes = u.size;
    return rc;
}

static int unmap_with_bitmap(struct caller *c, int fd, const struct listed *l, uint64_t *bytes)
{
    union {
        struct vfio_iommu_type1_dma_unmap u;
        uint8_t room[sizeof(struct vfio_iommu_type1_dma_unmap) + sizeof(struct vfio_bitmap)];
    } x = {.u = {.argsz = sizeof(x),
                 .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
                 .iova = l->iova,
                 .size = l->size}};
    struct vfio_bitmap b = {.pgsize = 4096, .size = (l->size / 4096 + 63) / 64 * 8};
    int rc;

    if (b.size > BITMAP_BYTES)
        return -EMSGSIZE;
    b.data = (void *)c->bitmap;
    memcpy(x.room + sizeof(x.u), &b, sizeof(b));
    rc = result_of(ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &x));
    *bytes = x.u.size;
    return rc;
}

static int dirty(int fd, uint32_t flags)
{
    struct vfio_iommu_type1_dirty_bitmap d = {.argsz = sizeof(d), .flags = flags};

    return result_of(ioctl(fd, VFIO_IOMMU_DIRTY_PAGES, &d));
}

/* What root may do beyond the limit goes or comes back with the right to pin memory. */
static int lock_limit(uint64_t bytes)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    struct rlimit r = {bytes, RLIM_INFINITY};

    if (bytes == LOCK_ANY)
        r.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_MEMLOCK, &r) || syscall(SYS_capget, &head, data))
        return -errno;
    data[0].effective =
        bytes == LOCK_ANY ? data[0].permitted : data[0].effective & ~(1u << CAP_IPC_LOCK);
    return result_of((int)syscall(SYS_capset, &head, data));
}

/* Page sizes, and the ranges of IOVAs that can be mapped. */
static void inform(int fd)
{
    union {
        struct vfio_iommu_type1_info info;
        struct vfio_info_cap_header head;
        uint8_t bytes[1024];
    } x = {.info = {.argsz = sizeof(x)}};
    struct vfio_iommu_type1_info_cap_iova_range *c;

    if (ioctl(fd, VFIO_IOMMU_GET_INFO, &x.info)) {
        printf("info error %d\n", errno);
        return;
    }
    printf("info pages 0x%" PRIx64 "\n", (uint64_t)x.info.iova_pgsizes);
    for (uint32_t at = x.info.cap_offset; at && at < sizeof(x) - sizeof(*c);) {
        c = (void *)(x.bytes + at);
        if (c->header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
            for (uint32_t i = 0; i < c->nr_iovas; i++)
                printf("info iova 0x%" PRIx64 " 0x%" PRIx64 "\n", (uint64_t)c->iova_ranges[i].start,
                       (uint64_t)c->iova_ranges[i].end);
        at = c->header.next;
    }
}

static int set_type(struct caller *c, int fd, uint64_t type)
{
    int rc = result_of(ioctl(fd, VFIO_SET_IOMMU, type));

    if (!rc && !c->informed) {
        inform(fd);
        c->informed = true;
    }
    return rc;
}

static int obey(struct caller *c, const struct listed *l, uint64_t *bytes)
{
    int fd = c->containers[l->container];

    *bytes = 0;
    switch (l->op) {
    case OP_CONTAINER: return open_container(c, l);
    case OP_JOIN: return join(c, l);
    case OP_LEAVE: return leave(group_of(c, l->bdf));
    case OP_TYPE: return set_type(c, fd, l->number);
    case OP_CLOSE: return close_container(c, l->container);
    case OP_MAP: return map(c, fd, l);
    case OP_UNMAP: return unmap(fd, l, bytes);
    case OP_DIRTY: return dirty(fd, l->flags);
    case OP_BITMAP: return unmap_with_bitmap(c, fd, l, bytes);
    case OP_LOCK: return lock_limit(l->number);
    }
    return -ENOSYS;
}

static int prepare(struct caller *c)
{
    static const int rights[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};
    uint64_t size = 2 * PLACE_BYTES; /* what is mapped may reach beyond its offset */

    memset(c, 0, sizeof(*c));
    for (int i = 0; i < CONTAINERS_MAX; i++)
        c->containers[i] = -1;
    for (int i = 0; i < 3; i++) {
        c->places[i] = mmap(NULL, size, rights[i], MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (c->places[i] == MAP_FAILED)
            return -1;
    }
    memset(c->places[PLACE_WRITABLE], 1, size);
    return 0;
}

int main(int argc, char **argv)
{
    static struct caller c;
    char line[LINE_MAX_BYTES];
    unsigned long number = 0;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (!f || prepare(&c)) {
        perror("caller");
        return 2;
    }
    while (fgets(line, sizeof(line), f)) {
        struct listed l;
        const char *why;
        uint64_t bytes;
        int rc = listed_read(line, &l, &why);

        number++;
        if (rc < 0) {
            fprintf(stderr, "caller: line %lu: %s\n", number, why);
            return 2;
        }
        if (rc) {
            rc = obey(&c, &l, &bytes);
            printf("%lu %d %" PRIu64 "\n", number, rc, bytes);
        }
    }
    printf("end %lu\n", number);
    return fflush(stdout) ? 2 : 0;
}
