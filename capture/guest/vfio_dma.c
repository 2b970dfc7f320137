/* SPDX-License-Identifier: MIT */
/*
 * Runs in the guest: opens a PCI device through VFIO, maps memory for it and lets QEMU's `edu`
 * device move data.
 *
 *   vfio_dma 0000:00:06.0 COMMAND...
 *
 *   map:IOVA:SIZE:4k|2m|1g[:r|:w]  map fresh memory of that page size (default: read and write)
 *   unmap:IOVA:SIZE                must match what was mapped, or hold it whole
 *   copy:FROM:TO:BYTES             the device copies; both must be mapped; the result is compared
 *   touch:r|w:IOVA:BYTES           the device reads or writes there, whatever comes of it
 *   churn:IOVA:PAGES:TIMES         map and unmap 4 KiB pages one by one
 *   pause:MS                       let the kernel's fault handler have its turn
 *
 * One transfer moves fewer than 4096 bytes: edu of QEMU 7.2 refuses to fill its buffer whole.
 * Numbers are hexadecimal with 0x, else decimal. IOVAs and sizes are bytes. Exit code 0 if every
 * command did what it should.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EDU_FROM = 0x80, EDU_TO = 0x88, EDU_BYTES = 0x90, EDU_COMMAND = 0x98, EDU_BUFFER = 0x40000 };
enum { EDU_START = 1, EDU_TO_RAM = 2 };

struct mapping {
    uint64_t iova, size;
    unsigned char *mem;
};

static struct mapping mappings[64];
static size_t mapping_count;
static int container, device;
static volatile unsigned char *bar;

static void stop(const char *what)
{
    fprintf(stderr, "vfio_dma: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int group_of(const char *bdf)
{
    char path[256], target[256];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
    n = readlink(path, target, sizeof(target) - 1);
    if (n < 0)
        stop(path);
    target[n] = '\0';
    snprintf(path, sizeof(path), "/dev/vfio/%.32s", strrchr(target, '/') + 1);
    fd = open(path, O_RDWR);
    if (fd < 0)
        stop(path);
    return fd;
}

static void open_device(const char *bdf)
{
    struct vfio_region_info info = {.argsz = sizeof(info)};
    uint16_t command;
    int group = group_of(bdf);

    container = open("/dev/vfio/vfio", O_RDWR);
    if (container < 0)
        stop("/dev/vfio/vfio");
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) != 0)
        stop("set container");
    if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) != 0)
        stop("set iommu");
    device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, bdf);
    if (device < 0)
        stop("get device");
    info.index = VFIO_PCI_CONFIG_REGION_INDEX;
    if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) != 0)
        stop("config region");
    if (pread(device, &command, 2, (off_t)info.offset + 4) != 2)
        stop("read command");
    command |= 6; /* memory space, bus master */
    if (pwrite(device, &command, 2, (off_t)info.offset + 4) != 2)
        stop("write command");
    info.index = VFIO_PCI_BAR0_REGION_INDEX;
    if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) != 0)
        stop("BAR 0");
    if (info.flags & VFIO_REGION_INFO_FLAG_MMAP) {
        void *p =
            mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, (off_t)info.offset);

        if (p == MAP_FAILED)
            stop("map BAR 0");
        bar = p;
    }
}

static int map_dma(uint64_t iova, uint64_t size, void *mem, unsigned flags)
{
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof(map), .flags = flags, .vaddr = (uintptr_t)mem, .iova = iova, .size = size};

    return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap_dma(uint64_t iova, uint64_t size)
{
    struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof(unmap), .iova = iova, .size = size};

    return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

static void *memory(uint64_t size, const char *page)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    void *p;

    if (strncmp(page, "2m", 2) == 0)
        flags |= MAP_HUGETLB | 21 << MAP_HUGE_SHIFT;
    else if (strncmp(page, "1g", 2) == 0)
        flags |= MAP_HUGETLB | 30 << MAP_HUGE_SHIFT;
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (p == MAP_FAILED)
        stop("memory");
    return p;
}

static void do_map(uint64_t iova, uint64_t size, const char *rest)
{
    struct mapping *m = &mappings[mapping_count];
    unsigned flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

    if (mapping_count == sizeof(mappings) / sizeof(mappings[0]))
        stop("too many mappings");
    if (strstr(rest, ":r"))
        flags = VFIO_DMA_MAP_FLAG_READ;
    else if (strstr(rest, ":w"))
        flags = VFIO_DMA_MAP_FLAG_WRITE;
    *m = (struct mapping){iova, size, memory(size, rest)};
    memset(m->mem, (int)(iova >> 12) + 1, 8192 < size ? 8192 : size);
    if (map_dma(iova, size, m->mem, flags) != 0)
        stop("MAP_DMA");
    mapping_count++;
}

