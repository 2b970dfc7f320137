/* SPDX-License-Identifier: MIT */
/*
 * A saved simulation as a file (docs/state-format.md): zstd of the trace's identity, the record
 * after which it was saved, and the engine's bytes.
 */
#ifndef VTR_CLI_STATE_FILE_H
#define VTR_CLI_STATE_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "engine.h"
#include "trace/record.h"

/** Which trace, and where in it. */
struct state_place {
    uint64_t header_sum; /* of the header's canonical text */
    uint64_t record;     /* 0: before the first */
    uint64_t record_sum; /* of that record's canonical text; 0 for record 0 */
};

/** A file read; `in` is over `bytes`, at the engine's part. */
struct state_file {
    struct state_place place;
    struct state_in in;
    uint8_t *bytes;
};

/** Checksum of a header's canonical text. 0, or -ENOMEM with a sentence. */
int state_header_sum(const struct trace_header *h, uint64_t *sum, struct err *e);

/** Checksum of a record's canonical text. 0, or -ENOMEM with a sentence. */
int state_record_sum(const struct rec *r, uint64_t *sum, struct err *e);

/** Save `engine` to `path`, which is overwritten. 0 or a negative errno with a sentence. */
int state_file_write(const char *path, const struct engine *engine, const struct state_place *p,
                     struct err *e);

/** Read `path`: 0, or a negative errno with a sentence (unreadable, no saved state, damaged). The
 * caller ends with state_file_free, whatever was returned. */
int state_file_read(const char *path, struct state_file *f, struct err *e);
void state_file_free(struct state_file *f);

#endif
