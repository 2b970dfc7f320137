/* SPDX-License-Identifier: MIT */
/*
 * What is rare stands apart, so that the way that is not rare is short: it has to fit the
 * processor's first cache with all that it calls.
 */
#ifndef VTR_BASE_APART_H
#define VTR_BASE_APART_H

/** A function that its callers call; it is not put in their place. */
#define APART __attribute__((noinline))

/** The same, and who may call it mostly does not. */
#define RARELY __attribute__((noinline, cold))

#endif
