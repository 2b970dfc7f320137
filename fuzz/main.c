/* SPDX-License-Identifier: MIT */
/*
 * The driver of a target where no fuzzer brings its own: replays files and directories, or makes an
 * input a trace. With AFL++'s compiler and without arguments it is what afl-fuzz drives.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "fuzz.h"

#define INPUT_MAX (1u << 20)

static uint8_t input[INPUT_MAX];

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "fuzz: %s: %s\n", what, why);
    return 2;
}

/* The file's bytes to `input`, at most INPUT_MAX of them. -1: it cannot be read. */
static long take(FILE *f)
{
    size_t n = fread(input, 1, INPUT_MAX, f);

    return ferror(f) ? -1 : (long)n;
}

static long load(const char *path)
{
    FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    long n = f ? take(f) : -1;

    if (f && f != stdin)
        fclose(f);
    if (n < 0)
        complain(path, strerror(errno));
    return n;
}

/* An exact copy on the heap, so that a sanitizer sees a byte too far. */
static int execute(size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        return complain("input", "out of memory");
    memcpy(copy, input, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 0;
}

static unsigned long executed;
static unsigned long repeats = 1;

static int replay_file(const char *path)
{
    long n = load(path);
    int fault = n < 0 ? 2 : 0;

    for (unsigned long k = 0; k < repeats && !fault; k++, executed++)
        fault = execute((size_t)n);
    return fault;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int replay_path(const char *path)
{
    struct stat st;
    struct dirent **names;
    int count, fault = 0;

    if (strcmp(path, "-") && stat(path, &st))
        return complain(path, strerror(errno));
    if (!strcmp(path, "-") || !S_ISDIR(st.st_mode))
        return replay_file(path);
    count = scandir(path, &names, NULL, by_name);
    if (count < 0)
        return complain(path, strerror(errno));
    for (int n = 0; n < count; n++) {
        size_t room = strlen(path) + strlen(names[n]->d_name) + 2;
        char *inside = malloc(room);

        if (!inside)
            return complain(path, "out of memory");
        snprintf(inside, room, "%s/%s", path, names[n]->d_name);
        if (names[n]->d_name[0] != '.')
            fault |= replay_path(inside);
        free(inside);
        free(names[n]);
    }
    free(names);
    return fault;
}

static int put(void *ctx, const void *bytes, size_t n)
{
    return fwrite(bytes, 1, n, ctx) == n ? 0 : -EIO;
}

static int as_trace(const char *path)
{
    long n = load(path);
    struct err e = {""};

    if (n < 0)
        return 2;
    if (fuzz_as_trace(input, (size_t)n, (struct trace_sink){put, stdout}, &e))
        return complain(path, e.text);
    return 0;
}

static const char help[] =
    "Usage: fuzz_TARGET [--repeat N] PATH...\n"
    "       fuzz_TARGET --trace FILE\n"
    "\n"
    "Execute the target once for each file; of a directory, each file in it. Or print\n"
    "the input FILE as a trace. -: standard input. See docs/fuzzing.md.\n"
    "\n"
    "      --repeat N  each N times, and say how many executions that was a second of\n"
    "                  processor time\n"
    "      --trace     print the trace that the input is\n"
    "      --help      this text\n"
    "\n"
    "Exit code: 0 nothing was found; 2 usage, or a file that cannot be read; a finding\n"
    "aborts with a sentence.\n";

#ifdef __AFL_HAVE_MANUAL_CONTROL
#include <unistd.h> /* the macros call read() */

__AFL_FUZZ_INIT();

static int driven(void)
{
    unsigned char *shared;

    __AFL_INIT();
    shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(100000)) {
        int n = __AFL_FUZZ_TESTCASE_LEN;

        if (n < 0 || (unsigned)n > INPUT_MAX)
            continue;
        memcpy(input, shared, (size_t)n);
        execute((size_t)n);
    }
    return 0;
}
#else
static int driven(void)
{
    fputs(help, stderr);
    return 2;
}
#endif

static int replay_all(char **paths, int count)
{
    struct timespec from, to;
    int fault = 0;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int n = 0; n < count; n++)
        fault |= replay_path(paths[n]);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    if (!fault && repeats > 1) {
        double seconds =
            (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);

        printf("%lu executions, %.0f a second of processor time\n", executed,
               (double)executed / seconds);
    } else if (!fault) {
        printf("%lu executions\n", executed);
    }
    return fault;
}

int main(int argc, char **argv)
{
#ifdef __GLIBC__ /* what one execution frees the next takes: not back to the kernel and anew */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 24);
    mallopt(M_MMAP_THRESHOLD, 1 << 25);
#endif
    if (argc == 1)
        return driven();
    if (!strcmp(argv[1], "--help")) {
        fputs(help, stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--trace"))
        return argc == 3 ? as_trace(argv[2]) : complain("--trace", "one FILE expected");
    if (!strcmp(argv[1], "--repeat")) {
        repeats = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
        if (!repeats)
            return complain("--repeat", "a number and a PATH expected");
        return replay_all(argv + 3, argc - 3);
    }
    if (argv[1][0] == '-' && argv[1][1])
        return complain(argv[1], "no such option; try --help");
    return replay_all(argv + 1, argc - 1);
}
