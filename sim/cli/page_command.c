/* SPDX-License-Identifier: MIT */
/* The command line of a run, to be given again. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/page.h"
#include "report/explain.h"
#include "report/show.h"

static void add(char *out, const char *name, const char *value)
{
    size_t at = strlen(out);
    char word[1200] = "";

    if (value)
        explain_word(word, sizeof(word), value);
    snprintf(out + at, PAGE_COMMAND_BYTES - at, "%s%s%s%s", at ? " " : "", name,
             value && *name ? " " : "", word);
}

static void add_number(char *out, const char *name, uint64_t v)
{
    char value[24];

    snprintf(value, sizeof(value), "%" PRIu64, v);
    add(out, name, value);
}

static void add_fail(char *out, const struct engine_fail *f)
{
    static const char *const ops[] = {"map", "unmap", "alloc"};
    char value[64];

    snprintf(value, sizeof(value), "%s:%" PRIu64 ":%d", ops[f->op], f->nth, f->error);
    add(out, "--fail", value);
}

static void add_judging(char *out, const struct replay_options *o)
{
    if (o->compare != COMPARE_MODEL)
        add(out, "--compare", o->compare == COMPARE_ALWAYS ? "always" : "never");
    if (o->check != CHECK_FAST)
        add(out, "--check", check_name(o->check));
    if (o->strict_guest)
        add(out, "--strict=guest", NULL);
    if (o->stop_on_violation)
        add(out, "--stop-on-violation", NULL);
    if (o->restore)
        add(out, "--restore", o->restore);
    for (size_t i = 0; i < o->restore_at_count; i++)
        add_number(out, "--restore-at", o->restore_at[i]);
}

void page_command(char out[PAGE_COMMAND_BYTES], const struct replay_options *o, const char *program,
                  const char *profile, const char *more, const char *trace)
{
    *out = 0;
    add(out, "", program);
    if (profile)
        add(out, "--profile", profile);
    for (size_t i = 0; i < o->quirks_count; i++)
        add(out, strchr(o->quirks[i], '=') ? "--set" : "--quirk", o->quirks[i]);
    if (o->sync != SYNC_WALK)
        add(out, "--sync", sync_name(o->sync));
    for (size_t i = 0; i < o->attach_count; i++)
        add(out, "--attach", o->attach[i].name);
    if (o->type1_chain)
        add(out, "--type1", "chain");
    if (o->dma_limit != 65535)
        add_number(out, "--dma-limit", o->dma_limit);
    if (o->has_fail)
        add_fail(out, &o->fail);
    add_judging(out, o);
    if (*more)
        add(out, more, NULL);
    add(out, "", trace);
}
