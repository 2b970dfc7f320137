/* SPDX-License-Identifier: MIT */
#include "cli/page_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/output_name.h"
#include "cli/page.h"
#include "cli/version.h"
#include "report/html.h"

#define PATH_BYTES 4096u
#define NAME_MOST  300u
#define LINE_BYTES 1024u

/* NAME.html; a second trace of the same name becomes NAME.2.html, and `index` is the list's. */
static void file_name(char out[NAME_MOST], const struct replay_options *o, size_t index)
{
    const char *base = output_base(o->traces[index]);
    size_t number = output_number(o, index, "index");

    if (number == 1)
        snprintf(out, NAME_MOST, "%s.html", base);
    else
        snprintf(out, NAME_MOST, "%s.%zu.html", base, number);
}

static void path_of(char out[PATH_BYTES], const struct replay_options *o, size_t index)
{
    char name[NAME_MOST];

    if (o->traces_count == 1) {
        snprintf(out, PATH_BYTES, "%s", o->report_html);
        return;
    }
    file_name(name, o, index);
    snprintf(out, PATH_BYTES, "%s/%s", o->report_html, name);
}

static int open_path(const char *path, FILE **out, struct err *e)
{
    *out = fopen(path, "w");
    return *out ? 0 : err_set(e, errno, "%.250s: %s", path, strerror(errno));
}

int page_open(const struct replay_options *o, size_t index, FILE **out, struct err *e)
{
    char path[PATH_BYTES];

    if (o->traces_count == 1 && !strcmp(o->report_html, "-")) {
        *out = stdout;
        return 0;
    }
    if (o->traces_count > 1 && mkdir(o->report_html, 0777) && errno != EEXIST)
        return err_set(e, errno, "%.250s: %s", o->report_html, strerror(errno));
    path_of(path, o, index);
    return open_path(path, out, e);
}

static int closed(const char *path, FILE *f, int rc, struct err *e)
{
    if (f != stdout && fclose(f))
        rc = rc ? rc : -EIO;
    return rc ? err_set(e, -rc, "%.250s: the page could not be written", path) : 0;
}

int page_close(const struct replay_options *o, size_t index, FILE *f, int rc, struct err *e)
{
    char path[PATH_BYTES];

    path_of(path, o, index);
    return closed(path, f, rc, e);
}

/* What stands behind content=" in a line of the page's head; false when it is another line. */
static bool content(char *line, const char *name, char *out, size_t room)
{
    char *from = strstr(line, name), *to;

    from = from ? strstr(from, "content=\"") : NULL;
    to = from ? strchr(from + 9, '"') : NULL;
    if (!to)
        return false;
    *to = 0;
    snprintf(out, room, "%s", from + 9);
    return true;
}

struct row_text {
    char file[NAME_MOST], verdict[16], words[400];
};

/* A page says its verdict in its head: whoever wrote it, and in whatever order. */
static void read_row(struct row_text *t, const struct replay_options *o, size_t index)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    FILE *f;

    file_name(t->file, o, index);
    snprintf(t->verdict, sizeof(t->verdict), "damaged");
    snprintf(t->words, sizeof(t->words), "no page was written");
    path_of(path, o, index);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f) && !strstr(line, "<title>"))
        if (!content(line, "\"vtd-replay-verdict\"", t->verdict, sizeof(t->verdict)))
            content(line, "\"vtd-replay-words\"", t->words, sizeof(t->words));
    if (f)
        fclose(f);
}

static int write_index(const struct replay_options *o, struct row_text *texts,
                       struct html_index_row *rows, struct err *e)
{
    char path[PATH_BYTES];
    FILE *f;
    int rc;

    for (size_t i = 0; i < o->traces_count; i++) {
        read_row(&texts[i], o, i);
        rows[i] =
            (struct html_index_row){texts[i].file, o->traces[i], texts[i].verdict, texts[i].words};
    }
    snprintf(path, sizeof(path), "%s/index.html", o->report_html);
    rc = open_path(path, &f, e);
    return rc ? rc : closed(path, f, html_index(f, rows, o->traces_count, VTR_VERSION), e);
}

int page_index(const struct replay_options *o, struct err *e)
{
    struct row_text *texts;
    struct html_index_row *rows;
    int rc;

    if (!o->report_html || o->traces_count < 2)
        return 0;
    texts = calloc(o->traces_count, sizeof(*texts));
    rows = calloc(o->traces_count, sizeof(*rows));
    rc = texts && rows ? write_index(o, texts, rows, e)
                       : err_set(e, ENOMEM, "out of memory for the list of pages");
    free(texts);
    free(rows);
    return rc;
}
