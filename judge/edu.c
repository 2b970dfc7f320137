/* SPDX-License-Identifier: MIT */
#include "edu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine_inside.h"

#define BAR_FIRST   UINT64_C(0xfd500000) /* free on a q35 before firmware ran; no table is there */
#define BAR_BYTES   UINT64_C(0x100000)
#define REG_SOURCE  0x80
#define REG_TARGET  0x88
#define REG_COUNT   0x90
#define REG_COMMAND 0x98
#define BUFFER      UINT64_C(0x40000) /* the device's own memory, as its DMA engine calls it */
#define RUN         1u
#define TO_MEMORY   2u
#define POLLS_MAX   1000000
#define BYTES_MAX   4095 /* edu ends QEMU at a whole page, though its memory has one */

static uint64_t bar(size_t index)
{
    return BAR_FIRST + index * BAR_BYTES;
}

static enum answer config(struct machine *m, bdf_t b, unsigned at, uint32_t val, struct err *e)
{
    char text[64];
    enum answer a;

    snprintf(text, sizeof(text), "outl 0xcf8 0x%x\n", 0x80000000u | (unsigned)b.v << 8 | at);
    a = machine_command(m, text, NULL, e);
    snprintf(text, sizeof(text), "outl 0xcfc 0x%x\n", val);
    return a == ANSWERED ? machine_command(m, text, NULL, e) : a;
}

enum answer edu_set_up(struct machine *m, size_t index, bdf_t b, struct err *e)
{
    enum answer a = config(m, b, 0x10, (uint32_t)bar(index), e);

    return a == ANSWERED ? config(m, b, 4, 6, e) : a; /* memory and bus mastering */
}

/* The last translation that QEMU told of this device since `offset`. */
static void heard(struct machine *m, uint64_t *offset, const struct edu_access *a,
                  struct edu_result *out)
{
    char *text = machine_messages(m, offset), *line, *rest = text;
    unsigned bus, slot, function;
    uint64_t at, target, mask;

    out->translated = false;
    while ((line = rest) && *line) {
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = 0;
        line = strstr(line, "vtd_dmar_translate dev ");
        if (!line ||
            sscanf(line,
                   "vtd_dmar_translate dev %x:%x.%x iova %" SCNx64 " -> gpa %" SCNx64
                   " mask %" SCNx64,
                   &bus, &slot, &function, &at, &target, &mask) != 6 ||
            (bus << 8 | slot << 3 | function) != a->bdf.v)
            continue;
        out->translated = true;
        out->gpa = gpa((target & ~mask) | (a->iova.v & mask));
    }
    free(text);
}

enum answer edu_access(struct machine *m, size_t index, const struct edu_access *x,
                       struct edu_result *out, struct err *e)
{
    uint64_t base = bar(index), offset = UINT64_MAX, command = RUN | (x->write ? TO_MEMORY : 0);
    uint64_t source = x->write ? BUFFER : x->iova.v, target = x->write ? x->iova.v : BUFFER;
    uint32_t bytes = x->bytes < BYTES_MAX ? x->bytes : BYTES_MAX; /* the page is the same */
    enum answer a = machine_write(m, base + REG_SOURCE, 8, source, e);

    free(machine_messages(m, &offset)); /* only what comes from here on */
    if (a == ANSWERED)
        a = machine_write(m, base + REG_TARGET, 8, target, e);
    if (a == ANSWERED)
        a = machine_write(m, base + REG_COUNT, 8, bytes, e);
    if (a == ANSWERED)
        a = machine_write(m, base + REG_COMMAND, 8, command, e);
    for (unsigned i = 0; a == ANSWERED && (command & RUN); i++) {
        if (i == POLLS_MAX) {
            err_set(e, ETIMEDOUT, "edu does not end its access");
            return FAILED;
        }
        a = machine_read(m, base + REG_COMMAND, 8, &command, e);
    }
    if (a == ANSWERED)
        heard(m, &offset, x, out);
    return a;
}
