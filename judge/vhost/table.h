/* SPDX-License-Identifier: MIT */
/*
 * A device IOTLB with the rules of Linux' vhost, for accesses: an array in the order given. Written
 * apart from the simulation's, which it helps to judge.
 */
#ifndef VTR_JUDGE_VHOST_TABLE_H
#define VTR_JUDGE_VHOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_ENTRIES 2048

struct table_entry {
    uint64_t first, last, gpa;
    unsigned rights; /* 1 read, 2 write */
};

/** All zero is an empty one. */
struct device_table {
    struct table_entry entry[TABLE_ENTRIES]; /* the oldest first */
    size_t count;
};

/** Give an entry; overlaps stay, and where there is no room the oldest goes. */
void table_give(struct device_table *t, struct table_entry e);

/** Take every entry that has a byte of [first, last], whole. */
void table_take(struct device_table *t, uint64_t first, uint64_t last);

/** The entry that answers at `at`: the one that starts lowest, then the oldest. NULL: a miss. */
const struct table_entry *table_find(const struct device_table *t, uint64_t at);

#endif
