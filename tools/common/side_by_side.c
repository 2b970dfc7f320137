/* SPDX-License-Identifier: MIT */
#include "common/side_by_side.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bar.h"
#include "common/interrupt.h"
#include "common/job_process.h"
#include "common/spool.h"

enum state { WAITS, RUNS, DONE };

struct job {
    enum state state;
    size_t lane;
    off_t from[2], to[2]; /* what it printed, in its lane's files */
    int code;
    pid_t process;
    int status; /* of waitpid */
    struct standing standing;
};

/* One process at a time, and two files for what those print one after the other. */
struct lane {
    bool busy;
    size_t job;
    int told;       /* the pipe's end to read */
    int file[2];    /* standard output and error */
    size_t waiting; /* jobs whose words are still in the files */
};

struct all {
    const struct side_by_side *s;
    struct job *job;
    struct lane *lane;
    struct pollfd *poll;
    size_t begun, out; /* jobs begun; jobs of which everything is said */
    unsigned running;
    int code;
    uint64_t size;
    struct bar bar;
};

/* False: no process can be made now. */
static bool begin(struct all *a, struct lane *l)
{
    size_t index = a->begun;
    struct job *j = &a->job[index];
    int end[2];
    pid_t pid;

    if (pipe(end))
        return false;
    for (unsigned i = 0; i < 2; i++)
        j->from[i] = spool_length(l->file[i]); /* before it writes */
    fflush(stdout);
    interrupt_hold(true);
    pid = fork();
    if (pid == 0) {
        close(end[0]);
        for (unsigned i = 0; i < a->s->width; i++)
            if (a->lane[i].busy)
                close(a->lane[i].told); /* or its process would not see ours die */
        job_process(a->s, index, l->file[0], l->file[1], end[1]);
    }
    if (pid > 0)
        interrupt_process(pid);
    interrupt_hold(false);
    close(end[1]);
    if (pid < 0) {
        close(end[0]);
        return false;
    }
    j->state = RUNS;
    j->lane = (size_t)(l - a->lane);
    j->process = pid;
    l->busy = true;
    l->job = index;
    l->told = end[0];
    l->waiting++;
    a->begun++;
    a->running++;
    return true;
}

static void begin_some(struct all *a)
{
    for (unsigned i = 0; i < a->s->width && a->begun < a->s->count && !interrupt_code(); i++) {
        if (a->lane[i].busy || begin(a, &a->lane[i]))
            continue;
        if (a->running)
            return; /* when one of these has ended */
        fprintf(stderr, "no process for a trace: %s\n", strerror(errno));
        a->job[a->begun] = (struct job){.state = DONE, .code = 2, .lane = i};
        a->lane[i].waiting++;
        a->begun++;
    }
}

static void ended(struct all *a, struct lane *l)
{
    struct job *j = &a->job[l->job];

    while (waitpid(j->process, &j->status, 0) < 0 && errno == EINTR)
        ;
    interrupt_process(-j->process);
    close(l->told);
    l->busy = false;
    a->running--;
    j->state = DONE;
    j->code = WIFEXITED(j->status) ? WEXITSTATUS(j->status) : 2;
    for (unsigned i = 0; i < 2; i++)
        j->to[i] = spool_length(l->file[i]);
}

static void listen(struct all *a)
{
    nfds_t n = 0;

    for (unsigned i = 0; i < a->s->width; i++)
        if (a->lane[i].busy)
            a->poll[n++] = (struct pollfd){.fd = a->lane[i].told, .events = POLLIN};
    if (poll(a->poll, n, a->bar.wanted ? 200 : -1) <= 0)
        return;
    n = 0;
    for (unsigned i = 0; i < a->s->width; i++) {
        struct lane *l = &a->lane[i];
        struct standing now;
        ssize_t got;

        if (!l->busy || !a->poll[n++].revents)
            continue;
        got = read(l->told, &now, sizeof(now));
        if (got == (ssize_t)sizeof(now))
            a->job[l->job].standing = now;
        else if (got >= 0 || errno != EINTR)
            ended(a, l);
    }
}

