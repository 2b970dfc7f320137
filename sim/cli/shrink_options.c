/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/parse.h"
#include "cli/shrink.h"

/* `--name VALUE` or `--name=VALUE` at argv[*at]: its value, and *at on its last word. NULL: it is
 * another option; "" with `missing`: the value is missing. */
static const char *value_of(const char *name, int argc, char **argv, int *at, bool *missing)
{
    size_t n = strlen(name);

    if (strncmp(argv[*at], name, n) != 0)
        return NULL;
    if (argv[*at][n] == '=' && n > 2)
        return argv[*at] + n + 1;
    if (argv[*at][n])
        return n == 2 && argv[*at][1] != '-' ? argv[*at] + n : NULL; /* -oFILE */
    if (*at + 1 < argc)
        return argv[++*at];
    *missing = true;
    return "";
}

/* Is argv[*at] an option of shrink's own? 1, 0, or a negative errno with a sentence. */
static int own(struct shrink_command_line *o, int argc, char **argv, int *at, struct err *e)
{
    const struct {
        const char *name;
        const char **to;
    } known[] = {{"--invariant", &o->invariant},
                 {"--command", &o->command},
                 {"--output", &o->output},
                 {"-o", &o->output}};
    const char *value;
    bool missing = false;

    if (!strcmp(argv[*at], "--quiet")) {
        o->quiet = true;
        return 1;
    }
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if ((value = value_of(known[i].name, argc, argv, at, &missing))) {
            *known[i].to = value;
            return missing ? err_set(e, EINVAL, "%s needs a value", known[i].name) : 1;
        }
    value = value_of("--runs", argc, argv, at, &missing);
    if (!value)
        return 0;
    return missing                                    ? err_set(e, EINVAL, "--runs needs a value")
           : arg_number("--runs", value, &o->runs, e) ? -EINVAL
                                                      : 1;
}

static int agree(const struct shrink_command_line *o, struct err *e)
{
    const struct replay_options *r = &o->replay;

    if (r->what != DO_REPLAY)
        return err_set(e, EINVAL, "shrink: replay has this option, shrink has not");
    if (r->explain || r->events || r->saves_count || r->restore || r->form != FORM_TEXT ||
        view_thins(&r->view))
        return err_set(e, EINVAL,
                       "shrink: --explain, --events, --save, --restore, --report, --digest and "
                       "views do not go with it");
    if (r->traces_count != 1)
        return err_set(e, EINVAL, "shrink: one TRACE expected, %zu are given", r->traces_count);
    if (!o->output)
        return err_set(e, EINVAL, "shrink: -o FILE expected, for the result");
    if (o->invariant && (o->command || r->against))
        return err_set(e, EINVAL, "--invariant does not go with --command and --against");
    if (o->command && r->against)
        return err_set(e, EINVAL, "--command and --against do not go together");
    if (r->check == CHECK_OFF && !o->command && !r->against)
        return err_set(e, EINVAL, "shrink: with --check off nothing is found");
    return 0;
}

int shrink_options_parse(struct shrink_command_line *o, int argc, char **argv, struct err *e)
{
    int rest = 1, rc = 0;

    memset(o, 0, sizeof(*o));
    for (int at = 1; at < argc; at++) {
        rc = own(o, argc, argv, &at, e);
        if (rc < 0)
            return rc;
        if (rc == 0)
            argv[rest++] = argv[at]; /* replay's */
    }
    rc = options_parse(&o->replay, rest, argv, e);
    return rc ? rc : agree(o, e);
}

void shrink_options_free(struct shrink_command_line *o)
{
    options_free(&o->replay);
}
