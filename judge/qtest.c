/* SPDX-License-Identifier: MIT */
/* The protocols: qtest's lines on standard input and output, and QMP for a reset. */
#include "edu.h"
#include "hotplug.h"
#include "machine_inside.h"
#include "vhost/driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum answer machine_send(struct machine *m, int fd, const char *text, size_t n, struct err *e)
{
    (void)m;
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EPIPE || errno == ECONNRESET))
            return DIED;
        if (sent < 0) {
            err_set(e, errno, "writing to QEMU: %s", strerror(errno));
            return FAILED;
        }
        text += sent;
        n -= (size_t)sent;
    }
    return ANSWERED;
}

/* Take the line that the reader ended with the call before. */
static void shift(struct line_reader *r, size_t n)
{
    memmove(r->bytes, r->bytes + n, r->have - n);
    r->have -= n;
}

static enum answer more(struct machine *m, struct line_reader *r, struct err *e)
{
    bool here = false;
    enum answer a = machine_wait(m, r->fd, &here, NULL, e);
    ssize_t got;

    if (a != ANSWERED)
        return a;
    got = read(r->fd, r->bytes + r->have, sizeof(r->bytes) - r->have);
    if (got <= 0)
        return DIED;
    r->have += (size_t)got;
    return ANSWERED;
}

/* The line stays in front of the buffer until the caller has looked: it is copied into `line`. */
enum answer machine_take_line(struct machine *m, struct line_reader *r, char *line, size_t room,
                              struct err *e)
{
    char *end;
    size_t n;

    while (!(end = memchr(r->bytes, '\n', r->have))) {
        enum answer a;

        if (r->have == sizeof(r->bytes)) {
            err_set(e, EPROTO, "QEMU answered with an endless line");
            return FAILED;
        }
        a = more(m, r, e);
        if (a != ANSWERED)
            return a;
    }
    n = (size_t)(end - r->bytes);
    snprintf(line, room, "%.*s", (int)(n < room ? n : room - 1), r->bytes);
    shift(r, n + 1);
    return ANSWERED;
}

/* The answer to one command: `OK`, `OK 0xVALUE`. */
static enum answer take_ok(struct machine *m, uint64_t *val, struct err *e)
{
    char line[160];
    enum answer a = machine_take_line(m, &m->qtest, line, sizeof(line), e);

    if (a != ANSWERED)
        return a;
    if (strncmp(line, "OK", 2)) {
        err_set(e, EPROTO, "QEMU answered '%.100s', OK was expected", line);
        return FAILED;
    }
    if (val)
        *val = strtoull(line + 2, NULL, 0);
    return ANSWERED;
}

enum answer machine_settle(struct machine *m, struct err *e)
{
    enum answer a = ANSWERED;

    for (; a == ANSWERED && m->unanswered; m->unanswered--)
        a = take_ok(m, NULL, e);
    return a;
}

/* One command that is waited for. */
enum answer machine_command(struct machine *m, const char *text, uint64_t *val, struct err *e)
{
    enum answer a = machine_settle(m, e);

    if (a == ANSWERED)
        a = machine_send(m, m->qtest.fd, text, strlen(text), e);
    return a == ANSWERED ? take_ok(m, val, e) : a;
}

enum answer machine_write(struct machine *m, uint64_t at, unsigned bytes, uint64_t val,
                          struct err *e)
{
    char text[96];

    snprintf(text, sizeof(text), "write%c 0x%" PRIx64 " 0x%" PRIx64 "\n", bytes == 8 ? 'q' : 'l',
             at, bytes == 8 ? val : val & UINT32_MAX);
    return machine_command(m, text, NULL, e);
}

enum answer machine_read(struct machine *m, uint64_t at, unsigned bytes, uint64_t *val,
                         struct err *e)
{
    char text[96];

    snprintf(text, sizeof(text), "read%c 0x%" PRIx64 "\n", bytes == 8 ? 'q' : 'l', at);
    return machine_command(m, text, val, e);
}

/* One command that is not waited for, unless too many are under way. */
static enum answer throw_in(struct machine *m, const char *text, size_t n, struct err *e)
{
    enum answer a = m->unanswered >= UNANSWERED_MAX ? machine_settle(m, e) : ANSWERED;

    if (a == ANSWERED)
        a = machine_send(m, m->qtest.fd, text, n, e);
    if (a == ANSWERED)
        m->unanswered++;
    return a;
}

enum answer machine_store(struct machine *m, uint64_t at, const uint64_t *words, uint32_t count,
                          struct err *e)
{
    static const char digits[] = "0123456789abcdef";
    char text[512 * 16 + 64];
    size_t n;

