/* SPDX-License-Identifier: MIT */
#include "trace/info.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "trace/text_write.h"
#include "trace/words.h"

_Static_assert(sizeof(((struct trace_info *)0)->line) >= REC_TEXT_BYTES, "room for any line");

static void see_device(struct trace_info *info, bdf_t b)
{
    info->device[b.v / 8] |= (uint8_t)(1u << b.v % 8);
}

static int add_text(void *ctx, const char *text, size_t n)
{
    struct trace_info *info = ctx;

    (void)text;
    info->text_bytes += n;
    return 0;
}

void trace_info_begin(struct trace_info *info, const struct trace_header *h)
{
    memset(info, 0, sizeof(*info));
    header_text(h, add_text, info);
    for (size_t i = 0; i < h->devices_count; i++)
        see_device(info, h->devices[i].bdf);
}

void trace_info_add(struct trace_info *info, const struct rec *rec)
{
    info->records++;
    info->kinds[rec->kind]++;
    info->text_bytes += rec_text(rec, info->line);
    switch (rec->kind) {
    case REC_MEM: info->mem_words += rec->u.mem.words; break;
    case REC_ZERO: info->zero_bytes += rec->u.zero.bytes; break;
    case REC_DMA:
        info->dma_seen[rec->u.dma.seen]++;
        see_device(info, rec->u.dma.bdf);
        break;
    case REC_DEVICE: see_device(info, rec->u.device.bdf); break;
    case REC_GONE: see_device(info, rec->u.gone.bdf); break;
    case REC_ATTACH: see_device(info, rec->u.attach->bdf); break;
    case REC_ATS: see_device(info, rec->u.ats.bdf); break;
    case REC_AT:
        if (!info->timed)
            info->first_ns = rec->u.at.ns;
        info->timed = true;
        info->last_ns = rec->u.at.ns;
        break;
    default: break;
    }
}

static void print_stored(FILE *out, const struct trace_info *info, const struct trace_reader *r)
{
    static const char *const forms[] = {
        [TRACE_TEXT] = "text", [TRACE_TEXT_ZSTD] = "zstd of text", [TRACE_PACKED] = "packed"};
    uint64_t size, bytes = trace_bytes_read(r, &size);

    fprintf(out, "  form      %s\n  bytes     %" PRIu64, forms[trace_form(r)], bytes);
    if (info->records)
        fprintf(out, ", %.2f a record", (double)bytes / (double)info->records);
    if (bytes && trace_form(r) != TRACE_TEXT)
        fprintf(out, "; canonical text would be %" PRIu64 ", %.1f : 1", info->text_bytes,
                (double)info->text_bytes / (double)bytes);
    fputc('\n', out);
}

static void print_unit(FILE *out, const struct trace_header *h)
{
    const struct unit_config *u = &h->unit;

    fprintf(out, "  unit      %s%s%s", h->has_unit ? "" : "(none said; the defaults) ",
            u->model[0] ? "model=" : "", u->model[0] ? u->model : "");
    fprintf(out, "%saw-bits=%u", u->model[0] ? " " : "", u->aw_bits);
    for (int i = 0; UNIT_SWITCHES[i].key; i++) {
        bool on;

        memcpy(&on, (const char *)u + UNIT_SWITCHES[i].offset, sizeof(on));
        if (on)
            fprintf(out, " %s=on", UNIT_SWITCHES[i].key);
        else if (strcmp(UNIT_SWITCHES[i].key, "caching-mode") == 0)
            fputs(" caching-mode=off", out);
    }
    if (u->has_cap)
        fprintf(out, " cap=0x%" PRIx64, u->cap);
    if (u->has_ecap)
        fprintf(out, " ecap=0x%" PRIx64, u->ecap);
    if (u->has_version)
        fprintf(out, " version=0x%" PRIx32, u->version);
    fputc('\n', out);
}

static void print_header(FILE *out, const struct trace_header *h)
{
    print_unit(out, h);
    for (size_t i = 0; i < h->rams; i++)
        fprintf(out, "  %s       [0x%" PRIx64 ", 0x%" PRIx64 ") %" PRIu64 " KiB\n",
                h->ram[i].rom ? "rom" : "ram", h->ram[i].gpa.v, h->ram[i].gpa.v + h->ram[i].bytes,
                h->ram[i].bytes / 1024);
    if (h->rams == 0)
        fputs("  ram       (none said; the default)\n", out);
    for (size_t i = 0; i < h->metas; i++)
        fprintf(out, "  meta      %s: %s\n", h->meta[i].key, h->meta[i].text);
}

static void print_devices(FILE *out, const struct trace_info *info)
{
    unsigned shown = 0, all = 0;

    fputs("  devices  ", out);
    for (unsigned i = 0; i < 65536; i++) {
        if (!(info->device[i / 8] >> i % 8 & 1))
            continue;
        all++;
        if (shown < 32) {
            fprintf(out, " %02x:%02x.%x", i >> 8, i >> 3 & 0x1f, i & 7);
            shown++;
        }
    }
    if (all > shown)
        fprintf(out, " and %u more", all - shown);
    fputs(all ? "\n" : " (no record names one)\n", out);
}

static void print_records(FILE *out, const struct trace_info *info)
{
    fprintf(out, "  records   %" PRIu64 "\n", info->records);
    for (int k = 0; k < REC_KINDS; k++) {
        if (!info->kinds[k])
            continue;
        fprintf(out, "    %-12s %10" PRIu64, WORDS_KIND[k], info->kinds[k]);
        if (k == REC_MEM)
            fprintf(out, "  (%" PRIu64 " words)", info->mem_words);
        if (k == REC_ZERO)
            fprintf(out, "  (%" PRIu64 " bytes)", info->zero_bytes);
        if (k == REC_DMA)
            fprintf(out,
                    "  (%" PRIu64 " reached memory, %" PRIu64 " faulted, %" PRIu64
                    " refused, %" PRIu64 " not observed)",
                    info->dma_seen[DMA_SEEN_GPA], info->dma_seen[DMA_SEEN_FAULT],
                    info->dma_seen[DMA_SEEN_REFUSED], info->dma_seen[DMA_SEEN_NOTHING]);
        fputc('\n', out);
    }
    if (info->timed)
        fprintf(out, "  time      %" PRIu64 ".%09" PRIu64 " s to %" PRIu64 ".%09" PRIu64 " s\n",
                info->first_ns / 1000000000u, info->first_ns % 1000000000u,
                info->last_ns / 1000000000u, info->last_ns % 1000000000u);
}

int trace_info_print(FILE *out, const char *name, const struct trace_info *info,
                     const struct trace_reader *r)
{
    const struct trace_header *h = trace_header(r);

    fprintf(out, "%s\n", name);
    print_stored(out, info, r);
    print_header(out, h);
    print_devices(out, info);
    print_records(out, info);
    return ferror(out) ? -EIO : 0;
}
