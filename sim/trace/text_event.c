/* SPDX-License-Identifier: MIT */
#include "trace/text_parse.h"

#include <string.h>

#include "trace/words.h"

static bool event_kind(struct field f, enum rec_kind *kind)
{
    for (int i = 0; WORDS_KIND[i]; i++)
        if (field_is(f, WORDS_KIND[i])) {
            *kind = (enum rec_kind)i;
            return true;
        }
    return false;
}

/* The kinds that make up nearly every captured trace, without a search. */
static bool frequent_kind(struct field f, enum rec_kind *kind)
{
    if (f.n == 2 && f.p[0] == 'a' && f.p[1] == 't') {
        *kind = REC_AT;
        return true;
    }
    if (f.n != 3)
        return false;
    if (f.p[0] == 'm' && f.p[1] == 'e' && f.p[2] == 'm') {
        *kind = REC_MEM;
        return true;
    }
    if (f.p[0] == 'd' && f.p[1] == 'm' && f.p[2] == 'a') {
        *kind = REC_DMA;
        return true;
    }
    return false;
}

enum line_kind line_kind(struct scan *s, struct field *word, enum rec_kind *kind)
{
    if (!scan_field(s, word))
        return LINE_EMPTY;
    if (frequent_kind(*word, kind))
        return LINE_EVENT;
    if (event_kind(*word, kind))
        return *kind == REC_DEVICE || *kind == REC_EXPECTATIONS ? LINE_EITHER : LINE_EVENT;
    if (field_is(*word, "vtd-trace"))
        return LINE_VERSION;
    if (field_is(*word, "meta") || field_is(*word, "unit") || field_is(*word, "ram") ||
        field_is(*word, "rom"))
        return LINE_HEADER;
    return LINE_UNKNOWN;
}

static bool parse_reg(struct scan *s, struct rec *rec)
{
    struct field f;
    uint64_t off;

    if (!scan_need(s, &f, "OFF") || !scan_number(s, f, "OFF", UINT64_MAX, &off))
        return false;
    if (off > PAGE_4K_MASK)
        return scan_fail(s, f.p, "register offset 0x%llx, inside 0x0 to 0xfff expected",
                         (unsigned long long)off);
    rec->u.reg.off = (uint16_t)off;
    return scan_u64(s, "VAL", UINT64_MAX, &rec->u.reg.val);
}

static bool parse_mem(struct scan *s, struct rec *rec, uint64_t *val)
{
    struct field f;
    uint32_t n = 0;

    if (!scan_u64(s, "GPA", UINT64_MAX, &rec->u.mem.gpa.v) || !scan_need(s, &f, "VAL64"))
        return false;
    do {
        if (n == MEM_WORDS_MAX)
            return scan_fail(s, f.p, "mem of more than %u words", MEM_WORDS_MAX);
        if (!scan_number(s, f, "VAL64", UINT64_MAX, &val[n++]))
            return false;
    } while (scan_field(s, &f));
    rec->u.mem.words = n;
    rec->u.mem.val = val;
    return true;
}

static bool parse_seen(struct scan *s, struct rec *rec)
{
    struct field f;
    uint64_t reason = 0;

    rec->u.dma.seen = DMA_SEEN_NOTHING;
    rec->u.dma.gpa = gpa(0);
    rec->u.dma.reason = 0;
    if (!scan_field(s, &f))
        return true;
    if (field_is(f, "=")) {
        rec->u.dma.seen = DMA_SEEN_GPA;
        return scan_u64(s, "GPA", UINT64_MAX, &rec->u.dma.gpa.v);
    }
    if (!field_is(f, "!"))
        return scan_fail(s, f.p, "`%s`: `= GPA`, `! REASON` or `! none` expected",
                         field_quoted(f).text);
    if (!scan_need(s, &f, "REASON or none"))
        return false;
    if (field_is(f, "none")) {
        rec->u.dma.seen = DMA_SEEN_REFUSED;
        return true;
    }
    rec->u.dma.seen = DMA_SEEN_FAULT;
    if (!scan_number(s, f, "a fault reason", 0xff, &reason))
        return false;
    rec->u.dma.reason = (uint8_t)reason;
    return true;
}

