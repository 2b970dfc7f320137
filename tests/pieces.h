/* SPDX-License-Identifier: MIT */
/* The whole-range unmaps of a VFIO's two notifiers, in aligned pieces (vtd-facts 9.2.4). */
#ifndef VTR_TESTS_PIECES_H
#define VTR_TESTS_PIECES_H

/* [0, 0xfedfffff] */
#define PIECES_BELOW                                                                               \
    "v UNMAP 0x0+0x80000000 0\n"                                                                   \
    "v UNMAP 0x80000000+0x40000000 0\n"                                                            \
    "v UNMAP 0xc0000000+0x20000000 0\n"                                                            \
    "v UNMAP 0xe0000000+0x10000000 0\n"                                                            \
    "v UNMAP 0xf0000000+0x8000000 0\n"                                                             \
    "v UNMAP 0xf8000000+0x4000000 0\n"                                                             \
    "v UNMAP 0xfc000000+0x2000000 0\n"                                                             \
    "v UNMAP 0xfe000000+0x800000 0\n"                                                              \
    "v UNMAP 0xfe800000+0x400000 0\n"                                                              \
    "v UNMAP 0xfec00000+0x200000 0\n"

/* [0xfef00000, 2^39 - 1] */
#define PIECES_ABOVE_39                                                                            \
    "v UNMAP 0xfef00000+0x100000 0\n"                                                              \
    "v UNMAP 0xff000000+0x1000000 0\n"                                                             \
    "v UNMAP 0x100000000+0x100000000 0\n"                                                          \
    "v UNMAP 0x200000000+0x200000000 0\n"                                                          \
    "v UNMAP 0x400000000+0x400000000 0\n"                                                          \
    "v UNMAP 0x800000000+0x800000000 0\n"                                                          \
    "v UNMAP 0x1000000000+0x1000000000 0\n"                                                        \
    "v UNMAP 0x2000000000+0x2000000000 0\n"                                                        \
    "v UNMAP 0x4000000000+0x4000000000 0\n"

/* [0xfef00000, 2^48 - 1] */
#define PIECES_ABOVE_48                                                                            \
    PIECES_ABOVE_39                                                                                \
    "v UNMAP 0x8000000000+0x8000000000 0\n"                                                        \
    "v UNMAP 0x10000000000+0x10000000000 0\n"                                                      \
    "v UNMAP 0x20000000000+0x20000000000 0\n"                                                      \
    "v UNMAP 0x40000000000+0x40000000000 0\n"                                                      \
    "v UNMAP 0x80000000000+0x80000000000 0\n"                                                      \
    "v UNMAP 0x100000000000+0x100000000000 0\n"                                                    \
    "v UNMAP 0x200000000000+0x200000000000 0\n"                                                    \
    "v UNMAP 0x400000000000+0x400000000000 0\n"                                                    \
    "v UNMAP 0x800000000000+0x800000000000 0\n"

/* A flush calls the notifier above first: it was registered last. */
#define FLUSH_39 PIECES_ABOVE_39 PIECES_BELOW
#define FLUSH_48 PIECES_ABOVE_48 PIECES_BELOW

/* Leaving translation, and the identity map of the contract's default RAM with 39 bits. */
#define REGIONS_GONE                                                                               \
    "v region UNMAP 0x0+0xfee00000 0\n"                                                            \
    "v region UNMAP 0xfef00000+0xffffffff01100000 0\n"
#define IDENTITY_39                                                                                \
    "v region MAP 0x0+0xfee00000 0x0 rw 0\n"                                                       \
    "v region MAP 0xfef00000+0x7f01100000 0xfef00000 rw 0\n"
#define IDENTITY_GONE_39                                                                           \
    "v region UNMAP 0x0+0xfee00000 0\n"                                                            \
    "v region UNMAP 0xfef00000+0x7f01100000 0\n"

#endif
