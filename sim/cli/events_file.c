/* SPDX-License-Identifier: MIT */
#include "cli/events_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output_name.h"

/* FILE, or DIR/NAME.ndjson; a second trace of the same name becomes NAME.2.ndjson. False: too long.
 */
static bool name(char path[PART_PATH_BYTES], const struct replay_options *o, size_t index)
{
    const char *base = output_base(o->traces[index]);
    size_t number = output_number(o, index, NULL);
    int n;

    if (o->traces_count == 1)
        n = snprintf(path, PART_PATH_BYTES, "%s", o->events);
    else if (number == 1)
        n = snprintf(path, PART_PATH_BYTES, "%s/%s.ndjson", o->events, base);
    else
        n = snprintf(path, PART_PATH_BYTES, "%s/%s.%zu.ndjson", o->events, base, number);
    return n >= 0 && n < PART_PATH_BYTES;
}

int events_file_open(const struct replay_options *o, size_t index, struct part_file *out,
                     struct err *e)
{
    char path[PART_PATH_BYTES];
    struct err why = {""};
    int rc;

    *out = (struct part_file){.f = NULL};
    if (!o->events)
        return 0;
    if (!strcmp(o->events, "-")) {
        out->f = stdout;
        return 0;
    }
    if (o->traces_count > 1 && mkdir(o->events, 0777) && errno != EEXIST)
        return err_set(e, errno, "%.200s: %s", o->events, strerror(errno));
    if (!name(path, o, index))
        return err_set(e, ENAMETOOLONG, "%.200s: %s", o->events, strerror(ENAMETOOLONG));
    rc = part_open(out, path, &why);
    return rc ? err_set(e, -rc, "%.200s: %s", path, why.text) : 0;
}

int events_file_close(const struct replay_options *o, struct part_file *p, bool failed,
                      struct err *e)
{
    struct err why = {""};

    if (!p->f)
        return 0;
    if (p->f == stdout)
        failed = fflush(stdout) != 0 || failed;
    else if (failed)
        part_drop(p);
    else
        failed = part_finish(p, &why) != 0;
    return failed ? err_set(e, EIO, "%.200s: the event stream could not be written", o->events) : 0;
}

void events_file_forget(const struct replay_options *o, size_t index, pid_t process)
{
    char path[PART_PATH_BYTES], part[PART_PATH_BYTES];

    if (o->events && name(path, o, index) && part_name(part, path, process))
        unlink(part);
}
