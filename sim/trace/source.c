/* SPDX-License-Identifier: MIT */
#include "trace/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t pull_file(void *ctx, uint8_t *dst, size_t cap)
{
    const struct source *s = ctx;

    for (;;) {
        ssize_t n = read(s->fd, dst, cap);

        if (n >= 0)
            return n;
        if (errno != EINTR)
            return -errno;
    }
}

static int system_error(struct err *err, int code, const char *doing)
{
    char text[128];

    if (strerror_r(code, text, sizeof(text)))
        memcpy(text, "unknown error", sizeof("unknown error"));
    return err_set(err, code, "%s: %s", doing, text);
}

int source_open(struct source *s, const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat st;
    int rc;

    *s = (struct source){.fd = STDIN_FILENO};
    if (!is_stdin) {
        s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (s->fd < 0)
            return system_error(err, errno, "cannot open");
        s->close_fd = true;
    }
    if (fstat(s->fd, &st) < 0) {
        rc = system_error(err, errno, "cannot look at it");
    } else if (S_ISDIR(st.st_mode)) {
        rc = err_set(err, EISDIR, "this is a directory, a trace file expected");
    } else {
        if (S_ISREG(st.st_mode))
            s->bytes = (uint64_t)st.st_size;
        s->seekable = S_ISREG(st.st_mode) && !is_stdin;
        rc = window_stream(&s->window, pull_file, s);
        if (rc)
            err_set(err, -rc, "out of memory");
    }
    if (rc)
        source_close(s);
    return rc;
}

void source_memory(struct source *s, const void *bytes, size_t length)
{
    *s = (struct source){.fd = -1, .seekable = true, .bytes = length};
    window_memory(&s->window, bytes, length);
}

int source_seek(struct source *s, uint64_t offset)
{
    if (s->fd < 0) {
        if (offset > s->window.len)
            return -EINVAL;
        s->window.pos = (size_t)offset;
        return 0;
    }
    if (!s->seekable || offset > INT64_MAX || lseek(s->fd, (off_t)offset, SEEK_SET) < 0)
        return -EINVAL;
    window_restart(&s->window, offset);
    return 0;
}

void source_close(struct source *s)
{
    window_close(&s->window);
    if (s->close_fd)
        close(s->fd);
    s->close_fd = false;
    s->fd = -1;
}
