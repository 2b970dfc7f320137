/* SPDX-License-Identifier: MIT */
/* An invalidation in words, for sentences. */
#include "checks/internal.h"

#include <stdio.h>

const char *chk_describe(char text[DESC_TEXT], const struct desc *d)
{
    const char *cache = d->type == DESC_CC ? "context-cache" : "IOTLB";

    if (d->scope == SCOPE_GLOBAL)
        snprintf(text, DESC_TEXT, "global %s invalidation", cache);
    else if (d->scope == SCOPE_DOMAIN)
        snprintf(text, DESC_TEXT, "%s invalidation of domain %u", cache, (unsigned)d->did);
    else if (d->type == DESC_CC)
        snprintf(text, DESC_TEXT, "context-cache invalidation of %02x:%02x.%x (domain %u)",
                 (unsigned)(d->sid >> 8), (unsigned)(d->sid >> 3 & 31), (unsigned)(d->sid & 7),
                 (unsigned)d->did);
    else
        snprintf(text, DESC_TEXT, "IOTLB invalidation of domain %u, 0x%llx-0x%llx",
                 (unsigned)d->did, (unsigned long long)d->first, (unsigned long long)d->last);
    return text;
}
