/* SPDX-License-Identifier: MIT */
/* QEMU waits for its backends in the middle of what we wait for: whoever waits serves them, too. */
#include "../machine_inside.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "backend.h"

/* poll, with the one backend that each descriptor but the first belongs to. */
struct watched {
    struct pollfd fd[1 + 2 * VHOSTS_MAX];
    struct backend *owner[1 + 2 * VHOSTS_MAX];
    unsigned count;
};

static void watch(struct watched *w, struct machine *m, int fd)
{
    w->fd[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->count = 1;
    for (size_t i = 0; i < m->backend_count; i++) {
        int fds[2];
        unsigned n = backend_watched(&m->backends[i], fds);

        for (unsigned k = 0; k < n; k++, w->count++) {
            w->fd[w->count] = (struct pollfd){.fd = fds[k], .events = POLLIN};
            w->owner[w->count] = &m->backends[i];
        }
    }
}

/* One wait: 1 for input at any of them, 0 for none in time, -1 when a backend cannot go on. */
static int round_of(struct watched *w, int ms, struct err *e)
{
    int rc;

    do
        rc = poll(w->fd, w->count, ms);
    while (rc < 0 && errno == EINTR);
    for (unsigned i = 1; rc > 0 && i < w->count; i++)
        if (w->fd[i].revents && backend_serve(w->owner[i], w->fd[i].fd, e))
            return -1;
    return rc > 0;
}

enum answer machine_wait(struct machine *m, int fd, bool *here, const bool *done, struct err *e)
{
    struct watched w;

    while (!*here && !(done && *done)) {
        watch(&w, m, fd);
        switch (round_of(&w, TIMEOUT_SECONDS * 1000, e)) {
        case 0:
            err_set(e, ETIMEDOUT, "QEMU did not answer within %d seconds", TIMEOUT_SECONDS);
            return FAILED;
        case 1: break;
        default: return FAILED;
        }
        *here = w.fd[0].revents != 0;
    }
    return ANSWERED;
}

enum answer machine_linger(struct machine *m, unsigned ms, struct err *e)
{
    struct watched w;

    watch(&w, m, -1); /* poll() passes over it */
    return round_of(&w, (int)ms, e) < 0 ? FAILED : ANSWERED;
}

/* QEMU says nothing by itself on the qtest line: input there is its end. */
enum answer machine_serve(struct machine *m, const bool *done, struct err *e)
{
    bool here = false;
    enum answer a = machine_wait(m, m->qtest.fd, &here, done, e);

    return a == ANSWERED && !*done ? DIED : a;
}
