/* SPDX-License-Identifier: MIT */
/*
 * Building a trace header: readers, generators and tests fill it through these, so that a
 * header in memory obeys the rules of the format (docs/trace-format.md, chapter 2).
 */
#ifndef VTR_TRACE_HEADER_H
#define VTR_TRACE_HEADER_H

#include "base/err.h"
#include "trace/record.h"

/* Limits; they keep the canonical text of any header under 4 MiB. */
#define HEADER_METAS_MAX        1024u
#define HEADER_META_BYTES_MAX   (1024u * 1024) /* keys and texts of all `meta` together */
#define HEADER_META_TEXT_MAX    65536u         /* key and text of one, as its line allows */
#define HEADER_RAMS_MAX         4096u
#define HEADER_DEVICES_MAX      4096u
#define HEADER_EXPECTATIONS_MAX 4096u

/** An empty header: no records, the unit's defaults. */
struct trace_header header_empty(void);

/**
 * Append one record; what is given is copied. 0, or a negative errno with the rule that was
 * broken (-EINVAL) or -ENOMEM in `err`; the header is then unchanged.
 */
int header_add_meta(struct trace_header *h, const char *key, const char *text, size_t text_bytes,
                    struct err *err);
int header_add_ram(struct trace_header *h, const struct ram_entry *ram, struct err *err);
int header_add_device(struct trace_header *h, const struct device_rec *dev, struct err *err);
int header_add_expectations(struct trace_header *h, const struct expectations_rec *e,
                            struct err *err);

/** Give back what the header holds; it is empty afterwards. */
void header_free(struct trace_header *h);

#endif
