/* SPDX-License-Identifier: MIT */
#include "campaign/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/result.h"
#include "cli/part_file.h"
#include "gen/reach_result.h"

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
            char *more =
                room < RESULT_BYTES_MAX ? realloc(text, room = room ? 2 * room : 65536) : NULL;

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

/* Results of one of two kinds: of campaigns, or of what made traces reached. */
struct merged {
    struct campaign_result campaign;
    struct reach_result reach;
    enum { NOTHING_YET, CAMPAIGNS, REACH } kind;
};

static int merge_campaign(struct campaign_result *all, const char *text, struct err *why)
{
    struct campaign_result one = {.parts = 0};
    int rc = campaign_read(text, &one, why);

    if (rc == 0)
        rc = campaign_merge(all, &one, why);
    campaign_result_free(&one);
    return rc;
}

static int merge_reach(struct reach_result *all, const char *text, struct err *why)
{
    struct reach_result one;
    int rc = reach_result_read(text, &one, why);

    if (rc == 0 && !all->reach && reach_result_new(all))
        rc = err_set(why, ENOMEM, "out of memory");
    if (rc == 0)
        rc = reach_result_merge(all, &one, why);
    reach_result_free(&one);
    return rc;
}

static int merge_one(struct merged *all, const char *file, struct err *e)
{
    char *text = read_file(file, e);
    struct err why = {""};
    bool reach;
    int rc;

    if (!text)
        return -EIO;
    reach = reach_result_is(text);
    if (all->kind != NOTHING_YET && reach != (all->kind == REACH))
        rc = err_set(&why, EINVAL, "a result of another kind than those before it");
    else
        rc = reach ? merge_reach(&all->reach, text, &why)
                   : merge_campaign(&all->campaign, text, &why);
    all->kind = reach ? REACH : CAMPAIGNS;
    if (rc)
        err_set(e, -rc, "%.100s: %.200s", file, why.text);
    free(text);
    return rc;
}

static int write_all(const struct merged *all, const char *output, struct err *e)
{
    bool to_file = output && strcmp(output, "-") != 0;
    struct part_file p = {.f = stdout};
    struct err why;
    int rc = to_file ? part_open(&p, output, &why) : 0;

    if (rc)
        return err_set(e, -rc, "%.200s: %.100s", output, why.text);
    rc = all->kind == REACH ? reach_result_write(p.f, &all->reach)
                            : campaign_write(p.f, &all->campaign);
    if (rc && to_file)
        part_drop(&p);
    if (rc || (to_file ? part_finish(&p, &why) : fflush(stdout)))
        return err_set(e, EIO, "%.200s: could not be written", to_file ? output : "-");
    return 0;
}

static int print_all(FILE *out, const struct merged *all)
{
    return all->kind == REACH ? reach_result_print(out, &all->reach)
                              : campaign_print(out, &all->campaign);
}

int merge_run(FILE *out, char **files, int count, const char *output, struct err *e)
{
    struct merged all = {.kind = NOTHING_YET};
    int rc = 0, code;

    for (int i = 0; i < count && !rc; i++)
        rc = merge_one(&all, files[i], e);
    if (rc == 0)
        rc = write_all(&all, output, e);
    if (rc == 0 && output && strcmp(output, "-") != 0 && print_all(out, &all))
        rc = err_set(e, EIO, "could not be written");
    code = rc ? 2 : campaign_failed(&all.campaign);
    campaign_result_free(&all.campaign);
    reach_result_free(&all.reach);
    return code;
}
