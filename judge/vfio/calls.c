/* SPDX-License-Identifier: MIT */
/*
 * The C library's calls that reach VFIO, answered for /dev/vfio/vfio, /dev/vfio/NUMBER and what
 * they hand out; every other call goes on to the C library. Preloaded into QEMU by judge.
 */
#include "state.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

static struct state state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static struct {
    int (*open)(const char *, int, ...);
    int (*open64)(const char *, int, ...);
    int (*close)(int);
    int (*ioctl)(int, unsigned long, ...);
    ssize_t (*pread)(int, void *, size_t, off_t);
    ssize_t (*pread64)(int, void *, size_t, off64_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    ssize_t (*pwrite64)(int, const void *, size_t, off64_t);
} real;

int __open64_2(const char *path, int flags);
int __open_2(const char *path, int flags);
ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t offset, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t n, off_t offset, size_t room);

/* ISO C knows no conversion from an object's address to a function's; POSIX promises it. */
static void find(void *slot, const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    memcpy(slot, &f, sizeof(f));
}

static void begin(void)
{
    const char *fd = getenv(ENV_LOG), *limit = getenv(ENV_LIMIT);

    find(&real.open, "open");
    find(&real.open64, "open64");
    find(&real.close, "close");
    find(&real.ioctl, "ioctl");
    find(&real.pread, "pread");
    find(&real.pread64, "pread64");
    find(&real.pwrite, "pwrite");
    find(&real.pwrite64, "pwrite64");
    state.log_fd = fd ? atoi(fd) : -1;
    control_begin(&state, getenv(ENV_CONTROL));
    state.limit = limit ? strtoull(limit, NULL, 0) : 65535;
}

void say(const struct state *s, const char *format, ...)
{
    char line[256];
    va_list arguments;
    int n;

    if (s->log_fd < 0)
        return;
    va_start(arguments, format);
    n = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (n > 0 && (size_t)n < sizeof(line) && write(s->log_fd, line, (size_t)n) != n)
        abort(); /* a log with a hole would judge wrongly */
}

int container_of_fd(const struct state *s, int fd)
{
    return fd >= 0 && fd < FDS_MAX && s->fds[fd].kind == FD_CONTAINER ? s->fds[fd].index : -1;
}

/* A descriptor that stands for `index`, or a negative errno. */
static int new_fd(enum fd_kind kind, int index)
{
    int fd = memfd_create("vtd-judge-vfio", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (index < 0 || fd >= FDS_MAX) {
        real.close(fd);
        return -EMFILE;
    }
    state.fds[fd] = (struct fd_entry){kind, index};
    return fd;
}

int device_fd(struct state *s, int group)
{
    (void)s;
    return new_fd(FD_DEVICE, group);
}

/* True and *fd (or -1 and errno) when the path is one of VFIO's. */
static bool open_vfio(const char *path, int *fd)
{
    const char *name;
    char *end;
    long number;

    pthread_once(&once, begin);
    if (!path || strncmp(path, "/dev/vfio/", 10))
        return false;
    name = path + 10;
    pthread_mutex_lock(&lock);
    if (!strcmp(name, "vfio")) {
        *fd = new_fd(FD_CONTAINER, container_new(&state));
    } else {
        number = strtol(name, &end, 10);
        *fd = end == name || *end ? -ENOENT : new_fd(FD_GROUP, group_open(&state, (int)number));
    }
    pthread_mutex_unlock(&lock);
    if (*fd < 0) {
        errno = -*fd;
        *fd = -1;
    }
    return true;
}

static enum fd_kind kind_of(int fd)
{
    pthread_once(&once, begin);
    return fd >= 0 && fd < FDS_MAX ? state.fds[fd].kind : FD_OTHER;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

SHOWN int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    int fd;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_vfio(path, &fd) ? fd : real.open(path, flags, mode);
}

SHOWN int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    int fd;

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_vfio(path, &fd) ? fd : real.open64(path, flags, mode);
}

SHOWN int __open64_2(const char *path, int flags)
{
    int fd;

    return open_vfio(path, &fd) ? fd : real.open64(path, flags);
}

SHOWN int __open_2(const char *path, int flags)
{
    int fd;

    return open_vfio(path, &fd) ? fd : real.open(path, flags);
}

SHOWN int close(int fd)
{
    enum fd_kind kind = kind_of(fd);

    if (kind != FD_OTHER) {
        pthread_mutex_lock(&lock);
        if (kind == FD_CONTAINER)
            container_close(&state, state.fds[fd].index);
        else if (kind == FD_GROUP)
            group_close(&state, state.fds[fd].index);
        state.fds[fd].kind = FD_OTHER;
        pthread_mutex_unlock(&lock);
    }
    return real.close(fd);
}

static int answer(int fd, unsigned long request, void *argument)
{
    int index = state.fds[fd].index;

    switch (state.fds[fd].kind) {
    case FD_CONTAINER: return container_ioctl(&state, index, request, argument);
    case FD_GROUP: return group_ioctl(&state, index, request, argument);
    case FD_DEVICE: return device_ioctl(&state, index, request, argument);
    case FD_OTHER: break;
    }
    return -EBADF;
}

SHOWN int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    void *argument;
    int rc;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (kind_of(fd) == FD_OTHER)
        return real.ioctl(fd, request, argument);
    pthread_mutex_lock(&lock);
    rc = answer(fd, request, argument);
    pthread_mutex_unlock(&lock);
    if (rc < 0) {
        errno = -rc;
        return -1;
    }
    return rc;
}

static ssize_t answered(ssize_t n)
{
    if (n >= 0)
        return n;
    errno = (int)-n;
    return -1;
}

SHOWN ssize_t pread(int fd, void *to, size_t n, off_t offset)
{
    return kind_of(fd) == FD_DEVICE
               ? answered(device_read(&state, state.fds[fd].index, to, n, (uint64_t)offset))
               : real.pread(fd, to, n, offset);
}

SHOWN ssize_t pread64(int fd, void *to, size_t n, off64_t offset)
{
    return kind_of(fd) == FD_DEVICE
               ? answered(device_read(&state, state.fds[fd].index, to, n, (uint64_t)offset))
               : real.pread64(fd, to, n, offset);
}

SHOWN ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t offset, size_t room)
{
    if (n > room)
        abort();
    return pread64(fd, to, n, offset);
}

SHOWN ssize_t __pread_chk(int fd, void *to, size_t n, off_t offset, size_t room)
{
    if (n > room)
        abort();
    return pread(fd, to, n, offset);
}

SHOWN ssize_t pwrite(int fd, const void *from, size_t n, off_t offset)
{
    return kind_of(fd) == FD_DEVICE
               ? answered(device_write(&state, state.fds[fd].index, from, n, (uint64_t)offset))
               : real.pwrite(fd, from, n, offset);
}

SHOWN ssize_t pwrite64(int fd, const void *from, size_t n, off64_t offset)
{
    return kind_of(fd) == FD_DEVICE
               ? answered(device_write(&state, state.fds[fd].index, from, n, (uint64_t)offset))
               : real.pwrite64(fd, from, n, offset);
}
