/* SPDX-License-Identifier: MIT */
/*
 * Values on a command line, as strictly read as those of a trace: a number is decimal or 0x..., at
 * most 64 bits, nothing before or behind it; a device is BB:DD.F in hexadecimal.
 */
#ifndef VTR_CLI_PARSE_H
#define VTR_CLI_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "engine.h"
#include "trace/record.h"

/** Each returns 0, or -EINVAL with a sentence that names the option and what was expected. */
int arg_number(const char *option, const char *s, uint64_t *out, struct err *e);
int arg_bdf(const char *option, const char *s, bdf_t *out, struct err *e);
int arg_iova_range(const char *option, const char *s, struct iova_range *out, struct err *e);

/** KIND@BDF: a consumer named as written, its device in canonical form. */
int arg_attach(const char *option, const char *s, struct attach_rec *out, struct err *e);

/** OP:N:ERRNO: the Nth map, unmap or alloc is refused. */
int arg_fail(const char *option, const char *s, struct engine_fail *out, struct err *e);

/** I/N: a shard, from 1; N at most SHARDS_MAX. */
int arg_shard(const char *s, uint64_t *shard, uint64_t *of, struct err *e);

/**
 * Index of `s` in the NULL-terminated `words`. Returns 0, or -EINVAL with a sentence that lists
 * them.
 */
int arg_word(const char *option, const char *s, const char *const *words, int *out, struct err *e);

#endif
