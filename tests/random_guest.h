/* SPDX-License-Identifier: MIT */
/* The random guest as tests use it. */
#ifndef VTR_TESTS_RANDOM_GUEST_H
#define VTR_TESTS_RANDOM_GUEST_H

#include "gen/random_guest.h"

/** n rounds, or fewer where TEST_DIVIDE in the environment says that each is slow (valgrind); at
 * least 1. */
unsigned random_rounds(unsigned n);

#endif
