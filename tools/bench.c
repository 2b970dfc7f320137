/* SPDX-License-Identifier: MIT */
/* bench: options, files and the clock; the work is in bench/. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/output.h"
#include "bench/points.h"
#include "cli/version.h"
#include "common/bar.h"
#include "common/heap.h"
#include "common/interrupt.h"

static const char help[] =
    "Usage: bench [OPTION]...\n"
    "Measure what synchronising notifiers costs: page walk, per-page translate and dirty, over\n"
    "shapes, sizes, densities, orders and depths of page tables, granularities and consumers. "
    "Prints\n"
    "the marks with what was measured.\n"
    "\n"
    "  -o, --output FILE      all of it as JSON (- is standard output: then the marks are not "
    "printed)\n"
    "      --quick            small cases only, a few seconds\n"
    "      --marks            only what the marks are taken from: under a minute\n"
    "      --full             per-page translate of 100,000 sparse tables, too: minutes\n"
    "      --qemu PATH        the same tables under this QEMU, by its own processor time\n"
    "      --preload FILE     the library that answers for VFIO (default: judge-vfio.so beside "
    "this\n"
    "                         program)\n"
    "      --traces DIR       captured traces, for their bytes a record (default: traces)\n"
    "      --keep DIR         write the traces made for the rates of replaying into it\n"
    "      --verbose          each case on standard error as it is measured\n"
    "      --help             print this text\n"
    "      --version          print the version\n"
    "\n"
    "A terminal on standard error shows how far it is. Interrupted once, it ends after the case "
    "under\n"
    "way and reports what was measured; interrupted twice, it ends at once.\n"
    "\n"
    "Exit codes: 0 measured, whatever the marks say; 2 bad usage, or it could not be measured;\n"
    "128 and the signal's number: interrupted.\n";

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The processor time of this process: what others do beside it is not counted, though they slow
 * it down. */
static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static uint64_t wall_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* What looking at the clock takes, to be left out. */
static uint64_t look_ns(void)
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < 1000; i++) {
        uint64_t start = now_ns(), took = now_ns() - start;

        best = took < best ? took : best;
    }
    return best;
}

#ifdef __GLIBC__
static uint64_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}
#define HEAP_BYTES heap_bytes
#else
#define HEAP_BYTES NULL
#endif

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    return 2;
}

enum {
    OPT_QUICK = 256,
    OPT_MARKS,
    OPT_FULL,
    OPT_QEMU,
    OPT_PRELOAD,
    OPT_TRACES,
    OPT_KEEP,
    OPT_VERBOSE,
    OPT_HELP,
    OPT_VERSION
};

