/* SPDX-License-Identifier: MIT */
/* Shared by guest*.c: the guest's memory, and records being made. */
#ifndef VTR_FUZZ_GUEST_INSIDE_H
#define VTR_FUZZ_GUEST_INSIDE_H

#include "guest.h"
#include "vtd_regs.h"

#define ROOT   UINT64_C(0x100000)
#define BUS0   UINT64_C(0x101000) /* context table */
#define TABLES UINT64_C(0x110000) /* four pages of each level, the lowest first */
#define QUEUE  UINT64_C(0x200000)
#define STATUS UINT64_C(0x300000)
#define WAIT   UINT64_C(0x200000025)
#define SLOTS  256u

/** One action: takes its operands and makes its records. */
typedef void fuzz_action(struct fuzz_guest *g);

struct rec *fuzz_push(struct fuzz_guest *g, enum rec_kind kind);
void fuzz_mem(struct fuzz_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi);
void fuzz_w32(struct fuzz_guest *g, unsigned off, uint32_t val);
void fuzz_w64(struct fuzz_guest *g, unsigned off, uint64_t val);
/** A descriptor at the tail, and the tail moves behind it. */
void fuzz_desc(struct fuzz_guest *g, uint64_t lo, uint64_t hi);

/** One of the few devices, domains and addresses there are: a byte each. */
bdf_t fuzz_bdf(struct fuzz_guest *g);
uint16_t fuzz_did(struct fuzz_guest *g);
uint64_t fuzz_iova(struct fuzz_guest *g);
/** Page `k` of the four of a level. */
uint64_t fuzz_table(unsigned level, unsigned k);

/* guest_tables.c */
fuzz_action fuzz_start, fuzz_map, fuzz_unmap, fuzz_entry, fuzz_context, fuzz_store, fuzz_zero;
/* guest_unit.c */
fuzz_action fuzz_psi, fuzz_dsi, fuzz_cc, fuzz_wait, fuzz_devtlb, fuzz_any_desc, fuzz_batch;
fuzz_action fuzz_command, fuzz_any_register, fuzz_by_register, fuzz_queue, fuzz_recover;
fuzz_action fuzz_read, fuzz_dma, fuzz_reset;
/* guest_people.c */
fuzz_action fuzz_attach, fuzz_detach, fuzz_fail, fuzz_device, fuzz_gone, fuzz_ats, fuzz_vhost;
fuzz_action fuzz_pin, fuzz_mdev, fuzz_crowd;

#endif
