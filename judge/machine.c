/* SPDX-License-Identifier: MIT */
/* The process: started with its sockets and its log, watched, ended by its own id. */
#include "machine_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Descriptors as the child has them: 0 and 1 qtest, 2 its messages. */
enum { CHILD_LOG = 3, CHILD_QMP = 4, CHILD_CONTROL = 5, CHILD_FDS };

struct ends {
    int qtest, qmp; /* the child's ends */
};

static void close_if(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A file in memory that both processes write to or read. */
static int memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

static int open_ends(struct machine *m, struct ends *child, struct err *e)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return err_set(e, errno, "socketpair: %s", strerror(errno));
    m->qtest.fd = pair[0];
    child->qtest = pair[1];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return err_set(e, errno, "socketpair: %s", strerror(errno));
    m->qmp.fd = pair[0];
    child->qmp = pair[1];
    m->log_fd = memory_file("vtd-judge-log");
    m->stderr_fd = memory_file("vtd-judge-stderr");
    m->control_fd = memory_file("vtd-judge-control");
    if (m->log_fd < 0 || m->stderr_fd < 0 || m->control_fd < 0)
        return err_set(e, errno, "memfd_create: %s", strerror(errno));
    return 0;
}

/* What the library is told from the start. */
static int open_control(struct machine *m, const struct control *c, struct err *e)
{
    void *p = MAP_FAILED;

    if (!ftruncate(m->control_fd, sizeof(*c)))
        p = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, m->control_fd, 0);
    if (p == MAP_FAILED)
        return err_set(e, errno, "mmap: %s", strerror(errno));
    m->control = p;
    *m->control = *c;
    return 0;
}

/* In the child: put the descriptors where they belong; moved out of the way first. */
static void take_places(const struct machine *m, const struct ends *child)
{
    int from[] = {child->qtest, child->qtest, m->stderr_fd, m->log_fd, child->qmp, m->control_fd};
    int high[CHILD_FDS];

    for (int i = 0; i < CHILD_FDS; i++)
        high[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 32);
    for (int i = 0; i < CHILD_FDS; i++)
        if (high[i] < 0 || dup2(high[i], i) < 0)
            _exit(126);
}

static void set_environment(const struct machine_config *c)
{
    char number[32];

    setenv("LD_PRELOAD", c->preload, 1);
    snprintf(number, sizeof(number), "%d", CHILD_LOG);
    setenv("VTD_JUDGE_LOG_FD", number, 1);
    snprintf(number, sizeof(number), "%d", CHILD_CONTROL);
    setenv("VTD_JUDGE_CONTROL_FD", number, 1);
    if (c->vfio_host && c->control->count) { /* the kernel has one limit for all */
        snprintf(number, sizeof(number), "%" PRIu64, c->control->groups[0].limit);
        setenv("VTD_JUDGE_DMA_LIMIT", number, 1);
    }
}

static int spawn(struct machine *m, const struct machine_config *c, const struct ends *child,
                 struct err *e)
{
    struct arguments a = {.count = 0};
    int rc = 0;

    machine_arguments(&a, c, m, CHILD_QMP);
    if (a.failed)
        rc = err_set(e, E2BIG, "the command line of QEMU does not fit");
    m->pid = rc ? 0 : fork();
    if (m->pid < 0) {
        rc = err_set(e, errno, "fork: %s", strerror(errno));
        m->pid = 0;
    } else if (!rc && m->pid == 0) {
        take_places(m, child);
        set_environment(c);
        execvp(c->qemu, a.words);
        _exit(127);
    }
    arguments_free(&a);
    return rc;
}

/* Why it does not start: without the arguments that it repeats in front. */
static int refused(struct machine *m, const struct machine_config *c, struct err *e)
{
    static const char ours[] = ",multifunction=on: ";
    const char *words = machine_last_words(m), *device = strstr(words, ours);

    if (strstr(words, "invalid accelerator"))
        return err_set(e, EINVAL, "%s has no accelerator '%s'%s", c->qemu, c->accel,
                       strcmp(c->accel, "qtest") ? ""
                                                 : " (Debian builds without it); --accel tcg lets "
                                                   "the processor halt at once instead");
    return err_set(e, EINVAL, "%s does not start: %.220s", c->qemu,
                   device ? device + strlen(ours) : words);
}

