/* SPDX-License-Identifier: MIT */
#include "report/event_read.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

void event_reader_init(struct event_reader *r, FILE *in)
{
    memset(r, 0, sizeof(*r));
    r->in = in;
}

/* A damage at `byte` of the current line. */
static int bad(const struct event_reader *r, uint64_t byte, struct err *e, const char *what)
{
    return err_set(e, EINVAL, "line %" PRIu64 ", byte %" PRIu64 ": %s", r->line, r->at + byte,
                   what);
}

/* The next line without its newline: 1, 0 at the end, negative. */
static int next_line(struct event_reader *r, struct err *e)
{
    size_t n = 0;
    int c = 0;

    r->at = r->byte;
    r->line++;
    while (n < EVENT_READ_BYTES && (c = getc(r->in)) != EOF && c != '\n')
        r->text[n++] = (char)c;
    r->byte += n + (c == '\n');
    if (c == EOF && ferror(r->in))
        return err_set(e, EIO, "line %" PRIu64 ": cannot be read", r->line);
    if (n == EVENT_READ_BYTES)
        return bad(r, n, e, "the line is too long, at most 65535 bytes expected");
    if (c == EOF && n == 0)
        return 0;
    if (memchr(r->text, 0, n))
        return bad(r, strlen(r->text), e, "a zero byte, text expected");
    if (n && r->text[n - 1] == '\r')
        n--;
    r->text[n] = 0;
    return 1;
}

/* Where a key stands in the line, for messages. */
static uint64_t place(const struct event_reader *r, const char *key)
{
    char quoted[32];
    const char *at;

    snprintf(quoted, sizeof(quoted), "\"%s\"", key);
    at = strstr(r->text, quoted);
    return at ? (uint64_t)(at - r->text) : 0;
}

static int bad_key(const struct event_reader *r, const char *key, const char *expected,
                   struct err *e)
{
    char what[160];

    snprintf(what, sizeof(what), "\"%s\": %s expected", key, expected);
    return bad(r, place(r, key), e, what);
}

static bool whole_number(const cJSON *o, const char *key, uint64_t *out)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= 9007199254740992.0))
        return false;
    *out = (uint64_t)v->valuedouble;
    return (double)*out == v->valuedouble;
}

/* "0x1f000" of at most 64 bits; `all`: 2^64 too, as 0 with *whole set. */
static bool hex_text(const cJSON *o, const char *key, uint64_t *out, bool *whole)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
    size_t n;

    if (!s || s[0] != '0' || s[1] != 'x')
        return false;
    s += 2;
    n = strspn(s, "0123456789abcdef");
    *out = 0;
    if (whole && !strcmp(s, "10000000000000000")) {
        *whole = true;
        return true;
    }
    if (!n || n > 16 || s[n])
        return false;
    for (; *s; s++)
        *out = *out << 4 | (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
    return true;
}

static const char *word(const cJSON *o, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));
}

static int read_range(const struct event_reader *r, const cJSON *o, struct note *n, struct err *e)
{
    uint64_t first, size;
    bool whole = false;

    if (!hex_text(o, "iova", &first, NULL))
        return bad_key(r, "iova", "a string \"0x...\" of at most 64 bits", e);
    if (!hex_text(o, "size", &size, &whole) || (!size && !whole))
        return bad_key(r, "size", "a string \"0x...\" from 1 to 2^64", e);
    if (whole ? first != 0 : first + (size - 1) < first)
        return bad_key(r, "size", "a range that ends below 2^64", e);
    n->range = iova_range(first, first + (size - 1));
    return 0;
}

static int read_map(const struct event_reader *r, const cJSON *o, struct note *n, struct err *e)
{
    static const char *const perms[] = {"", "r", "w", "rw"};
    const char *perm = word(o, "perm");

    if (!hex_text(o, "gpa", &n->gpa.v, NULL))
        return bad_key(r, "gpa", "a string \"0x...\" of at most 64 bits", e);
    for (unsigned i = 0; perm && i < 4; i++)
        if (!strcmp(perm, perms[i])) {
            n->perm = (enum perm)i;
            return 0;
        }
    return bad_key(r, "perm", "\"r\", \"w\", \"rw\" or \"\"", e);
}

