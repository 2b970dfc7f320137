/* SPDX-License-Identifier: MIT */
#include "cli/output_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

const char *output_base(const char *trace)
{
    const char *slash = strrchr(trace, '/');

    return !strcmp(trace, "-") ? "stdin" : slash ? slash + 1 : trace;
}

static size_t of_that_base(const struct replay_options *o, size_t before, const char *base)
{
    size_t n = 0;

    for (size_t i = 0; i < before; i++)
        n += !strcmp(output_base(o->traces[i]), base);
    return n;
}

/* N where `name` is "BASE.N", written as a number is; else 0. */
static size_t number_behind(const char *name, const char *base)
{
    size_t length = strlen(base), n = 0;

    if (strncmp(name, base, length) != 0 || name[length] != '.' || name[length + 1] == '0')
        return 0;
    for (name += length + 1; *name; name++) {
        if (*name < '0' || *name > '9' || n > SIZE_MAX / 16)
            return 0;
        n = n * 10 + (size_t)(*name - '0');
    }
    return n;
}

/* So many of BASE.2 to BASE.most are traces' own names. */
static size_t own_names(const struct replay_options *o, const char *base, size_t most)
{
    size_t names = 0;

    for (size_t i = 0; i < o->traces_count; i++) {
        const char *name = output_base(o->traces[i]);
        size_t n = number_behind(name, base);

        names += n >= 2 && n <= most && !of_that_base(o, i, name);
    }
    return names;
}

size_t output_number(const struct replay_options *o, size_t index, const char *reserved)
{
    const char *base = output_base(o->traces[index]);
    size_t before = of_that_base(o, index, base), number, next;

    if (reserved && !strcmp(base, reserved))
        before++;
    number = before + 1;
    while (before && (next = before + 1 + own_names(o, base, number)) != number)
        number = next;
    return number;
}
