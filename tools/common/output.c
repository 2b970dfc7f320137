/* SPDX-License-Identifier: MIT */
#include "common/output.h"

#include <errno.h>
#include <string.h>

#include "common/interrupt.h"

int output_open(struct part_file *p, const char *name, struct err *e)
{
    int rc;

    if (!name || !strcmp(name, "-")) {
        *p = (struct part_file){.f = stdout};
        return 0;
    }
    interrupt_hold(true); /* or a signal between the two would leave the file behind */
    rc = part_open(p, name, e);
    if (rc == 0)
        interrupt_removes(p->part);
    interrupt_hold(false);
    return rc;
}

int output_close(struct part_file *p, struct err *e)
{
    int rc;

    if (p->f == stdout)
        return fflush(stdout) || ferror(stdout) ? err_set(e, EIO, "could not be written") : 0;
    rc = part_finish(p, e);
    interrupt_removes(NULL);
    return rc;
}

void output_drop(struct part_file *p)
{
    if (p->f == stdout)
        fflush(stdout);
    else
        part_drop(p);
    interrupt_removes(NULL);
}
