/* SPDX-License-Identifier: MIT */
#include "common/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "report/show.h"

#define BETWEEN_SECONDS 0.2

double bar_seconds(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

bool bar_due(struct timespec *last)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (bar_seconds(*last, now) < BETWEEN_SECONDS)
        return false;
    *last = now;
    return true;
}

void bar_begin(struct bar *b, const char *unit)
{
    const char *terminal = getenv("TERM");

    *b = (struct bar){.unit = unit};
    b->wanted = isatty(STDERR_FILENO) && !(terminal && !strcmp(terminal, "dumb"));
    clock_gettime(CLOCK_MONOTONIC, &b->start);
    b->last = b->start;
}

/* "3.1 M/s" */
static void show_rate(double rate)
{
    static const char *const scale[] = {"", " k", " M", " G"};
    unsigned s = 0;

    for (; rate >= 1000 && s < 3; s++)
        rate /= 1000;
    fprintf(stderr, ", %.*f%s/s", s && rate < 100 ? 1 : 0, rate, scale[s]);
}

static void show_left(double left)
{
    unsigned long s;

    if (left >= 360000)
        return; /* hundred hours: nobody knows */
    s = (unsigned long)(left + 0.5);
    if (s >= 3600)
        fprintf(stderr, ", %lu:%02lu:%02lu left", s / 3600, s / 60 % 60, s % 60);
    else
        fprintf(stderr, ", %lu:%02lu left", s / 60, s % 60);
}

void bar_show(void *bar, uint64_t done, uint64_t bytes, uint64_t size)
{
    struct bar *b = bar;
    double gone;

    if (!b->wanted || !bar_due(&b->last))
        return;
    gone = bar_seconds(b->start, b->last);
    fprintf(stderr, "\r%s%s %s", b->before, show_count(done).text, b->unit);
    show_rate((double)done / gone);
    if (size && bytes <= size) {
        double share = (double)bytes / (double)size;

        fprintf(stderr, ", %.0f %%", 100 * share);
        if (bytes)
            show_left(gone / share - gone);
    }
    fputs("\033[K", stderr);
    b->shown = true;
}

void bar_erase(struct bar *b)
{
    if (b->shown)
        fputs("\r\033[K", stderr);
    b->shown = false;
}

struct progress bar_progress(struct bar *b)
{
    return (struct progress){
        .show = b->wanted ? bar_show : NULL, .ctx = b, .stop = interrupt_flag()};
}
