/* SPDX-License-Identifier: MIT */
#include "report/html_space.h"

#include <string.h>

#define PAGE_SHIFT 12u
#define SHIFT_MOST 63u

void html_space_init(struct html_space *s)
{
    memset(s, 0, sizeof(*s));
    s->shift = PAGE_SHIFT;
    for (unsigned i = 0; i < HTML_ROWS; i++)
        for (unsigned a = 0; a < HTML_AXES; a++)
            s->row[i].axis[a] = &s->cells[i][a];
}

static uint32_t narrow(uint64_t v)
{
    return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

static void join(struct html_row *into, const struct html_row *from)
{
    into->now += from->now;
    for (unsigned a = 0; a < HTML_AXES; a++)
        for (unsigned i = 0; i < HTML_BINS; i++)
            into->axis[a]->pages[i] =
                narrow((uint64_t)into->axis[a]->pages[i] + from->axis[a]->pages[i]);
}

/* Row `i` goes; its cells are kept, empty, behind the others. */
static void drop(struct html_space *s, unsigned i)
{
    struct html_row gone = s->row[i];

    memmove(&s->row[i], &s->row[i + 1], (s->rows - i - 1) * sizeof(s->row[0]));
    s->row[--s->rows] = gone;
    for (unsigned a = 0; a < HTML_AXES; a++)
        memset(gone.axis[a], 0, sizeof(*gone.axis[a]));
}

/* Regions twice as large. */
static void coarser(struct html_space *s)
{
    s->shift++;
    for (unsigned i = 0; i < s->rows; i++)
        s->row[i].id >>= 1;
    for (unsigned i = 1; i < s->rows;) {
        if (s->row[i].id != s->row[i - 1].id) {
            i++;
            continue;
        }
        join(&s->row[i - 1], &s->row[i]);
        drop(s, i);
    }
}

/* The first row whose id is not below. */
static unsigned place(const struct html_space *s, uint64_t id)
{
    unsigned i = 0;

    while (i < s->rows && s->row[i].id < id)
        i++;
    return i;
}

/* How many rows the range would add. */
static uint64_t missing(const struct html_space *s, struct iova_range r)
{
    uint64_t first = r.first.v >> s->shift, last = r.last.v >> s->shift;
    unsigned there = 0;

    for (unsigned i = place(s, first); i < s->rows && s->row[i].id <= last; i++)
        there++;
    return last - first - there + 1; /* at least 1 region is at most 2^52 of them: no wrap */
}

static void insert(struct html_space *s, uint64_t id)
{
    unsigned i = place(s, id);
    struct html_row fresh;

    if (s->rows == HTML_ROWS || (i < s->rows && s->row[i].id == id))
        return;
    fresh = s->row[s->rows]; /* its cells are empty */
    memmove(&s->row[i + 1], &s->row[i], (s->rows - i) * sizeof(s->row[0]));
    fresh.id = id;
    fresh.now = 0;
    s->row[i] = fresh;
    s->rows++;
}

/* Pages of the range in one region. */
static uint64_t pages_in(const struct html_space *s, uint64_t id, struct iova_range r)
{
    uint64_t first = id << s->shift, last = first + ((UINT64_C(1) << s->shift) - 1);

    if (first < r.first.v)
        first = r.first.v;
    if (last > r.last.v)
        last = r.last.v;
    return (last >> PAGE_SHIFT) - (first >> PAGE_SHIFT) + 1;
}

static void touch(struct html_row *row, const unsigned bin[HTML_AXES])
{
    for (unsigned a = 0; a < HTML_AXES; a++)
        if (row->axis[a]->pages[bin[a]] < narrow(row->now))
            row->axis[a]->pages[bin[a]] = narrow(row->now);
}

void html_space_add(struct html_space *s, struct iova_range r, const unsigned bin[HTML_AXES])
{
    uint64_t last;

    while (s->rows + missing(s, r) > HTML_ROWS && s->shift < SHIFT_MOST)
        coarser(s);
    last = r.last.v >> s->shift;
    for (uint64_t id = r.first.v >> s->shift; id <= last; id++)
        insert(s, id);
    for (unsigned i = place(s, r.first.v >> s->shift); i < s->rows && s->row[i].id <= last; i++) {
        s->row[i].now += pages_in(s, s->row[i].id, r);
        touch(&s->row[i], bin);
    }
}

void html_space_remove(struct html_space *s, struct iova_range r, const unsigned bin[HTML_AXES])
{
    uint64_t last = r.last.v >> s->shift;

    for (unsigned i = place(s, r.first.v >> s->shift); i < s->rows && s->row[i].id <= last; i++) {
        uint64_t n = pages_in(s, s->row[i].id, r);

        touch(&s->row[i], bin); /* what was held in this bin until now */
        s->row[i].now -= n < s->row[i].now ? n : s->row[i].now;
    }
}

void html_space_carry(struct html_space *s, enum html_axis a, unsigned from, unsigned to)
{
    for (unsigned r = 0; r < s->rows; r++)
        for (unsigned i = from; i <= to && i < HTML_BINS; i++)
            s->row[r].axis[a]->pages[i] = narrow(s->row[r].now);
}

void html_space_fold(struct html_space *s, enum html_axis a)
{
    for (unsigned r = 0; r < s->rows; r++) {
        uint32_t *p = s->row[r].axis[a]->pages;

        for (unsigned i = 0; i < HTML_BINS / 2; i++)
            p[i] = p[2 * i] > p[2 * i + 1] ? p[2 * i] : p[2 * i + 1];
        memset(p + HTML_BINS / 2, 0, HTML_BINS / 2 * sizeof(*p));
    }
}
