/* SPDX-License-Identifier: MIT */
#include "common/job_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/bar.h"
#include "common/interrupt.h"

struct teller {
    int to;
    struct timespec last;
    struct standing standing;
};

static void tell(const struct teller *t)
{
    /* A full pipe: told another time. Where nobody reads any more there is nobody to work for. */
    if (write(t->to, &t->standing, sizeof(t->standing)) < 0 && errno == EPIPE)
        interrupt_end();
}

static void tell_now_and_then(void *ctx, uint64_t records, uint64_t bytes, uint64_t size)
{
    struct teller *t = ctx;

    (void)size;
    t->standing = (struct standing){records, bytes, 0};
    if (bar_due(&t->last))
        tell(t);
}

_Noreturn void job_process(const struct side_by_side *s, size_t index, int out, int err, int to)
{
    struct teller t = {.to = to};
    struct progress p = {tell_now_and_then, &t, interrupt_flag()};
    int code;

    signal(SIGPIPE, SIG_IGN); /* write() says it, and we end tidily */
    interrupt_inherit();
    if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
        _exit(2);
    fcntl(to, F_SETFL, O_NONBLOCK);
    code = s->run(s->ctx, index, &p);
    if (fflush(stdout) || ferror(stdout))
        code = 2;
    fcntl(to, F_SETFL, 0);
    t.standing.all_said = 1;
    tell(&t);
    exit(code);
}
