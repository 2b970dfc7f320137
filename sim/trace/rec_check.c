/* SPDX-License-Identifier: MIT */
#include "trace/rec_check.h"

#include <errno.h>
#include <string.h>

#include "trace/scan.h"

typedef unsigned long long ull;

static int check_reg(const struct rec *rec, struct err *err)
{
    uint64_t off = rec->u.reg.off;
    unsigned bytes = rec->kind == REC_W32 || rec->kind == REC_R32 ? 4 : 8;

    if (off > PAGE_4K_MASK)
        return err_set(err, EINVAL, "register offset 0x%llx, inside 0x0 to 0xfff expected",
                       (ull)off);
    if (off % bytes)
        return err_set(err, EINVAL,
                       "register offset 0x%llx is misaligned, a multiple of %u expected", (ull)off,
                       bytes);
    if (bytes == 4 && rec->u.reg.val > UINT32_MAX)
        return err_set(err, EINVAL, "value 0x%llx has more than 32 bits", (ull)rec->u.reg.val);
    return 0;
}

static int check_mem(const struct rec *rec, struct err *err)
{
    uint64_t at = rec->u.mem.gpa.v;
    uint32_t words = rec->u.mem.words;

    if (at % 8)
        return err_set(err, EINVAL, "mem at 0x%llx is misaligned, a multiple of 8 expected",
                       (ull)at);
    if (words == 0 || words > MEM_WORDS_MAX)
        return err_set(err, EINVAL, "mem of %u words, 1 to %u expected", words, MEM_WORDS_MAX);
    if ((at & PAGE_4K_MASK) + words * UINT64_C(8) > PAGE_4K_BYTES)
        return err_set(err, EINVAL, "mem of %u words at 0x%llx crosses a 4 KiB page", words,
                       (ull)at);
    return 0;
}

static int check_zero(const struct rec *rec, struct err *err)
{
    uint64_t at = rec->u.zero.gpa.v;
    uint64_t bytes = rec->u.zero.bytes;

    if (at % 8)
        return err_set(err, EINVAL, "zero at 0x%llx is misaligned, a multiple of 8 expected",
                       (ull)at);
    if (bytes == 0 || bytes % 8)
        return err_set(err, EINVAL, "zero of 0x%llx bytes, a multiple of 8 and at least 8 expected",
                       (ull)bytes);
    if (bytes - 1 > UINT64_MAX - at)
        return err_set(err, EINVAL, "zero 0x%llx 0x%llx passes the end of 64 bits", (ull)at,
                       (ull)bytes);
    return 0;
}

static int check_dma(const struct rec *rec, struct err *err)
{
    uint64_t at = rec->u.dma.iova.v;
    uint64_t bytes = rec->u.dma.bytes;

    if ((unsigned)rec->u.dma.access > DMA_ANY || (unsigned)rec->u.dma.seen > DMA_SEEN_REFUSED)
        return err_set(err, EINVAL, "dma of an unknown sort");
    if (bytes == 0)
        return err_set(err, EINVAL, "dma of no bytes, at least 1 expected");
    if ((at & PAGE_4K_MASK) + bytes > PAGE_4K_BYTES)
        return err_set(err, EINVAL, "dma of 0x%llx bytes at 0x%llx crosses a 4 KiB page",
                       (ull)bytes, (ull)at);
    if (rec->u.dma.seen == DMA_SEEN_FAULT && rec->u.dma.reason == 0)
        return err_set(err, EINVAL, "fault reason 0, 0x1 to 0xff expected");
    return 0;
}

static int check_name(const char *name, struct err *err)
{
    if (name_valid(name, NAME_BYTES))
        return 0;
    return err_set(err, EINVAL,
                   "no name: 1 to 64 of the characters A-Z a-z 0-9 . _ : @ - expected");
}

static int check_attach(const struct attach_rec *a, struct err *err)
{
    if (check_name(a->name, err))
        return -EINVAL;
    if ((unsigned)a->kind > CONSUMER_PROBE)
        return err_set(err, EINVAL, "attach of an unknown kind of consumer");
    if (a->has_flags && (a->flags == 0 || a->flags > NOTIFY_ALL))
        return err_set(err, EINVAL, "flags= names no kind, such as map, unmap or devtlb");
    if (a->has_range && a->range.first.v > a->range.last.v)
        return err_set(err, EINVAL, "range=0x%llx-0x%llx is inverted, START at most LAST expected",
                       (ull)a->range.first.v, (ull)a->range.last.v);
    if (a->has_container && check_name(a->container, err))
        return -EINVAL;
    if (a->has_aperture &&
        (a->aperture_bits < APERTURE_BITS_MIN || a->aperture_bits > APERTURE_BITS_MAX))
        return err_set(err, EINVAL, "aperture=%u, %u to %u expected", a->aperture_bits,
                       APERTURE_BITS_MIN, APERTURE_BITS_MAX);
    if (a->has_type1 && (a->type1 < 1 || a->type1 > 2))
        return err_set(err, EINVAL, "type1=v%u, v1 or v2 expected", a->type1);
    if (a->has_backend && (a->kind != CONSUMER_VHOST || (unsigned)a->backend > BACKEND_USER))
        return err_set(err, EINVAL, "backend= belongs to a vhost");
    if (a->has_unpin && (a->kind != CONSUMER_MDEV || (unsigned)a->unpin > UNPIN_OTHER))
        return err_set(err, EINVAL, "unpin= belongs to an mdev");
    if (a->has_dma_unmap && a->kind != CONSUMER_MDEV)
        return err_set(err, EINVAL, "dma-unmap= belongs to an mdev");
    if (a->has_leave && a->leave == 0)
        return err_set(err, EINVAL, "leave=0, callbacks count from 1");
    return 0;
}

