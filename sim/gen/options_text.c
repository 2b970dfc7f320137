/* SPDX-License-Identifier: MIT */
/* Options as text: what names the traces of a result. */
#include <stdio.h>
#include <string.h>

#include "gen/command_line.h"

struct text {
    char *to;
    size_t room, used;
};

static void word(struct text *t, const char *option, const char *value)
{
    if (t->used < t->room)
        t->used +=
            (size_t)snprintf(t->to + t->used, t->room - t->used, "%s%s%s%s", t->used ? " " : "",
                             option, value ? " " : "", value ? value : "");
}

static void count(struct text *t, const char *option, unsigned n)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%u", n);
    if (n)
        word(t, option, digits);
}

static void device(struct text *t, const char *option, const char *kind, bdf_t b)
{
    char name[24];

    snprintf(name, sizeof(name), "%s%s%02x:%02x.%x", kind, *kind ? "@" : "", b.v >> 8,
             b.v >> 3 & 0x1fu, b.v & 7u);
    word(t, option, name);
}

void gen_options_text(const struct gen_command_line *c, char *to, size_t room)
{
    static const char *const kinds[] = {"vfio", "vhost", "mdev", "probe"};
    static const char *const sizes_of[] = {"4k", "2m", "1g"};
    const struct gen_options *g = &c->g;
    struct text t = {to, room, 0};
    char sizes[16] = "";

    word(&t,
         g->kind == GEN_RANDOM    ? "--random"
         : g->kind == GEN_HOSTILE ? "--hostile"
                                  : "--workload",
         g->kind != GEN_WORKLOAD ? NULL
         : g->workload           ? g->workload->name
                                 : "any");
    count(&t, "--aw-bits", g->aw_bits);
    count(&t, "--devices", g->knobs.devices);
    count(&t, "--pages", g->knobs.pages);
    count(&t, "--depth", g->knobs.depth);
    count(&t, "--density", g->knobs.density);
    for (unsigned i = 0; i < 3; i++)
        if (g->knobs.page_sizes >> i & 1)
            snprintf(sizes + strlen(sizes), sizeof(sizes) - strlen(sizes), "%s%s",
                     *sizes ? "," : "", sizes_of[i]);
    if (*sizes)
        word(&t, "--page-sizes", sizes);
    for (unsigned i = 0; i < g->vhosts; i++)
        device(&t, "--vhost", "", g->vhost[i]);
    for (unsigned i = 0; i < g->attaches; i++)
        device(&t, "--attach", kinds[g->attach[i].kind], g->attach[i].bdf);
    if (g->ats)
        word(&t, "--ats", NULL);
    if (g->has_caching_mode)
        word(&t, "--caching-mode", g->caching_mode ? "on" : "off");
    if (c->profile)
        word(&t, "--profile", policy_name(c->profile));
}
