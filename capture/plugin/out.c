/* SPDX-License-Identifier: MIT */
/* The text trace: one record a line, and what is counted beside it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture.h"

struct out_notes notes;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *file;
static char *file_path;
static uint64_t position;
static int64_t last_at;
static uint64_t counts[OUT_KINDS];

static const char *const kind_names[OUT_KINDS] = {
    [OUT_W32] = "w32",   [OUT_W64] = "w64",         [OUT_R32] = "r32",
    [OUT_R64] = "r64",   [OUT_STORE] = "mem-store", [OUT_SNAPSHOT] = "mem-snapshot",
    [OUT_ZERO] = "zero", [OUT_DESC] = "mem-desc",   [OUT_DMA] = "dma",
    [OUT_AT] = "at",     [OUT_RESET] = "reset",
};

void cap_lock(void)
{
    pthread_mutex_lock(&lock);
}

void cap_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void out_open(const char *path)
{
    file_path = NULL;
    file = fopen(path, "w");
    if (!file)
        cap_fail("cannot write %s", path);
    setvbuf(file, NULL, _IOFBF, 1u << 20);
    if (asprintf(&file_path, "%s.stats", path) < 0)
        cap_fail("out of memory");
}

bool out_started(void)
{
    return position != 0;
}

uint64_t out_position(void)
{
    return position;
}

/* False once the file is closed: devices still move while QEMU shuts down. */
static bool begin(enum out_kind kind)
{
    if (!file)
        return false;
    counts[kind]++;
    if (kind != OUT_AT)
        position++;
    return true;
}

static void out_time(void)
{
    int64_t now = qemu.qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL_);

    if (now > last_at && begin(OUT_AT)) {
        fprintf(file, "at %lld\n", (long long)now);
        last_at = now;
    }
}

void out_reg(bool write, unsigned size, uint64_t off, uint64_t val)
{
    static const enum out_kind kinds[2][2] = {{OUT_R32, OUT_R64}, {OUT_W32, OUT_W64}};

    if (write)
        out_time();
    if (begin(kinds[write][size == 8]))
        fprintf(file, "%c%u 0x%llx 0x%llx\n", write ? 'w' : 'r', size * 8, (unsigned long long)off,
                (unsigned long long)val);
}

void out_store(gpa_t gpa, uint64_t val)
{
    if (begin(OUT_STORE))
        fprintf(file, "mem 0x%llx 0x%llx\n", (unsigned long long)gpa.raw, (unsigned long long)val);
}

void out_desc(gpa_t gpa, uint64_t lo, uint64_t hi)
{
    if (begin(OUT_DESC))
        fprintf(file, "mem 0x%llx 0x%llx 0x%llx\n", (unsigned long long)gpa.raw,
                (unsigned long long)lo, (unsigned long long)hi);
}

void out_snapshot(gpa_t gpa, const uint64_t words[PAGE_WORDS])
{
    bool zero = true;

    for (size_t i = 0; i < PAGE_WORDS && zero; i++)
        zero = words[i] == 0;
    if (!begin(zero ? OUT_ZERO : OUT_SNAPSHOT))
        return;
    if (zero) {
        fprintf(file, "zero 0x%llx 0x1000\n", (unsigned long long)gpa.raw);
        return;
    }
    fprintf(file, "mem 0x%llx", (unsigned long long)gpa.raw);
    for (size_t i = 0; i < PAGE_WORDS; i++)
        fprintf(file, " 0x%llx", (unsigned long long)words[i]);
    fputc('\n', file);
}

void out_reset(void)
{
    if (begin(OUT_RESET))
        fputs("reset system\n", file);
}

void out_dma(unsigned devfn, char dir, uint64_t iova, const char *result)
{
    out_time();
    if (begin(OUT_DMA))
        fprintf(file, "dma 00:%02x.%x %c 0x%llx 1 %s\n", devfn >> 3, devfn & 7, dir,
                (unsigned long long)iova, result);
}

static void write_stats(FILE *f)
{
    for (size_t i = 0; i < OUT_KINDS; i++)
        fprintf(f, "record %s %llu\n", kind_names[i], (unsigned long long)counts[i]);
    fprintf(f, "record total %llu\n", (unsigned long long)(position + counts[OUT_AT]));
    fprintf(f, "note stores-seen %llu\n", (unsigned long long)notes.stores_seen);
    fprintf(f, "note stores-same %llu\n", (unsigned long long)notes.stores_same);
    fprintf(f, "note verify-passes %llu\n", (unsigned long long)notes.verify_passes);
    fprintf(f, "note verify-missed %llu\n", (unsigned long long)notes.missed);
    fprintf(f, "note caught-up %llu\n", (unsigned long long)notes.caught_up);
    fprintf(f, "note pages-tracked %llu\n", (unsigned long long)notes.pages_tracked);
    fprintf(f, "note pages-dropped %llu\n", (unsigned long long)notes.pages_dropped);
    fprintf(f, "note dma-coalesced %llu\n", (unsigned long long)notes.dma_coalesced);
    fprintf(f, "note dma-window %llu\n", (unsigned long long)notes.dma_window);
    fprintf(f, "note dma-failed %llu\n", (unsigned long long)notes.dma_failed);
    fprintf(f, "note dma-raced %llu\n", (unsigned long long)notes.dma_raced);
    fprintf(f, "note resets %llu\n", (unsigned long long)notes.resets);
}

void out_close(void)
{
    FILE *f = file;

    if (!f)
        return;
    file = NULL;
    if (fflush(f) != 0 || ferror(f) || fclose(f) != 0)
        cap_fail("writing the trace failed");
    f = fopen(file_path, "w");
    if (!f)
        cap_fail("cannot write %s", file_path);
    write_stats(f);
    if (fclose(f) != 0)
        cap_fail("cannot write %s", file_path);
}
