/* SPDX-License-Identifier: MIT */
/* LIVE-QUEUE, LIVE-ABORT, LIFE-ENTRY, COH-EXACT: progress, ends, dead entries, and the IOTLB. */
#include "test_checks_stage.h"

enum { AT = 0x40200000, IQE = 0x10 };

/* A queue that is on and empty; register questions are answered. */
static struct stage *queue_on(void)
{
    struct stage *s = stage_new((struct stage_how){.regs = true});

    write_reg(s, 0x88, 0);
    write_reg(s, 0x90, 0x200000);
    begin_write(s, 0x18, 0x84000000);
    gsts(s, 0xc0000000, 0xc4000000);
    end(s);
    nothing_found(s);
    return s;
}

static void refuse(struct stage *s, uint64_t lo, uint64_t hi)
{
    inval_obs(s, OBS_INVAL_REFUSED, lo, hi);
    inval_obs(s, OBS_QUEUE_ERROR, lo, hi);
    s->reg.fsts = IQE;
}

static void execute(struct stage *s, uint64_t lo, uint64_t hi)
{
    inval_obs(s, OBS_INVAL_BEGIN, lo, hi);
    inval_obs(s, OBS_INVAL_DONE, lo, hi);
    s->reg.iqh += 0x10;
}

START_TEST(a_queue_that_works)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x30);
    execute(s, DSI(DID), 0);
    inval_obs(s, OBS_WAIT_LANDED, 0x200000025, 0x300000);
    s->reg.iqh += 0x10;
    refuse(s, 0xf, 0);
    s->reg.iqercd = 3;
    end(s);
    begin_write(s, 0x34, IQE); /* the guest put something else there, and the queue goes on */
    s->reg.fsts = s->reg.iqercd = 0;
    execute(s, PSI(DID), AT);
    end(s);
    begin_write(s, 0x88, s->reg.iqt = 0x10000); /* beyond the queue */
    inval_obs(s, OBS_QUEUE_ERROR, 0, 0);
    s->reg.fsts = IQE;
    s->reg.iqercd = 1;
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), 0);
    stage_free(s);
}
END_TEST

START_TEST(stands_still)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x20);
    execute(s, DSI(DID), 0);
    end(s);
    write_reg(s, 0x88, 0x20); /* told once */
    only(s, "LIVE-QUEUE", s->record - 1, "it stands still at IQH 0x10");
}
END_TEST

START_TEST(head_in_the_wrong_place)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x10);
    execute(s, DSI(DID), 0);
    s->reg.iqh = s->reg.iqt = 0x20;
    end(s);
    only(s, "LIVE-QUEUE", s->record,
         "IQH should be at 0x10, where the descriptor to be taken next");
}
END_TEST

START_TEST(error_untold)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x10);
    refuse(s, 0xf, 0);
    s->reg.fsts = 0;
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), 2); /* and it stands still */
    ck_assert_ptr_nonnull(strstr(finding_at(s, false, 1)->text, "FSTS should say IQE"));
    stage_free(s);
}
END_TEST

/* 0: not available; 3, 4: type, reserved bits; 1, 2, 5: not about a descriptor. */
START_TEST(cause_of_an_error)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x10);
    refuse(s, 0xf, 0);
    s->reg.iqercd = (uint64_t)_i;
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), _i == 1 || _i == 2 || _i == 5);
    write_reg(s, 0x34, 0);
    begin_write(s, 0x34, IQE);
    inval_obs(s, OBS_QUEUE_ERROR, 0, 0); /* now it cannot be fetched */
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), _i != 0);
    stage_free(s);
}
END_TEST

START_TEST(goes_on_behind_an_error)
{
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x20);
    refuse(s, 0xf, 0);
    execute(s, DSI(DID), 0);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), 1);
    stage_free(s);
}
END_TEST

struct verdict {
    uint64_t lo, hi;
    bool bad, either;
};

