/* SPDX-License-Identifier: MIT */
#include "report/html_bins.h"

#include <string.h>

#define HALF (HTML_BINS / 2)

void html_bins_init(struct html_bins *b)
{
    memset(b, 0, sizeof(*b));
    b->width = 1;
}

bool html_bins_full(const struct html_bins *b, uint64_t position)
{
    return position > b->origin && (position - b->origin) / b->width >= HTML_BINS;
}

void html_bins_fold(struct html_bins *b)
{
    for (unsigned s = 0; s < HTML_STRIPS; s++) {
        for (unsigned i = 0; i < HALF; i++)
            b->count[s][i] = b->count[s][2 * i] + b->count[s][2 * i + 1];
        memset(&b->count[s][HALF], 0, HALF * sizeof(b->count[s][0]));
    }
    for (unsigned i = 0; i < HALF; i++) /* times never fall; bins not reached yet hold 0 */
        b->at_ns[i] = b->at_ns[2 * i + 1] ? b->at_ns[2 * i + 1] : b->at_ns[2 * i];
    memset(&b->at_ns[HALF], 0, HALF * sizeof(b->at_ns[0]));
    b->width *= 2;
    b->bin /= 2;
}

void html_gauge_fold(struct html_gauge *g)
{
    for (unsigned i = 0; i < HALF; i++) {
        unsigned a = 2 * i, b = a + 1;

        g->lo[i] = g->lo[a] < g->lo[b] ? g->lo[a] : g->lo[b];
        g->hi[i] = g->hi[a] > g->hi[b] ? g->hi[a] : g->hi[b];
        g->last[i] = g->last[b];
    }
}

void html_lane_fold(uint16_t bits[HTML_BINS])
{
    for (unsigned i = 0; i < HALF; i++)
        bits[i] = bits[2 * i] | bits[2 * i + 1];
    memset(&bits[HALF], 0, HALF * sizeof(bits[0]));
}

unsigned html_bins_of(const struct html_bins *b, uint64_t position)
{
    uint64_t i = position > b->origin ? (position - b->origin) / b->width : 0;

    return i > b->bin ? b->bin : (unsigned)i;
}

void html_gauge_carry(struct html_gauge *g, unsigned from, unsigned to, uint64_t now)
{
    for (unsigned i = from; i <= to && i < HTML_BINS; i++)
        g->lo[i] = g->hi[i] = g->last[i] = now;
}

void html_gauge_set(struct html_gauge *g, unsigned bin, uint64_t now)
{
    if (now < g->lo[bin])
        g->lo[bin] = now;
    if (now > g->hi[bin])
        g->hi[bin] = now;
    g->last[bin] = now;
}
