/* SPDX-License-Identifier: MIT */
/* Fields of a profile compared, shown and changed by their description. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_table.h"

bool policy_field_same(const struct policy_field *f, const struct policy *a, const struct policy *b)
{
    const char *left = (const char *)a + f->at, *right = (const char *)b + f->at;

    return !memcmp(left, right, f->bytes);
}

void policy_field_take(const struct policy_field *f, struct policy *to, const struct policy *from)
{
    memcpy((char *)to + f->at, (const char *)from + f->at, f->bytes);
}

/* Switches, bits and words as a number; enumerations are stored as unsigned int. */
static unsigned long number_of(const struct policy_field *f, const struct policy *p)
{
    const char *at = (const char *)p + f->at;
    unsigned word;
    uint16_t bits;
    bool on;

    switch (f->form) {
    case FIELD_SWITCH: memcpy(&on, at, sizeof(on)); return on;
    case FIELD_BITS: memcpy(&bits, at, sizeof(bits)); return bits;
    default: memcpy(&word, at, sizeof(word)); return word;
    }
}

static void put_number(const struct policy_field *f, struct policy *p, unsigned long n)
{
    char *at = (char *)p + f->at;
    unsigned word = (unsigned)n;
    uint16_t bits = (uint16_t)n;
    bool on = n != 0;

    switch (f->form) {
    case FIELD_SWITCH: memcpy(at, &on, sizeof(on)); break;
    case FIELD_BITS: memcpy(at, &bits, sizeof(bits)); break;
    default: memcpy(at, &word, sizeof(word)); break;
    }
}

void policy_field_value(const struct policy_field *f, const struct policy *p, char *out)
{
    const char *text;

    switch (f->form) {
    case FIELD_BITS: snprintf(out, FIELD_VALUE_BYTES, "0x%lx", number_of(f, p)); break;
    case FIELD_TEXT:
        memcpy(&text, (const char *)p + f->at, sizeof(text));
        snprintf(out, FIELD_VALUE_BYTES, "%s", text ? text : "-");
        break;
    default: snprintf(out, FIELD_VALUE_BYTES, "%s", f->words[number_of(f, p)]); break;
    }
}

/* A value by its word, or bits by their number. */
static bool set_value(const struct policy_field *f, struct policy *p, const char *value)
{
    unsigned long n;
    char *end;

    for (size_t i = 0; f->words && f->words[i]; i++) {
        if (strcmp(f->words[i], value) != 0)
            continue;
        put_number(f, p, i);
        return true;
    }
    if (f->form != FIELD_BITS || value[0] < '0' || value[0] > '9')
        return false;
    n = strtoul(value, &end, 0);
    if (*end || n > UINT16_MAX)
        return false;
    put_number(f, p, n);
    return true;
}

/* What may be said, for people. */
static void list_values(const struct policy_field *f, char *out, size_t room)
{
    size_t at = 0;

    *out = 0;
    for (size_t i = 0; f->words && f->words[i] && at < room; i++)
        at += (size_t)snprintf(out + at, room - at, "%s, ", f->words[i]);
    if (f->form == FIELD_BITS)
        snprintf(out, room, "a number of 16 bits, ");
}

int policy_set(struct policy *p, const char *assignment, struct err *e)
{
    const char *equals = strchr(assignment, '=');
    const struct policy_field *f = NULL;
    const struct policy *row;
    char name[64], values[128];

    if (equals && (size_t)(equals - assignment) < sizeof(name)) {
        snprintf(name, sizeof(name), "%.*s", (int)(equals - assignment), assignment);
        f = policy_field_find(name);
    }
    if (!equals)
        return err_set(e, EINVAL, "'%.60s': expected FIELD=VALUE", assignment);
    if (!f)
        return err_set(e, ENOENT, "'%.60s': no field is called so; --list-fields prints them",
                       assignment);
    row = policy_find(equals + 1);
    if (row) {
        policy_field_take(f, p, row);
        return 0;
    }
    if (set_value(f, p, equals + 1))
        return 0;
    list_values(f, values, sizeof(values));
    return err_set(e, EINVAL, "'%.60s': expected %sor the name of a profile", assignment, values);
}