    if (count == 1) {
        n = (size_t)snprintf(text, sizeof(text), "writeq 0x%" PRIx64 " 0x%" PRIx64 "\n", at,
                             *words);
        return throw_in(m, text, n, e);
    }
    n = (size_t)snprintf(text, sizeof(text), "write 0x%" PRIx64 " 0x%x 0x", at, count * 8);
    for (uint32_t i = 0; i < count; i++)
        for (unsigned byte = 0; byte < 8; byte++) {
            text[n++] = digits[words[i] >> (8 * byte + 4) & 15];
            text[n++] = digits[words[i] >> (8 * byte) & 15];
        }
    text[n++] = '\n';
    return throw_in(m, text, n, e);
}

enum answer machine_zero(struct machine *m, uint64_t at, uint64_t bytes, struct err *e)
{
    char text[96];
    int n = snprintf(text, sizeof(text), "memset 0x%" PRIx64 " 0x%" PRIx64 " 0x0\n", at, bytes);

    return bytes ? throw_in(m, text, (size_t)n, e) : ANSWERED;
}

/* Wait for a QMP message that has `word` in it. */
static enum answer await(struct machine *m, const char *word, struct err *e)
{
    char line[4096];
    enum answer a;

    do
        a = machine_take_line(m, &m->qmp, line, sizeof(line), e);
    while (a == ANSWERED && !strstr(line, word));
    return a;
}

static enum answer qmp(struct machine *m, const char *name, const char *until, struct err *e)
{
    char text[96];
    int n = snprintf(text, sizeof(text), "{\"execute\":\"%s\"}\n", name);
    enum answer a = machine_send(m, m->qmp.fd, text, (size_t)n, e);

    return a == ANSWERED ? await(m, until, e) : a;
}

enum answer machine_reset(struct machine *m, struct err *e)
{
    enum answer a = machine_settle(m, e);

    return a == ANSWERED ? qmp(m, "system_reset", "\"RESET\"", e) : a;
}

/* Mechanism 1 of PCI configuration, for the host bridge 00:00.0. */
static enum answer set_pam(struct machine *m, const uint8_t pam[7], struct err *e)
{
    enum answer a = ANSWERED;
    char text[64];

    for (unsigned i = 0; a == ANSWERED && i < 7; i++) {
        unsigned at = 0x90 + i;

        snprintf(text, sizeof(text), "outl 0xcf8 0x%x\n", 0x80000000u | (at & ~3u));
        a = machine_command(m, text, NULL, e);
        snprintf(text, sizeof(text), "outb 0x%x 0x%x\n", 0xcfcu + (at & 3), pam[i]);
        if (a == ANSWERED)
            a = machine_command(m, text, NULL, e);
    }
    return a;
}

/* The number behind "key": in a line of JSON. */
static unsigned number_of(const char *line, const char *key)
{
    const char *at = strstr(line, key);

    return at ? (unsigned)strtoul(at + strlen(key), NULL, 10) : 0;
}

/* {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "..."}, ... */
static enum answer greeting(struct machine *m, struct err *e)
{
    static const char package[] = "\"package\": \"";
    char line[4096];
    enum answer a = machine_take_line(m, &m->qmp, line, sizeof(line), e);
    const char *at;

    if (a != ANSWERED)
        return a;
    m->version_major = number_of(line, "\"major\":");
    m->version_minor = number_of(line, "\"minor\":");
    at = strstr(line, package);
    at = at ? at + strlen(package) : "";
    snprintf(m->version, sizeof(m->version), "%u.%u.%u %.*s", m->version_major, m->version_minor,
             number_of(line, "\"micro\":"), (int)strcspn(at, "\""), at);
    return ANSWERED;
}

const char *machine_version(const struct machine *m, unsigned *major, unsigned *minor)
{
    *major = m->version_major;
    *minor = m->version_minor;
    return m->version;
}

enum answer machine_prepare(struct machine *m, const struct machine_config *c, struct err *e)
{
    uint64_t version;
    enum answer a = machine_read(m, UNIT_BASE, 4, &version, e); /* answered when all is realized */

    if (a == ANSWERED)
        a = greeting(m, e);
    if (a == ANSWERED)
        a = qmp(m, "qmp_capabilities", "\"return\"", e);
    if (a == ANSWERED)
        a = set_pam(m, c->pam, e);
    for (size_t i = 0; a == ANSWERED && i < c->function_count; i++)
        if (c->functions[i].slot && !c->functions[i].later)
            a = machine_plug(m, &c->functions[i], e);
    if (a == ANSWERED)
        a = vhost_set_up(m, e);
    for (size_t i = 0; a == ANSWERED && i < c->edu_count; i++)
        a = edu_set_up(m, i, c->edu[i], e);
    return a;
}
