/* SPDX-License-Identifier: MIT */
#ifndef VTR_TRACE_HELP_H
#define VTR_TRACE_HELP_H

/** What `trace --help` prints. */
extern const char trace_help[];

#endif