static bool parse_dma(struct scan *s, struct rec *rec)
{
    struct field f;
    uint64_t bytes;
    int access;

    if (!scan_need(s, &f, "a device BB:DD.F") || !scan_bdf(s, f, &rec->u.dma.bdf) ||
        !scan_need(s, &f, "r, w or ?"))
        return false;
    access = scan_word(s, f, "direction", WORDS_ACCESS);
    if (access < 0)
        return false;
    rec->u.dma.access = (enum dma_access)access;
    if (!scan_u64(s, "IOVA", UINT64_MAX, &rec->u.dma.iova.v) || !scan_need(s, &f, "LEN") ||
        !scan_number(s, f, "LEN", UINT64_MAX, &bytes))
        return false;
    if (bytes > PAGE_4K_BYTES)
        return scan_fail(s, f.p, "dma of 0x%llx bytes, one inside a 4 KiB page expected",
                         (unsigned long long)bytes);
    rec->u.dma.bytes = (uint32_t)bytes;
    return parse_seen(s, rec);
}

static bool parse_named(struct scan *s, char *name)
{
    struct field f;

    return scan_need(s, &f, "NAME") && scan_name(s, f, "NAME", name);
}

static bool parse_miss(struct scan *s, struct rec *rec)
{
    struct field f;

    if (!parse_named(s, rec->u.miss.name) ||
        !scan_u64(s, "IOVA", UINT64_MAX, &rec->u.miss.iova.v) || !scan_need(s, &f, "r or w"))
        return false;
    rec->u.miss.write = field_is(f, "w");
    return rec->u.miss.write || field_is(f, "r") ||
           scan_fail(s, f.p, "`%s` is no direction: r or w expected", field_quoted(f).text);
}

static bool parse_ats(struct scan *s, struct rec *rec)
{
    struct field f;

    return scan_need(s, &f, "a device BB:DD.F") && scan_bdf(s, f, &rec->u.ats.bdf) &&
           scan_need(s, &f, "on or off") && scan_on_off(s, f, "ats", &rec->u.ats.on);
}

static bool parse_fail(struct scan *s, struct fail_rec *fail)
{
    struct field f;
    uint64_t error;
    int op;

    fail->count = 1;
    if (!parse_named(s, fail->name) || !scan_need(s, &f, "map, unmap or alloc"))
        return false;
    op = scan_word(s, f, "call", WORDS_FAIL);
    if (op < 0 || !scan_u64(s, "ERRNO", INT32_MAX, &error))
        return false;
    fail->op = (enum fail_op)op;
    fail->error = (int32_t)error;
    return !scan_field(s, &f) || scan_number(s, f, "COUNT", UINT64_MAX, &fail->count);
}

static bool parse_result(struct scan *s, struct expect_rec *e)
{
    struct field f, key, value;
    uint64_t v;
    bool minus;

    if (!scan_field(s, &f))
        return true;
    if (!scan_key(s, f, &key, &value))
        return false;
    if (!field_is(key, "result"))
        return scan_fail(s, f.p, "`%s` is no key of `expect`: result expected",
                         field_quoted(key).text);
    minus = value.n && value.p[0] == '-';
    if (minus)
        value = (struct field){value.p + 1, value.n - 1};
    if (!scan_number(s, value, "0 or a negative errno", INT32_MAX, &v))
        return false;
    e->has_result = true;
    e->result = minus ? -(int32_t)v : (int32_t)v;
    return true;
}

