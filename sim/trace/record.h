/* SPDX-License-Identifier: MIT */
/*
 * One record of a trace in memory, and the header before the records (contract,
 * section 2). Plain data: readers and generators make them, the engine obeys them.
 */
#ifndef VTR_TRACE_RECORD_H
#define VTR_TRACE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "unit_config.h"

#define NAME_BYTES 65 /* [A-Za-z0-9._:@-]{1,64} and the terminating 0 */

enum rec_kind {
    REC_W32,
    REC_W64,
    REC_R32,
    REC_R64,
    REC_MEM,
    REC_ZERO,
    REC_DMA,
    REC_DEVICE, /* hot-plug: a `device` line after the first event */
    REC_GONE,
    REC_ATTACH,
    REC_DETACH,
    REC_STOP,
    REC_START,
    REC_MISS,
    REC_ATS,
    REC_PIN,
    REC_UNPIN,
    REC_FAIL,
    REC_EXPECT,
    REC_EXPECTATIONS,
    REC_RESET,
    REC_MARK,
    REC_AT,
    REC_KINDS
};

enum dma_access { DMA_R, DMA_W, DMA_ANY /* `?`: direction not observed */ };

enum dma_seen {
    DMA_SEEN_NOTHING, /* the trace does not say what happened */
    DMA_SEEN_GPA,     /* `= GPA` */
    DMA_SEEN_FAULT,   /* `! REASON` recorded */
    DMA_SEEN_REFUSED  /* `! none`: refused without a record */
};

enum consumer_kind { CONSUMER_VFIO, CONSUMER_VHOST, CONSUMER_MDEV, CONSUMER_PROBE };

/* Notifier flags, as in `attach ... flags=` (values of vtd-facts 9.2.1). */
enum {
    NOTIFY_UNMAP = 1,
    NOTIFY_MAP = 2,
    NOTIFY_DEVTLB = 4,
    /* Finer kinds, by the right that comes or goes, and the end of each invalidation: `ideal` alone
     * (wishes of the reviews of seeds 000 and 001). */
    NOTIFY_READ_MAP = 8,
    NOTIFY_WRITE_MAP = 16,
    NOTIFY_READ_UNMAP = 32,
    NOTIFY_WRITE_UNMAP = 64,
    NOTIFY_SYNC = 128
};
#define NOTIFY_FINER_MAP   ((uint32_t)NOTIFY_READ_MAP | NOTIFY_WRITE_MAP)
#define NOTIFY_FINER_UNMAP ((uint32_t)NOTIFY_READ_UNMAP | NOTIFY_WRITE_UNMAP)
#define NOTIFY_FINER       (NOTIFY_FINER_MAP | NOTIFY_FINER_UNMAP)
#define NOTIFY_FROM_RECORD (NOTIFY_FINER | NOTIFY_MAP) /* told by what was mapped before */
#define NOTIFY_ALL         UINT32_C(0xff)
#define NOTIFY_KINDS       8

struct device_rec {
    bdf_t bdf;
    bool ats;
    bool has_alias;
    bdf_t alias;
};

enum vhost_backend { BACKEND_KERNEL, BACKEND_VDPA, BACKEND_IOMMUFD, BACKEND_USER };
enum mdev_unpin { UNPIN_PROMPT, UNPIN_LATE, UNPIN_NEVER, UNPIN_OTHER };

struct attach_rec {
    char name[NAME_BYTES];
    enum consumer_kind kind;
    bdf_t bdf;
    /* Which of the following were said; the canonical form repeats only these. */
    bool has_flags, has_range, has_container, has_limit, has_aperture, has_type1, has_backend,
        has_unpin, has_dma_unmap, has_leave;
    uint32_t flags; /* NOTIFY_* */
    struct iova_range range;
    char container[NAME_BYTES];
    uint64_t limit; /* mappings; 0: no limit */
    uint32_t aperture_bits;
    uint32_t type1; /* 1 or 2 */
    enum vhost_backend backend;
    enum mdev_unpin unpin;
    bool dma_unmap; /* mdev: it has that callback (on when not said) */
    uint64_t leave; /* unregisters itself inside its Nth callback */
};

enum fail_op { FAIL_MAP, FAIL_UNMAP, FAIL_ALLOC };
enum expect_op { EXPECT_MAP, EXPECT_UNMAP, EXPECT_DEVTLB, EXPECT_ABORT };
enum expect_level { EXPECT_NOTIFIER, EXPECT_IOCTL };

struct expect_rec {
    char name[NAME_BYTES];
    enum expect_op op;
    iova_t iova;
    uint64_t size; /* bytes; 0 stands for 2^64 (written 0x10000000000000000) */
    gpa_t gpa;     /* map only */
    enum perm perm;
    bool has_result;
    int32_t result; /* 0 or a negative errno */
};

struct expectations_rec {
    char name[NAME_BYTES];
    enum expect_level level;
};

struct fail_rec {
    char name[NAME_BYTES];
    enum fail_op op;
    int32_t error;  /* positive errno */
    uint64_t count; /* at least 1 */
};

struct rec {
    enum rec_kind kind;
    union {
        struct {
            uint16_t off; /* 0..0xfff, naturally aligned */
            uint64_t val;
        } reg; /* REC_W32, W64, R32, R64 */
        struct {
            gpa_t gpa;
            uint32_t words;      /* 1..512 */
            const uint64_t *val; /* owned by the reader, valid until its next call */
        } mem;
        struct {
            gpa_t gpa;
            uint64_t bytes;
        } zero;
        struct {
            bdf_t bdf;
            enum dma_access access;
            iova_t iova;
            uint32_t bytes;
            enum dma_seen seen;
            gpa_t gpa;      /* DMA_SEEN_GPA */
            uint8_t reason; /* DMA_SEEN_FAULT */
        } dma;
        struct device_rec device;
        struct {
            bdf_t bdf;
        } gone;
        const struct attach_rec *attach; /* owned by the reader, valid until its next call */
        struct {
            char name[NAME_BYTES];
        } named; /* DETACH, STOP, START */
        struct {
            char name[NAME_BYTES];
            iova_t iova;
            bool write;
        } miss;
        struct {
            bdf_t bdf;
            bool on;
        } ats;
        struct {
            char name[NAME_BYTES];
            iova_t iova;
            uint64_t pages;
        } pin; /* PIN, UNPIN */
        struct fail_rec fail;
        struct expect_rec expect;
        struct expectations_rec expectations;
        struct {
            bool unit_only; /* `reset unit`; else `reset` or `reset system` */
        } reset;
        struct {
            const char *text; /* 0-terminated, owned by the reader, valid until its next call */
        } mark;
        struct {
            uint64_t ns;
        } at;
    } u;
};

struct meta_entry {
    char *key;
    char *text;
};

struct ram_entry {
    gpa_t gpa;
    uint64_t bytes; /* 4 KiB multiples, no overlap */
    bool rom;
};

struct trace_header {
    struct meta_entry *meta;
    size_t metas;
    bool has_unit;
    struct unit_config unit; /* defaults where the trace does not say */
    struct ram_entry *ram;   /* in file order; empty: the contract's default */
    size_t rams;
    struct device_rec *devices;
    size_t devices_count;
    struct expectations_rec *expectations;
    size_t expectations_count;
};

#endif
