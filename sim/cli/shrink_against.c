/* SPDX-License-Identifier: MIT */
/* The first difference between two profiles, and what a user's command says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/against.h"
#include "cli/shrink_goal.h"
#include "trace/writer.h"

/* The first word of the first event that one side has alone. */
static void first_kind(char *to, size_t room, const struct pairing_change *c, unsigned side)
{
    const struct pairing_list *l = &c->group->side[side];
    const char *text = "";

    if (c->same_before + c->same_behind < l->kept)
        text = l->event[c->same_before].text;
    snprintf(to, room, "%.*s", (int)strcspn(text, " :"), text);
}

static void see(void *ctx, const struct pairing_change *c)
{
    struct shrink_difference *d = ctx;

    if (d->any)
        return;
    d->any = true;
    d->record = c->record;
    for (unsigned side = 0; side < 2; side++)
        first_kind(d->kind[side], sizeof(d->kind[side]), c, side);
}

int shrink_against(const struct shrink_goal *g, const struct shrink_case *c,
                   struct shrink_difference *d)
{
    struct against_job job = {
        .options = g->options, .trace = "the trace", .show = see, .ctx = d, .until_first = true};
    struct trace_damage damage;
    struct err e = {""};

    memset(d, 0, sizeof(*d));
    if (trace_open_records(c->header, c->rec, c->count, &job.reader, &damage))
        return -ENOMEM;
    return against_run(NULL, &job, &e) == 2 ? -EINVAL : 0;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

int shrink_write(FILE *out, const char *comment, const struct shrink_case *c, struct err *e)
{
    struct trace_writer *w = NULL;
    int rc = 0;

    if (*comment && fprintf(out, "# %s\n", comment) < 0)
        return err_set(e, EIO, "could not be written");
    rc = trace_writer_open(TRACE_TEXT, c->header, TRACE_LEVEL_DEFAULT,
                           (struct trace_sink){put, out}, &w, e);
    for (size_t i = 0; rc == 0 && i < c->count; i++)
        rc = trace_writer_add(w, c->rec[i], e);
    if (rc == 0)
        rc = trace_writer_finish(w, e);
    trace_writer_free(w);
    return rc;
}

/* CMD with each {} replaced by the path, which stands behind it when there is none. */
static char *command_line(const char *command, const char *path)
{
    size_t n = strlen(command), room = n + 2, at = 0, braces = 0;
    char *line;

    for (const char *p = command; (p = strstr(p, "{}")); p += 2)
        braces++;
    room += (braces + 1) * strlen(path);
    line = malloc(room);
    for (const char *p = command; line && *p; p += strncmp(p, "{}", 2) ? 1 : 2) {
        if (!strncmp(p, "{}", 2))
            at += (size_t)snprintf(line + at, room - at, "%s", path);
        else
            line[at++] = *p;
    }
    if (line)
        snprintf(line + at, room - at, "%s%s", braces ? "" : " ", braces ? "" : path);
    return line;
}

/* What the shell ends with; its output goes where errors go. */
static int run_shell(const char *line, int *status)
{
    int ended = 0;
    pid_t child = fork();

    if (child < 0)
        return -errno;
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    while (waitpid(child, &ended, 0) < 0)
        if (errno != EINTR)
            return -errno;
    *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
    return *status == 127 ? -ENOENT : *status == 130 ? -EINTR : 0;
}

int shrink_command(const struct shrink_goal *g, const struct shrink_case *c, int *status)
{
    FILE *f = fopen(g->path, "w");
    struct err e;
    char *line;
    int rc;

    if (!f)
        return -errno;
    rc = shrink_write(f, "", c, &e);
    if (fclose(f) && rc == 0)
        rc = -EIO;
    *status = 0;
    if (rc)
        return rc == -EINVAL ? 0 : rc; /* a record breaks a rule: no trace */
    line = command_line(g->command, g->path);
    rc = line ? run_shell(line, status) : -ENOMEM;
    free(line);
    return rc;
}
