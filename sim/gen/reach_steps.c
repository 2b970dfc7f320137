/* SPDX-License-Identifier: MIT */
/* What an invalidation, a command, a reset or an access sets going: who of the consumers is told
 * what, and the steps of a switch of address space. */
#include <string.h>

#include "gen/reach_inside.h"

void reach_consumer(struct reach *r, const char *name, enum consumer_kind kind, bool joined)
{
    unsigned i = 0;

    while (i < r->consumers && strcmp(r->consumer[i].name, name) != 0)
        i++;
    if (joined && i == r->consumers && i < REACH_CONSUMERS) {
        size_t n = strlen(name);

        memcpy(r->consumer[i].name, name, n < NAME_BYTES ? n + 1 : NAME_BYTES);
        r->consumer[i].name[NAME_BYTES - 1] = 0;
        r->consumer[r->consumers++].kind = kind;
    } else if (!joined && i < r->consumers) {
        r->consumer[i] = r->consumer[--r->consumers];
    }
}

/* A row of REACH_STEP: the invalidation under way, by queue or register, or the record. */
static unsigned cause(const struct reach *r)
{
    if (r->in_inval)
        return r->inval < RI_DEVTLB ? r->inval % RI_REGISTER : REACH_ROWS;
    if (!r->rec)
        return REACH_ROWS;
    switch (r->rec->kind) {
    case REC_W32:
    case REC_W64: return RS_COMMAND;
    case REC_RESET: return RS_RESET;
    case REC_DMA: return r->stranger ? REACH_ROWS : RS_DMA;
    default: return REACH_ROWS;
    }
}

void reach_step(struct reach *r, enum reach_step step)
{
    reach_hit(r, REACH_STEP, cause(r), step);
}

static unsigned told(enum consumer_kind kind, enum note_type type)
{
    static const unsigned columns[4][3] = {[CONSUMER_VFIO] = {0, 1, REACH_COLUMNS},
                                           [CONSUMER_MDEV] = {2, 3, REACH_COLUMNS},
                                           [CONSUMER_VHOST] = {REACH_COLUMNS, 4, 5},
                                           [CONSUMER_PROBE] = {6, 7, 8}};

    return columns[kind][type == NOTE_MAP ? 0 : type == NOTE_UNMAP ? 1 : 2];
}

void reach_told(struct reach *r, const struct note *n)
{
    unsigned i = 0;

    if (n->via == VIA_REGION) {
        reach_step(r, n->type == NOTE_MAP ? STEP_RAM_MAPPED : STEP_RAM_UNMAPPED);
        return;
    }
    while (i < r->consumers && strcmp(r->consumer[i].name, n->consumer) != 0)
        i++;
    if (r->in_inval && r->inval < RI_IEC && i < r->consumers)
        reach_hit(r, REACH_CONSUMER, r->inval, told(r->consumer[i].kind, n->type));
}
