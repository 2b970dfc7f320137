/* SPDX-License-Identifier: MIT */
/* judge: give traces to a real QEMU and compare; the work is in judge/. */
#include "../judge/judge.h"
#include "../judge/shrink.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/parse.h"
#include "cli/version.h"

#define LIBRARY "judge-vfio.so"
#define SET_MAX 32

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "judge: %s: %s\n", what, why);
    return 2;
}

static int bad_usage(const char *why)
{
    fprintf(stderr, "judge: %s\nTry 'judge --help'.\n", why);
    return 2;
}

/* The library beside the program, or where `make install` puts it. */
static bool find_library(char *to, size_t room)
{
    char self[3000];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (n <= 0)
        return false;
    self[n] = 0;
    slash = strrchr(self, '/');
    if (!slash)
        return false;
    *slash = 0;
    snprintf(to, room, "%s/%s", self, LIBRARY);
    if (access(to, R_OK) == 0)
        return true;
    snprintf(to, room, "%s/../lib/vtd-replay/%s", self, LIBRARY);
    return access(to, R_OK) == 0;
}

enum {
    OPT_QEMU = 256,
    OPT_PROFILE,
    OPT_ACCEL,
    OPT_SET,
    OPT_LIMIT,
    OPT_CALLS,
    OPT_EDU,
    OPT_VHOST,
    OPT_RECORD,
    OPT_PRELOAD,
    OPT_SHRINK,
    OPT_SHRINK_RUNS,
    OPT_VFIO_HOST,
    OPT_QUIET,
    OPT_HELP,
    OPT_VERSION
};