int machine_start(const struct machine_config *c, struct machine **out, struct err *e)
{
    struct machine *m = calloc(1, sizeof(*m));
    struct ends child = {-1, -1};
    enum answer a;
    int rc;

    *out = NULL;
    if (!m)
        return err_set(e, ENOMEM, "out of memory");
    m->qtest.fd = m->qmp.fd = m->log_fd = m->stderr_fd = m->control_fd = -1;
    rc = machine_folder_make(m, c, e);
    if (!rc)
        rc = machine_vhosts_open(m, c, e);
    if (!rc)
        rc = open_ends(m, &child, e);
    if (!rc)
        rc = open_control(m, c->control, e);
    if (!rc)
        rc = spawn(m, c, &child, e);
    close_if(&child.qtest);
    close_if(&child.qmp);
    if (!rc && (a = machine_prepare(m, c, e)) != ANSWERED)
        rc = a == DIED ? refused(m, c, e) : -EIO;
    if (rc) {
        machine_end(m);
        return rc;
    }
    *out = m;
    return 0;
}

void machine_end(struct machine *m)
{
    if (!m)
        return;
    if (m->pid > 0) {
        kill(m->pid, SIGKILL);
        while (waitpid(m->pid, &m->status, 0) < 0 && errno == EINTR)
            continue;
    }
    machine_vhosts_close(m);
    close_if(&m->qtest.fd);
    close_if(&m->qmp.fd);
    close_if(&m->log_fd);
    close_if(&m->stderr_fd);
    close_if(&m->control_fd);
    if (m->control)
        munmap(m->control, sizeof(*m->control));
    machine_folder_remove(m);
    free(m);
}

/* A file in memory from `offset` to its end, 0-terminated. */
static char *contents(int fd, uint64_t *offset)
{
    struct stat st;
    size_t n, have = 0;
    char *text;

    if (fstat(fd, &st))
        return NULL;
    if ((uint64_t)st.st_size < *offset)
        *offset = (uint64_t)st.st_size;
    n = (size_t)((uint64_t)st.st_size - *offset);
    text = malloc(n + 1);
    while (text && have < n) {
        ssize_t got = pread(fd, text + have, n - have, (off_t)(*offset + have));

        if (got <= 0)
            break;
        have += (size_t)got;
    }
    if (text)
        text[have] = 0;
    *offset += have;
    return text;
}

char *machine_log(struct machine *m, uint64_t *offset)
{
    return contents(m->log_fd, offset);
}

char *machine_messages(struct machine *m, uint64_t *offset)
{
    return contents(m->stderr_fd, offset);
}

bool machine_aborted(const struct machine *m)
{
    if (!m->dead)
        return false;
    return WIFSIGNALED(m->status) ? WTERMSIG(m->status) == SIGABRT
                                  : WIFEXITED(m->status) && WEXITSTATUS(m->status) == 1;
}

/* The last line that begins with "qemu", where there is one: a state of the processor may follow.
 */
static char *last_complaint(char *text)
{
    char *found = NULL, *rest = text, *line;

    while (rest && *rest) {
        line = rest;
        rest = strchr(line, '\n');
        if (rest)
            *rest++ = 0;
        if (!found || !strncmp(line, "qemu", 4))
            found = line;
    }
    return found;
}

const char *machine_last_words(struct machine *m)
{
    uint64_t offset = 0;
    char *text, *line;

    if (m->pid > 0) {
        while (waitpid(m->pid, &m->status, 0) < 0 && errno == EINTR)
            continue;
        m->pid = 0;
    }
    m->dead = true;
    text = contents(m->stderr_fd, &offset);
    line = last_complaint(text);
    if (WIFSIGNALED(m->status))
        snprintf(m->last_words, sizeof(m->last_words), "ended by signal %d: %s",
                 WTERMSIG(m->status), line ? line : "");
    else
        snprintf(m->last_words, sizeof(m->last_words), "ended with status %d: %s",
                 WEXITSTATUS(m->status), line ? line : "");
    free(text);
    return m->last_words;
}
