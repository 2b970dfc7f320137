/* SPDX-License-Identifier: MIT */
/* One record in words. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/show.h"
#include "report/story.h"
#include "trace/text_write.h"
#include "vtd_regs.h"

#define LINE_MOST 120

static void command_text(char *out, size_t room, uint64_t v)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } bits[] = {{GCMD_TE, "TE"},
                {GCMD_SRTP, "SRTP"},
                {GCMD_QIE, "QIE"},
                {GCMD_IRE, "IRE"},
                {GCMD_SIRTP, "SIRTP"}};
    size_t at = 0;

    *out = 0;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (v & bits[i].bit)
            at += (size_t)snprintf(out + at, room - at, "%s%s", at ? " " : ": ", bits[i].name);
}

static void register_text(char *out, size_t room, const struct rec *r)
{
    const char *name = story_register_name(r->u.reg.off);
    bool write = r->kind == REC_W32 || r->kind == REC_W64;
    char more[64] = "";

    if (write && r->u.reg.off == REG_GCMD)
        command_text(more, sizeof(more), r->u.reg.val);
    else if (write && r->u.reg.off == REG_IQT)
        snprintf(more, sizeof(more), ": the queue's tail, slot %" PRIu64, r->u.reg.val >> 4);
    snprintf(out, room, "the guest %s 0x%" PRIx64 " %s %s%s", write ? "writes" : "reads",
             r->u.reg.val, write ? "to" : "from", *name ? name : "a register", more);
}

static void doing(char *out, size_t room, const struct rec *r)
{
    *out = 0;
    switch (r->kind) {
    case REC_W32:
    case REC_W64:
    case REC_R32:
    case REC_R64: register_text(out, room, r); break;
    case REC_MEM:
        snprintf(out, room, "the guest stores %u word%s at 0x%" PRIx64, r->u.mem.words,
                 r->u.mem.words == 1 ? "" : "s", r->u.mem.gpa.v);
        break;
    case REC_ZERO:
        snprintf(out, room, "the guest clears 0x%" PRIx64 " bytes at 0x%" PRIx64, r->u.zero.bytes,
                 r->u.zero.gpa.v);
        break;
    case REC_DMA:
        snprintf(out, room, "%s %s 0x%" PRIx64, show_bdf(r->u.dma.bdf).text,
                 r->u.dma.access == DMA_W   ? "writes"
                 : r->u.dma.access == DMA_R ? "reads"
                                            : "accesses",
                 r->u.dma.iova.v);
        break;
    default: break;
    }
}

char *story_record_text(char *out, size_t room, const struct rec *r)
{
    char *line = malloc(REC_TEXT_BYTES);
    size_t n = line ? rec_text(r, line) : 0;
    char words[160];

    while (n && line[n - 1] == '\n')
        line[--n] = 0;
    doing(words, sizeof(words), r);
    snprintf(out, room, "%s%s%.*s%s%s", words, *words ? " (" : "", LINE_MOST, n ? line : "",
             n > LINE_MOST ? " ..." : "", *words ? ")" : "");
    free(line);
    return out;
}
