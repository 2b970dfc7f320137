/* SPDX-License-Identifier: MIT */
/* The tables' names, what is impossible in them, and their text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gen/reach_inside.h"

const struct reach_names reach_names[REACH_TABLES] = {
    [REACH_CONTEXT] = {"invalidation x context entry of a device it concerns",
                       {"cc-global", "cc-domain", "cc-device", "iotlb-global", "iotlb-domain",
                        "iotlb-page", "reg-cc-global", "reg-cc-domain", "reg-cc-device",
                        "reg-iotlb-global", "reg-iotlb-domain", "reg-iotlb-page", "devtlb"},
                       {"te-off", "root-unr", "root-abs", "root-rsv", "unread", "absent", "reserv",
                        "bad-aw", "bad-tt", "pass", "3-level", "4-level"}},
    [REACH_ADDRESS] = {"page asked about x what the tables say there",
                       {"psi-4k", "psi-aligned", "psi-unaligned", "reg-psi-4k", "reg-psi-aligned",
                        "reg-psi-unalign", "devtlb-4k", "devtlb-range", "dma-read", "dma-write"},
                       {"beyond", "window", "hole1", "hole2", "hole3", "hole4", "rsvd1", "rsvd2",
                        "rsvd3", "rsvd4", "top-unr", "unread", "ones", "4K", "2M", "1G", "r-only",
                        "w-only"}},
    [REACH_OUTCOME] = {"invalidation x what consumers heard",
                       {"cc-global", "cc-domain", "cc-device", "iotlb-global", "iotlb-domain",
                        "iotlb-page", "reg-cc-global", "reg-cc-domain", "reg-cc-device",
                        "reg-iotlb-global", "reg-iotlb-domain", "reg-iotlb-page", "devtlb"},
                       {"nothing", "map", "unmap", "both", "devtlb", "refused", "switch"}},
    [REACH_CONSUMER] = {"invalidation x who of the consumers was told what",
                        {"cc-global", "cc-domain", "cc-device", "iotlb-global", "iotlb-domain",
                         "iotlb-page", "reg-cc-global", "reg-cc-domain", "reg-cc-device",
                         "reg-iotlb-global", "reg-iotlb-domain", "reg-iotlb-page", "devtlb"},
                        {"vfio-map", "vfio-unm", "mdev-map", "mdev-unm", "vhost-unm", "vhost-dtl",
                         "probe-map", "probe-unm", "probe-dtl"}},
    [REACH_STEP] = {"what happened x what it set going",
                    {"cc-global", "cc-domain", "cc-device", "register", "reset", "access"},
                    {"switch-on", "switch-off", "ram-map", "ram-unmap", "registers", "leaves",
                     "replay"}},
    [REACH_ENTRY] = {"a word of memory before x after",
                     {"absent", "small", "ps", "rsvd", "ones"},
                     {"absent", "small", "ps", "rsvd", "ones"}},
    [REACH_WINDOW] = {"leaf or range x the interrupt window",
                      {"leaf-4K", "leaf-2M", "leaf-1G", "psi", "reg-psi", "devtlb"},
                      {"below", "low-edge", "inside", "high-edge", "above", "around"}},
    [REACH_MASK] = {"AM by queue, by register",
                    {"queue", "register"},
                    {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",
                     "10", "11", "12", "13", "14", "15", "16", "17", "18", "more"}},
    [REACH_NOTE] = {"notification x size",
                    {"map", "unmap", "devtlb", "map-refused", "unmap-refused", "map-not-asked"},
                    {"4K", "8K-1M", "2M", "4M-512M", "1G", "more"}},
    [REACH_FAULT] = {"fault x what became of it",
                     {"1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e"},
                     {"rec-read", "rec-write", "drop-read", "drop-wr"}},
    [REACH_BAD] = {"queue error: descriptor x cause",
                   {"none", "cc", "iotlb", "devtlb", "iec", "wait", "6", "7", "8", "9", "higher",
                    "not-fetched"},
                   {"type", "low-rsvd", "high-rsvd", "gran", "am", "other"}},
    [REACH_WAIT] = {"wait descriptor: flags x end",
                    {"none", "if", "sw", "if+sw", "fn", "fn+if", "fn+sw", "all"},
                    {"landed", "refused"}},
    [REACH_QUEUE] = {"queue size x",
                     {"qs0", "qs1", "qs2", "qs3", "qs4", "qs5", "qs6", "qs7"},
                     {"enabled", "disabled", "wrapped", "dw"}},
    [REACH_COMMAND] = {"command x translation",
                       {"te-on", "te-off", "srtp", "srtp-te-edge", "qie-on", "qie-off", "sirtp",
                        "ire-on", "ire-off", "sfl", "eafl", "wbf", "cfi", "low-bits", "reset"},
                       {"te-off", "te-on"}},
    [REACH_REGISTER] = {"register x access",
                        {"ver-cap-ecap", "gcmd",     "gsts",   "rtaddr", "ccmd",         "ccmd-hi",
                         "fsts",         "fectl",    "fedata", "feaddr", "feuaddr",      "aflog-pm",
                         "iqh",          "iqt",      "iqa",    "ics",    "iectl",        "iedata",
                         "ieaddr",       "ieuaddr",  "iqercd", "irta",   "page-request", "iva",
                         "iotlb",        "iotlb-hi", "mtrr",   "frcd",   "frcd-hi",      "beyond"},
                        {"w32", "w64", "r32", "r64"}},
    [REACH_ACCESS] = {"access x how it ended",
                      {"reached", "cached", "bypass", "fault", "not-rec", "refused", "window"},
                      {"read-1", "read-8", "read-64", "read-4K", "write-1", "write-8", "write-64",
                       "write-4K"}},
    [REACH_SHAPE] = {"odd tables x seen by",
                     {"page-twice", "root-as-table", "maps-itself", "queue-as-table"},
                     {"invalid", "access"}},
};

/* Neither the architecture nor a profile ever does these: bits of columns, by row. */
#define ALL UINT32_MAX
static const struct {
    enum reach_table t;
    unsigned row;
    uint32_t columns;
} never[] = {
    /* Not translated: counted in REACH_ACCESS. */
    {REACH_ADDRESS, RA_DMA_R, 1u << RT_WINDOW},
    {REACH_ADDRESS, RA_DMA_W, 1u << RT_WINDOW},
    /* A 4 KiB leaf lies in the window or not; one of 2 MiB reaches across its end, one of 1 GiB
     * contains it. A range of device TLBs is aligned. */
    {REACH_WINDOW, 0, 0x2a},
    {REACH_WINDOW, 1, 0x36},
    {REACH_WINDOW, 2, 0x1f},
    {REACH_WINDOW, 5, 0x02},
    /* Context-cache invalidations alone look at who is translated; device TLBs have their own. */
    {REACH_OUTCOME, RI_CC_GLOBAL, 0x10},
    {REACH_OUTCOME, RI_CC_DOMAIN, 0x10},
    {REACH_OUTCOME, RI_CC_DEVICE, 0x10},
    {REACH_OUTCOME, RI_IOTLB_GLOBAL, 0x50},
    {REACH_OUTCOME, RI_IOTLB_DOMAIN, 0x50},
    {REACH_OUTCOME, RI_IOTLB_PAGE, 0x50},
    {REACH_OUTCOME, RI_REGISTER + RI_CC_GLOBAL, 0x10},
    {REACH_OUTCOME, RI_REGISTER + RI_CC_DOMAIN, 0x10},
    {REACH_OUTCOME, RI_REGISTER + RI_CC_DEVICE, 0x10},
    {REACH_OUTCOME, RI_REGISTER + RI_IOTLB_GLOBAL, 0x50},
    {REACH_OUTCOME, RI_REGISTER + RI_IOTLB_DOMAIN, 0x50},
    {REACH_OUTCOME, RI_REGISTER + RI_IOTLB_PAGE, 0x50},
    {REACH_OUTCOME, RI_DEVTLB, 0x6e},
    /* An invalidation of device TLBs alone is told as such, and as nothing else. */
    {REACH_CONSUMER, RI_CC_GLOBAL, 0x120},
    {REACH_CONSUMER, RI_CC_DOMAIN, 0x120},
    {REACH_CONSUMER, RI_CC_DEVICE, 0x120},
    {REACH_CONSUMER, RI_IOTLB_GLOBAL, 0x120},
    {REACH_CONSUMER, RI_IOTLB_DOMAIN, 0x120},
    {REACH_CONSUMER, RI_IOTLB_PAGE, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_CC_GLOBAL, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_CC_DOMAIN, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_CC_DEVICE, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_IOTLB_GLOBAL, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_IOTLB_DOMAIN, 0x120},
    {REACH_CONSUMER, RI_REGISTER + RI_IOTLB_PAGE, 0x120},
    {REACH_CONSUMER, RI_DEVTLB, 0xdf},
    /* A reset switches off, and an access that meets a pass-through entry, too. */
    {REACH_STEP, RS_RESET, 0x51},
    {REACH_STEP, RS_DMA, 0x51},
    /* No leaf is larger than 1 GiB. */
    {REACH_NOTE, 5, 0x20},
    /* The reason says which; d is for requests that are not made here. */
    {REACH_FAULT, 4, 0x5},
    {REACH_FAULT, 5, 0xa},
    {REACH_FAULT, 12, ALL},
    /* What can be wrong with each type. */
    {REACH_BAD, 0, 0x3e},
    {REACH_BAD, DESC_CC, 0x31},
    {REACH_BAD, DESC_IOTLB, 0x21},
    {REACH_BAD, DESC_DEVTLB, 0x19},
    {REACH_BAD, DESC_IEC, 0x19},
    {REACH_BAD, DESC_WAIT, 0x19},
    {REACH_BAD, 6, 0x3e},
    {REACH_BAD, 7, 0x3e},
    {REACH_BAD, 8, 0x3e},
    {REACH_BAD, 9, 0x3e},
    {REACH_BAD, 10, 0x3e},
    {REACH_BAD, 11, 0x3e},
    /* An interrupt alone is always possible, and a wait for nothing never. */
    {REACH_WAIT, 0, 0x1},
    {REACH_WAIT, 1, 0x2},
    {REACH_WAIT, 4, 0x2},
    {REACH_WAIT, 5, 0x2},
    /* What is on is not switched on. */
    {REACH_COMMAND, 0, 0x2},
    {REACH_COMMAND, 1, 0x1},
    /* Not at a boundary of 8 bytes. */
    {REACH_REGISTER, 2, 0xa},
    {REACH_REGISTER, 5, 0xa},
    {REACH_REGISTER, 6, 0xa},
    {REACH_REGISTER, 8, 0xa},
    {REACH_REGISTER, 10, 0xa},
    {REACH_REGISTER, 15, 0xa},
    {REACH_REGISTER, 17, 0xa},
    {REACH_REGISTER, 19, 0xa},
    {REACH_REGISTER, 25, 0xa},
};

