/* SPDX-License-Identifier: MIT */
#include "backend.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_SECONDS 20 /* for the rest of a message */

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int backend_open(struct backend *b, bdf_t device, const char *path, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    memset(b, 0, sizeof(*b));
    b->bdf = device;
    b->front = b->requests = -1;
    snprintf(b->path, sizeof(b->path), "%s", path);
    memcpy(at.sun_path, b->path, sizeof(b->path));
    b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (b->listener < 0 || bind(b->listener, (struct sockaddr *)&at, sizeof(at)) ||
        listen(b->listener, 1))
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    return 0;
}

void backend_close(struct backend *b)
{
    shut(&b->listener);
    shut(&b->front);
    shut(&b->requests);
    calls_free(&b->heard);
}

unsigned backend_watched(const struct backend *b, int to[2])
{
    unsigned n = 0;

    if (b->front >= 0)
        to[n++] = b->front;
    else if (b->listener >= 0)
        to[n++] = b->listener;
    if (b->requests >= 0)
        to[n++] = b->requests;
    return n;
}

static int limit_waits(int fd)
{
    struct timeval t = {.tv_sec = PATIENCE_SECONDS};

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

static int take_connection(struct backend *b, struct err *e)
{
    b->front = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
    if (b->front < 0 || limit_waits(b->front))
        return err_set(e, errno, "vhost-user: no connection: %s", strerror(errno));
    shut(&b->listener);
    unlink(b->path);
    return 0;
}

/* Descriptors that came with a message: the last one is kept for the caller, -1 when none. */
static int last_descriptor(struct msghdr *m)
{
    int last = -1, got[16];

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        if (n > sizeof(got) / sizeof(*got))
            n = sizeof(got) / sizeof(*got);
        memcpy(got, CMSG_DATA(c), n * sizeof(int));
        for (size_t i = 0; i < n; i++) {
            shut(&last);
            last = got[i];
        }
    }
    return last;
}

/* 1: a message; 0: the other side is gone; negative: a sentence. */
static int take_message(int fd, struct vu_header *h, union vu_payload *p, int *descriptor,
                        struct err *e)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec io = {h, sizeof(*h)};
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    ssize_t got;

    do
        got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    while (got < 0 && errno == EINTR);
    *descriptor = got > 0 ? last_descriptor(&m) : -1;
    if (got == 0 || (got < 0 && errno == ECONNRESET))
        return 0;
    if (got != sizeof(*h) || h->bytes > sizeof(*p))
        return err_set(e, EPROTO, "vhost-user: a broken message of QEMU");
    memset(p, 0, sizeof(*p));
    do
        got = h->bytes ? recv(fd, p, h->bytes, MSG_WAITALL) : 0;
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)h->bytes
               ? 1
               : err_set(e, EPROTO, "vhost-user: message %u of QEMU is cut", (unsigned)h->request);
}

static int put(int fd, uint32_t request, uint32_t flags, const void *payload, size_t n,
               struct err *e)
{
    struct vu_header h = {request, VU_VERSION | flags, (uint32_t)n};
    struct iovec io[2] = {{&h, sizeof(h)}, {(void *)(uintptr_t)payload, n}};
    struct msghdr m = {.msg_iov = io, .msg_iovlen = 2};
    ssize_t sent;

    do
        sent = sendmsg(fd, &m, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)(sizeof(h) + n) || (sent < 0 && (errno == EPIPE || errno == ECONNRESET)))
        return 0; /* that QEMU is gone is seen by who waits for it */
    return err_set(e, EIO, "vhost-user: writing to QEMU failed");
}

static bool find_gpa(const struct vu_memory *m, uint64_t address, gpa_t *out)
{
    for (unsigned i = 0; i < m->count; i++) {
        uint64_t first = m->area[i].address;

        if (address < first || address - first >= m->area[i].bytes)
            continue;
        *out = gpa(m->area[i].gpa + (address - first));
        return true;
    }
    return false;
}

