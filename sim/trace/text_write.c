/* SPDX-License-Identifier: MIT */
#include "trace/text_write.h"

#include "trace/text_out.h"
#include "trace/words.h"

static char *out_mem(char *p, const struct rec *rec)
{
    p = out_sp_hex(p, rec->u.mem.gpa.v);
    for (uint32_t i = 0; i < rec->u.mem.words; i++)
        p = out_sp_hex(p, rec->u.mem.val[i]);
    return p;
}

static char *out_dma(char *p, const struct rec *rec)
{
    *p++ = ' ';
    p = out_bdf(p, rec->u.dma.bdf);
    *p++ = ' ';
    p = out_str(p, WORDS_ACCESS[rec->u.dma.access]);
    p = out_sp_hex(p, rec->u.dma.iova.v);
    p = out_sp_hex(p, rec->u.dma.bytes);
    switch (rec->u.dma.seen) {
    case DMA_SEEN_GPA: return out_sp_hex(out_str(p, " ="), rec->u.dma.gpa.v);
    case DMA_SEEN_FAULT: return out_sp_hex(out_str(p, " !"), rec->u.dma.reason);
    case DMA_SEEN_REFUSED: return out_str(p, " ! none");
    case DMA_SEEN_NOTHING: break;
    }
    return p;
}

static char *out_name(char *p, const char *name)
{
    *p++ = ' ';
    return out_str(p, name);
}

static char *out_fail(char *p, const struct fail_rec *f)
{
    p = out_name(out_name(p, f->name), WORDS_FAIL[f->op]);
    *p++ = ' ';
    p = out_dec(p, (uint64_t)f->error);
    if (f->count != 1) {
        *p++ = ' ';
        p = out_dec(p, f->count);
    }
    return p;
}

static char *out_fields(char *p, const struct rec *rec)
{
    switch (rec->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64: return out_sp_hex(out_sp_hex(p, rec->u.reg.off), rec->u.reg.val);
    case REC_MEM: return out_mem(p, rec);
    case REC_ZERO: return out_sp_hex(out_sp_hex(p, rec->u.zero.gpa.v), rec->u.zero.bytes);
    case REC_DMA: return out_dma(p, rec);
    case REC_DEVICE: return out_device(p, &rec->u.device);
    case REC_GONE: *p++ = ' '; return out_bdf(p, rec->u.gone.bdf);
    case REC_ATTACH: return out_attach(p, rec->u.attach);
    case REC_DETACH:
    case REC_STOP:
    case REC_START: return out_name(p, rec->u.named.name);
    case REC_MISS:
        p = out_sp_hex(out_name(p, rec->u.miss.name), rec->u.miss.iova.v);
        return out_str(p, rec->u.miss.write ? " w" : " r");
    case REC_ATS:
        *p++ = ' ';
        return out_str(out_bdf(p, rec->u.ats.bdf), rec->u.ats.on ? " on" : " off");
    case REC_PIN:
    case REC_UNPIN:
        p = out_sp_hex(out_name(p, rec->u.pin.name), rec->u.pin.iova.v);
        *p++ = ' ';
        return out_dec(p, rec->u.pin.pages);
    case REC_FAIL: return out_fail(p, &rec->u.fail);
    case REC_EXPECT: return out_expect(p, &rec->u.expect);
    case REC_EXPECTATIONS: return out_expectations(p, &rec->u.expectations);
    case REC_RESET: return out_str(p, rec->u.reset.unit_only ? " unit" : " system");
    case REC_MARK: return rec->u.mark.text[0] ? out_name(p, rec->u.mark.text) : p;
    case REC_AT: *p++ = ' '; return out_dec(p, rec->u.at.ns);
    case REC_KINDS: break;
    }
    return p;
}

size_t rec_text(const struct rec *rec, char *out)
{
    char *p = out_fields(out_str(out, WORDS_KIND[rec->kind]), rec);

    *p++ = '\n';
    *p = 0;
    return (size_t)(p - out);
}
