/* SPDX-License-Identifier: MIT */
#include "cli/part_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool part_name(char part[PART_PATH_BYTES], const char *path, pid_t process)
{
    int n = snprintf(part, PART_PATH_BYTES, "%s.%ld.part", path, (long)process);

    return n > 0 && n < PART_PATH_BYTES;
}

/* A new file beside `path`, with the rights of the one it will replace. Negative: not possible. */
static int open_beside(struct part_file *p)
{
    struct stat st;
    bool there = lstat(p->path, &st) == 0;
    int fd;

    if ((there && !S_ISREG(st.st_mode)) || (!there && errno != ENOENT) ||
        (there && access(p->path, W_OK)) || !part_name(p->part, p->path, getpid()))
        return -1;
    fd = open(p->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 && there && fchmod(fd, st.st_mode & 0777)) {
        close(fd);
        unlink(p->part);
        fd = -1;
    }
    return fd;
}

int part_open(struct part_file *p, const char *path, struct err *e)
{
    int fd;

    p->f = NULL;
    if (strlen(path) >= sizeof(p->path))
        return err_set(e, ENAMETOOLONG, "%s", strerror(ENAMETOOLONG));
    memcpy(p->path, path, strlen(path) + 1);
    fd = open_beside(p);
    if (fd < 0) {
        p->part[0] = 0;
        p->f = fopen(path, "w");
    } else {
        p->f = fdopen(fd, "w");
        if (!p->f) {
            close(fd);
            unlink(p->part);
        }
    }
    return p->f ? 0 : err_set(e, errno, "%s", strerror(errno));
}

int part_finish(struct part_file *p, struct err *e)
{
    bool failed = fflush(p->f) != 0 || ferror(p->f) != 0;
    int rc = 0;

    failed = fclose(p->f) != 0 || failed;
    p->f = NULL;
    if (failed)
        rc = err_set(e, EIO, "could not be written");
    else if (*p->part && rename(p->part, p->path))
        rc = err_set(e, errno, "%s", strerror(errno));
    if (rc && *p->part)
        unlink(p->part);
    p->part[0] = 0;
    return rc;
}

void part_drop(struct part_file *p)
{
    if (!p->f)
        return;
    fclose(p->f);
    p->f = NULL;
    if (*p->part)
        unlink(p->part);
    p->part[0] = 0;
}
