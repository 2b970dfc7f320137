/* SPDX-License-Identifier: MIT */
/*
 * The fields of a profile as data: name, form, place, meaning and source of each, so that they can
 * be listed, compared and changed one by one without naming them. Every field of struct policy but
 * its name has a row here; tests hold that none is missing.
 */
#ifndef VTR_POLICY_TABLE_H
#define VTR_POLICY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "policy.h"

/** How a field is stored, and written: on|off; 0x...; one of its words; text. */
enum field_form { FIELD_SWITCH, FIELD_BITS, FIELD_WORD, FIELD_TEXT };

struct policy_field {
    const char *name;
    const char *part; /* of the system: "registers", "queue", ... */
    enum field_form form;
    size_t at, bytes;         /* within struct policy */
    const char *const *words; /* FIELD_WORD: its values from 0, NULL behind the last */
    const char *meaning;      /* one sentence without a full stop; a switch: when on */
    const char *source;       /* commit, museum entry, deviation of vtd-facts 11, observation */
};

/** Field number `index`, from 0, in the order of struct policy; NULL beyond the last one. */
const struct policy_field *policy_field(size_t index);

/** The field of that name, or NULL. */
const struct policy_field *policy_field_find(const char *name);

/** Whether `a` and `b` have the same value there. */
bool policy_field_same(const struct policy_field *f, const struct policy *a,
                       const struct policy *b);

/** Give `to` the value that `from` has there. */
void policy_field_take(const struct policy_field *f, struct policy *to, const struct policy *from);

#define FIELD_VALUE_BYTES 48

/** The value there, as policy_set() takes it, cut to FIELD_VALUE_BYTES with its zero. */
void policy_field_value(const struct policy_field *f, const struct policy *p, char *out);

/**
 * Change one field of a copy of a row: "FIELD=VALUE", VALUE written as above, or the name of a
 * profile: its value. Returns 0, -ENOENT (no such field) or -EINVAL (no such value) with a
 * sentence. Text fields take the name of a profile alone.
 */
int policy_set(struct policy *p, const char *assignment, struct err *e);

#endif
