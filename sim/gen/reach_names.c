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

/* Architecture and profiles alike never do these. */
static const struct {
    enum reach_table t;
    int row, column; /* -1: all */
} never[] = {
    {REACH_ADDRESS, RA_DMA_R, RT_WINDOW}, /* not translated: counted in REACH_ACCESS */
    {REACH_ADDRESS, RA_DMA_W, RT_WINDOW},
    {REACH_WINDOW, 0, 1}, /* a 4 KiB leaf lies in it or not; 2 MiB and 1 GiB contain it */
    {REACH_WINDOW, 0, 3},
    {REACH_WINDOW, 0, 5},
    {REACH_WINDOW, 1, 1},
    {REACH_WINDOW, 1, 2},
    {REACH_WINDOW, 1, 4},
    {REACH_WINDOW, 1, 5},
    {REACH_WINDOW, 2, 0},
    {REACH_WINDOW, 2, 1},
    {REACH_WINDOW, 2, 2},
    {REACH_WINDOW, 2, 3},
    {REACH_WINDOW, 2, 4},
    {REACH_WINDOW, 5, 1},   /* aligned powers of two of 4 KiB to 1 MiB, or all around */
    {REACH_FAULT, 0xc, -1}, /* reason d: never with legacy requests */
};

bool reach_possible(enum reach_table t, unsigned row, unsigned column)
{
    const struct reach_names *n = &reach_names[t];

    if (row >= REACH_ROWS || column >= REACH_COLUMNS || !n->rows[row] || !n->columns[column])
        return false;
    for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
        if (never[i].t == t && (never[i].row < 0 || (unsigned)never[i].row == row) &&
            (never[i].column < 0 || (unsigned)never[i].column == column))
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