static void show(struct all *a)
{
    uint64_t records = 0, bytes = 0;
    size_t done = 0;

    if (!a->bar.wanted)
        return;
    for (size_t i = 0; i < a->begun; i++) {
        done += a->job[i].state == DONE;
        records += a->job[i].standing.records;
        bytes += a->job[i].standing.bytes;
    }
    snprintf(a->bar.before, sizeof(a->bar.before), "%zu of %zu traces, ", done, a->s->count);
    bar_show(&a->bar, records, bytes, a->size);
}

static int lost(const struct side_by_side *s, size_t index, const struct job *j)
{
    char why[128];

    if (WIFSIGNALED(j->status))
        snprintf(why, sizeof(why), "%s", strsignal(WTERMSIG(j->status)));
    else
        snprintf(why, sizeof(why), "status %d", WEXITSTATUS(j->status));
    return s->lost(s->ctx, index, j->process, why);
}

/* What job `index` printed, in the order in which it would stand on a terminal. */
static int say(struct all *a, size_t index)
{
    const struct side_by_side *s = a->s;
    struct job *j = &a->job[index];
    struct lane *l = &a->lane[j->lane];
    int code = j->code;

    bar_erase(&a->bar);
    spool_copy(l->file[1], j->from[1], j->to[1], stderr);
    if (j->process && !j->standing.all_said)
        code = lost(s, index, j);
    else if (!spool_copy(l->file[0], j->from[0], j->to[0], stdout))
        code = 2;
    /* Nothing of the lane is needed any more: the files begin anew. */
    if (--l->waiting == 0)
        for (unsigned i = 0; i < 2; i++)
            if (ftruncate(l->file[i], 0))
                break;
    return code;
}

static void worse(struct all *a, int code)
{
    a->code = code > a->code ? code : a->code;
}

static int work(struct all *a)
{
    while (a->out < a->begun || (a->begun < a->s->count && !interrupt_code())) {
        begin_some(a);
        if (a->running)
            listen(a);
        while (a->out < a->begun && a->job[a->out].state == DONE)
            worse(a, say(a, a->out++));
        show(a);
    }
    bar_erase(&a->bar);
    for (; a->out < a->s->count; a->out++)
        worse(a, a->s->not_begun(a->s->ctx, a->out));
    return a->code;
}

static bool make_lanes(struct all *a)
{
    unsigned width = a->s->width;

    a->job = calloc(a->s->count, sizeof(*a->job));
    a->lane = calloc(width, sizeof(*a->lane));
    a->poll = calloc(width, sizeof(*a->poll));
    for (unsigned i = 0; a->lane && i < 2 * width; i++)
        a->lane[i / 2].file[i % 2] = -1;
    if (!a->job || !a->lane || !a->poll)
        return false;
    for (unsigned i = 0; i < 2 * width; i++) {
        a->lane[i / 2].file[i % 2] = spool_new();
        if (a->lane[i / 2].file[i % 2] < 0)
            return false;
    }
    return true;
}

int side_by_side(const struct side_by_side *s)
{
    struct side_by_side narrow = *s;
    struct all a = {.s = &narrow};
    bool known = true;
    int code = 2;

    if (narrow.width > s->count)
        narrow.width = (unsigned)s->count;
    if (narrow.width > INTERRUPT_PROCESSES)
        narrow.width = INTERRUPT_PROCESSES;
    for (size_t i = 0; i < s->count; i++) {
        uint64_t size = s->size(s->ctx, i);

        a.size += size;
        known = known && size;
    }
    a.size = known ? a.size : 0;
    bar_begin(&a.bar, "records");
    errno = ENOMEM;
    if (make_lanes(&a))
        code = work(&a);
    else
        fprintf(stderr, "--jobs: no room for what traces print: %s\n", strerror(errno));
    for (unsigned i = 0; a.lane && i < 2 * narrow.width; i++)
        if (a.lane[i / 2].file[i % 2] >= 0)
            close(a.lane[i / 2].file[i % 2]);
    free(a.job);
    free(a.lane);
    free(a.poll);
    return code;
}
