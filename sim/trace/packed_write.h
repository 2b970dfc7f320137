/* SPDX-License-Identifier: MIT */
/* The packed half of trace/writer.h. */
#ifndef VTR_TRACE_PACKED_WRITE_H
#define VTR_TRACE_PACKED_WRITE_H

#include "trace/writer.h"

struct packed_writer;

/** As trace_writer_open() and so on; the records given obey rec_check(). */
int packed_writer_open(const struct trace_header *h, int level, struct trace_sink sink,
                       struct packed_writer **out, struct err *err);
int packed_writer_add(struct packed_writer *w, const struct rec *rec, struct err *err);
int packed_writer_finish(struct packed_writer *w, struct err *err);
void packed_writer_free(struct packed_writer *w);

#endif
