/* SPDX-License-Identifier: MIT */
#include "trace/text_parse.h"

#include <string.h>

#include "trace/header.h"
#include "trace/words.h"

bool parse_version(struct scan *s)
{
    struct field f;
    uint64_t version;

    if (!scan_need(s, &f, "the version of the format") ||
        !scan_number(s, f, "the version of the format", UINT64_MAX, &version))
        return false;
    if (version != 1)
        return scan_fail(s, f.p, "version %s of the text form, this program reads version 1",
                         field_quoted(f).text);
    return scan_done(s);
}

bool parse_device(struct scan *s, struct device_rec *dev)
{
    struct field f, key, value;
    bool has_ats = false;

    *dev = (struct device_rec){.ats = false};
    if (!scan_need(s, &f, "a device BB:DD.F") || !scan_bdf(s, f, &dev->bdf))
        return false;
    while (scan_field(s, &f)) {
        if (!scan_key(s, f, &key, &value))
            return false;
        if (field_is(key, "ats") && !has_ats) {
            has_ats = true;
            if (!scan_on_off(s, value, "ats", &dev->ats))
                return false;
        } else if (field_is(key, "alias") && !dev->has_alias) {
            dev->has_alias = true;
            if (!scan_bdf(s, value, &dev->alias))
                return false;
        } else if (field_is(key, "ats") || field_is(key, "alias")) {
            return scan_fail(s, f.p, "`%s=` stands twice", field_quoted(key).text);
        } else {
            return scan_fail(s, f.p, "`%s` is no key of `device`: ats or alias expected",
                             field_quoted(key).text);
        }
    }
    return true;
}

bool parse_expectations(struct scan *s, struct expectations_rec *e)
{
    struct field f;
    int level;

    if (!scan_need(s, &f, "NAME") || !scan_name(s, f, "NAME", e->name))
        return false;
    if (!scan_need(s, &f, "notifier or ioctl"))
        return false;
    level = scan_word(s, f, "level", WORDS_LEVEL);
    e->level = (enum expect_level)level;
    return level >= 0;
}

/* One on|off key; -1 when `key` is none. `bit` numbers it for the search for duplicates. */
static int unit_switch(struct scan *s, struct unit_config *unit, struct field key,
                       struct field value, unsigned *bit)
{
    for (unsigned i = 0; UNIT_SWITCHES[i].key; i++)
        if (field_is(key, UNIT_SWITCHES[i].key)) {
            bool on;

            *bit = 8 + i;
            if (!scan_on_off(s, value, UNIT_SWITCHES[i].key, &on))
                return 0;
            memcpy((char *)unit + UNIT_SWITCHES[i].offset, &on, sizeof(on));
            return 1;
        }
    return -1;
}

static bool unit_number(struct scan *s, struct field value, const char *what, uint64_t max,
                        bool *has, uint64_t *v)
{
    *has = true;
    return scan_number(s, value, what, max, v);
}

static bool unit_key(struct scan *s, struct unit_config *unit, struct field key, struct field value,
                     unsigned *bit)
{
    uint64_t v = 0;
    bool has;
    int rc;

    if (field_is(key, "model")) {
        *bit = 0;
        return scan_name(s, value, "a profile", unit->model);
    }
    if (field_is(key, "aw-bits")) {
        *bit = 1;
        if (!unit_number(s, value, "aw-bits", UINT64_MAX, &has, &v))
            return false;
        if (v != 39 && v != 48 && v != 57)
            return scan_fail(s, value.p, "aw-bits=%s, 39, 48 or 57 expected",
                             field_quoted(value).text);
        unit->aw_bits = (uint8_t)v;
        return true;
    }
    if (field_is(key, "cap")) {
        *bit = 2;
        return unit_number(s, value, "cap", UINT64_MAX, &unit->has_cap, &unit->cap);
    }
    if (field_is(key, "ecap")) {
        *bit = 3;
        return unit_number(s, value, "ecap", UINT64_MAX, &unit->has_ecap, &unit->ecap);
    }
    if (field_is(key, "version")) {
        *bit = 4;
        if (!unit_number(s, value, "version", UINT32_MAX, &unit->has_version, &v))
            return false;
        unit->version = (uint32_t)v;
        return true;
    }
    rc = unit_switch(s, unit, key, value, bit);
    return rc >= 0 ? rc : scan_fail(s, key.p, "`%s` is no key of `unit`", field_quoted(key).text);
}

static bool parse_unit(struct scan *s, struct field word, struct trace_header *h)
{
    struct unit_config unit = unit_config_default();
    struct field f, key, value;
    uint32_t seen = 0;

    if (h->has_unit)
        return scan_fail(s, word.p, "a second `unit`, one expected");
    if (!scan_need(s, &f, "KEY=VALUE"))
        return false;
    do {
        unsigned bit = 0;

        if (!scan_key(s, f, &key, &value) || !unit_key(s, &unit, key, value, &bit))
            return false;
        if (seen >> bit & 1)
            return scan_fail(s, f.p, "`%s=` stands twice", field_quoted(key).text);
        seen |= UINT32_C(1) << bit;
    } while (scan_field(s, &f));
    if (!scan_done(s))
        return false;
    h->unit = unit;
    h->has_unit = true;
    return true;
}

static bool parse_meta(struct scan *s, struct field word, struct trace_header *h)
{
    char key[NAME_BYTES];
    struct field f;

    if (!scan_need(s, &f, "KEY") || !scan_name(s, f, "KEY", key) || !scan_rest(s, &f))
        return false;
    if (header_add_meta(h, key, f.p, f.n, s->err)) {
        s->bad = word.p;
        return false;
    }
    return true;
}

static bool parse_ram(struct scan *s, struct field word, struct trace_header *h)
{
    struct ram_entry ram = {.rom = field_is(word, "rom")};

    if (!scan_u64(s, "GPA", UINT64_MAX, &ram.gpa.v) ||
        !scan_u64(s, "SIZE", UINT64_MAX, &ram.bytes) || !scan_done(s))
        return false;
    s->bad = word.p;
    return header_add_ram(h, &ram, s->err) == 0;
}

bool parse_header(struct scan *s, struct field word, struct trace_header *h)
{
    struct device_rec dev;
    struct expectations_rec expectations;

    if (field_is(word, "meta"))
        return parse_meta(s, word, h);
    if (field_is(word, "unit"))
        return parse_unit(s, word, h);
    if (field_is(word, "ram") || field_is(word, "rom"))
        return parse_ram(s, word, h);
    s->bad = word.p;
    if (field_is(word, "device")) {
        if (!parse_device(s, &dev) || !scan_done(s))
            return false;
        s->bad = word.p;
        return header_add_device(h, &dev, s->err) == 0;
    }
    if (!parse_expectations(s, &expectations) || !scan_done(s))
        return false;
    s->bad = word.p;
    return header_add_expectations(h, &expectations, s->err) == 0;
}
