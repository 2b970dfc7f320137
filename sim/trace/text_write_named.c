/* SPDX-License-Identifier: MIT */
/* Canonical text of the header, and of the records that name devices and consumers. */
#include "trace/text_out.h"
#include "trace/text_write.h"
#include "trace/words.h"

char *out_device(char *p, const struct device_rec *dev)
{
    *p++ = ' ';
    p = out_bdf(p, dev->bdf);
    if (dev->ats)
        p = out_str(p, " ats=on");
    if (dev->has_alias)
        p = out_bdf(out_str(p, " alias="), dev->alias);
    return p;
}

char *out_expectations(char *p, const struct expectations_rec *e)
{
    *p++ = ' ';
    p = out_str(p, e->name);
    *p++ = ' ';
    return out_str(p, WORDS_LEVEL[e->level]);
}

char *out_attach(char *p, const struct attach_rec *a)
{
    *p++ = ' ';
    p = out_str(p, a->name);
    *p++ = ' ';
    p = out_str(p, WORDS_CONSUMER[a->kind]);
    *p++ = ' ';
    p = out_bdf(p, a->bdf);
    if (a->has_flags) {
        /* the contract's order: map, unmap, devtlb; then the finer ones */
        static const unsigned order[NOTIFY_KINDS] = {1, 0, 2, 3, 4, 5, 6, 7};
        const char *between = "";

        p = out_str(p, " flags=");
        for (int i = 0; i < NOTIFY_KINDS; i++)
            if (a->flags >> order[i] & 1) {
                p = out_str(out_str(p, between), WORDS_FLAG[order[i]]);
                between = ",";
            }
    }
    if (a->has_range) {
        p = out_hex(out_str(p, " range="), a->range.first.v);
        *p++ = '-';
        p = out_hex(p, a->range.last.v);
    }
    if (a->has_container)
        p = out_str(out_str(p, " container="), a->container);
    if (a->has_limit)
        p = out_dec(out_str(p, " limit="), a->limit);
    if (a->has_aperture)
        p = out_dec(out_str(p, " aperture="), a->aperture_bits);
    if (a->has_type1)
        p = out_str(out_str(p, " type1="), WORDS_TYPE1[a->type1 - 1]);
    if (a->has_backend)
        p = out_str(out_str(p, " backend="), WORDS_BACKEND[a->backend]);
    if (a->has_unpin)
        p = out_str(out_str(p, " unpin="), WORDS_UNPIN[a->unpin]);
    if (a->has_dma_unmap)
        p = out_str(p, a->dma_unmap ? " dma-unmap=on" : " dma-unmap=off");
    if (a->has_leave)
        p = out_dec(out_str(p, " leave="), a->leave);
    return p;
}

char *out_expect(char *p, const struct expect_rec *e)
{
    *p++ = ' ';
    p = out_str(p, e->name);
    *p++ = ' ';
    p = out_str(p, WORDS_EXPECT[e->op]);
    if (e->op == EXPECT_ABORT)
        return p;
    p = out_sp_hex(p, e->iova.v);
    p = e->size ? out_sp_hex(p, e->size) : out_str(p, " 0x10000000000000000");
    if (e->op == EXPECT_MAP) {
        p = out_sp_hex(p, e->gpa.v);
        *p++ = ' ';
        p = out_str(p, WORDS_PERM[e->perm - 1]);
    }
    if (e->has_result) {
        p = out_str(p, e->result < 0 ? " result=-" : " result=");
        p = out_dec(p, (uint64_t)(e->result < 0 ? -(int64_t)e->result : e->result));
    }
    return p;
}

static char *out_unit(char *p, const struct unit_config *unit)
{
    p = out_str(p, "unit");
    if (unit->model[0])
        p = out_str(out_str(p, " model="), unit->model);
    p = out_dec(out_str(p, " aw-bits="), unit->aw_bits);
    for (int i = 0; UNIT_SWITCHES[i].key; i++) {
        bool on;

        memcpy(&on, (const char *)unit + UNIT_SWITCHES[i].offset, sizeof(on));
        *p++ = ' ';
        p = out_str(out_str(p, UNIT_SWITCHES[i].key), on ? "=on" : "=off");
    }
    if (unit->has_cap)
        p = out_hex(out_str(p, " cap="), unit->cap);
    if (unit->has_ecap)
        p = out_hex(out_str(p, " ecap="), unit->ecap);
    if (unit->has_version)
        p = out_hex(out_str(p, " version="), unit->version);
    *p++ = '\n';
    return p;
}

static int put_metas(const struct trace_header *h, text_put put, void *ctx)
{
    int rc = 0;

    for (size_t i = 0; i < h->metas && rc == 0; i++) {
        const char *text = h->meta[i].text;

        rc = put(ctx, "meta ", 5);
        rc = rc ? rc : put(ctx, h->meta[i].key, strlen(h->meta[i].key));
        if (text[0]) {
            rc = rc ? rc : put(ctx, " ", 1);
            rc = rc ? rc : put(ctx, text, strlen(text));
        }
        rc = rc ? rc : put(ctx, "\n", 1);
    }
    return rc;
}

int header_text(const struct trace_header *h, text_put put, void *ctx)
{
    char line[512]; /* the longest is `unit` with every key: under 400 bytes */
    char *p;
    int rc = put(ctx, "vtd-trace 1\n", 12);

    rc = rc ? rc : put_metas(h, put, ctx);
    if (h->has_unit && rc == 0)
        rc = put(ctx, line, (size_t)(out_unit(line, &h->unit) - line));
    for (size_t i = 0; i < h->rams && rc == 0; i++) {
        p = out_str(line, h->ram[i].rom ? "rom" : "ram");
        p = out_sp_hex(out_sp_hex(p, h->ram[i].gpa.v), h->ram[i].bytes);
        *p++ = '\n';
        rc = put(ctx, line, (size_t)(p - line));
    }
    for (size_t i = 0; i < h->devices_count && rc == 0; i++) {
        p = out_device(out_str(line, "device"), &h->devices[i]);
        *p++ = '\n';
        rc = put(ctx, line, (size_t)(p - line));
    }
    for (size_t i = 0; i < h->expectations_count && rc == 0; i++) {
        p = out_expectations(out_str(line, "expectations"), &h->expectations[i]);
        *p++ = '\n';
        rc = put(ctx, line, (size_t)(p - line));
    }
    return rc;
}
