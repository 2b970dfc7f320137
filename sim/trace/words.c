/* SPDX-License-Identifier: MIT */
#include "trace/words.h"

#include <stddef.h>

#include "trace/record.h"

const char *const WORDS_KIND[] = {
    [REC_W32] = "w32",       [REC_W64] = "w64",
    [REC_R32] = "r32",       [REC_R64] = "r64",
    [REC_MEM] = "mem",       [REC_ZERO] = "zero",
    [REC_DMA] = "dma",       [REC_DEVICE] = "device",
    [REC_GONE] = "gone",     [REC_ATTACH] = "attach",
    [REC_DETACH] = "detach", [REC_STOP] = "stop",
    [REC_START] = "start",   [REC_MISS] = "miss",
    [REC_ATS] = "ats",       [REC_PIN] = "pin",
    [REC_UNPIN] = "unpin",   [REC_FAIL] = "fail",
    [REC_EXPECT] = "expect", [REC_EXPECTATIONS] = "expectations",
    [REC_RESET] = "reset",   [REC_MARK] = "mark",
    [REC_AT] = "at",         [REC_KINDS] = NULL,
};

const char *const WORDS_ACCESS[] = {[DMA_R] = "r", [DMA_W] = "w", [DMA_ANY] = "?", NULL};

const char *const WORDS_CONSUMER[] = {
    [CONSUMER_VFIO] = "vfio",
    [CONSUMER_VHOST] = "vhost",
    [CONSUMER_MDEV] = "mdev",
    [CONSUMER_PROBE] = "probe",
    NULL,
};

_Static_assert(NOTIFY_UNMAP == 1 && NOTIFY_MAP == 2 && NOTIFY_DEVTLB == 4 && NOTIFY_READ_MAP == 8 &&
                   NOTIFY_SYNC == 128,
               "WORDS_FLAG follows the bits");
const char *const WORDS_FLAG[] = {"unmap",      "map",         "devtlb", "read-map", "write-map",
                                  "read-unmap", "write-unmap", "sync",   NULL};

const char *const WORDS_BACKEND[] = {
    [BACKEND_KERNEL] = "kernel",
    [BACKEND_VDPA] = "vdpa",
    [BACKEND_IOMMUFD] = "iommufd",
    [BACKEND_USER] = "user",
    NULL,
};

const char *const WORDS_UNPIN[] = {
    [UNPIN_PROMPT] = "prompt",
    [UNPIN_LATE] = "late",
    [UNPIN_NEVER] = "never",
    [UNPIN_OTHER] = "other",
    NULL,
};

const char *const WORDS_TYPE1[] = {"v1", "v2", NULL};

const char *const WORDS_FAIL[] = {
    [FAIL_MAP] = "map", [FAIL_UNMAP] = "unmap", [FAIL_ALLOC] = "alloc", NULL};

const char *const WORDS_EXPECT[] = {
    [EXPECT_MAP] = "map",
    [EXPECT_UNMAP] = "unmap",
    [EXPECT_DEVTLB] = "devtlb",
    [EXPECT_ABORT] = "abort",
    NULL,
};

const char *const WORDS_LEVEL[] = {[EXPECT_NOTIFIER] = "notifier", [EXPECT_IOCTL] = "ioctl", NULL};

_Static_assert(PERM_R == 1 && PERM_W == 2 && PERM_RW == 3, "WORDS_PERM follows the values");
const char *const WORDS_PERM[] = {"r", "w", "rw", NULL};

const struct unit_switch UNIT_SWITCHES[] = {
    {"caching-mode", offsetof(struct unit_config, caching_mode)},
    {"pt", offsetof(struct unit_config, pt)},
    {"device-iotlb", offsetof(struct unit_config, device_iotlb)},
    {"snoop-control", offsetof(struct unit_config, snoop_control)},
    {"intremap", offsetof(struct unit_config, intremap)},
    {"eim", offsetof(struct unit_config, eim)},
    {"dma-drain", offsetof(struct unit_config, dma_drain)},
    {"stale-tm", offsetof(struct unit_config, stale_tm)},
    {"scalable-mode", offsetof(struct unit_config, scalable_mode)},
    {NULL, 0},
};
