/* SPDX-License-Identifier: MIT */
/*
 * What the plugin's files share: address types, the state, and one block of functions a file.
 *
 * Locking: `cap_lock()` guards the output and the table shadows. Register accesses and device DMA
 * come with QEMU's big lock held, stores of the guest's processor do not. The lock is never held
 * while the unit's own write function runs.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu_abi.h"

/* A guest-physical address, and an offset into the guest's RAM file: equal below the PCI hole,
 * different above it. */
typedef struct {
    uint64_t raw;
} gpa_t;

typedef struct {
    uint64_t raw;
} ram_off_t;

#define PAGE_BYTES 4096u
#define PAGE_WORDS 512u

/* ---- image.c: the running QEMU as a program ------------------------------------------------ */

/* Exported functions of QEMU, found by name. */
struct qemu_calls {
    struct qemu_section (*memory_region_find)(struct qemu_mr *mr, uint64_t addr, uint64_t size);
    struct qemu_mr *(*get_system_memory)(void);
    const char *(*memory_region_name)(const struct qemu_mr *mr);
    struct qemu_class *(*object_class_by_name)(const char *name);
    int64_t (*qemu_clock_get_ns)(int type);
    void (*qemu_register_reset)(void (*func)(void *opaque), void *opaque);
    void (*mtree_info)(bool flatview, bool dispatch_tree, bool owner, bool disabled);
};

extern struct qemu_calls qemu;

/* Prints `vtd-capture: ...` on standard error and ends QEMU with status 3: a capture that cannot
 * be trusted must not leave a trace that looks like one. */
_Noreturn void cap_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Fills `qemu` and the address ranges of QEMU's binary. */
void image_find_calls(void);
bool image_is_code(uint64_t addr);
/* [addr, addr + bytes) lies in the binary's mapped data. */
bool image_is_data(uint64_t addr, size_t bytes);

/* ---- ram.c: guest RAM ---------------------------------------------------------------------- */

/* Finds where QEMU has mapped the RAM file `path`. */
void ram_find_mapping(const char *path);
/* Writes QEMU's flat view of system memory to `path`.mtree, the trace's `ram` and `rom` lines to
 * `path`.ram, and learns from it where the RAM file appears to the guest. Big lock held. */
void ram_read_view(const char *path);
bool ram_view_known(void);
/* Host pointer inside guest RAM -> offset; false where it points elsewhere. */
bool ram_of_host(const uint8_t *host, ram_off_t *off);
bool ram_of_gpa(gpa_t gpa, ram_off_t *off);
gpa_t ram_gpa(ram_off_t off);
uint64_t ram_size(void);
uint64_t ram_load64(ram_off_t off);

/* ---- out.c: the text trace ----------------------------------------------------------------- */

enum out_kind {
    OUT_W32,
    OUT_W64,
    OUT_R32,
    OUT_R64,
    OUT_STORE,
    OUT_SNAPSHOT,
    OUT_ZERO,
    OUT_DESC,
    OUT_DMA,
    OUT_AT,
    OUT_RESET,
    OUT_KINDS
};

void cap_lock(void);
void cap_unlock(void);

void out_open(const char *path);
void out_close(void);
bool out_started(void);
/* Counts every record except `at`; two equal values mean nothing was recorded in between. */
uint64_t out_position(void);
void out_reg(bool write, unsigned size, uint64_t off, uint64_t val);
void out_store(gpa_t gpa, uint64_t val);
void out_desc(gpa_t gpa, uint64_t lo, uint64_t hi);
void out_snapshot(gpa_t gpa, const uint64_t words[PAGE_WORDS]);
void out_reset(void);
/* `result` is the text behind the length: `= 0x...`, `! 5` or `! none`. */
void out_dma(unsigned devfn, char dir, uint64_t iova, const char *result);

/* Counters that are no record; printed at the end. */
struct out_notes {
    uint64_t stores_seen; /* stores of the guest to tracked pages */
    uint64_t stores_same; /* ... that changed nothing */
    uint64_t missed;      /* words the verify pass found that no callback had announced */
    uint64_t caught_up;   /* words found just before or during a translation */
    uint64_t verify_passes;
    uint64_t pages_tracked;
    uint64_t pages_dropped;
    uint64_t dma_coalesced;
    uint64_t dma_window; /* interrupt window, not recorded */
    uint64_t dma_failed;
    uint64_t dma_raced; /* a table word changed while the unit translated */
    uint64_t resets;
};
extern struct out_notes notes;

/* ---- tables.c: root, context and second-stage tables ---------------------------------------- */

void tables_init(void);
/* The guest latches a root table: snapshot everything reachable. */
void tables_root(gpa_t root);
/* The guest stored `bytes` at `off`. Takes the lock itself. */
void tables_store(ram_off_t off, unsigned bytes);
/* Compares all tracked pages with RAM; records and counts what differs. */
void tables_verify(void);
/* Records what differs on the way of one translation. Returns the number of words. */
unsigned tables_sync_path(unsigned devfn, uint64_t iova);
/* The same, without recording. */
bool tables_path_differs(unsigned devfn, uint64_t iova);
/* What the shadows say about an access: true and the address, or false. Legacy mode. */
bool tables_walk(unsigned devfn, uint64_t iova, int need, uint64_t *out);
void tables_drop_all(void);

/* An invalidation that frees unlinked table pages once it has completed. */
enum cover_kind { COVER_GLOBAL, COVER_DOMAIN, COVER_PAGES };
void tables_cover(enum cover_kind kind, uint16_t did, uint64_t first, uint64_t last);
void tables_mark(void);  /* before the descriptors are looked at: which pages are linked */
void tables_wait(void);  /* a wait descriptor: the covers before it count */
void tables_sweep(void); /* the unit has processed them */

/* ---- regs.c, queue.c: the unit's registers and its invalidation queue ------------------------ */

void regs_hook(const char *outpath);
void regs_reset(void);
/* Reads a register behind the guest's back; the unit's reads have no effect. */
uint64_t regs_peek(uint64_t off, unsigned size);

void queue_reset(void);
void queue_enable(uint64_t iqa);
/* The guest is about to set the tail: record the descriptors. */
void queue_tail(uint64_t tail);

/* ---- dma.c: translations for emulated devices ------------------------------------------------ */

void dma_hook(void);

#endif
