/* SPDX-License-Identifier: MIT */
/* What a trace is, in figures: gathered record by record, printed for people. */
#ifndef VTR_TRACE_INFO_H
#define VTR_TRACE_INFO_H

#include <stdio.h>

#include "trace/reader.h"

struct trace_info {
    uint64_t kinds[REC_KINDS]; /* records by kind */
    uint64_t records;
    uint64_t mem_words;
    uint64_t zero_bytes;
    uint64_t dma_seen[4];       /* by enum dma_seen */
    uint64_t text_bytes;        /* of the canonical text, header included */
    bool timed;                 /* there was an `at` */
    uint64_t first_ns, last_ns; /* of the first and the last */
    uint8_t device[65536 / 8];  /* requester ids that records name, one bit each */
    char line[65538];           /* scratch for the canonical text */
};

/** Begin with the header. `info` may be in any state before. */
void trace_info_begin(struct trace_info *info, const struct trace_header *h);

/** Count `rec`, which obeys rec_check(). */
void trace_info_add(struct trace_info *info, const struct rec *rec);

/**
 * Print what was gathered about the trace `name`, which `r` has read. 0, or -EIO when `out` failed.
 */
int trace_info_print(FILE *out, const char *name, const struct trace_info *info,
                     const struct trace_reader *r);

#endif
