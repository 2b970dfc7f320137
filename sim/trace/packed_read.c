/* SPDX-License-Identifier: MIT */
#include "trace/packed_read.h"

#include <errno.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "trace/block_decode.h"
#include "trace/frame_read.h"
#include "trace/text_read.h"

struct packed_reader {
    struct source *source;
    struct rec_store *store;
    struct frame_reader frame;
    bool in_block;
    uint64_t frame_byte;          /* where the frame last begun stands in the file */
    uint64_t frames;              /* read or passed over, the header's with them */
    uint64_t sum;                 /* their fold, for the seek table */
    uint64_t next;                /* number of the first record after the block being given */
    uint64_t at_ns;               /* virtual time there */
    struct block_decoder decoder; /* last: its names begin as they are */
};

static int damage(const struct packed_reader *p, const struct err *err, struct trace_damage *d)
{
    d->byte = p->frame_byte;
    d->line = 0;
    memcpy(d->why, err->text, sizeof(d->why) - 1);
    d->why[sizeof(d->why) - 1] = 0;
    return -1;
}

/* Read the next frame and count it. */
static int next_frame(struct packed_reader *p, struct block_head *head, struct err *err)
{
    int rc;

    p->frame_byte = window_offset(&p->source->window);
    rc = frame_read(&p->frame, &p->source->window, head, err);
    if (rc)
        return rc;
    p->frames++;
    p->sum = seek_fold(p->sum, &p->frame.entry);
    return 0;
}

/* The header block holds the canonical text of the header. */
static int read_header(struct packed_reader *p, struct trace_header *h, struct trace_damage *d)
{
    struct text_reader text;
    struct block_head head;
    struct trace_damage inner;
    struct window w;
    struct err err;

    if (next_frame(p, &head, &err))
        return damage(p, &err, d);
    if (head.type != BLOCK_TYPE_HEADER) {
        err_set(&err, EBADMSG, "the first frame holds records, the header expected");
        return damage(p, &err, d);
    }
    window_memory(&w, p->frame.block + BLOCK_HEADER_BYTES, head.body);
    text = (struct text_reader){.window = &w, .store = p->store};
    if (text_read_header(&text, h, &inner)) {
        err_set(&err, EBADMSG, "in line %llu of the header: %s", (unsigned long long)inner.line,
                inner.why);
        return damage(p, &err, d);
    }
    if (window_left(&w)) {
        err_set(&err, EBADMSG, "in line %llu of the header: an event, the end expected",
                (unsigned long long)text.line + 1);
        return damage(p, &err, d);
    }
    return 0;
}

int packed_open(struct source *src, struct trace_header *h, struct rec_store *store,
                struct packed_reader **out, struct trace_damage *d)
{
    struct packed_reader *p = malloc(sizeof(*p));
    struct err err;

    *out = p; /* the caller closes it, also after a failure */
    if (!p) {
        snprintf(d->why, sizeof(d->why), "out of memory");
        return -ENOMEM;
    }
    memset(p, 0, offsetof(struct packed_reader, decoder.name));
    p->source = src;
    p->store = store;
    p->next = 1;
    if (frame_reader_open(&p->frame)) {
        err_set(&err, ENOMEM, "out of memory");
        damage(p, &err, d);
        return -ENOMEM;
    }
    return read_header(p, h, d) ? -EBADMSG : 0;
}

/* Take the block just read as the one to give records from. */
static int enter_block(struct packed_reader *p, const struct block_head *head, struct err *err)
{
    int rc;

    if (head->type != BLOCK_TYPE_RECORDS)
        return err_set(err, EBADMSG, "a second header, a block of records expected");
    if (head->first != p->next)
        return err_set(err, EBADMSG, "the block begins at record %llu, %llu expected",
                       (unsigned long long)head->first, (unsigned long long)p->next);
    if (head->at_ns != p->at_ns)
        return err_set(err, EBADMSG, "the block begins at %llu ns, the one before it ends at %llu",
                       (unsigned long long)head->at_ns, (unsigned long long)p->at_ns);
    rc = block_decode_begin(&p->decoder, head, p->frame.block + BLOCK_HEADER_BYTES, err);
    if (rc)
        return rc;
    p->in_block = true;
    p->next += head->count;
    return 0;
}

/* Behind a block: the next one (1), or the seek table and the end (0). */
static int next_block(struct packed_reader *p, struct err *err)
{
    struct window *w = &p->source->window;
    struct block_head head;
    int rc;

    p->frame_byte = window_offset(w);
    if (!window_fill(w, 4)) {
        if (w->error)
            return err_set(err, w->error, "the file cannot be read further");
        return err_set(err, EBADMSG, "the file ends without its seek table: cut off");
    }
    if (get_u32(window_at(w)) == SEEK_FRAME_MAGIC)
        return seek_table_check(w, p->frames, p->sum, err);
    rc = next_frame(p, &head, err);
    rc = rc ? rc : enter_block(p, &head, err);
    return rc ? rc : 1;
}

int packed_next(struct packed_reader *p, struct rec *rec, struct trace_damage *d)
{
    struct err err;
    int rc;

    for (;;) {
        if (p->in_block) {
            rc = block_decode_next(&p->decoder, rec, p->store, &err);
            if (rc == 1)
                return 1;
            p->in_block = false;
            p->at_ns = p->decoder.model.at_ns;
        } else {
            rc = next_block(p, &err);
            if (rc == 0)
                return 0;
        }
        if (rc < 0)
            return damage(p, &err, d);
    }
}

/* The last frame whose first record is at most `record`: its index, 0 when none can be had. */
static uint32_t find_frame(struct packed_reader *p, const struct seek_table *t, uint64_t record,
                           struct block_head *head)
{
    uint32_t low = 0, high = t->frames; /* the answer is in [low, high) */
    struct block_head h;
    struct err err;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (source_seek(p->source, t->byte[middle]) ||
            frame_read(&p->frame, &p->source->window, &h, &err) || h.type != BLOCK_TYPE_RECORDS)
            return 0;
        if (h.first > record) {
            high = middle;
        } else {
            low = middle;
            *head = h;
        }
    }
    return low;
}

int packed_seek(struct packed_reader *p, uint64_t record, uint64_t *before, struct trace_damage *d)
{
    uint64_t here = window_offset(&p->source->window);
    struct block_head head = {.count = 0};
    struct seek_table table;
    struct err err;
    uint32_t i = 0;

    if (record < p->next || !p->source->seekable || p->in_block)
        return 0;
    if (seek_table_load(p->source, &table)) {
        i = find_frame(p, &table, record, &head);
        if (i > 0 && table.byte[i] > here) {
            here = table.byte[i];
            p->frames = i;
            p->sum = table.sum[i];
            p->next = head.first;
            p->at_ns = head.at_ns;
            *before = head.first - 1;
        }
        seek_table_free(&table);
    }
    if (source_seek(p->source, here) == 0)
        return 0;
    err_set(&err, EIO, "the file cannot be entered at byte 0x%llx", (unsigned long long)here);
    return damage(p, &err, d);
}

uint64_t packed_bytes_read(const struct packed_reader *p)
{
    return p->in_block ? p->frame_byte : window_offset(&p->source->window);
}

void packed_close(struct packed_reader *p)
{
    if (!p)
        return;
    frame_reader_close(&p->frame);
    free(p);
}
