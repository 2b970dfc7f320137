/* SPDX-License-Identifier: MIT */
/*
 * A real QEMU under our hands: started with the preloaded VFIO and nothing else of the machine
 * running, driven by its qtest protocol, stopped by its process id. The processor halts at
 * once; only what we write happens.
 */
#ifndef VTR_JUDGE_MACHINE_H
#define VTR_JUDGE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "place.h"
#include "unit_config.h"
#include "vfio/control.h"

#define UNIT_BASE UINT64_C(0xfed90000) /* where the unit's registers are */

#define VHOSTS_MAX 8

struct machine_config {
    const char *qemu;    /* path or name of the binary */
    const char *preload; /* path of the preloaded library */
    const struct unit_config *unit;
    uint64_t low_bytes;  /* RAM below 4 GiB, a multiple of 1 MiB */
    uint64_t high_bytes; /* RAM from 4 GiB up */
    uint32_t bios_bytes; /* ROM that ends at 4 GiB */
    uint8_t pam[7];      /* how [0xc0000, 0x100000) appears: host bridge registers 0x90-0x96 */
    const char *accel;   /* tcg or qtest */
    const struct machine_function *functions; /* assigned devices, placed */
    size_t function_count;
    bool vfio_host; /* they are this machine's, at the same addresses, bound to vfio-pci */
    const struct control *control; /* for the library that answers for VFIO */
    const bdf_t *edu;              /* emulated devices, to play `dma` records */
    size_t edu_count;
    const bdf_t *vhost; /* virtio devices with a vhost-user backend */
    size_t vhost_count;
};

struct machine;

/**
 * Start it and wait until it answers. 0 and *out (the caller ends it), or a negative errno with a
 * sentence: -ENOENT no such binary, -EINVAL the binary refused the machine, ...
 */
int machine_start(const struct machine_config *c, struct machine **out, struct err *e);

/** The version it says it has, "7.2.22 (Debian ...)"; *major and *minor its first numbers. */
const char *machine_version(const struct machine *m, unsigned *major, unsigned *minor);

/** End it, whatever its state, and give back what it held. NULL is allowed. */
void machine_end(struct machine *m);

/** What a command met. */
enum answer {
    ANSWERED,
    DIED,  /* the process ended: machine_last_words() says how */
    FAILED /* it did not answer in time, or not as the protocol says; `e` has a sentence */
};

/** Guest memory, and the unit's registers; `bytes` is 4 or 8. */
enum answer machine_write(struct machine *m, uint64_t at, unsigned bytes, uint64_t val,
                          struct err *e);
enum answer machine_read(struct machine *m, uint64_t at, unsigned bytes, uint64_t *val,
                         struct err *e);

/** Stores that need no answer at once; the next read or write waits for theirs, too. */
enum answer machine_store(struct machine *m, uint64_t at, const uint64_t *words, uint32_t count,
                          struct err *e);
enum answer machine_zero(struct machine *m, uint64_t at, uint64_t bytes, struct err *e);

/** Reset the machine, and wait until that is over. */
enum answer machine_reset(struct machine *m, struct err *e);

/** Wait for the answers to all stores. */
enum answer machine_settle(struct machine *m, struct err *e);

/** The log of the preloaded library from *offset on; the caller frees it. NULL when out of memory.
 */
char *machine_log(struct machine *m, uint64_t *offset);

/** Its messages on standard error from *offset on (UINT64_MAX: none but those to come); the caller
 * frees them. NULL when out of memory. */
char *machine_messages(struct machine *m, uint64_t *offset);

/** How it died: the signal or exit code, and the last line it wrote to standard error. */
const char *machine_last_words(struct machine *m);

/** Whether it ended itself: an assertion, abort(), or exit(1) behind a complaint. */
bool machine_aborted(const struct machine *m);

#endif
