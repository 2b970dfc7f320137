/* SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

void *array_insert(void **array, size_t *n, size_t at, size_t bytes)
{
    char *more = realloc(*array, (*n + 1) * bytes);

    if (!more)
        return NULL;
    *array = more;
    memmove(more + (at + 1) * bytes, more + at * bytes, (*n - at) * bytes);
    memset(more + at * bytes, 0, bytes);
    ++*n;
    return more + at * bytes;
}
