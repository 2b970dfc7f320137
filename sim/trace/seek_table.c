/* SPDX-License-Identifier: MIT */
#include "trace/seek_table.h"

#include <errno.h>
#include <stdlib.h>

#include "trace/bytes.h"

void seek_entry_put(uint8_t *p, const struct seek_entry *e)
{
    put_u32(p, e->packed);
    put_u32(p + 4, e->unpacked);
    put_u32(p + 8, e->checksum);
}

struct seek_entry seek_entry_get(const uint8_t *p)
{
    return (struct seek_entry){get_u32(p), get_u32(p + 4), get_u32(p + 8)};
}

static int cut_off(struct err *err)
{
    return err_set(err, EBADMSG, "the file ends inside the seek table: cut off");
}

static int check_footer(const uint8_t *p, uint64_t frames, struct err *err)
{
    if (get_u32(p + 5) != SEEK_FOOTER_MAGIC)
        return err_set(err, EBADMSG, "damaged seek table: it does not end in its magic number");
    if (p[4] != SEEK_DESCRIPTOR)
        return err_set(err, EBADMSG, "damaged seek table: descriptor 0x%02x, 0x80 expected", p[4]);
    if (get_u32(p) != frames)
        return err_set(err, EBADMSG, "damaged seek table: it counts %u frames, the file has %llu",
                       get_u32(p), (unsigned long long)frames);
    return 0;
}

int seek_table_check(struct window *w, uint64_t frames, uint64_t sum, struct err *err)
{
    uint64_t want = frames * SEEK_ENTRY_BYTES + SEEK_FOOTER_BYTES;
    uint64_t folded = 0;
    int rc;

    if (!window_fill(w, SEEK_HEAD_BYTES))
        return cut_off(err);
    if (get_u32(window_at(w) + 4) != want)
        return err_set(
            err, EBADMSG, "damaged seek table: 0x%x bytes, 0x%llx expected for %llu frames",
            get_u32(window_at(w) + 4), (unsigned long long)want, (unsigned long long)frames);
    w->pos += SEEK_HEAD_BYTES;
    for (uint64_t i = 0; i < frames; i++) {
        struct seek_entry e;

        if (!window_fill(w, SEEK_ENTRY_BYTES))
            return cut_off(err);
        e = seek_entry_get(window_at(w));
        folded = seek_fold(folded, &e);
        w->pos += SEEK_ENTRY_BYTES;
    }
    if (!window_fill(w, SEEK_FOOTER_BYTES))
        return cut_off(err);
    rc = check_footer(window_at(w), frames, err);
    if (rc)
        return rc;
    if (folded != sum)
        return err_set(err, EBADMSG, "damaged seek table: its entries are not the file's frames");
    w->pos += SEEK_FOOTER_BYTES;
    if (window_fill(w, 1))
        return err_set(err, EBADMSG, "bytes after the seek table, the end of the file expected");
    return 0;
}

/* Read `bytes` (few) at `offset`; NULL when they cannot be had. */
static const uint8_t *read_at(struct source *s, uint64_t offset, size_t bytes)
{
    if (source_seek(s, offset) || !window_fill(&s->window, bytes))
        return NULL;
    return window_at(&s->window);
}

static bool load_entries(struct source *s, struct seek_table *t, uint64_t table)
{
    uint64_t byte = 0, sum = 0;

    for (uint32_t i = 0; i < t->frames; i++) {
        struct seek_entry e;

        if (!window_fill(&s->window, SEEK_ENTRY_BYTES))
            return false;
        e = seek_entry_get(window_at(&s->window));
        s->window.pos += SEEK_ENTRY_BYTES;
        t->byte[i] = byte;
        t->sum[i] = sum;
        byte += e.packed;
        sum = seek_fold(sum, &e);
    }
    t->byte[t->frames] = byte;
    return byte == table;
}

bool seek_table_load(struct source *s, struct seek_table *t)
{
    uint64_t length, table;
    const uint8_t *p;

    *t = (struct seek_table){.frames = 0};
    if (!s->seekable || s->bytes < SEEK_HEAD_BYTES + SEEK_FOOTER_BYTES)
        return false;
    p = read_at(s, s->bytes - SEEK_FOOTER_BYTES, SEEK_FOOTER_BYTES);
    if (!p || get_u32(p + 5) != SEEK_FOOTER_MAGIC || p[4] != SEEK_DESCRIPTOR ||
        get_u32(p) > SEEK_FRAMES_LOADED)
        return false;
    t->frames = get_u32(p);
    length = t->frames * (uint64_t)SEEK_ENTRY_BYTES + SEEK_FOOTER_BYTES;
    if (s->bytes < SEEK_HEAD_BYTES + length)
        return false;
    table = s->bytes - length - SEEK_HEAD_BYTES;
    p = read_at(s, table, SEEK_HEAD_BYTES);
    if (!p || get_u32(p) != SEEK_FRAME_MAGIC || get_u32(p + 4) != length)
        return false;
    s->window.pos += SEEK_HEAD_BYTES;
    t->byte = malloc((t->frames + UINT64_C(1)) * sizeof(*t->byte));
    t->sum = malloc((t->frames + UINT64_C(1)) * sizeof(*t->sum));
    if (t->byte && t->sum && load_entries(s, t, table))
        return true;
    seek_table_free(t);
    return false;
}

void seek_table_free(struct seek_table *t)
{
    free(t->byte);
    free(t->sum);
    *t = (struct seek_table){.frames = 0};
}
