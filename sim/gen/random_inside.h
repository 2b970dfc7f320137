/* SPDX-License-Identifier: MIT */
/* Shared by random_*.c: the guest's memory, records being made, and the families of actions. */
#ifndef VTR_GEN_RANDOM_INSIDE_H
#define VTR_GEN_RANDOM_INSIDE_H

#include "gen/random_guest.h"
#include "vtd_regs.h"
#include "vtd_tables.h"

#define ROOT       UINT64_C(0x100000)
#define CONTEXT    UINT64_C(0x101000)
#define CONTEXT2   UINT64_C(0x102000) /* another context table, seldom named */
#define ROOT2      UINT64_C(0x103000)
#define QUEUE      UINT64_C(0x200000) /* up to 512 KiB */
#define STATUS     UINT64_C(0x300000)
#define TABLES     UINT64_C(0x400000)     /* table pages, each tied to a level */
#define NOWHERE    UINT64_C(0xd0000000)   /* no memory: the hole of a PC below 4 GiB */
#define BEYOND_RAM UINT64_C(0x3fffe00000) /* below 2^39, above any memory here */
#define WAIT       UINT64_C(0x200000025)

#define SWITCHES (GCMD_TE | GCMD_QIE | GCMD_IRE)

/* random_dice.c */
bool random_one_in(struct random_guest *g, unsigned n);
uint64_t random_bits(struct random_guest *g); /* 64 of them */

/* random_push.c: append a record, a store, a register write, a descriptor with or without tail. */
struct rec *random_push(struct random_guest *g, enum rec_kind kind);
void random_push_mem(struct random_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi);
/** `words` (at most RANDOM_WORDS) of val, or up to 512 of g->long_words when val is NULL. */
void random_push_words(struct random_guest *g, uint64_t at, unsigned words, const uint64_t *val);
void random_push_w32(struct random_guest *g, unsigned off, uint32_t val);
void random_push_w64(struct random_guest *g, unsigned off, uint64_t val);
void random_push_slot(struct random_guest *g, uint64_t lo, uint64_t hi);
void random_push_desc(struct random_guest *g, uint64_t lo, uint64_t hi);
/** A context entry, remembered. */
void random_push_context(struct random_guest *g, unsigned device, uint64_t lo, uint64_t hi);
/** An entry of a table page, remembered. */
void random_push_entry(struct random_guest *g, unsigned page, unsigned index, uint64_t entry);

/* random_layout.c: table pages, each of one level; and what few names there are. */
uint64_t random_table_page(const struct random_guest *g, unsigned page);
/** The table page at this address, or RANDOM_PAGES_MAX. */
unsigned random_page_at(const struct random_guest *g, uint64_t at);
unsigned random_page_of_level(struct random_guest *g, unsigned level);
unsigned random_index(struct random_guest *g, unsigned level);
unsigned random_device(struct random_guest *g);
uint16_t random_sid(struct random_guest *g);
uint16_t random_did(struct random_guest *g);
uint64_t random_iova(struct random_guest *g);
uint64_t random_entry(struct random_guest *g, unsigned level, unsigned index);

/** A place in the tables of a device, found by going down from its context entry. */
struct spot {
    unsigned device, level, page, index;
    uint16_t did;
    uint64_t iova, entry;
};
/** False: no device has tables of ours now. Ends at a leaf, a hole or something foreign; with
 * `lowest` above 1 no lower than that level. */
bool random_spot(struct random_guest *g, unsigned lowest, struct spot *s);
/** Tell of the page, or the 2^AM pages, at `at` in this domain: by page, domain or globally. */
void random_announce(struct random_guest *g, uint16_t domain, uint64_t at, unsigned level);

/* random_tame.c */
/** Whether a tame guest keeps a table in this slot: what hangs below reaches across the window's
 * edge. */
bool random_must_be_table(const struct random_guest *g, unsigned level, unsigned index);
/** The next records of the beginning: tables before translation. False: there are none. */
bool random_prepare(struct random_guest *g);

/* random_actions.c */
void random_weights(struct random_guest *g);
void random_choose(struct random_guest *g);

/** Root, queue and translation on, as after a reset. */
void random_start_up(struct random_guest *g);

/* The families; an action may end without a record. */
void random_change_entry(struct random_guest *g);
void random_change_spot(struct random_guest *g);
void random_bad_entry(struct random_guest *g);
void random_fill_table(struct random_guest *g);
void random_odd_target(struct random_guest *g);
void random_split_or_join(struct random_guest *g);
void random_replace_table(struct random_guest *g);
void random_strange_table(struct random_guest *g);
void random_change_context(struct random_guest *g);
void random_move_domain(struct random_guest *g);
void random_bad_context(struct random_guest *g);
void random_change_root(struct random_guest *g);
void random_mend_root(struct random_guest *g);
void random_invalidate(struct random_guest *g);
void random_page_selective(struct random_guest *g);
void random_window_edge(struct random_guest *g);
void random_device_tlb(struct random_guest *g);
void random_interrupt_entry(struct random_guest *g);
void random_batch(struct random_guest *g);
void random_wait(struct random_guest *g);
void random_bad_descriptor(struct random_guest *g);
void random_recover(struct random_guest *g);
void random_mend_queue(struct random_guest *g);
void random_bad_tail(struct random_guest *g);
void random_restart_queue(struct random_guest *g);
void random_run_queue(struct random_guest *g);
void random_by_register(struct random_guest *g);
void random_odd_register(struct random_guest *g);
void random_event_register(struct random_guest *g);
void random_half_register(struct random_guest *g);
void random_wide_register(struct random_guest *g);
void random_read_register(struct random_guest *g);
void random_switch(struct random_guest *g);
void random_set_root(struct random_guest *g);
void random_odd_command(struct random_guest *g);
void random_reset(struct random_guest *g);
void random_access(struct random_guest *g);
void random_many_accesses(struct random_guest *g);
void random_service_faults(struct random_guest *g);

#endif
