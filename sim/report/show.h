/* SPDX-License-Identifier: MIT */
/*
 * How values are written for people and programs: the same everywhere. Every function fills a
 * small buffer of the caller's, or one inside a struct returned by value, so that several may
 * stand in one call.
 */
#ifndef VTR_REPORT_SHOW_H
#define VTR_REPORT_SHOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "observe.h"
#include "trace/record.h"

struct shown {
    char text[64];
};

/** "0x1f000": an address, lower-case hexadecimal. */
struct shown show_hex(uint64_t v);

/** The bytes of a range, in hexadecimal; the whole space is "0x10000000000000000". */
struct shown show_size(struct iova_range r);

/** "1,234,567" */
struct shown show_count(uint64_t v);

/** "00:03.0" */
struct shown show_bdf(bdf_t b);

/** "12.345 s", "3.200 ms" or "17 ns": virtual time. */
struct shown show_time(uint64_t ns);

const char *perm_name(enum perm p);                   /* "r", "w", "rw", "" */
const char *note_type_name(enum note_type t);         /* "MAP", "UNMAP", "DEVIOTLB_UNMAP" */
const char *consumer_kind_name(enum consumer_kind k); /* "vfio" ... */

/** "-EEXIST" for the errors a consumer's side answers; "-123" for any other number. */
struct shown show_errno(int result);

/**
 * Copy `s` to `out`, at most room - 1 bytes; what is no UTF-8 becomes U+FFFD and control characters
 * a blank, so that JSON stays valid and a terminal is not spoken to. Returns out.
 */
char *show_clean(char *out, size_t room, const char *s);

#endif
