/* SPDX-License-Identifier: MIT */
#include "report/text_out.h"

#include <string.h>

#include "report/show.h"

void text_style(const struct text *t, enum text_style s)
{
    static const char *const codes[] = {[STYLE_PLAIN] = "\033[0m",
                                        [STYLE_GOOD] = "\033[1;32m",
                                        [STYLE_BAD] = "\033[1;31m",
                                        [STYLE_WARN] = "\033[1;33m",
                                        [STYLE_TITLE] = "\033[1m"};

    if (t->colour)
        fputs(codes[s], t->out);
}

void text_title(const struct text *t, const char *title)
{
    fputc('\n', t->out);
    text_style(t, STYLE_TITLE);
    fputs(title, t->out);
    text_style(t, STYLE_PLAIN);
    fputc('\n', t->out);
}

const char *plural(uint64_t v)
{
    return v == 1 ? "" : "s";
}

/* Columns of the first `n` bytes: continuation bytes of UTF-8 take none. */
static unsigned columns(const char *s, size_t n)
{
    unsigned c = 0;

    for (size_t i = 0; i < n; i++)
        c += ((unsigned char)s[i] & 0xc0) != 0x80;
    return c;
}

void text_wrapped(const struct text *t, unsigned at, unsigned indent, const char *s)
{
    char clean[2048];
    bool glue = at != 0; /* the first word stands where the caller stopped */

    show_clean(clean, sizeof(clean), s);
    for (const char *word = clean; *(word += strspn(word, " "));) {
        size_t n = strcspn(word, " ");
        unsigned wide = columns(word, n);

        if (at && !glue && at + 1 + wide > TEXT_WIDTH) {
            fputc('\n', t->out);
            at = 0;
        }
        if (!at)
            fprintf(t->out, "%*s", (int)indent, "");
        else if (!glue)
            fputc(' ', t->out);
        at = (at ? at + !glue : indent) + wide;
        glue = false;
        fwrite(word, 1, n, t->out);
        word += n;
    }
    fputc('\n', t->out);
}
