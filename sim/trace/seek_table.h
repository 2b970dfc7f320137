/* SPDX-License-Identifier: MIT */
/*
 * The seek table at the end of a packed trace: the zstd seekable format, version 0.1.0, a
 * skippable frame that lists the frames before it.
 */
#ifndef VTR_TRACE_SEEK_TABLE_H
#define VTR_TRACE_SEEK_TABLE_H

#include "base/err.h"
#include "trace/source.h"

#define SEEK_FRAME_MAGIC   UINT32_C(0x184d2a5e)
#define SEEK_FOOTER_MAGIC  UINT32_C(0x8f92eab1)
#define SEEK_HEAD_BYTES    8u    /* magic, size of the frame's content */
#define SEEK_ENTRY_BYTES   12u   /* compressed, decompressed, checksum */
#define SEEK_FOOTER_BYTES  9u    /* number of frames, descriptor, magic */
#define SEEK_DESCRIPTOR    0x80u /* entries carry checksums */
#define SEEK_FRAMES_MAX    0x08000000u
#define SEEK_FRAMES_LOADED (1u << 20) /* a longer table is not used to enter in the middle */

struct seek_entry {
    uint32_t packed;   /* bytes of the frame in the file */
    uint32_t unpacked; /* bytes of its block */
    uint32_t checksum; /* of the block: the frame's own */
};

/** All frames so far in one number, so that they need not be kept. Begin with 0. */
static inline uint64_t seek_fold(uint64_t sum, const struct seek_entry *e)
{
    sum = (sum ^ e->packed) * UINT64_C(0x9e3779b97f4a7c15);
    sum = (sum ^ sum >> 29 ^ e->unpacked) * UINT64_C(0xbf58476d1ce4e5b9);
    sum = (sum ^ sum >> 32 ^ e->checksum) * UINT64_C(0x94d049bb133111eb);
    return sum ^ sum >> 31;
}

void seek_entry_put(uint8_t *p, const struct seek_entry *e);
struct seek_entry seek_entry_get(const uint8_t *p);

/**
 * Read the table that begins at the window, behind `frames` frames whose fold is `sum`, and check
 * it against them. 0, or -EBADMSG with a sentence.
 */
int seek_table_check(struct window *w, uint64_t frames, uint64_t sum, struct err *err);

/** The table of a file, loaded to enter it in the middle. */
struct seek_table {
    uint32_t frames;
    uint64_t *byte; /* where each frame begins; [frames]: where the table begins */
    uint64_t *sum;  /* fold of the frames before each */
};

/**
 * Load the table from the end of a seekable source, which is left anywhere. False when there is
 * none that can be used; that is no error here.
 */
bool seek_table_load(struct source *s, struct seek_table *t);
void seek_table_free(struct seek_table *t);

#endif
