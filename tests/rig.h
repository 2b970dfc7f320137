/* SPDX-License-Identifier: MIT */
/*
 * A simulation under a test's hand: records go in by one-line calls, notifications come out as
 * text. A line of `rig_notes` reads "NAME MAP 0x1000+0x1000 0x200000 rw 0" or "NAME UNMAP
 * 0x1000+0x1000 0".
 */
#ifndef VTR_TESTS_RIG_H
#define VTR_TESTS_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"
#include "vtd_regs.h"

struct rig_setup {
    const char *profile; /* NULL: qemu-10.2 */
    const char *quirk;
    enum sync_strategy sync;
    unsigned aw_bits; /* 0: 39 */
    bool cm_off, device_iotlb, snoop_control, intremap, no_pt, stale_tm, eim;
    const char
        *attach; /* "vfio" or "probe" at 00:02.0, "" for none; NULL: "probe" with map,unmap */
    uint64_t dma_limit; /* 0: no limit */
    bool no_drain;
    const struct ram_entry *ram; /* NULL: the contract's default */
    size_t rams;
    bool type1_chain;
    struct observer also;          /* see == NULL: none */
    const struct attach_rec *with; /* instead of `attach`: exactly this consumer */
};

struct rig {
    struct engine *engine;
    char notes[65536];   /* since the last rig_notes */
    uint64_t note_count; /* over the whole run */
    uint64_t note_hash;  /* of every line, in order, over the whole run */
    uint64_t note_maps;
    enum perm note_perm; /* of the last note, whatever its type */
    char returned[65536];
    struct xlat_result dma;
    bool dma_differs;
    enum perm held_perm; /* what the consumer that was asked last holds there; PERM_NONE: nothing */
    uint64_t held_gpa;
    uint64_t last_read;
    unsigned interrupts, fault_interrupts;
    uint32_t msi_address, msi_data; /* of the last interrupt */
    unsigned queue_errors, refused;
    uint32_t status; /* last wait status written */
    uint64_t status_gpa;
    unsigned waits;
    const char *abort_why;
    char registrations[4096];
    int result; /* of the last step */
    struct err err;
};

#define RIG_DEV   bdf(0x0010)
#define RIG_ROOT  UINT64_C(0x100000)
#define RIG_CTX   UINT64_C(0x101000)
#define RIG_TOP   UINT64_C(0x102000)
#define RIG_QUEUE UINT64_C(0x200000)
#define RIG_STAT  UINT64_C(0x300000)

/** The profiles that remember what they told; those of the seeds: seeds_rig.h. */
#define RIG_PROFILES 3
extern const char *const rig_profiles[RIG_PROFILES];

/** Repeatable random numbers (xorshift); the state must not be 0. */
uint64_t rig_random(uint64_t *state);

struct rig *rig_new(const struct rig_setup *s);
void rig_free(struct rig *r);

int rig_step(struct rig *r, const struct rec *rec);
void rig_w32(struct rig *r, unsigned off, uint32_t val);
void rig_w64(struct rig *r, unsigned off, uint64_t val);
uint32_t rig_r32(struct rig *r, unsigned off);
uint64_t rig_r64(struct rig *r, unsigned off);
void rig_mem(struct rig *r, uint64_t gpa_, uint64_t val);
void rig_mem2(struct rig *r, uint64_t gpa_, uint64_t lo, uint64_t hi);
/** Up to 512 words in one record, not across a page. */
void rig_mem_words(struct rig *r, uint64_t gpa_, const uint64_t *val, unsigned words);
/** One access of RIG_DEV (or another device); the result is in r->dma. */
struct xlat_result rig_dma(struct rig *r, bdf_t b, uint64_t at, bool write);
void rig_attach(struct rig *r, const struct attach_rec *a);
void rig_detach(struct rig *r, const char *name);
void rig_reset(struct rig *r);
/** A `device` record. */
void rig_device(struct rig *r, bdf_t b);

/** Root and context for RIG_DEV (DID 5), empty top table, SRTP, queue enabled, translation on. */
void rig_bring_up(struct rig *r);
/** Root entry and context entry of a device: levels 3..5, its DID and top table. */
void rig_context(struct rig *r, bdf_t b, unsigned levels, unsigned domain, uint64_t top);
/** Put one descriptor at the tail and ring. */
void rig_desc(struct rig *r, uint64_t lo, uint64_t hi);
void rig_psi(struct rig *r, unsigned domain, uint64_t addr, unsigned am);
void rig_dsi(struct rig *r, unsigned domain);
void rig_iotlb_global(struct rig *r);
void rig_cc_global(struct rig *r);
void rig_cc_device(struct rig *r, unsigned domain, bdf_t b);
void rig_wait(struct rig *r);
/** Make the tables of `levels` for `at` below `top`, and store `entry` at `level`. Table pages at
 * 0x400000 and up. */
void rig_map(struct rig *r, uint64_t top, unsigned levels, uint64_t at, unsigned level,
             uint64_t entry);

/** What was notified since the last call, one line each; valid until the next call. */
const char *rig_notes(struct rig *r);

#endif
