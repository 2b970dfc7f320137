/* SPDX-License-Identifier: MIT */
/* Shared by hostile*.c: where things lie, values, and what a hostile guest does. */
#ifndef VTR_GEN_HOSTILE_INSIDE_H
#define VTR_GEN_HOSTILE_INSIDE_H

#include "gen/hostile.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define ROOT    UINT64_C(0x100000)
#define CONTEXT UINT64_C(0x101000)
#define QUEUE   UINT64_C(0x200000) /* up to 512 KiB */
#define STATUS  UINT64_C(0x300000)
#define TABLES  UINT64_C(0x400000)
#define FULL    UINT64_C(0x500000) /* a page of 512 entries, none of them a table */

/* hostile_values.c */
uint64_t hostile_below(struct hostile *g, uint64_t n);
bool hostile_one_in(struct hostile *g, unsigned n);
/** Something that may mean something: an address of root, queue, tables, or of nothing. */
uint64_t hostile_place(struct hostile *g);
uint64_t hostile_table_page(struct hostile *g);
/** Nothing, everything, a bit, an address with odd low bits, an old value with a bit changed. */
uint64_t hostile_value(struct hostile *g);

/* hostile_registers.c: g->rec becomes a write, or one of these. */
void hostile_reg(struct hostile *g, bool wide, unsigned off, uint64_t v);
void hostile_any_register(struct hostile *g);
void hostile_command(struct hostile *g);
void hostile_queue_register(struct hostile *g);
void hostile_root_register(struct hostile *g);
void hostile_by_register(struct hostile *g);
void hostile_read(struct hostile *g);

/* hostile_memory.c: g->rec becomes a store of g->words, or one of these. */
void hostile_store(struct hostile *g, uint64_t at, unsigned words);
void hostile_descriptor(struct hostile *g);
void hostile_table(struct hostile *g);
void hostile_full_page(struct hostile *g);
void hostile_context(struct hostile *g);
void hostile_root(struct hostile *g);
void hostile_anywhere(struct hostile *g);
void hostile_zero(struct hostile *g);

#endif
