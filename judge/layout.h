/* SPDX-License-Identifier: MIT */
/*
 * Guest memory of the real machine: chosen to be what the trace says, then learned from what QEMU
 * maps while nothing is translated; and the preloaded library's log read with it.
 */
#ifndef VTR_JUDGE_LAYOUT_H
#define VTR_JUDGE_LAYOUT_H

#include "base/err.h"
#include "call.h"
#include "machine.h"
#include "trace/record.h"

/** A piece of guest memory and where QEMU has it. */
struct piece {
    uint64_t gpa, bytes;
    uint64_t address; /* in QEMU */
    bool rom;
};

#define PIECES_MAX 64

struct layout {
    struct piece pieces[PIECES_MAX];
    size_t count;
};

/** RAM, ROM and PAM of a machine for this header (none of it said: 2 GiB below 4 GiB, 2 above). */
void layout_choose(const struct trace_header *h, struct machine_config *c);

/** The first log, before any record: what the container of this group holds now, ascending. */
void layout_learn(struct layout *l, const char *log, unsigned group);

/** What QEMU maps for a header that says nothing of memory, where no device is there to tell. */
void layout_unsaid(struct layout *l);

/** Whether `h` says just these pieces. */
bool layout_is(const struct layout *l, const struct trace_header *h);

/** The pieces as ram and rom records; room for PIECES_MAX. */
void layout_records(const struct layout *l, struct ram_entry *to);

/** Whether two guest addresses are the same memory of the machine. */
bool layout_same(const struct layout *l, gpa_t a, gpa_t b);

/** Append the calls of a log, targets as guest memory. 0, -ENOMEM, or -EPROTO with a sentence. */
int layout_calls(const struct layout *l, const char *log, struct call_list *to, struct err *e);

#endif
