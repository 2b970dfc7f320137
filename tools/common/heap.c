/* SPDX-License-Identifier: MIT */
#include "common/heap.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

#define KEPT_BYTES (1 << 30)

void heap_keep(void)
{
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
}
#else
void heap_keep(void) {}
#endif