static bool parse_expect(struct scan *s, struct expect_rec *e)
{
    struct field f;
    int op, perm;

    e->iova = iova(0);
    e->size = 0;
    e->gpa = gpa(0);
    e->perm = PERM_NONE;
    e->has_result = false;
    e->result = 0;
    if (!parse_named(s, e->name) || !scan_need(s, &f, "map, unmap, devtlb or abort"))
        return false;
    op = scan_word(s, f, "notification", WORDS_EXPECT);
    if (op < 0)
        return false;
    e->op = (enum expect_op)op;
    if (e->op == EXPECT_ABORT)
        return true;
    if (!scan_u64(s, "IOVA", UINT64_MAX, &e->iova.v) || !scan_size64(s, "SIZE", &e->size))
        return false;
    if (e->op == EXPECT_DEVTLB)
        return true;
    if (e->op == EXPECT_MAP) {
        if (!scan_u64(s, "GPA", UINT64_MAX, &e->gpa.v) || !scan_need(s, &f, "r, w or rw"))
            return false;
        perm = scan_word(s, f, "permission", WORDS_PERM);
        if (perm < 0)
            return false;
        e->perm = (enum perm)(perm + 1);
    }
    return parse_result(s, e);
}

static bool parse_reset(struct scan *s, struct rec *rec)
{
    struct field f;

    rec->u.reset.unit_only = false;
    if (!scan_field(s, &f))
        return true;
    rec->u.reset.unit_only = field_is(f, "unit");
    return rec->u.reset.unit_only || field_is(f, "system") ||
           scan_fail(s, f.p, "`%s`: system or unit expected", field_quoted(f).text);
}

static bool parse_mark(struct scan *s, struct rec *rec, char *store)
{
    struct field f;

    if (!scan_rest(s, &f))
        return false;
    if (f.n > MARK_TEXT_MAX)
        return scan_fail(s, f.p, "a mark of %zu bytes, at most %u expected", f.n, MARK_TEXT_MAX);
    memcpy(store, f.p, f.n);
    store[f.n] = 0;
    rec->u.mark.text = store;
    return true;
}

static bool parse_fields(struct scan *s, struct rec *rec, struct rec_store *store)
{
    struct field f;

    switch (rec->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64: return parse_reg(s, rec);
    case REC_MEM: return parse_mem(s, rec, store->val);
    case REC_ZERO:
        return scan_u64(s, "GPA", UINT64_MAX, &rec->u.zero.gpa.v) &&
               scan_u64(s, "LEN", UINT64_MAX, &rec->u.zero.bytes);
    case REC_DMA: return parse_dma(s, rec);
    case REC_DEVICE: return parse_device(s, &rec->u.device);
    case REC_GONE: return scan_need(s, &f, "a device BB:DD.F") && scan_bdf(s, f, &rec->u.gone.bdf);
    case REC_ATTACH: rec->u.attach = &store->attach; return parse_attach(s, &store->attach);
    case REC_DETACH:
    case REC_STOP:
    case REC_START: return parse_named(s, rec->u.named.name);
    case REC_MISS: return parse_miss(s, rec);
    case REC_ATS: return parse_ats(s, rec);
    case REC_PIN:
    case REC_UNPIN:
        return parse_named(s, rec->u.pin.name) &&
               scan_u64(s, "IOVA", UINT64_MAX, &rec->u.pin.iova.v) &&
               scan_u64(s, "PAGES", UINT64_MAX, &rec->u.pin.pages);
    case REC_FAIL: return parse_fail(s, &rec->u.fail);
    case REC_EXPECT: return parse_expect(s, &rec->u.expect);
    case REC_EXPECTATIONS: return parse_expectations(s, &rec->u.expectations);
    case REC_RESET: return parse_reset(s, rec);
    case REC_MARK: return parse_mark(s, rec, store->mark);
    case REC_AT: return scan_u64(s, "NS", UINT64_MAX, &rec->u.at.ns);
    case REC_KINDS: break;
    }
    return false;
}

bool parse_event(struct scan *s, struct field word, enum rec_kind kind, struct rec *rec,
                 struct rec_store *store, uint64_t *at_ns)
{
    rec->kind = kind;
    if (!parse_fields(s, rec, store) || !scan_done(s))
        return false;
    s->bad = word.p;
    return rec_check(rec, at_ns, s->err) == 0;
}