bool reach_possible(enum reach_table t, unsigned row, unsigned column)
{
    const struct reach_names *n = &reach_names[t];

    if (row >= REACH_ROWS || column >= REACH_COLUMNS || !n->rows[row] || !n->columns[column])
        return false;
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        if (never[i].t == t && never[i].row == row && (never[i].columns >> column & 1))
            return false;
    return true;
}

struct reach_sum reach_sum(const struct reach *r)
{
    struct reach_sum s = {0, 0};

    for (unsigned t = 0; t < REACH_TABLES; t++)
        for (unsigned i = 0; i < REACH_ROWS; i++)
            for (unsigned k = 0; k < REACH_COLUMNS; k++)
                if (reach_possible((enum reach_table)t, i, k)) {
                    s.possible++;
                    s.touched += r->count[t][i][k] > 0;
                }
    return s;
}

static void number(char *to, size_t room, uint64_t n)
{
    if (n < 100000)
        snprintf(to, room, "%" PRIu64, n);
    else if (n < 100000000)
        snprintf(to, room, "%" PRIu64 "k", n / 1000);
    else
        snprintf(to, room, "%" PRIu64 "M", n / 1000000);
}

static void heading(const struct reach_names *n, char *to, size_t room)
{
    size_t at = (size_t)snprintf(to, room, "%-16s", "");

    for (unsigned k = 0; k < REACH_COLUMNS && n->columns[k] && at < room; k++)
        at += (size_t)snprintf(to + at, room - at, " %9s", n->columns[k]);
}