static int check_pin(const struct rec *rec, struct err *err)
{
    uint64_t at = rec->u.pin.iova.v;
    uint64_t pages = rec->u.pin.pages;

    if (check_name(rec->u.pin.name, err))
        return -EINVAL;
    if (at & PAGE_4K_MASK)
        return err_set(err, EINVAL, "IOVA 0x%llx is misaligned, a multiple of 0x1000 expected",
                       (ull)at);
    if (pages == 0)
        return err_set(err, EINVAL, "0 pages, at least 1 expected");
    if (pages - 1 > (UINT64_MAX - at) >> 12)
        return err_set(err, EINVAL, "%llu pages at 0x%llx pass the end of 64 bits", (ull)pages,
                       (ull)at);
    return 0;
}

static int check_fail(const struct fail_rec *f, struct err *err)
{
    if (check_name(f->name, err))
        return -EINVAL;
    if ((unsigned)f->op > FAIL_ALLOC)
        return err_set(err, EINVAL, "fail of an unknown call");
    if (f->error < 1 || f->error > ERRNO_MAX)
        return err_set(err, EINVAL, "errno %d, 1 to %d expected", f->error, ERRNO_MAX);
    if (f->count == 0)
        return err_set(err, EINVAL, "a count of 0, at least 1 expected");
    return 0;
}

static int check_expect(const struct expect_rec *e, struct err *err)
{
    if (check_name(e->name, err))
        return -EINVAL;
    if ((unsigned)e->op > EXPECT_ABORT)
        return err_set(err, EINVAL, "expect of an unknown sort");
    if (e->op == EXPECT_MAP && (e->perm < PERM_R || e->perm > PERM_RW))
        return err_set(err, EINVAL, "a map without permission, r, w or rw expected");
    if (e->has_result && e->op != EXPECT_MAP && e->op != EXPECT_UNMAP)
        return err_set(err, EINVAL, "result= belongs to map and unmap");
    if (e->has_result && (e->result > 0 || e->result < -ERRNO_MAX))
        return err_set(err, EINVAL, "result=%d, 0 or -1 to -%d expected", e->result, ERRNO_MAX);
    return 0;
}

static int check_at(uint64_t ns, uint64_t *at_ns, struct err *err)
{
    if (ns < *at_ns)
        return err_set(err, EINVAL, "time falls: at %llu ns after at %llu ns", (ull)ns,
                       (ull)*at_ns);
    *at_ns = ns;
    return 0;
}

static int check_mark(const char *text, struct err *err)
{
    size_t n = strlen(text);

    if (n > MARK_TEXT_MAX)
        return err_set(err, EINVAL, "a mark of %zu bytes, at most %u expected", n, MARK_TEXT_MAX);
    if (text_bad_byte(text, n))
        return err_set(err, EINVAL, "the text of a mark is not UTF-8 without control characters");
    if (n && (text[0] == ' ' || text[0] == '\t' || text[n - 1] == ' ' || text[n - 1] == '\t'))
        return err_set(err, EINVAL, "the text of a mark begins or ends with a blank");
    return 0;
}

int rec_check(const struct rec *rec, uint64_t *at_ns, struct err *err)
{
    switch (rec->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64: return check_reg(rec, err);
    case REC_MEM: return check_mem(rec, err);
    case REC_ZERO: return check_zero(rec, err);
    case REC_DMA: return check_dma(rec, err);
    case REC_ATTACH: return check_attach(rec->u.attach, err);
    case REC_DETACH:
    case REC_STOP:
    case REC_START: return check_name(rec->u.named.name, err);
    case REC_MISS: return check_name(rec->u.miss.name, err);
    case REC_PIN:
    case REC_UNPIN: return check_pin(rec, err);
    case REC_FAIL: return check_fail(&rec->u.fail, err);
    case REC_EXPECT: return check_expect(&rec->u.expect, err);
    case REC_EXPECTATIONS:
        if ((unsigned)rec->u.expectations.level > EXPECT_IOCTL)
            return err_set(err, EINVAL, "expectations of an unknown level");
        return check_name(rec->u.expectations.name, err);
    case REC_MARK: return check_mark(rec->u.mark.text, err);
    case REC_AT: return check_at(rec->u.at.ns, at_ns, err);
    case REC_DEVICE:
    case REC_GONE:
    case REC_ATS:
    case REC_RESET: return 0;
    case REC_KINDS: break;
    }
    return err_set(err, EINVAL, "a record of an unknown kind");
}