static const struct option known[] = {{"output", required_argument, NULL, 'o'},
                                      {"quick", no_argument, NULL, OPT_QUICK},
                                      {"marks", no_argument, NULL, OPT_MARKS},
                                      {"full", no_argument, NULL, OPT_FULL},
                                      {"qemu", required_argument, NULL, OPT_QEMU},
                                      {"preload", required_argument, NULL, OPT_PRELOAD},
                                      {"traces", required_argument, NULL, OPT_TRACES},
                                      {"keep", required_argument, NULL, OPT_KEEP},
                                      {"verbose", no_argument, NULL, OPT_VERBOSE},
                                      {"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {NULL, 0, NULL, 0}};

struct usage {
    enum extent how_much;
    const char *output, *qemu, *preload, *traces, *keep;
    bool verbose;
};

/* 0, 1 for what prints and ends, or 2 after a complaint. */
static int take_option(int c, struct usage *u)
{
    switch (c) {
    case 'o': u->output = optarg; return 0;
    case OPT_QUICK: u->how_much = EXTENT_QUICK; return 0;
    case OPT_MARKS: u->how_much = EXTENT_MARKS; return 0;
    case OPT_FULL: u->how_much = EXTENT_FULL; return 0;
    case OPT_QEMU: u->qemu = optarg; return 0;
    case OPT_PRELOAD: u->preload = optarg; return 0;
    case OPT_TRACES: u->traces = optarg; return 0;
    case OPT_KEEP: u->keep = optarg; return 0;
    case OPT_VERBOSE: u->verbose = true; return 0;
    case OPT_HELP: return fputs(help, stdout) < 0 || fflush(stdout) ? 2 : 1;
    case OPT_VERSION: return printf("vtd-bench %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 1;
    default: fputs("Try 'bench --help'.\n", stderr); return 2;
    }
}

/* Who is told of each case. */
struct watcher {
    struct bar bar;
    bool verbose;
};

static void tell(void *ctx, const char *what, uint64_t cases, uint64_t done, uint64_t all)
{
    struct watcher *w = ctx;

    if (w->verbose)
        fprintf(stderr, "%s\n", what);
    snprintf(w->bar.before, sizeof(w->bar.before), "%.60s: ", what);
    bar_show(&w->bar, cases, done, all);
}

/* The library beside this program: as built, or as installed. */
static const char *beside(char *path, size_t room, const char *called)
{
    static const char *const places[] = {"judge-vfio.so", "../lib/vtd-replay/judge-vfio.so"};
    char self[3500];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    snprintf(self + (n > 0 ? n : 0), sizeof(self) - (size_t)(n > 0 ? n : 0), "%s",
             n > 0 ? "" : called);
    slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < 2; i++) {
        snprintf(path, room, "%.*s/%s", (int)(slash - self), self, places[i]);
        if (!access(path, R_OK))
            return path;
    }
    return NULL;
}

static int write_json(const struct usage *u, const struct bench *b, const struct marks *m,
                      const struct rates *rates, const struct real *real)
{
    bool to_file = strcmp(u->output, "-") != 0;
    FILE *f = to_file ? fopen(u->output, "w") : stdout;
    int rc;

    if (!f)
        return complain(u->output, strerror(errno));
    rc = output_json(f, b, m, rates, real);
    if (to_file && fclose(f))
        rc = -EIO;
    return rc ? complain(u->output, "could not be written") : 0;
}

/* All of it, as far as it is not interrupted. */
static int measure_all(const struct usage *u, const char *preload, struct bench *b,
                       struct rates *rates, struct real *real, struct err *e)
{
    struct watcher w = {.verbose = u->verbose};
    struct teller teller = {tell, &w};
    bool quick = u->how_much == EXTENT_QUICK;
    int rc;

    bar_begin(&w.bar, "cases");
    rc = floor_measure(&b->floor, &b->meter, UINT64_C(1) << (quick ? 24 : 28), e);
    if (!rc)
        rc = points_run(b, u->how_much, teller, e);
    if (!rc && u->verbose)
        fputs("whole traces\n", stderr);
    if (!rc)
        rc = rates_measure(rates, b, u->traces, u->keep, quick, e);
    if (!rc && u->qemu) {
        if (u->verbose)
            fputs("a real QEMU\n", stderr);
        rc = real_measure(real, b, u->qemu, preload, quick, e);
        real->count = rc ? 0 : real->count;
    }
    bar_erase(&w.bar);
    if (rc && interrupt_code()) {
        fprintf(stderr, "bench: interrupted; what follows is of the cases before\n");
        rc = 0;
    }
    return rc;
}

static int measure(const struct usage *u, const char *preload)
{
    struct bench b = {.meter = {now_ns, wall_ns, HEAP_BYTES, look_ns()},
                      .budget_ns = u->how_much == EXTENT_QUICK ? 1000000 : 10000000,
                      .runs_min = 3,
                      .runs_max = u->how_much == EXTENT_QUICK ? 5 : RUNS_MAX,
                      .progress = {.stop = interrupt_flag()}};
    struct rates rates = {.records = 0};
    struct real real = {.count = 0};
    struct marks marks;
    struct err e = {""};
    int rc;

    heap_keep();
    interrupt_catch(true);
    rc = measure_all(u, preload, &b, &rates, &real, &e);
    if (rc) {
        results_free(&b.results);
        return complain("not measured", *e.text ? e.text : strerror(-rc));
    }
    marks_take(&marks, &b.results, &rates);
    if (!u->output || strcmp(u->output, "-")) {
        marks_print(stdout, &marks);
        if (real.count) {
            putchar('\n');
            output_real(stdout, &real);
        }
    }
    rc = u->output ? write_json(u, &b, &marks, &rates, real.count ? &real : NULL) : 0;
    results_free(&b.results);
    return rc ? rc : interrupt_code();
}

int main(int argc, char **argv)
{
    static char name[] = "bench";
    const char *called = argc > 0 ? argv[0] : name;
    struct usage u = {.how_much = EXTENT_DEFAULT, .traces = "traces"};
    char library[4096];
    int c, rc = 0;

    if (argc > 0)
        argv[0] = name; /* for getopt's complaints */
    while (rc == 0 && (c = getopt_long(argc, argv, "o:", known, NULL)) != -1)
        rc = take_option(c, &u);
    if (rc)
        return rc == 1 ? 0 : rc;
    if (optind < argc) {
        fputs("bench: no argument but options expected\nTry 'bench --help'.\n", stderr);
        return 2;
    }
    if (u.qemu && !u.preload && !(u.preload = beside(library, sizeof(library), called)))
        return complain("judge-vfio.so", "not found beside this program; say --preload FILE");
    return measure(&u, u.preload);
}
