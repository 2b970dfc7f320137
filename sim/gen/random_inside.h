/* SPDX-License-Identifier: MIT */
/* Shared by random_guest.c and random_wild.c: the guest's memory, and records being made. */
#ifndef VTR_GEN_RANDOM_INSIDE_H
#define VTR_GEN_RANDOM_INSIDE_H

#include "gen/random_guest.h"
#include "vtd_regs.h"

#define ROOT    UINT64_C(0x100000)
#define CONTEXT UINT64_C(0x101000)
#define TABLES  UINT64_C(0x110000) /* 32 table pages, each tied to a level */
#define QUEUE   UINT64_C(0x200000)
#define STATUS  UINT64_C(0x300000)
#define WAIT    UINT64_C(0x200000025)

#define QUEUE_SLOTS 256u

bool random_one_in(struct random_guest *g, unsigned n);

/** Append a record, a store of one or two words, a register write, a descriptor with the tail. */
struct rec *random_push(struct random_guest *g, enum rec_kind kind);
void random_push_mem(struct random_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi);
void random_push_w32(struct random_guest *g, unsigned off, uint32_t val);
void random_push_w64(struct random_guest *g, unsigned off, uint64_t val);
void random_push_desc(struct random_guest *g, uint64_t lo, uint64_t hi);

/** Table pages, each of one level; an index into one; and what few names there are. */
unsigned random_level_of_page(const struct random_guest *g, unsigned page);
uint64_t random_table_page(unsigned page);
unsigned random_page_of_level(struct random_guest *g, unsigned level);
unsigned random_index(struct random_guest *g, unsigned level);
uint16_t random_sid(struct random_guest *g);
uint16_t random_did(struct random_guest *g);
uint64_t random_iova(struct random_guest *g);

/** Whether a tame guest keeps a table in this slot: what hangs below reaches across the window's
 * edge. */
bool random_must_be_table(const struct random_guest *g, unsigned level, unsigned index);

/** Root, queue and translation on, as after a reset. */
void random_start_up(struct random_guest *g);

/** One step that only a wild guest takes; false: none this time. */
bool random_wild(struct random_guest *g);

#endif
