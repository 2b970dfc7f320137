/* SPDX-License-Identifier: MIT */
/* Guest RAM: QEMU's mapping of the RAM file, and where the guest sees which part of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"

/* A part of the RAM file as the guest sees it. */
struct window {
    uint64_t gpa, size, off;
};

struct area {
    uint64_t first, end;
    bool rom;
};

static const uint8_t *host_base;
static uint64_t host_bytes;
static struct window windows[32];
static size_t window_count;

void ram_find_mapping(const char *path)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[4352], name[4096];
    unsigned long long first, end, off;

    if (!f)
        cap_fail("cannot read /proc/self/maps");
    while (fgets(line, sizeof(line), f)) {
        name[0] = '\0';
        if (sscanf(line, "%llx-%llx %*s %llx %*s %*s %4095s", &first, &end, &off, name) < 3)
            continue;
        if (strcmp(name, path) != 0)
            continue;
        if (host_base && (uint64_t)(uintptr_t)host_base + host_bytes == first &&
            host_bytes == off) {
            host_bytes += end - first;
        } else if (!host_base && off == 0) {
            host_base = (const uint8_t *)(uintptr_t)first;
            host_bytes = end - first;
        } else {
            cap_fail("%s is mapped in an unexpected way: %s", path, line);
        }
    }
    fclose(f);
    if (!host_base)
        cap_fail("QEMU has not mapped %s; give ram= the path of the memory backend", path);
}

uint64_t ram_size(void)
{
    return host_bytes;
}

bool ram_of_host(const uint8_t *host, ram_off_t *off)
{
    uint64_t delta = (uint64_t)((uintptr_t)host - (uintptr_t)host_base);

    off->raw = delta;
    return delta < host_bytes;
}

bool ram_of_gpa(gpa_t gpa, ram_off_t *off)
{
    for (size_t i = 0; i < window_count; i++) {
        uint64_t delta = gpa.raw - windows[i].gpa;

        if (delta < windows[i].size) {
            off->raw = windows[i].off + delta;
            return true;
        }
    }
    return false;
}

gpa_t ram_gpa(ram_off_t off)
{
    for (size_t i = 0; i < window_count; i++) {
        uint64_t delta = off.raw - windows[i].off;

        if (delta < windows[i].size)
            return (gpa_t){windows[i].gpa + delta};
    }
    cap_fail("RAM offset 0x%llx is not visible to the guest", (unsigned long long)off.raw);
}

uint64_t ram_load64(ram_off_t off)
{
    const uint64_t *p = (const uint64_t *)(const void *)(host_base + off.raw);

    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

bool ram_view_known(void)
{
    return window_count != 0;
}

/* QEMU prints its flat views to standard output; lend it a file for that moment. */
static void print_view(const char *path)
{
    int saved, fd;

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (saved < 0 || fd < 0 || dup2(fd, STDOUT_FILENO) < 0)
        cap_fail("cannot write %s", path);
    close(fd);
    qemu.mtree_info(true, false, false, false);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static void add_window(const char *line, const char *name, uint64_t first, uint64_t end)
{
    const char *at = strrchr(line, '@');
    unsigned long long off = 0;

    if (strncmp(name, "ram0", 4) != 0)
        return;
    if (at && sscanf(at + 1, "%llx", &off) != 1)
        cap_fail("cannot read the flat view: %s", line);
    if (window_count == sizeof(windows) / sizeof(windows[0]))
        cap_fail("guest RAM appears in more than %zu pieces", window_count);
    windows[window_count++] = (struct window){first, end - first, off};
}

/* One line of the view: `  FIRST-LAST (prio P, KIND): NAME [@OFFSET] [...]`. */
static void read_range(const char *line, struct area *area, FILE *out)
{
    unsigned long long first, last;
    char kind[16], name[128];
    bool rom;

    if (sscanf(line, " %llx-%llx (prio %*d, %15[^)]): %127s", &first, &last, kind, name) != 4)
        return;
    rom = strcmp(kind, "rom") == 0;
    if (!rom && strcmp(kind, "ram") != 0)
        return;
    add_window(line, name, first, last + 1);
    if (area->end == first && area->rom == rom && area->end != area->first) {
        area->end = last + 1;
        return;
    }
    if (area->end != area->first)
        fprintf(out, "%s 0x%llx 0x%llx\n", area->rom ? "rom" : "ram",
                (unsigned long long)area->first, (unsigned long long)(area->end - area->first));
    *area = (struct area){first, last + 1, rom};
}

void ram_read_view(const char *path)
{
    char text[4096], lines[4096], line[512];
    struct area area = {0};
    bool wanted = false;
    FILE *in, *out;

    if ((size_t)snprintf(text, sizeof(text), "%s.mtree", path) >= sizeof(text) ||
        (size_t)snprintf(lines, sizeof(lines), "%s.ram", path) >= sizeof(lines))
        cap_fail("path too long: %s", path);
    print_view(text);
    in = fopen(text, "r");
    out = fopen(lines, "w");
    if (!in || !out)
        cap_fail("cannot open %s or %s", text, lines);
    while (fgets(line, sizeof(line), in)) {
        if (strncmp(line, "FlatView", 8) == 0)
            wanted = false;
        else if (strstr(line, "AS \"memory\", root: system"))
            wanted = true;
        else if (wanted)
            read_range(line, &area, out);
    }
    if (area.end != area.first)
        fprintf(out, "%s 0x%llx 0x%llx\n", area.rom ? "rom" : "ram", (unsigned long long)area.first,
                (unsigned long long)(area.end - area.first));
    fclose(in);
    if (fclose(out) != 0)
        cap_fail("cannot write %s", lines);
    if (window_count == 0)
        cap_fail("the flat view names no RAM called ram0; see %s", text);
}