static void do_unmap(uint64_t iova, uint64_t size)
{
    size_t kept = 0;

    if (unmap_dma(iova, size) != 0)
        stop("UNMAP_DMA");
    for (size_t i = 0; i < mapping_count; i++) {
        if (mappings[i].iova >= iova && mappings[i].iova - iova < size)
            munmap(mappings[i].mem, mappings[i].size);
        else
            mappings[kept++] = mappings[i];
    }
    mapping_count = kept;
}

static unsigned char *at_iova(uint64_t iova)
{
    for (size_t i = 0; i < mapping_count; i++) {
        if (iova - mappings[i].iova < mappings[i].size)
            return mappings[i].mem + (iova - mappings[i].iova);
    }
    errno = EFAULT;
    stop("copy of memory that is not mapped");
    return NULL;
}

static void write_bar(unsigned off, uint64_t val)
{
    *(volatile uint64_t *)(bar + off) = val;
}

static void transfer(uint64_t from, uint64_t to, uint64_t bytes, unsigned command)
{
    if (!bar)
        stop("this device has no BAR 0 to map; only edu can move data");
    write_bar(EDU_FROM, from);
    write_bar(EDU_TO, to);
    write_bar(EDU_BYTES, bytes);
    write_bar(EDU_COMMAND, EDU_START | command);
    for (int i = 0; *(volatile uint64_t *)(bar + EDU_COMMAND) & EDU_START; i++) {
        if (i == 2000)
            stop("edu does not finish");
        usleep(1000);
    }
}

static void do_copy(uint64_t from, uint64_t to, uint64_t bytes)
{
    memset(at_iova(to), 0, bytes);
    transfer(from, EDU_BUFFER, bytes, 0);
    transfer(EDU_BUFFER, to, bytes, EDU_TO_RAM);
    if (memcmp(at_iova(from), at_iova(to), bytes) != 0) {
        errno = EIO;
        stop("copied data differ");
    }
}

static void do_touch(char dir, uint64_t iova, uint64_t bytes)
{
    if (dir == 'r')
        transfer(iova, EDU_BUFFER, bytes, 0);
    else
        transfer(EDU_BUFFER, iova, bytes, EDU_TO_RAM);
}

static void do_churn(uint64_t iova, uint64_t pages, uint64_t times)
{
    unsigned char *mem = memory(pages * 4096, "4k");

    memset(mem, 1, pages * 4096);
    for (uint64_t t = 0; t < times; t++) {
        for (uint64_t p = 0; p < pages; p++) {
            if (map_dma(iova + p * 4096, 4096, mem + p * 4096,
                        VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE) != 0)
                stop("MAP_DMA");
        }
        for (uint64_t p = 0; p < pages; p++) {
            if (unmap_dma(iova + p * 4096, 4096) != 0)
                stop("UNMAP_DMA");
        }
    }
    munmap(mem, pages * 4096);
}

static int run(const char *arg)
{
    long long a, b, c;
    char rest[32], dir;

    if (sscanf(arg, "map:%lli:%lli:%31s", &a, &b, rest) == 3)
        do_map((uint64_t)a, (uint64_t)b, rest);
    else if (sscanf(arg, "unmap:%lli:%lli", &a, &b) == 2)
        do_unmap((uint64_t)a, (uint64_t)b);
    else if (sscanf(arg, "copy:%lli:%lli:%lli", &a, &b, &c) == 3)
        do_copy((uint64_t)a, (uint64_t)b, (uint64_t)c);
    else if (sscanf(arg, "touch:%c:%lli:%lli", &dir, &a, &b) == 3)
        do_touch(dir, (uint64_t)a, (uint64_t)b);
    else if (sscanf(arg, "churn:%lli:%lli:%lli", &a, &b, &c) == 3)
        do_churn((uint64_t)a, (uint64_t)b, (uint64_t)c);
    else if (sscanf(arg, "pause:%lli", &a) == 1)
        usleep((unsigned)a * 1000);
    else
        return -1;
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: vfio_dma BDF COMMAND...\n");
        return 2;
    }
    open_device(argv[1]);
    for (int i = 2; i < argc; i++) {
        if (run(argv[i]) != 0) {
            fprintf(stderr, "vfio_dma: cannot read \"%s\"\n", argv[i]);
            return 2;
        }
    }
    return 0;
}
