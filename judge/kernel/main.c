/* SPDX-License-Identifier: MIT */
/* kernel-calls: lists of calls for the kernel's VFIO, and its results judged. See run.sh. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "cli/parse.h"

static const char help[] =
    "Usage: kernel-calls draw [--seed S] [--calls N]\n"
    "       kernel-calls answer LIST\n"
    "       kernel-calls compare [--break RULE] LIST RESULTS\n"
    "Calls to the kernel's VFIO (type1v2), and what becomes of them.\n"
    "\n"
    "draw: a list of N (20000) map and unmap calls, from a seed (1); form: judge/kernel/listed.h\n"
    "answer: the results as our preloaded library has them, as the guest's caller writes them\n"
    "compare: results of a real kernel with our two type1 (judge/vfio and replay's)\n"
    "  --break RULE           leave a rule of ours out, to see that this is noticed: overlap, "
    "cut,\n"
    "                         limit, window, aperture, memory, bytes\n"
    "\n"
    "Exit codes: 0 done, all the same; 1 different; 2 bad usage or an unusable file.\n";

static const struct option known[] = {{"seed", required_argument, NULL, 's'},
                                      {"calls", required_argument, NULL, 'n'},
                                      {"break", required_argument, NULL, 'b'},
                                      {"help", no_argument, NULL, 'h'},
                                      {NULL, 0, NULL, 0}};

static int bad_usage(const char *why)
{
    fprintf(stderr, "kernel-calls: %s\nTry 'kernel-calls --help'.\n", why);
    return 2;
}

static int run(const char *what, int count, char **files, uint64_t seed, uint64_t calls,
               const char *rule)
{
    struct answer none = {0};

    if (!strcmp(what, "draw") && count == 0) {
        draw_list(stdout, seed, calls);
        return 0;
    }
    if (!strcmp(what, "answer") && count == 1)
        return answer_file(files[0], stdout);
    if (strcmp(what, "compare") || count != 2)
        return bad_usage("draw, answer LIST or compare LIST RESULTS expected");
    if (rule && !break_rule(rule, &(struct listed){.op = OP_LOCK}, &none)) {
        fprintf(stderr, "kernel-calls: --break %s: one of %s expected\n", rule, break_rules);
        return 2;
    }
    return compare_files(files[0], files[1], rule);
}

int main(int argc, char **argv)
{
    static char name[] = "kernel-calls";
    uint64_t seed = 1, calls = 20000;
    const char *rule = NULL;
    struct err e;
    int c, rc = 0;

    if (argc > 0)
        argv[0] = name;
    while (!rc && (c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 's': rc = arg_number("--seed", optarg, &seed, &e) ? bad_usage(e.text) : 0; break;
        case 'n': rc = arg_number("--calls", optarg, &calls, &e) ? bad_usage(e.text) : 0; break;
        case 'b': rule = optarg; break;
        case 'h': return fputs(help, stdout) < 0 || fflush(stdout) ? 2 : 0;
        default: rc = bad_usage("an unknown option");
        }
    }
    if (rc)
        return rc;
    if (optind >= argc)
        return bad_usage("nothing to do");
    rc = run(argv[optind], argc - optind - 1, argv + optind + 1, seed, calls, rule);
    return fflush(stdout) ? 2 : rc;
}
