/* SPDX-License-Identifier: MIT */
/* Which shards a result is of, as JSON and in words. */
#ifndef VTR_REPORT_SHARDS_OUT_H
#define VTR_REPORT_SHARDS_OUT_H

#include <stdio.h>

#include "base/err.h"
#include "base/shards.h"
#include "report/json_node.h"

/** Into the object `to`: "of", "shards" (the whole ones), and where there are such "interrupted":
 * of each its number and how many of its items were done. */
void shards_write(struct json *j, cJSON *to, const struct shards *s);

/** Back, into an empty value, of `total` items. 0; -EINVAL with a sentence; -ENOMEM with one. Free
 * it in each case. */
int shards_read(const cJSON *o, uint64_t total, struct shards *s, struct err *e);

/** What is missing, a line each, `unit` being "runs" or the like: shards that were interrupted, and
 * how many items are missing in all. Nothing of what is whole. 0 or -EIO. */
int shards_print_missing(FILE *out, const struct shards *s, uint64_t total, const char *unit);

#endif
