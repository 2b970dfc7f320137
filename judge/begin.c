/* SPDX-License-Identifier: MIT */
/* Record 0 of the model: who is there from the start, as in the machine. */
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "vhost/play.h"

/* Those of the model's last step that devices of the machine make, too. */
static size_t calls_of_machine(const struct run *r)
{
    const struct call_list *l = &r->model->seen.calls;
    size_t count = 0;

    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < r->people.device_count; k++)
            count += r->people.devices[k].bdf.v == l->calls[i].bdf.v &&
                     r->people.devices[k].nth == l->calls[i].nth;
    return count;
}

/* Those at the start that the trace attaches: written to r->attach, their number. *there: all. */
static size_t attach_said(struct run *r, size_t *there)
{
    size_t count = 0;

    for (size_t i = 0; i < r->people.device_count; i++) {
        const struct vfio_device *d = &r->people.devices[i];

        *there += d->there;
        if (d->there && people_said(&r->people, d))
            r->attach[count++] = people_how(&r->people, d);
    }
    return count;
}

/* Those that the guest's tables bring are in the header: they get their consumer at record 0, and
 * when they come again. */
static bool add_devices(struct run *r)
{
    size_t count = r->header.devices_count;

    r->devices = calloc(count + r->people.device_count + 1, sizeof(*r->devices));
    if (!r->devices)
        return false;
    if (count)
        memcpy(r->devices, r->header.devices, count * sizeof(*r->devices));
    for (size_t i = 0; i < r->people.device_count; i++) {
        bool known = !r->people.devices[i].there;

        for (size_t k = 0; k < r->header.devices_count && !known; k++)
            known = r->devices[k].bdf.v == r->people.devices[i].bdf.v;
        if (!known)
            r->devices[count++] = (struct device_rec){.bdf = r->people.devices[i].bdf};
    }
    for (size_t i = 0; i < count; i++) /* of a vhost's: the driver switches it on afterwards */
        r->devices[i].ats &= run_vhost_of(r, r->devices[i].bdf) < 0;
    r->header.devices = r->devices;
    r->header.devices_count = count;
    return true;
}

/* Record 0 of the model: the devices are there, and hold memory one to one, as the machine's do. */
bool run_begin_model(struct run *r)
{
    struct engine_options o = run_engine(r);
    struct rec rec = {.kind = REC_MARK, .u.mark.text = ""};
    struct err e = {""};
    size_t there = 0, calls;
    int rc;

    o.attach = r->attach;
    o.attach_count = run_attach_edu(r, attach_said(r, &there));
    o.attach_count = run_vhosts_attach(r, r->attach, o.attach_count);
    if (!add_devices(r))
        return run_cannot(r, "out of memory");
    rc = model_begin(r->model, &r->header, &o, &e);
    if (!rc)
        rc = model_step(r->model, &rec, &e);
    if (rc)
        return run_cannot(r, "%s", e.text);
    calls = calls_of_machine(r);
    if (calls != there * r->layout.count)
        return run_cannot(r, "at the start the model maps %zu ranges, the machine %zu", calls,
                          there * r->layout.count);
    return true;
}