static const struct verdict verdicts[] = {
    {0x11, 0, false, false},
    {0x11, 1, true, false},                /* reserved in the upper word */
    {0x01, 0, true, false},                /* granularity 0 */
    {0x0f, 0, true, false},                /* no such type */
    {0x206, 0, true, false},               /* nor this */
    {PSI(DID), AT | 18, false, false},     /* the largest block */
    {PSI(DID), AT | 19, true, false},      /* beyond CAP.MAMV */
    {PSI(DID), AT | 0x1001, false, false}, /* misaligned: the guest's own harm */
    {0x45, 0, false, false},               /* a fence alone */
    {0x05, 0, true, true},                 /* a wait for nothing: both will do */
    {0x200000025, 0x300000, false, false},
    {0x200000025, 0xfee00000, false, true}, /* nobody can write there */
    {0x200000025, 0x300002, true, false},
    {0x3, 0, true, false}, /* the unit has no device-TLBs */
};

START_TEST(descriptors_taken)
{
    const struct verdict *v = &verdicts[_i];
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x10);
    if ((v->lo & 0xf) == 5) {
        inval_obs(s, OBS_WAIT_LANDED, v->lo, v->hi);
        s->reg.iqh += 0x10;
    } else {
        execute(s, v->lo, v->hi);
    }
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), v->bad && !v->either);
    stage_free(s);
}
END_TEST

START_TEST(descriptors_refused)
{
    const struct verdict *v = &verdicts[_i];
    struct stage *s = queue_on();

    begin_write(s, 0x88, s->reg.iqt = 0x10);
    refuse(s, v->lo, v->hi);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), !v->bad && !v->either);
    stage_free(s);
}
END_TEST

/* 0, 1: CCMD whole, its upper half; 2, 3: IOTLB likewise; 4, 5: the lower halves start nothing. */
START_TEST(busy_bits)
{
    static const uint16_t off[] = {0x28, 0x2c, 0xf8, 0xfc, 0x28, 0xf8};
    struct stage *s = stage_new((struct stage_how){.regs = true});
    struct rec r = {.kind = _i == 0 || _i == 2 ? REC_W64 : REC_W32};

    r.u.reg.off = off[_i];
    r.u.reg.val = r.kind == REC_W64 ? UINT64_C(0x8000000000000000) : 0x80000000;
    begin(s, r);
    end(s);
    nothing_found(s);
    s->reg.ccmd = s->reg.iotlb = UINT64_C(0x8000000000000000);
    begin(s, r);
    end(s);
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), _i < 4);
    write_reg(s, 0x88, 0); /* told once for each command */
    ck_assert_uint_eq(count_of(s, "LIVE-QUEUE"), _i < 4);
    stage_free(s);
}
END_TEST

START_TEST(an_end)
{
    struct stage *s = stage_new((struct stage_how){0});
    struct obs o = {.kind = OBS_ABORT};

    o.u.abort.why = "an assertion of somebody's";
    open_inval(s, PSI(DID), AT);
    show(s, o);
    only(
        s, "LIVE-ABORT", s->record,
        "in the IOTLB invalidation of domain 5, 0x40200000-0x40200fff the modelled system ends: an "
        "assertion of somebody's");
}
END_TEST

static void note_of(struct stage *s, enum note_via via, uint64_t entry, uint64_t delivery)
{
    note_as(s, (struct note){.type = NOTE_UNMAP,
                             .via = via,
                             .range = iova_range(AT, AT + 0xfff),
                             .asked = true,
                             .entry = entry,
                             .delivery = delivery});
}

START_TEST(entries_alive_and_dead)
{
    struct stage *s = stage_new((struct stage_how){0});

    open_inval(s, PSI(DID), AT);
    note_of(s, VIA_NOTIFIER, 7, 7);
    note_of(s, VIA_REGION, 0, 7); /* made by the consumer itself, inside a callback */
    note_of(s, VIA_REGION, 0, 0);
    nothing_found(s);
    if (_i == 0)
        note_of(s, VIA_NOTIFIER, 7, 8);
    else if (_i == 1)
        note_of(s, VIA_NOTIFIER, 7, 0);
    else
        note_of(s, VIA_NOTIFIER, UINT64_MAX, 9);
    close_inval(s, PSI(DID), AT);
    only(s, "LIFE-ENTRY", s->record, _i == 1 ? "while it was not called" : "callback had returned");
}
END_TEST

static void cache(struct stage *s, unsigned domain, uint64_t first, uint64_t bytes)
{
    s->cached[s->cacheds++] =
        (struct cached_xlat){bdf((uint16_t)(DEV + 8 * (domain - DID))), did((uint16_t)domain),
                             iova_range(first, first + bytes - 1), gpa(0x7000000), PERM_RW};
}

