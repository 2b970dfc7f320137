/* SPDX-License-Identifier: MIT */
#ifndef VTR_TOOLS_HEAP_H
#define VTR_TOOLS_HEAP_H

/**
 * Keep memory that is freed for what comes next. A guest that unmaps all maps all again soon: to
 * give a container's memory back to the kernel meanwhile costs a page fault for each page of it. At
 * the start of a program; where the C library has no word for it nothing happens.
 */
void heap_keep(void);

#endif