static int take_iotlb(struct backend *b, const struct vu_iotlb *x, struct err *e)
{
    struct call c = {.bdf = b->bdf, .iova = iova(x->iova), .bytes = x->size};
    uint64_t last = x->iova + (x->size - 1);

    if (x->type == IOTLB_UPDATE) {
        c.perm = (enum perm)(x->perm & 3);
        c.gpa_known = find_gpa(&b->memory, x->address, &c.gpa);
        table_give(&b->table, (struct table_entry){x->iova, last, c.gpa.v, x->perm & 3u});
    } else if (x->type == IOTLB_INVALIDATE) {
        c.unmap = true;
        table_take(&b->table, x->iova, last);
    } else {
        return err_set(e, EPROTO, "vhost-user: QEMU sent an IOTLB message of type %u",
                       (unsigned)x->type);
    }
    if (!b->quiet && calls_add(&b->heard, c))
        return err_set(e, ENOMEM, "out of memory");
    return 0;
}

/* What a message asks for; `number` is the reply where it has one of its own. */
static int obey(struct backend *b, const struct vu_header *h, const union vu_payload *p,
                bool *replies, uint64_t *number, struct err *e)
{
    *replies = true;
    *number = 0;
    switch (h->request) {
    case VU_GET_FEATURES:
        *number = FEATURE_VU_PROTOCOL | FEATURE_VERSION_1 | FEATURE_IOMMU_PLATFORM;
        return 0;
    case VU_GET_PROTOCOL_FEATURES: *number = PROTOCOL_REPLY_ACK | PROTOCOL_REQUESTS; return 0;
    case VU_GET_QUEUE_NUM: *number = 1; return 0;
    case VU_GET_VRING_BASE: /* the rings stop: the next table is a new one */
        *number = p->number & UINT32_MAX;
        b->table.count = 0;
        return 0;
    case VU_SET_MEM_TABLE:
        b->memory = p->memory;
        *replies = false;
        return b->memory.count <= VU_AREAS_MAX
                   ? 0
                   : err_set(e, EPROTO, "vhost-user: more areas of memory than agreed");
    case VU_IOTLB: *replies = false; return take_iotlb(b, &p->iotlb, e);
    default: *replies = false; return 0;
    }
}

static int serve_front(struct backend *b, struct err *e)
{
    union vu_payload p;
    struct vu_header h;
    int descriptor, rc = take_message(b->front, &h, &p, &descriptor, e);
    uint64_t number;
    bool replies;

    if (rc == 1 && h.request == VU_SET_REQUEST_FD) {
        shut(&b->requests);
        b->requests = descriptor;
        descriptor = -1;
        if (b->requests >= 0)
            limit_waits(b->requests);
    }
    shut(&descriptor);
    if (rc == 0)
        shut(&b->front);
    if (rc <= 0)
        return rc;
    rc = obey(b, &h, &p, &replies, &number, e);
    if (!rc && (replies || (h.flags & VU_NEED_REPLY)))
        rc = put(b->front, h.request, VU_REPLY, &number, sizeof(number), e);
    return rc;
}

static int serve_requests(struct backend *b, struct err *e)
{
    union vu_payload p;
    struct vu_header h;
    int descriptor, rc = take_message(b->requests, &h, &p, &descriptor, e);

    shut(&descriptor);
    if (rc == 0)
        shut(&b->requests);
    if (rc <= 0)
        return rc;
    b->answered = true;
    b->answer = p.number;
    return 0;
}

int backend_serve(struct backend *b, int fd, struct err *e)
{
    if (fd == b->listener)
        return take_connection(b, e);
    return fd == b->front ? serve_front(b, e) : fd == b->requests ? serve_requests(b, e) : 0;
}

int backend_miss(struct backend *b, iova_t at, bool write, struct err *e)
{
    struct vu_iotlb x = {.iova = at.v, .perm = write ? 2 : 1, .type = IOTLB_MISS};

    b->answered = false;
    if (b->requests < 0)
        return err_set(e, ENOTCONN, "vhost-user: QEMU gave no channel for requests");
    return put(b->requests, VU_BACKEND_IOTLB, VU_NEED_REPLY, &x, sizeof(x), e);
}

int backend_take(struct backend *b, struct call_list *to)
{
    int rc = 0;

    for (size_t i = 0; i < b->heard.count && !rc; i++)
        rc = calls_add(to, b->heard.calls[i]);
    calls_clear(&b->heard);
    return rc;
}

bool backend_finds(const struct backend *b, iova_t at, gpa_t *out)
{
    const struct table_entry *e = table_find(&b->table, at.v);

    if (e)
        *out = gpa(e->gpa + (at.v - e->first));
    return e != NULL;
}
