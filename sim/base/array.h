/* SPDX-License-Identifier: MIT */
/* A sorted array that grows by one element at a time. */
#ifndef VTR_BASE_ARRAY_H
#define VTR_BASE_ARRAY_H

#include <stddef.h>

/**
 * Room for one more element, zeroed, at place `at` of the *n of `*array`, each of `bytes`; those
 * behind move up. Returns it; NULL: out of memory, and nothing has changed.
 */
void *array_insert(void **array, size_t *n, size_t at, size_t bytes);

#endif
