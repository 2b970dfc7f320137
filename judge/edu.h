/* SPDX-License-Identifier: MIT */
/*
 * QEMU's teaching device `edu`: it reads and writes guest memory at any address when asked to, so
 * that `dma` records can be played. What became of the address is told by QEMU's own trace points.
 */
#ifndef VTR_JUDGE_EDU_H
#define VTR_JUDGE_EDU_H

#include "machine.h"

struct edu_access {
    bdf_t bdf;
    iova_t iova;
    uint32_t bytes; /* 1 to 4096, inside one page */
    bool write;
};

struct edu_result {
    bool translated; /* QEMU told of a translation */
    gpa_t gpa;       /* translated: of the first byte */
};

/** Give device number `index` its registers in memory: after the start, and after every reset. */
enum answer edu_set_up(struct machine *m, size_t index, bdf_t b, struct err *e);

/** One access of device number `index`. A write stores zeros: the caller puts back what was there.
 */
enum answer edu_access(struct machine *m, size_t index, const struct edu_access *a,
                       struct edu_result *out, struct err *e);

#endif