static void row_text(const struct reach *r, unsigned t, unsigned row, char *to, size_t room)
{
    const struct reach_names *n = &reach_names[t];
    size_t at = (size_t)snprintf(to, room, "%-16s", n->rows[row]);
    char text[24];

    for (unsigned k = 0; k < REACH_COLUMNS && n->columns[k] && at < room; k++) {
        if (!reach_possible((enum reach_table)t, row, k))
            snprintf(text, sizeof(text), "-");
        else if (!r->count[t][row][k])
            snprintf(text, sizeof(text), "0 <-");
        else
            number(text, sizeof(text), r->count[t][row][k]);
        at += (size_t)snprintf(to + at, room - at, " %9s", text);
    }
}

bool reach_line(const struct reach *r, unsigned line, char *to, size_t room)
{
    struct reach_sum s = reach_sum(r);

    for (unsigned t = 0; t < REACH_TABLES; t++) {
        unsigned rows = 0;

        while (rows < REACH_ROWS && reach_names[t].rows[rows])
            rows++;
        if (line < rows + 3) {
            if (line == 0)
                snprintf(to, room, "%s", reach_names[t].title);
            else if (line == 1)
                heading(&reach_names[t], to, room);
            else if (line < rows + 2)
                row_text(r, t, line - 2, to, room);
            else
                *to = 0;
            return true;
        }
        line -= rows + 3;
    }
    if (line == 0)
        snprintf(to, room, "%u of %u cells touched", s.touched, s.possible);
    return line == 0;
}
