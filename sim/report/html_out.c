/* SPDX-License-Identifier: MIT */
#include "report/html_out.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "report/show.h"

/* U+200E, U+200F, U+202A-U+202E and U+2066-U+2069 turn the direction of what follows. */
static bool turns(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;

    if (n != 3 || u[0] != 0xe2)
        return false;
    if (u[1] == 0x80)
        return u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xaa && u[2] <= 0xae);
    return u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9;
}

/* One character of text; returns how many bytes it took. */
static size_t character(FILE *out, const char *s)
{
    size_t n = utf8_length((const unsigned char *)s, 4);
    unsigned char c = (unsigned char)*s;

    if (!n) {
        fputs("\xef\xbf\xbd", out);
        return 1;
    }
    if ((n == 1 && (c < 0x20 || c == 0x7f)) ||
        (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0) || turns(s, n)) {
        fputc(' ', out);
        return n;
    }
    switch (c) {
    case '&': fputs("&amp;", out); break;
    case '<': fputs("&lt;", out); break;
    case '>': fputs("&gt;", out); break;
    case '"': fputs("&quot;", out); break;
    case '\'': fputs("&#39;", out); break;
    default: fwrite(s, 1, n, out); break;
    }
    return n;
}

void html_text(FILE *out, const char *s)
{
    html_text_cut(out, s, SIZE_MAX);
}

void html_text_cut(FILE *out, const char *s, size_t most)
{
    for (; *s && most; most--)
        s += character(out, s);
    if (*s)
        fputs("\xe2\x80\xa6", out);
}

void html_pre(FILE *out, const char *s)
{
    while (*s) {
        bool title = *s != ' ' && *s != '\n';

        if (title)
            fputs("<b>", out);
        while (*s && *s != '\n')
            s += character(out, s);
        if (title)
            fputs("</b>", out);
        if (*s == '\n') {
            fputc('\n', out);
            s++;
        }
    }
}

void html_href(FILE *out, const char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            strchr("-._~", c))
            fputc(c, out);
        else
            fprintf(out, "%%%02X", c);
    }
}

void html_badge(FILE *out, const char *verdict)
{
    fprintf(out, "<span class=\"badge v-%s\">%s</span>", verdict, verdict);
}

void html_head(FILE *out, const char *title, const char *verdict, const char *words)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
          "<meta name=\"vtd-replay-verdict\" content=\"",
          out);
    html_text(out, verdict);
    fputs("\"/>\n<meta name=\"vtd-replay-words\" content=\"", out);
    html_text(out, words);
    fputs("\"/>\n<title>", out);
    html_text(out, title);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", html_style);
}

void html_foot(FILE *out, const char *version)
{
    fprintf(out, "<footer><p>Written by vtd-replay %s.</p></footer>\n</body>\n</html>\n", version);
}

void html_row(FILE *out, const char *name, const char *text)
{
    fputs("<tr><th scope=\"row\">", out);
    html_text(out, name);
    fputs("</th><td>", out);
    html_text(out, text);
    fputs("</td></tr>\n", out);
}

void html_number(FILE *out, const char *name, uint64_t v, const char *note)
{
    fputs("<tr><th scope=\"row\">", out);
    html_text(out, name);
    fprintf(out, "</th><td class=\"n\">%s</td><td>", show_count(v).text);
    if (note)
        html_text(out, note);
    fputs("</td></tr>\n", out);
}

void html_number_if(FILE *out, const char *name, uint64_t v, const char *note)
{
    if (v)
        html_number(out, name, v, note);
}

void html_record(FILE *out, const struct html_page *p, uint64_t record, uint64_t at_ns)
{
    fprintf(out, "record %s", show_count(record).text);
    if (p->report->counts->has_time)
        fprintf(out, ", %s", show_time(at_ns).text);
}