static const struct option known[] = {{"qemu", required_argument, NULL, OPT_QEMU},
                                      {"profile", required_argument, NULL, OPT_PROFILE},
                                      {"accel", required_argument, NULL, OPT_ACCEL},
                                      {"set", required_argument, NULL, OPT_SET},
                                      {"dma-limit", required_argument, NULL, OPT_LIMIT},
                                      {"calls-only", no_argument, NULL, OPT_CALLS},
                                      {"edu", required_argument, NULL, OPT_EDU},
                                      {"vhost", required_argument, NULL, OPT_VHOST},
                                      {"record", required_argument, NULL, OPT_RECORD},
                                      {"preload", required_argument, NULL, OPT_PRELOAD},
                                      {"shrink", required_argument, NULL, OPT_SHRINK},
                                      {"shrink-runs", required_argument, NULL, OPT_SHRINK_RUNS},
                                      {"vfio-host", no_argument, NULL, OPT_VFIO_HOST},
                                      {"quiet", no_argument, NULL, OPT_QUIET},
                                      {"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {NULL, 0, NULL, 0}};

struct usage {
    struct judge_options o;
    bdf_t edu[EDU_MAX], vhost[EDU_MAX];
    const char *set[SET_MAX];
    const char *record;
    const char *shrink;
    uint64_t shrink_runs;
    bool quiet;
};

/* 0, 1 for what prints and ends, or 2 after a complaint. */
static int take_option(int c, struct usage *u)
{
    struct err e;

    switch (c) {
    case OPT_QEMU: u->o.qemu = optarg; return 0;
    case OPT_PROFILE: u->o.profile = optarg; return 0;
    case OPT_ACCEL:
        u->o.accel = optarg;
        if (!strcmp(optarg, "tcg") || !strcmp(optarg, "qtest"))
            return 0;
        return bad_usage("--accel: tcg or qtest expected");
    case OPT_SET:
        if (u->o.set_count == SET_MAX)
            return bad_usage("--set: at most 32 fields expected");
        u->set[u->o.set_count++] = optarg;
        u->o.set = u->set;
        return 0;
    case OPT_LIMIT:
        return arg_number("--dma-limit", optarg, &u->o.dma_limit, &e) ? bad_usage(e.text) : 0;
    case OPT_EDU:
        if (u->o.edu_count == EDU_MAX)
            return bad_usage("--edu: at most 8 devices expected");
        u->o.edu = u->edu;
        return arg_bdf("--edu", optarg, &u->edu[u->o.edu_count++], &e) ? bad_usage(e.text) : 0;
    case OPT_VHOST:
        if (u->o.vhost_count == EDU_MAX)
            return bad_usage("--vhost: at most 8 devices expected");
        u->o.vhost = u->vhost;
        return arg_bdf("--vhost", optarg, &u->vhost[u->o.vhost_count++], &e) ? bad_usage(e.text)
                                                                             : 0;
    case OPT_CALLS: u->o.calls_only = true; return 0;
    case OPT_RECORD: u->record = optarg; return 0;
    case OPT_PRELOAD: u->o.preload = optarg; return 0;
    case OPT_SHRINK: u->shrink = optarg; return 0;
    case OPT_SHRINK_RUNS:
        return arg_number("--shrink-runs", optarg, &u->shrink_runs, &e) ? bad_usage(e.text) : 0;
    case OPT_VFIO_HOST: u->o.vfio_host = true; return 0;
    case OPT_QUIET: u->quiet = true; return 0;
    case OPT_HELP: return fputs(judge_help, stdout) < 0 || fflush(stdout) ? 2 : 1;
    case OPT_VERSION: return printf("vtd-judge %s\n", VTR_VERSION) < 0 || fflush(stdout) ? 2 : 1;
    default: fputs("Try 'judge --help'.\n", stderr); return 2;
    }
}

static int show(const char *trace, const struct judged *j, bool quiet)
{
    char vhosts[48] = "";

    if (j->vhosts)
        snprintf(vhosts, sizeof(vhosts), "%zu with vhost, ", j->vhosts);
    if (j->judgement == CANNOT)
        return complain(trace, j->why);
    if (*j->note && !quiet)
        fprintf(stderr, "judge: %s: %s\n", trace, j->note);
    if (j->judgement == DIFFER) {
        printf("%s: differs at %s\n", trace, j->why);
        return 1;
    }
    if (!quiet)
        printf("%s: agrees: QEMU %s and %s, %" PRIu64 " records (%" PRIu64 " passed over), %zu "
               "devices, %s%" PRIu64 " calls, %" PRIu64 " reads, %" PRIu64 " accesses, %" PRIu64
               " registers, %" PRIu64 " statuses%s\n",
               trace, j->qemu, j->profile, j->records, j->skipped, j->devices, vhosts, j->calls,
               j->reads, j->accesses, j->registers, j->stores, j->aborted ? "; both ended" : "");
    return 0;
}

static int judge_all(struct usage *u, int count, char **traces)
{
    int code = 0;

    for (int i = 0; i < count; i++) {
        struct judged j;
        int c;

        judge_trace(traces[i], &u->o, &j);
        c = show(traces[i], &j, u->quiet);
        code = c > code ? c : code;
        if (fflush(stdout))
            return complain("-", strerror(errno));
    }
    return code;
}

/* --shrink: the trace that is left, and where it differs. */
static int shrink_one(struct usage *u, int count, char **traces)
{
    struct judge_shrunk s;
    struct err e = {""};

    if (count != 1 || u->record)
        return bad_usage("--shrink: one TRACE and no --record expected");
    if (judge_shrink(traces[0], &u->o, u->shrink_runs, u->shrink, &s, &e))
        return complain(traces[0], e.text);
    if (s.judged.judgement == DIFFER)
        printf("%s: %" PRIu64 " records, before %" PRIu64 "; %" PRIu64 " plays%s\n", u->shrink,
               s.stats.after, s.stats.before, s.stats.runs,
               s.stats.limited ? " (no more are allowed: it may not be the shortest)" : "");
    return show(s.judged.judgement == DIFFER ? u->shrink : traces[0], &s.judged, u->quiet);
}

static int with_record(struct usage *u, int count, char **traces)
{
    int code;

    if (u->shrink)
        return shrink_one(u, count, traces);
    if (!u->record)
        return judge_all(u, count, traces);
    if (count != 1)
        return bad_usage("--record: one TRACE expected");
    u->o.record = fopen(u->record, "w");
    if (!u->o.record)
        return complain(u->record, strerror(errno));
    code = judge_all(u, count, traces);
    return fclose(u->o.record) ? complain(u->record, strerror(errno)) : code;
}

int main(int argc, char **argv)
{
    static char name[] = "judge";
    struct usage u = {.o = {.qemu = "qemu-system-x86_64", .dma_limit = 65535}, .shrink_runs = 300};
    char library[4096];
    int c, rc = 0;

    if (argc > 0)
        argv[0] = name; /* for getopt's complaints */
    while (rc == 0 && (c = getopt_long(argc, argv, "", known, NULL)) != -1)
        rc = take_option(c, &u);
    if (rc)
        return rc == 1 ? 0 : rc;
    if (u.o.edu_count && u.o.accel && strcmp(u.o.accel, "tcg"))
        return bad_usage("--edu: needs --accel tcg: the device waits by the processor's clock");
    if (optind >= argc)
        return bad_usage("no trace given");
    if (!u.o.preload) {
        if (!find_library(library, sizeof(library)))
            return complain(LIBRARY, "not found beside this program; say --preload FILE");
        u.o.preload = library;
    }
    return with_record(&u, argc - optind, argv + optind);
}
