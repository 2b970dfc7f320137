/* SPDX-License-Identifier: MIT */
/* Options that do not go together. */
#include <errno.h>
#include <string.h>

#include "cli/options_inside.h"

static int check_traces(struct replay_options *o, struct err *e)
{
    size_t from_stdin = 0;

    for (size_t i = 0; i < o->traces_count; i++)
        from_stdin += !strcmp(o->traces[i], "-");
    if (!o->traces_count)
        return err_set(e, EINVAL, "no trace given; expected a file, or - for standard input");
    if (from_stdin > 1)
        return err_set(e, EINVAL, "standard input (-) can be replayed only once");
    if (o->traces_count > 1 && o->events && !strcmp(o->events, "-"))
        return err_set(e, EINVAL, "--events: with several traces name a directory, not -");
    if (o->traces_count > 1 && o->report_html && !strcmp(o->report_html, "-"))
        return err_set(e, EINVAL, "--report-html: with several traces name a directory, not -");
    if (o->traces_count == 1 && o->events && o->report_html && !strcmp(o->report_html, o->events))
        return err_set(e, EINVAL, "--events and --report-html name the same file");
    if (o->view.from > o->view.to)
        return err_set(e, EINVAL, "--from lies behind --to");
    return 0;
}

static int check_states(struct replay_options *o, struct err *e)
{
    if ((o->saves_count || o->restore) && o->traces_count > 1)
        return err_set(e, EINVAL, "--save and --restore want exactly one trace");
    if (!o->restore)
        return 0;
    if (o->check_said && o->check != CHECK_OFF)
        return err_set(e, EINVAL,
                       "--restore: what came before is not known to the checks; only --check off");
    o->check = CHECK_OFF;
    return 0;
}

/* --explain and --against print something of their own. */
static int check_special(const struct replay_options *o, struct err *e)
{
    const char *name = o->explain ? "--explain" : "--against";

    if (!o->explain && !o->against)
        return 0;
    if (o->explain && o->against)
        return err_set(e, EINVAL, "--explain and --against do not go together");
    if (o->events)
        return err_set(e, EINVAL, "%s: --events does not go with it", name);
    if (o->report_html)
        return err_set(e, EINVAL, "%s: --report-html does not go with it", name);
    if (o->saves_count || o->restore || (o->against && o->restore_at_count))
        return err_set(e, EINVAL, "%s: --save%s and --restore do not go with it", name,
                       o->against ? ", --restore-at" : "");
    if (o->form == FORM_DIGEST || (o->explain && o->form == FORM_JSON))
        return err_set(e, EINVAL, "%s: --digest%s not go with it", name,
                       o->explain ? " and --report json do" : " does");
    if (o->against && view_thins(&o->view))
        return err_set(e, EINVAL, "--against: --from, --to, --device and --iova do not go with it");
    if (o->explain && o->traces_count != 1)
        return err_set(e, EINVAL, "--explain: one trace expected, %zu are given", o->traces_count);
    if (o->explain && !strcmp(o->traces[0], "-"))
        return err_set(e, EINVAL,
                       "--explain reads the trace more than once: expected a file, not -");
    if (o->explain && o->check == CHECK_OFF)
        return err_set(e, EINVAL, "--explain: with --check off nothing is found");
    return 0;
}

int options_agree(struct replay_options *o, struct err *e)
{
    int rc = check_traces(o, e);

    if (!rc)
        rc = check_special(o, e);
    return rc ? rc : check_states(o, e);
}