static int read_result(const struct event_reader *r, const cJSON *o, struct event_line *l,
                       struct err *e)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, "result");
    const char *why = word(o, "why");

    if (cJSON_IsNumber(v) && v->valuedouble <= 0 && v->valuedouble > -65536 &&
        v->valuedouble == (double)v->valueint) {
        l->note.asked = true;
        l->note.result = v->valueint;
        return 0;
    }
    if (!cJSON_IsNull(v) || !why)
        return bad_key(r, "result", "0, a negative errno, or null with a \"why\"", e);
    snprintf(l->why, sizeof(l->why), "%s", why);
    l->note.why = l->why;
    return 0;
}

static int read_note(const struct event_reader *r, const cJSON *o, struct event_line *l,
                     struct err *e)
{
    const char *name = word(o, "consumer"), *via = word(o, "via"), *type = word(o, "type");
    struct note *n = &l->note;
    int rc;

    if (!name || !*name || strlen(name) >= NAME_BYTES)
        return bad_key(r, "consumer", "the name of a consumer", e);
    snprintf(l->consumer, sizeof(l->consumer), "%s", name);
    n->consumer = l->consumer;
    if (!via || (strcmp(via, "notifier") && strcmp(via, "region")))
        return bad_key(r, "via", "\"notifier\" or \"region\"", e);
    n->via = strcmp(via, "region") ? VIA_NOTIFIER : VIA_REGION;
    if (!type || (strcmp(type, "MAP") && strcmp(type, "UNMAP") && strcmp(type, "DEVIOTLB_UNMAP")))
        return bad_key(r, "type", "MAP, UNMAP, DEVIOTLB_UNMAP or ABORT", e);
    n->type = !strcmp(type, "MAP") ? NOTE_MAP : !strcmp(type, "UNMAP") ? NOTE_UNMAP : NOTE_DEVTLB;
    rc = read_range(r, o, n, e);
    if (rc == 0 && n->type == NOTE_MAP)
        rc = read_map(r, o, n, e);
    return rc ? rc : read_result(r, o, l, e);
}

static int read_abort(const struct event_reader *r, const cJSON *o, struct event_line *l,
                      struct err *e)
{
    const char *why = word(o, "why");

    if (!why)
        return bad_key(r, "why", "the sentence of an ABORT", e);
    l->abort = true;
    snprintf(l->why, sizeof(l->why), "%s", why);
    return 0;
}

static int read_event(struct event_reader *r, const cJSON *o, struct event_line *l, struct err *e)
{
    const char *type = word(o, "type");

    if (!cJSON_IsObject(o))
        return bad(r, 0, e, "a JSON object expected, one event a line");
    if (!whole_number(o, "seq", &l->note.seq))
        return bad_key(r, "seq", "a whole number", e);
    if (!whole_number(o, "record", &l->note.record))
        return bad_key(r, "record", "a whole number", e);
    if (l->note.record < r->record)
        return bad_key(r, "record", "a number that does not fall", e);
    r->record = l->note.record;
    if (type && !strcmp(type, "ABORT"))
        return read_abort(r, o, l, e);
    return read_note(r, o, l, e);
}

int event_next(struct event_reader *r, struct event_line *out, struct err *e)
{
    const char *end = NULL;
    cJSON *o;
    int rc = next_line(r, e);

    if (rc <= 0)
        return rc;
    memset(out, 0, sizeof(*out));
    o = cJSON_ParseWithOpts(r->text, &end, 1);
    if (!o)
        return bad(r, end ? (uint64_t)(end - r->text) : 0, e,
                   "no JSON; one event a line expected, as replay --events writes them");
    rc = read_event(r, o, out, e);
    cJSON_Delete(o);
    return rc ? rc : 1;
}
