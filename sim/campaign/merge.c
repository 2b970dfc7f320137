/* SPDX-License-Identifier: MIT */
#include "campaign/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/result.h"

#define RESULT_BYTES_MAX (64u << 20)

/* All of it, terminated; NULL with a sentence. */
static char *read_file(const char *file, struct err *e)
{
    FILE *f = strcmp(file, "-") ? fopen(file, "rb") : stdin;
    char *text = NULL;
    size_t used = 0, room = 0;
    int bad = 0;

    if (!f) {
        err_set(e, errno, "%.200s: %s", file, strerror(errno));
        return NULL;
    }
    do {
        if (room - used < 2) {
            char *more = room < RESULT_BYTES_MAX ? realloc(text, room = room ? 2 * room : 65536)
                                                 : NULL;

            bad = !more;
            text = more ? more : text;
        }
        if (!bad)
            used += fread(text + used, 1, room - used - 1, f);
    } while (!bad && !feof(f) && !ferror(f));
    bad = bad || ferror(f);
    if (f != stdin)
        fclose(f);
    if (!bad) {
        text[used] = 0;
        return text;
    }
    err_set(e, EIO, "%.200s: it cannot be read, or is longer than 64 MiB", file);
    free(text);
    return NULL;
}

static int merge_one(struct campaign_result *all, const char *file, struct err *e)
{
    struct campaign_result one = {.parts = 0};
    char *text = read_file(file, e);
    struct err why = {""};
    int rc;

    if (!text)
        return -EIO;
    rc = campaign_read(text, &one, &why);
    if (rc == 0)
        rc = campaign_merge(all, &one, &why);
    if (rc)
        err_set(e, -rc, "%.100s: %.200s", file, why.text);
    free(text);
    campaign_result_free(&one);
    return rc;
}

static int write_all(const struct campaign_result *all, const char *output, struct err *e)
{
    bool to_file = output && strcmp(output, "-") != 0;
    FILE *f = to_file ? fopen(output, "w") : stdout;
    int rc;

    if (!f)
        return err_set(e, errno, "%.200s: %s", output, strerror(errno));
    rc = campaign_write(f, all);
    if ((to_file ? fclose(f) : fflush(f)) || rc)
        return err_set(e, EIO, "%.200s: could not be written", to_file ? output : "-");
    return 0;
}

int merge_run(FILE *out, char **files, int count, const char *output, struct err *e)
{
    struct campaign_result all = {.parts = 0};
    int rc = 0, code;

    for (int i = 0; i < count && !rc; i++)
        rc = merge_one(&all, files[i], e);
    if (rc == 0)
        rc = write_all(&all, output, e);
    if (rc == 0 && output && strcmp(output, "-") != 0 && campaign_print(out, &all))
        rc = err_set(e, EIO, "could not be written");
    code = rc ? 2 : campaign_failed(&all);
    campaign_result_free(&all);
    return code;
}