static void uncache(struct stage *s, size_t i)
{
    for (s->cacheds--; i < s->cacheds; i++)
        s->cached[i] = s->cached[i + 1];
}

/* What is lost of five entries, by which invalidation, and how often that is wrong. */
static const struct {
    uint64_t lo, hi;
    const char *lost; /* indices, highest first */
    unsigned wrong;   /* 1: something left; 2: something lost */
} cuts[] = {
    {PSI(DID), AT, "0", 0},
    {PSI(DID), AT, "", 1},
    {PSI(DID), AT, "1", 1 | 2},
    {PSI(DID), AT, "10", 2},
    {PSI(DID), AT, "30", 2},           /* the same address of another domain */
    {PSI(DID), AT + 0x200000, "2", 0}, /* a page inside a large one takes it whole */
    {PSI(DID), AT + 0x200000, "", 1},
    {PSI(DID), AT + 0x3000, "", 0},
    {PSI(DID), AT | 1, "10", 0},
    {PSI(DID), AT | 1, "0", 1},
    {DSI(DID), 0, "210", 0},
    {DSI(DID), 0, "20", 1},
    {DSI(DID), 0, "43210", 2},
    {IOTLB_GLOBAL, 0, "43210", 0},
    {IOTLB_GLOBAL, 0, "4210", 1},
};

START_TEST(exactly_what_is_named)
{
    struct stage *s = stage_new((struct stage_how){.full = _i & 1});
    unsigned wrong = 0;

    s->cacheds = 0;
    cache(s, DID, AT, SIZE_4K);
    cache(s, DID, AT + 0x1000, SIZE_4K);
    cache(s, DID, AT + 0x200000, SIZE_2M);
    cache(s, DID + 1, AT, SIZE_4K);
    cache(s, DID + 1, AT + 0x200000, SIZE_2M);
    open_inval(s, cuts[_i / 2].lo, cuts[_i / 2].hi);
    for (const char *c = cuts[_i / 2].lost; *c; c++)
        uncache(s, (size_t)(*c - '0'));
    close_inval(s, cuts[_i / 2].lo, cuts[_i / 2].hi);
    for (size_t i = 0; i < checks_findings(s->checks); i++) {
        const struct finding *f = checks_finding(s->checks, i);

        if (!strcmp(f->inv->id, "COH-EXACT"))
            wrong |= strstr(f->text, "still there") ? 1u : 2u;
    }
    ck_assert_uint_eq(wrong, cuts[_i / 2].wrong);
    stage_free(s);
}
END_TEST

/* A register command may do more than asked when it says so; 0 says that it did nothing. */
START_TEST(coarser_by_register)
{
    struct stage *s = stage_new((struct stage_how){.regs = true});
    struct obs o = {.kind = OBS_INVAL_BEGIN};

    s->cacheds = 0;
    cache(s, DID, AT, SIZE_4K);
    cache(s, DID, AT + 0x1000, SIZE_4K);
    o.u.inval.lo = PSI(DID);
    o.u.inval.hi = AT;
    o.u.inval.by_register = true;
    begin_write(s, 0xfc, 0xb0000000);
    show(s, o);
    s->cacheds = 0;
    o.kind = OBS_INVAL_DONE;
    show(s, o);
    s->reg.iotlb = (uint64_t)(unsigned)_i << 57;
    end(s);
    ck_assert_uint_eq(count_of(s, "COH-EXACT"), _i == 0 || _i == 3);
    stage_free(s);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {{a_queue_that_works, 1},
                                    {stands_still, 1},
                                    {head_in_the_wrong_place, 1},
                                    {error_untold, 1},
                                    {cause_of_an_error, 6},
                                    {goes_on_behind_an_error, 1},
                                    {descriptors_taken, COUNT(verdicts)},
                                    {descriptors_refused, COUNT(verdicts)},
                                    {busy_bits, 6},
                                    {an_end, 1},
                                    {entries_alive_and_dead, 3},
                                    {exactly_what_is_named, 2 * COUNT(cuts)},
                                    {coarser_by_register, 4}};

    return run_tests("checks: progress", rows, COUNT(rows));
}
