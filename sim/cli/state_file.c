/* SPDX-License-Identifier: MIT */
#include "cli/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "cli/part_file.h"
#include "trace/foreign.h"
#include "trace/text_write.h"

#define FILE_VERSION 1u
#define LEVEL        3 /* of compression */

/* A page of zeros is not saved, so no honest file is much smaller than what it holds. */
#define GROWTH_MAX UINT64_C(4096)

static const char tag[4] = {'V', 'T', 'R', 'S'};

static int no_memory(struct err *e)
{
    return err_set(e, ENOMEM, "out of memory for the saved state");
}

static int put_text(void *ctx, const char *text, size_t bytes)
{
    state_put_bytes(ctx, text, bytes);
    return 0;
}

int state_header_sum(const struct trace_header *h, uint64_t *sum, struct err *e)
{
    struct state_out text = {0};

    header_text(h, put_text, &text);
    *sum = state_sum(text.bytes, text.used);
    state_out_free(&text);
    return text.no_memory ? no_memory(e) : 0;
}

int state_record_sum(const struct rec *r, uint64_t *sum, struct err *e)
{
    char *line = malloc(REC_TEXT_BYTES);

    if (!line)
        return no_memory(e);
    *sum = state_sum((const uint8_t *)line, rec_text(r, line));
    free(line);
    return 0;
}

/* A reader finds the state of before, or the whole new one. */
static int write_bytes(const char *path, const void *bytes, size_t count, struct err *e)
{
    struct part_file p;
    struct err why = {""};
    int rc = part_open(&p, path, &why);

    if (rc)
        return err_set(e, -rc, "%s: %s", path, why.text);
    fwrite(bytes, 1, count, p.f); /* an error stays with the stream */
    return part_finish(&p, &why) ? err_set(e, EIO, "%s: the state could not be written", path) : 0;
}

/* With a checksum of the content, so that no change of the file goes unseen. */
static size_t compress(void *to, size_t room, const struct state_out *o)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    size_t n;

    if (!z)
        return 0;
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    n = ZSTD_compress2(z, to, room, o->bytes, o->used);
    ZSTD_freeCCtx(z);
    return ZSTD_isError(n) ? 0 : n;
}

static int write_compressed(const char *path, const struct state_out *o, struct err *e)
{
    size_t room = ZSTD_compressBound(o->used), n;
    void *to = malloc(room);
    int fault;

    if (!to)
        return no_memory(e);
    n = compress(to, room, o);
    fault = n ? write_bytes(path, to, n, e) : no_memory(e);
    free(to);
    return fault;
}

int state_file_write(const char *path, const struct engine *engine, const struct state_place *p,
                     struct err *e)
{
    struct state_out o = {0};
    int fault;

    state_put_tag(&o, tag);
    state_put(&o, FILE_VERSION, 4);
    state_put(&o, p->header_sum, 8);
    state_put(&o, p->record, 8);
    state_put(&o, p->record_sum, 8);
    fault = engine_save(engine, &o);
    if (fault == -ENOMEM)
        no_memory(e);
    else if (fault)
        err_set(e, -fault, "the simulation has ended: there is nothing to save");
    else
        fault = write_compressed(path, &o, e);
    state_out_free(&o);
    return fault;
}

/* All of a file: its bytes, which the caller frees, or NULL with a sentence and *fault. */
static uint8_t *read_all(const char *path, size_t *count, int *fault, struct err *e)
{
    FILE *f = fopen(path, "rb");
    struct state_out all = {0};
    uint8_t part[65536];
    size_t n;

    *fault = 0;
    *count = 0;
    if (!f) {
        *fault = err_set(e, errno, "%s: %s", path, strerror(errno));
        return NULL;
    }
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        state_put_bytes(&all, part, n);
    if (ferror(f))
        *fault = err_set(e, EIO, "%s: cannot be read", path);
    else if (all.no_memory)
        *fault = no_memory(e);
    fclose(f);
    if (*fault)
        state_out_free(&all);
    *count = all.used;
    return all.bytes;
}

static int not_state(const uint8_t *bytes, size_t count, struct err *e)
{
    size_t seen = count < FOREIGN_BYTES ? count : FOREIGN_BYTES;

    return err_set(e, EINVAL, "this is %s; expected a state that --save wrote",
                   count ? foreign_name(bytes, seen) : "an empty file");
}

static int expand(const uint8_t *from, size_t count, struct state_file *f, struct err *e)
{
    unsigned long long size = ZSTD_getFrameContentSize(from, count);
    size_t frame = ZSTD_findFrameCompressedSize(from, count), n;

    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return not_state(from, count, e);
    if (ZSTD_isError(frame))
        return err_set(e, EBADMSG, "the saved state is damaged: it ends too early");
    if (size > GROWTH_MAX * count || size > SIZE_MAX / 2)
        return err_set(e, EBADMSG, "the saved state is damaged: it cannot hold %llu bytes", size);
    f->bytes = malloc(size ? (size_t)size : 1);
    if (!f->bytes)
        return no_memory(e);
    n = ZSTD_decompress(f->bytes, (size_t)size, from, frame);
    if (ZSTD_isError(n) || n != size)
        return err_set(e, EBADMSG, "the saved state is damaged: %s",
                       ZSTD_isError(n) ? ZSTD_getErrorName(n) : "it is too short");
    f->in = (struct state_in){.bytes = f->bytes, .size = n};
    if (n >= sizeof(tag) && !memcmp(f->bytes, tag, sizeof(tag)) && frame != count)
        return err_set(e, EBADMSG, "the saved state is damaged: something follows it");
    return 0;
}

static int read_place(struct state_file *f, struct err *e)
{
    uint64_t version;

    if (!state_expect(&f->in, tag))
        return not_state(f->bytes, f->in.size, e);
    version = state_take(&f->in, 4);
    if (!f->in.trouble && version != FILE_VERSION)
        return err_set(e, EINVAL,
                       "the saved state is of version %" PRIu64 "; this program reads version %u",
                       version, FILE_VERSION);
    f->place.header_sum = state_take(&f->in, 8);
    f->place.record = state_take(&f->in, 8);
    f->place.record_sum = state_take(&f->in, 8);
    return f->in.trouble ? err_set(e, EBADMSG, "%s", f->in.trouble) : 0;
}

int state_file_read(const char *path, struct state_file *f, struct err *e)
{
    size_t count;
    int fault;
    uint8_t *from;

    *f = (struct state_file){.bytes = NULL};
    from = read_all(path, &count, &fault, e);
    if (!fault)
        fault = expand(from, count, f, e);
    if (!fault)
        fault = read_place(f, e);
    free(from);
    return fault;
}

void state_file_free(struct state_file *f)
{
    free(f->bytes);
    *f = (struct state_file){.bytes = NULL};
}
