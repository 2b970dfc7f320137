/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a QEMU that has real devices: what it asks of the kernel's VFIO goes there, and
 * each map and unmap is written down with its result, in the form of judge/vfio/container.c. A
 * container's name is the address of its first device.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN      __attribute__((visibility("default")))
#define FDS_MAX    4096
#define LIMIT_FILE "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"

enum { NOT_OURS = 0, CONTAINER = 1, GROUP = 2 };

static struct {
    int kind;
    int name; /* of a group its first device's address, of a container likewise; -1: none yet */
} fds[FDS_MAX];

static int log_fd = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*real_open)(const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);

int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags);

/* ISO C knows no conversion from an object's address to a function's; POSIX promises it. */
static void find(void *slot, const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    memcpy(slot, &f, sizeof(f));
}

static void begin(void)
{
    const char *fd = getenv("VTD_JUDGE_LOG_FD");

    find(&real_open, "open64");
    find(&real_ioctl, "ioctl");
    log_fd = fd ? atoi(fd) : -1;
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    char line[256];
    va_list arguments;
    int n;

    if (log_fd < 0)
        return;
    va_start(arguments, format);
    n = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < sizeof(line) && write(log_fd, line, (size_t)n) != n)
        abort(); /* a log with a hole would judge wrongly */
}

/* Bus, device and function of the group's first device; -1: none. */
static int first_device(const char *group)
{
    unsigned domain, bus, device, function;
    struct dirent *e;
    char path[96];
    int name = -1;
    DIR *d;

    snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%.20s/devices", group);
    d = opendir(path);
    while (d && (e = readdir(d)))
        if (sscanf(e->d_name, "%x:%x:%x.%x", &domain, &bus, &device, &function) == 4 &&
            (name < 0 || (int)(bus << 8 | device << 3 | function) < name))
            name = (int)(bus << 8 | device << 3 | function);
    if (d)
        closedir(d);
    return name;
}

/* The kernel reads its limit when a container gets its IOMMU. */
static void set_limit(void)
{
    const char *limit = getenv("VTD_JUDGE_DMA_LIMIT");
    FILE *f = limit ? fopen(LIMIT_FILE, "w") : NULL;

    if (limit && (!f || fprintf(f, "%s\n", limit) < 0 || fclose(f)))
        abort();
}

static void opened(const char *path, int fd)
{
    if (fd < 0 || fd >= FDS_MAX)
        return;
    fds[fd].kind = NOT_OURS;
    fds[fd].name = -1;
    if (!path || strncmp(path, "/dev/vfio/", 10))
        return;
    if (!strcmp(path + 10, "vfio")) {
        fds[fd].kind = CONTAINER;
        set_limit();
    } else {
        fds[fd].kind = GROUP;
        fds[fd].name = first_device(path + 10);
    }
}

static int open_it(const char *path, int flags, mode_t mode)
{
    int fd;

    pthread_once(&once, begin);
    fd = real_open(path, flags, mode);
    opened(path, fd);
    return fd;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

SHOWN int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_it(path, flags, mode);
}

SHOWN int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_it(path, flags, mode);
}

SHOWN int __open64_2(const char *path, int flags)
{
    return open_it(path, flags, 0);
}

SHOWN int __open_2(const char *path, int flags)
{
    return open_it(path, flags, 0);
}

static void log_map(int name, const struct vfio_iommu_type1_dma_map *m, int result)
{
    say("map %d 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %u %d\n", name, (uint64_t)m->iova,
        (uint64_t)m->size, (uint64_t)m->vaddr, m->flags, result);
}

static void log_unmap(int name, const struct vfio_iommu_type1_dma_unmap *u, uint64_t asked,
                      int result)
{
    say("unmap %d 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %u %d\n", name, (uint64_t)u->iova,
        asked, result ? 0 : (uint64_t)u->size, u->flags, result);
}

SHOWN int ioctl(int fd, unsigned long request, ...)
{
    bool container = fd >= 0 && fd < FDS_MAX && fds[fd].kind == CONTAINER;
    struct vfio_iommu_type1_dma_unmap *u;
    uint64_t asked = 0;
    va_list arguments;
    void *argument;
    int rc, failed;

    pthread_once(&once, begin);
    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    u = argument;
    if (container && request == VFIO_IOMMU_UNMAP_DMA)
        asked = u->size;
    rc = real_ioctl(fd, request, argument);
    failed = errno;
    if (container && request == VFIO_IOMMU_MAP_DMA)
        log_map(fds[fd].name, argument, rc < 0 ? -failed : 0);
    else if (container && request == VFIO_IOMMU_UNMAP_DMA)
        log_unmap(fds[fd].name, u, asked, rc < 0 ? -failed : 0);
    else if (request == VFIO_GROUP_SET_CONTAINER && rc == 0 && fd >= 0 && fd < FDS_MAX) {
        int joined = *(int *)argument;

        if (joined >= 0 && joined < FDS_MAX && fds[joined].name < 0)
            fds[joined].name = fds[fd].name;
    }
    errno = failed;
    return rc;
}
