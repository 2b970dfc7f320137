/* SPDX-License-Identifier: MIT */
#include "base/state.h"

#include <stdlib.h>
#include <string.h>

void state_out_free(struct state_out *o)
{
    free(o->bytes);
    *o = (struct state_out){0};
}

static uint8_t *room_for(struct state_out *o, size_t count)
{
    size_t wanted = o->used + count, room = o->room ? o->room : 4096;
    uint8_t *grown;

    if (o->no_memory)
        return NULL;
    if (wanted <= o->room) {
        o->used = wanted;
        return o->bytes + wanted - count;
    }
    while (room < wanted)
        room *= 2;
    if (room != o->room) {
        grown = realloc(o->bytes, room);
        if (!grown) {
            o->no_memory = true;
            return NULL;
        }
        o->bytes = grown;
        o->room = room;
    }
    o->used = wanted;
    return o->bytes + wanted - count;
}

void state_put_bytes(struct state_out *o, const void *bytes, size_t count)
{
    uint8_t *to = count ? room_for(o, count) : NULL;

    if (to)
        memcpy(to, bytes, count);
}

void state_put_tag(struct state_out *o, const char tag[4])
{
    state_put_bytes(o, tag, 4);
}

void state_put(struct state_out *o, uint64_t value, unsigned bytes)
{
    uint8_t *to = room_for(o, bytes);

    for (unsigned i = 0; to && i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

void state_put_name(struct state_out *o, const char *name)
{
    size_t letters = strlen(name);

    state_put(o, letters, 2);
    state_put_bytes(o, name, letters);
}

void state_trouble(struct state_in *i, const char *why)
{
    if (!i->trouble)
        i->trouble = why;
}

void state_no_memory(struct state_in *i)
{
    if (!i->trouble)
        i->no_memory = true;
    state_trouble(i, "out of memory for the saved state");
}

static const uint8_t *taken(struct state_in *i, size_t count)
{
    if (!i->trouble && i->size - i->used < count)
        state_trouble(i, "the saved state ends too early");
    if (i->trouble)
        return NULL;
    i->used += count;
    return i->bytes + i->used - count;
}

bool state_expect(struct state_in *i, const char tag[4])
{
    const uint8_t *from = taken(i, 4);

    if (from && memcmp(from, tag, 4) != 0)
        state_trouble(i, "the saved state has another part where one was expected");
    return !i->trouble;
}

uint64_t state_take(struct state_in *i, unsigned bytes)
{
    const uint8_t *from = taken(i, bytes);
    uint64_t value = 0;

    for (unsigned n = 0; from && n < bytes; n++)
        value |= (uint64_t)from[n] << (8 * n);
    return value;
}

void state_take_bytes(struct state_in *i, void *bytes, size_t count)
{
    const uint8_t *from = taken(i, count);

    if (from)
        memcpy(bytes, from, count);
    else
        memset(bytes, 0, count);
}

void state_take_name(struct state_in *i, char *name, size_t room)
{
    uint64_t letters = state_take(i, 2);

    if (letters >= room) {
        state_trouble(i, "a name in the saved state is too long");
        letters = 0;
    }
    state_take_bytes(i, name, letters);
    name[letters] = 0;
    for (size_t n = 0; n < letters && !i->trouble; n++)
        if (name[n] <= ' ' || name[n] > '~')
            state_trouble(i, "a name in the saved state has letters that no name has");
}

uint64_t state_take_count(struct state_in *i, size_t each)
{
    uint64_t count = state_take(i, 8);

    if (i->trouble)
        return 0;
    if (count > (i->size - i->used) / (each ? each : 1)) {
        state_trouble(i, "the saved state ends too early");
        return 0;
    }
    return count;
}

bool state_take_bool(struct state_in *i)
{
    uint64_t value = state_take(i, 1);

    if (value > 1)
        state_trouble(i, "a yes or no in the saved state is neither");
    return value == 1;
}

/* Eight bytes written out, so that compilers make one load of them. */
static uint64_t word_at(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
}

uint64_t state_sum(const uint8_t *bytes, size_t count)
{
    uint64_t sum = UINT64_C(0x9e3779b97f4a7c15) ^ count;

    for (size_t at = 0; at < count; at += 8) {
        uint64_t word = 0;

        if (count - at >= 8)
            word = word_at(bytes + at);
        else
            for (size_t n = 0; at + n < count; n++)
                word |= (uint64_t)bytes[at + n] << (8 * n);
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
    }
    return sum;
}
