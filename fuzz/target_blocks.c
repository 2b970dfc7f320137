/* SPDX-License-Identifier: MIT */
/*
 * Target blocks: the input is what a packed trace holds before compression. Each "VTTB" begins a
 * block; every block becomes a zstd frame, the seek table follows, and the whole is read as a
 * file. So a fuzzer meets the decoder of columns, which checksums keep it from otherwise.
 */
#include <stdbool.h>
#include <string.h>
#include <zstd.h>

#include "fuzz.h"
#include "roundtrip.h"

#define FRAMES_MAX 8u
#define INPUT_MAX  65536u

static uint8_t file[2 * INPUT_MAX];
static size_t file_bytes;
static ZSTD_CCtx *cctx;

static void put32(uint32_t v)
{
    for (unsigned n = 0; n < 4; n++)
        file[file_bytes++] = (uint8_t)(v >> 8 * n);
}

/* Bytes of the block that begins at `at`. */
static size_t block_bytes(const uint8_t *at, size_t left)
{
    for (size_t n = 4; n + 4 <= left; n++)
        if (!memcmp(at + n, "VTTB", 4))
            return n;
    return left;
}

static bool add_frame(const uint8_t *at, size_t bytes, uint32_t entry[3])
{
    size_t n = ZSTD_compress2(cctx, file + file_bytes, sizeof(file) - file_bytes, at, bytes);

    if (ZSTD_isError(n))
        return false;
    file_bytes += n;
    entry[0] = (uint32_t)n;
    entry[1] = (uint32_t)bytes;
    entry[2] = 0;
    for (unsigned k = 0; k < 4; k++) /* the checksum at the end of the frame */
        entry[2] |= (uint32_t)file[file_bytes - 4 + k] << 8 * k;
    return true;
}

static bool make_file(const uint8_t *data, size_t size)
{
    uint32_t entry[FRAMES_MAX][3];
    unsigned frames = 0;

    file_bytes = 0;
    while (size && frames < FRAMES_MAX) {
        size_t n = block_bytes(data, size);

        if (!add_frame(data, n, entry[frames++]))
            return false;
        data += n;
        size -= n;
    }
    put32(0x184d2a5e); /* the seek table: docs/trace-format.md, chapter 7 */
    put32(frames * 12 + 9);
    for (unsigned n = 0; n < frames; n++)
        for (unsigned k = 0; k < 3; k++)
            put32(entry[n][k]);
    put32(frames);
    file[file_bytes++] = 0x80;
    put32(0x8f92eab1);
    return true;
}

static bool ready(void)
{
    if (cctx)
        return true;
    cctx = ZSTD_createCCtx();
    return cctx && !ZSTD_isError(ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel, -1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size && size <= INPUT_MAX && ready() && make_file(data, size))
        fuzz_roundtrip(file, file_bytes);
    return 0;
}

int fuzz_as_trace(const uint8_t *data, size_t size, struct trace_sink sink, struct err *e)
{
    if (!size || size > INPUT_MAX || !ready() || !make_file(data, size))
        return err_set(e, 22, "no block, or more than %u bytes", INPUT_MAX);
    return fuzz_reread(file, file_bytes, sink, e);
}
