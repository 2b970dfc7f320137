/* SPDX-License-Identifier: MIT */
#include "people.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "playable.h"

int people_say(struct people *p, uint64_t record, const struct attach_rec *how)
{
    if (p->said_count && p->said[p->said_count - 1].record >= record)
        return 0;
    if (p->said_count == p->said_room) {
        size_t room = p->said_room ? 2 * p->said_room : 16;
        struct said *more = realloc(p->said, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->said = more;
        p->said_room = room;
    }
    p->said[p->said_count++] = (struct said){record, *how};
    return 0;
}

bool people_passed_over(const struct people *p, uint64_t record, const char *name)
{
    for (size_t i = p->said_count; i > 0; i--)
        if (p->said[i - 1].record < record && !strcmp(p->said[i - 1].how.name, name))
            return p->said[i - 1].how.kind != CONSUMER_VFIO;
    return false;
}

static const struct attach_rec *said_of(const struct people *p, const struct vfio_device *d)
{
    for (size_t i = 0; i < p->said_count; i++) {
        const struct said *s = &p->said[i];

        if (s->how.bdf.v == d->bdf.v && s->how.kind == CONSUMER_VFIO &&
            !strcmp(s->how.name, d->name) && (d->joins == 0 || d->joins == s->record))
            return &s->how;
    }
    return NULL;
}

bool people_said(const struct people *p, const struct vfio_device *d)
{
    return said_of(p, d) != NULL;
}

struct attach_rec people_how(const struct people *p, const struct vfio_device *d)
{
    const struct attach_rec *said = said_of(p, d);
    struct attach_rec how = {.kind = CONSUMER_VFIO, .bdf = d->bdf};

    memcpy(how.name, d->name, NAME_BYTES);
    return said ? *said : how;
}

static bool is_emulated(bdf_t b, const bdf_t *emulated, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (emulated[i].v == b.v)
            return true;
    return false;
}

/* What is emulated on another bus than 0 is behind a root port, and the bus is its own: nobody who
 * is only found in the guest's tables is put there. */
static bool has_room(const struct people *p, const struct vfio_device *d, const bdf_t *emulated,
                     size_t count, const char **why)
{
    if (!playable_device(d->requester, why))
        return false;
    for (size_t i = 0; i < count; i++)
        if (d->requester.v >> 8 && emulated[i].v >> 8 == d->requester.v >> 8 &&
            !people_said(p, d)) {
            *why = "its bus is that of a vhost, behind a root port";
            return false;
        }
    return true;
}

/* With devices of this machine: one that only the guest's tables name need not be there. */
static bool at_hand(const struct people *p, const struct trace_header *h,
                    const struct vfio_device *d, const char **why)
{
    char path[64];

    if (!p->of_this_machine || people_said(p, d))
        return true;
    for (size_t i = 0; i < h->devices_count; i++)
        if (h->devices[i].bdf.v == d->bdf.v)
            return true;
    snprintf(path, sizeof(path), "/sys/bus/pci/devices/0000:%02x:%02x.%x", d->requester.v >> 8,
             d->requester.v >> 3 & 31, d->requester.v & 7);
    *why = "this machine has none, and only the guest's tables name it";
    return access(path, F_OK) == 0;
}

/* The devices that the machine gets; the others have none of what is compared. */
static void keep(struct people *p, const struct model *m, const bdf_t *emulated,
                 size_t emulated_count, char *note, size_t room)
{
    const char *why;

    for (size_t i = 0; i < m->device_count; i++) {
        const struct vfio_device *d = &m->devices[i];
        struct machine_function *f = &p->functions[p->device_count];

        if (is_emulated(d->bdf, emulated, emulated_count))
            continue;
        if (!has_room(p, d, emulated, emulated_count, &why) || !at_hand(p, m->header, d, &why)) {
            snprintf(note, room, "without %02x:%02x.%x: %s", d->bdf.v >> 8, d->bdf.v >> 3 & 31,
                     d->bdf.v & 7, why);
            if (d->joins == 0)
                p->absent[p->absent_count++] = d->bdf;
            continue;
        }
        *f = (struct machine_function){.group = function_group(d->bdf, d->nth),
                                       .at = d->requester,
                                       .fixed = d->joins == 0 && d->leaves == NEVER,
                                       .later = d->joins != 0};
        p->devices[p->device_count] = *d;
        p->devices[p->device_count++].there = d->joins == 0;
    }
    p->function_count = p->device_count;
}

/* Where memory is, is seen by what a container holds while nothing is translated. */
static void add_spy(struct people *p, const bdf_t *emulated, size_t emulated_count)
{
    unsigned slot =
        place_free_slot(p->functions, p->function_count, place_slots(emulated, emulated_count), 0);

    for (size_t i = 0; i < p->device_count; i++)
        if (p->devices[i].there)
            return;
    if (p->device_count && slot)
        p->functions[p->function_count++] =
            (struct machine_function){.group = SPY_GROUP, .at = bdf((uint16_t)(slot << 3))};
}

bool people_have_spy(const struct people *p)
{
    return p->function_count > p->device_count;
}

/* Somebody else in its container while it is there. */
static bool shares(const struct people *p, const struct vfio_device *d, const char *container)
{
    for (size_t i = 0; i < p->device_count; i++) {
        const struct vfio_device *x = &p->devices[i];
        struct attach_rec other = people_how(p, x);

        if (x != d && other.has_container && !strcmp(container, other.container) &&
            x->joins < d->leaves && d->joins < x->leaves)
            return true;
    }
    return false;
}

static bool tell(struct people *p, uint64_t dma_limit, const char **why)
{
    p->control.count = p->function_count;
    for (size_t i = 0; i < p->function_count; i++) {
        struct control_group *g = &p->control.groups[i];
        struct attach_rec how = {.kind = CONSUMER_VFIO};

        if (i < p->device_count) {
            p->devices[i].how = said_of(p, &p->devices[i]);
            how = people_how(p, &p->devices[i]);
            if (how.has_container && shares(p, &p->devices[i], how.container)) {
                *why = "container=: QEMU gives each address space a container of its own, and a "
                       "container of several devices one listener";
                return false;
            }
        }
        g->group = p->functions[i].group;
        g->version = how.has_type1 ? how.type1 : 2;
        g->limit = how.has_limit ? how.limit : dma_limit;
        g->aperture_last = !how.has_aperture         ? (UINT64_C(1) << 48) - 1
                           : how.aperture_bits >= 64 ? UINT64_MAX
                                                     : (UINT64_C(1) << how.aperture_bits) - 1;
    }
    return true;
}

bool people_settle(struct people *p, const struct model *m, const bdf_t *emulated,
                   size_t emulated_count, uint64_t dma_limit, char *note, size_t room,
                   const char **why)
{
    keep(p, m, emulated, emulated_count, note, room);
    add_spy(p, emulated, emulated_count);
    place_functions(p->functions, p->function_count);
    return tell(p, dma_limit, why);
}

void people_free(struct people *p)
{
    free(p->said);
    p->said = NULL;
}
