/* SPDX-License-Identifier: MIT */
/* The running QEMU as a program: its exported functions and where its code and data lie. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"

struct qemu_calls qemu;

struct span {
    uint64_t first, end;
    bool code;
};

static struct span spans[64];
static size_t span_count;

void cap_fail(const char *fmt, ...)
{
    va_list ap;

    fputs("vtd-capture: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    fflush(stderr);
    _exit(3);
}

static void *find(const char *name)
{
    void *p = dlsym(RTLD_DEFAULT, name);

    if (!p)
        cap_fail("QEMU exports no %s; this plugin is for Debian's qemu-system-x86_64 7.2", name);
    return p;
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX has. */
static void set(void *member, const char *name)
{
    void *p = find(name);

    memcpy(member, &p, sizeof(p));
}

static void read_spans(const char *binary)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[4352], perms[8], path[4096];
    unsigned long long first, end;

    if (!f)
        cap_fail("cannot read /proc/self/maps");
    while (fgets(line, sizeof(line), f)) {
        path[0] = '\0';
        if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %4095s", &first, &end, perms, path) < 3)
            continue;
        if (strcmp(path, binary) != 0 || perms[0] != 'r')
            continue;
        if (span_count == sizeof(spans) / sizeof(spans[0]))
            break;
        spans[span_count++] = (struct span){first, end, perms[2] == 'x'};
    }
    fclose(f);
}

void image_find_calls(void)
{
    char binary[4096];
    ssize_t n = readlink("/proc/self/exe", binary, sizeof(binary) - 1);

    if (n < 0)
        cap_fail("cannot read /proc/self/exe");
    binary[n] = '\0';
    read_spans(binary);
    set(&qemu.memory_region_find, "memory_region_find");
    set(&qemu.get_system_memory, "get_system_memory");
    set(&qemu.memory_region_name, "memory_region_name");
    set(&qemu.object_class_by_name, "object_class_by_name");
    set(&qemu.qemu_clock_get_ns, "qemu_clock_get_ns");
    set(&qemu.qemu_register_reset, "qemu_register_reset");
    set(&qemu.mtree_info, "mtree_info");
    if (!image_is_code((uintptr_t)find("memory_region_find")))
        cap_fail("memory_region_find does not lie in the code of %s", binary);
}

static bool inside(uint64_t addr, size_t bytes, bool code)
{
    for (size_t i = 0; i < span_count; i++) {
        if (spans[i].code == code && addr >= spans[i].first && addr < spans[i].end &&
            bytes <= spans[i].end - addr)
            return true;
    }
    return false;
}

bool image_is_code(uint64_t addr)
{
    return inside(addr, 1, true);
}

bool image_is_data(uint64_t addr, size_t bytes)
{
    return inside(addr, bytes, false);
}
