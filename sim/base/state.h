/* SPDX-License-Identifier: MIT */
/*
 * Saved state as bytes: little-endian, one room after another, each with a tag of four letters that
 * is checked on the way back. Writing cannot be checked at each step, reading cannot either: both
 * remember the first trouble, and whoever called them all asks once at the end.
 */
#ifndef VTR_BASE_STATE_H
#define VTR_BASE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes being written; all zero at first. */
struct state_out {
    uint8_t *bytes; /* owned; free with state_out_free */
    size_t used, room;
    bool no_memory; /* something was lost: the bytes are worthless */
};

void state_out_free(struct state_out *o);

void state_put_tag(struct state_out *o, const char tag[4]);
void state_put(struct state_out *o, uint64_t value, unsigned bytes); /* its low 1 to 8 bytes */
void state_put_bytes(struct state_out *o, const void *bytes, size_t count);
void state_put_name(struct state_out *o, const char *name); /* length, then letters; < 64 KiB */

static inline void state_put_bool(struct state_out *o, bool value)
{
    state_put(o, value, 1);
}

/** Bytes being read; not owned. */
struct state_in {
    const uint8_t *bytes;
    size_t used, size;
    const char *trouble; /* NULL, or what was wrong first; everything read since is 0 */
    bool no_memory;      /* the trouble is that memory ran out */
};

/** False, and trouble, when the next four letters are others. */
bool state_expect(struct state_in *i, const char tag[4]);
uint64_t state_take(struct state_in *i, unsigned bytes); /* 1 to 8 */
void state_take_bytes(struct state_in *i, void *bytes, size_t count);
/** A name of at most `room` - 1 letters, 0-terminated. */
void state_take_name(struct state_in *i, char *name, size_t room);
/** A number of things to come, of which each takes at least `each` bytes: damage cannot make it
 * larger than what is left. */
uint64_t state_take_count(struct state_in *i, size_t each);
bool state_take_bool(struct state_in *i); /* anything but 0 and 1 is trouble */
/** Report trouble found by the caller; the first one stays. `why` must be a constant. */
void state_trouble(struct state_in *i, const char *why);
/** The trouble of memory that ran out while reading. */
void state_no_memory(struct state_in *i);

/** A checksum that every changed bit changes; not against those who mean harm. */
uint64_t state_sum(const uint8_t *bytes, size_t count);

#endif
