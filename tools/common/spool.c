/* SPDX-License-Identifier: MIT */
#include "common/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int spool_new(void)
{
    const char *dir = getenv("TMPDIR");
    char path[300];
    int fd;

    snprintf(path, sizeof(path), "%.250s/replay-XXXXXX", dir && *dir ? dir : "/tmp");
    fd = mkstemp(path);
    if (fd < 0)
        return -1;
    unlink(path);
    if (fcntl(fd, F_SETFL, O_APPEND) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

off_t spool_length(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? 0 : st.st_size;
}

bool spool_copy(int fd, off_t at, off_t end, FILE *to)
{
    char bytes[65536];

    while (at < end) {
        size_t want = end - at < (off_t)sizeof(bytes) ? (size_t)(end - at) : sizeof(bytes);
        ssize_t n = pread(fd, bytes, want, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || fwrite(bytes, 1, (size_t)n, to) != (size_t)n)
            return false;
        at += n;
    }
    return fflush(to) == 0 && !ferror(to);
}
