/* SPDX-License-Identifier: MIT */
#include "listed.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is written behind an operation's name: C container, B device, N number, F flags, I iova,
 * S size, A address. */
static const struct {
    const char *name, *form;
} ops[] = {
    [OP_CONTAINER] = {"container", "CN"}, [OP_JOIN] = {"join", "CB"},
    [OP_LEAVE] = {"leave", "CB"},         [OP_TYPE] = {"type", "CN"},
    [OP_CLOSE] = {"close", "C"},          [OP_MAP] = {"map", "CFISA"},
    [OP_UNMAP] = {"unmap", "CFIS"},       [OP_DIRTY] = {"dirty", "CF"},
    [OP_BITMAP] = {"bitmap", "CIS"},      [OP_LOCK] = {"lock", "N"},
};

static const char places[] = "wrn";

/* The next word, 0-terminated; NULL at the end. */
static char *word(char **rest)
{
    char *at = *rest, *begin;

    while (isspace((unsigned char)*at))
        at++;
    begin = at;
    while (*at && !isspace((unsigned char)*at))
        at++;
    if (*at)
        *at++ = 0;
    *rest = at;
    return *begin ? begin : NULL;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    *out = strtoull(text, &end, text[0] == '0' && text[1] == 'x' ? 16 : 10);
    return !errno && !*end;
}

static bool address(const char *text, struct listed *l)
{
    const char *place = strchr(places, *text);

    if (!*text || !place || text[1] != '+') {
        l->place = PLACE_NUMBER;
        return number(text, &l->address);
    }
    l->place = (enum place)(place - places);
    return number(text + 2, &l->address) && l->address < PLACE_BYTES;
}

static bool take(char form, const char *text, struct listed *l)
{
    uint64_t n = 0;

    switch (form) {
    case 'B':
        if (strlen(text) != 7)
            return false;
        memcpy(l->bdf, text, 8);
        return true;
    case 'A': return address(text, l);
    case 'I': return number(text, &l->iova);
    case 'S': return number(text, &l->size);
    case 'N':
        if (l->op == OP_LOCK && !strcmp(text, "any"))
            l->number = LOCK_ANY;
        else
            return number(text, &l->number);
        return true;
    case 'C':
        if (!number(text, &n) || n >= CONTAINERS_MAX)
            return false;
        l->container = (unsigned)n;
        return true;
    default:
        if (!number(text, &n) || n > UINT32_MAX)
            return false;
        l->flags = (uint32_t)n;
        return true;
    }
}

static bool expectation(char *rest, struct listed *l)
{
    char *w = word(&rest);

    if (!w || !(isdigit((unsigned char)*w) || *w == '-'))
        return false;
    l->expects = true;
    l->result = atoi(w);
    w = word(&rest);
    if (!w)
        return true;
    l->expects_size = true;
    return number(w, &l->bytes) && !word(&rest);
}

int listed_read(const char *line, struct listed *out, const char **why)
{
    char copy[LINE_MAX_BYTES], *rest = copy, *w;
    size_t n = strcspn(line, "#\n"), op = 0;

    *why = "a shorter line was expected";
    if (n >= sizeof(copy))
        return -1;
    memcpy(copy, line, n);
    copy[n] = 0;
    memset(out, 0, sizeof(*out));
    w = word(&rest);
    if (!w)
        return 0;
    while (op < sizeof(ops) / sizeof(*ops) && strcmp(ops[op].name, w))
        op++;
    *why = "the name of an operation was expected";
    if (op == sizeof(ops) / sizeof(*ops))
        return -1;
    out->op = (enum listed_op)op;
    *why = "an operand was expected that is missing or wrong";
    for (const char *form = ops[op].form; *form; form++) {
        w = word(&rest);
        if (!w || !take(*form, w, out))
            return -1;
    }
    *why = "= and a result were expected";
    w = word(&rest);
    return !w || (!strcmp(w, "=") && expectation(rest, out)) ? 1 : -1;
}

static void add(char **to, size_t *room, const char *text)
{
    int n = snprintf(*to, *room, "%s", text);

    if (n < 0 || (size_t)n >= *room)
        n = *room ? (int)*room - 1 : 0;
    *to += n;
    *room -= (size_t)n;
}

void listed_text(char *to, size_t room, const struct listed *l)
{
    add(&to, &room, ops[l->op].name);
    for (const char *form = ops[l->op].form; *form; form++) {
        char text[48] = " any";

        switch (*form) {
        case 'C': snprintf(text, sizeof(text), " %u", l->container); break;
        case 'B': snprintf(text, sizeof(text), " %s", l->bdf); break;
        case 'F': snprintf(text, sizeof(text), " 0x%" PRIx32, l->flags); break;
        case 'I': snprintf(text, sizeof(text), " 0x%" PRIx64, l->iova); break;
        case 'S': snprintf(text, sizeof(text), " 0x%" PRIx64, l->size); break;
        case 'A':
            if (l->place == PLACE_NUMBER)
                snprintf(text, sizeof(text), " 0x%" PRIx64, l->address);
            else
                snprintf(text, sizeof(text), " %c+0x%" PRIx64, places[l->place], l->address);
            break;
        default:
            if (l->op != OP_LOCK || l->number != LOCK_ANY)
                snprintf(text, sizeof(text), " %" PRIu64, l->number);
        }
        add(&to, &room, text);
    }
}
