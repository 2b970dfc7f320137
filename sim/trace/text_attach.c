/* SPDX-License-Identifier: MIT */
#include "trace/text_parse.h"

#include <string.h>

#include "trace/words.h"

static bool parse_flags(struct scan *s, struct field value, struct attach_rec *a)
{
    const char *end = value.p + value.n;
    const char *p = value.p;

    a->flags = 0;
    for (;;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        struct field word = {p, (size_t)((comma ? comma : end) - p)};
        int bit = scan_word(s, word, "flag", WORDS_FLAG);

        if (bit < 0)
            return false;
        if (a->flags >> bit & 1)
            return scan_fail(s, word.p, "flag `%s` stands twice", field_quoted(word).text);
        a->flags |= UINT32_C(1) << bit;
        if (!comma)
            return true;
        p = comma + 1;
    }
}

static bool parse_range(struct scan *s, struct field value, struct attach_rec *a)
{
    const char *dash = memchr(value.p, '-', value.n);
    struct field first, last;

    if (!dash)
        return scan_fail(s, value.p, "range=%s, START-LAST expected", field_quoted(value).text);
    first = (struct field){value.p, (size_t)(dash - value.p)};
    last = (struct field){dash + 1, value.n - first.n - 1};
    return scan_number(s, first, "START", UINT64_MAX, &a->range.first.v) &&
           scan_number(s, last, "LAST", UINT64_MAX, &a->range.last.v);
}

static bool parse_choice(struct scan *s, struct field value, const char *what,
                         const char *const words[], unsigned *v)
{
    int i = scan_word(s, value, what, words);

    *v = (unsigned)i;
    return i >= 0;
}

static bool parse_small(struct scan *s, struct field value, const char *what, uint32_t *v)
{
    uint64_t x;

    if (!scan_number(s, value, what, UINT32_MAX, &x))
        return false;
    *v = (uint32_t)x;
    return true;
}

enum attach_key {
    KEY_FLAGS,
    KEY_RANGE,
    KEY_CONTAINER,
    KEY_LIMIT,
    KEY_APERTURE,
    KEY_TYPE1,
    KEY_BACKEND,
    KEY_UNPIN,
    KEY_DMA_UNMAP,
    KEY_LEAVE
};
static const char *const KEYS[] = {"flags",   "range", "container", "limit", "aperture", "type1",
                                   "backend", "unpin", "dma-unmap", "leave", NULL};

static bool *has_key(struct attach_rec *a, enum attach_key key)
{
    bool *const has[] = {&a->has_flags,     &a->has_range, &a->has_container, &a->has_limit,
                         &a->has_aperture,  &a->has_type1, &a->has_backend,   &a->has_unpin,
                         &a->has_dma_unmap, &a->has_leave};

    return has[key];
}

static bool parse_value(struct scan *s, enum attach_key key, struct field value,
                        struct attach_rec *a)
{
    unsigned v = 0;

    switch (key) {
    case KEY_FLAGS: return parse_flags(s, value, a);
    case KEY_RANGE: return parse_range(s, value, a);
    case KEY_CONTAINER: return scan_name(s, value, "a container", a->container);
    case KEY_LIMIT: return scan_number(s, value, "limit", UINT64_MAX, &a->limit);
    case KEY_APERTURE: return parse_small(s, value, "aperture", &a->aperture_bits);
    case KEY_TYPE1:
        if (!parse_choice(s, value, "type1", WORDS_TYPE1, &v))
            return false;
        a->type1 = v + 1;
        return true;
    case KEY_BACKEND:
        if (!parse_choice(s, value, "backend", WORDS_BACKEND, &v))
            return false;
        a->backend = (enum vhost_backend)v;
        return true;
    case KEY_UNPIN:
        if (!parse_choice(s, value, "unpin", WORDS_UNPIN, &v))
            return false;
        a->unpin = (enum mdev_unpin)v;
        return true;
    case KEY_DMA_UNMAP: return scan_on_off(s, value, "dma-unmap", &a->dma_unmap);
    case KEY_LEAVE: return scan_number(s, value, "leave", UINT64_MAX, &a->leave);
    }
    return false;
}

bool parse_attach(struct scan *s, struct attach_rec *a)
{
    struct field f, key, value;
    int kind, i;

    *a = (struct attach_rec){.kind = CONSUMER_VFIO};
    if (!scan_need(s, &f, "NAME") || !scan_name(s, f, "NAME", a->name) ||
        !scan_need(s, &f, "vfio, vhost, mdev or probe"))
        return false;
    kind = scan_word(s, f, "kind of consumer", WORDS_CONSUMER);
    if (kind < 0)
        return false;
    a->kind = (enum consumer_kind)kind;
    if (!scan_need(s, &f, "a device BB:DD.F") || !scan_bdf(s, f, &a->bdf))
        return false;
    while (scan_field(s, &f)) {
        if (!scan_key(s, f, &key, &value))
            return false;
        i = scan_word(s, key, "key of `attach`", KEYS);
        if (i < 0)
            return false;
        if (*has_key(a, (enum attach_key)i))
            return scan_fail(s, f.p, "`%s=` stands twice", KEYS[i]);
        *has_key(a, (enum attach_key)i) = true;
        if (!parse_value(s, (enum attach_key)i, value, a))
            return false;
    }
    return true;
}
