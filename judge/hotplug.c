/* SPDX-License-Identifier: MIT */
#include "hotplug.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine_inside.h"

/* The controller's registers: where the bridge's first BAR is put while they are needed. */
#define SHPC_BASE      UINT64_C(0xe8000000)
#define SHPC_COMMAND   0x14  /* 16 bits: what, and the slot in the upper half */
#define SLOT_ON        0x06u /* enabled, its power light on */
#define SLOT_OFF       0x0fu /* disabled, its power light off */
#define PCI_COMMAND    4
#define PCI_BAR0       0x10
#define MEMORY_ENABLED 2u
#define WAIT_MS        20000

/* The text behind "desc": in QEMU's answer. */
static const char *desc_of(char *line)
{
    char *at = strstr(line, "\"desc\": \""), *end;

    if (!at)
        return line;
    at += strlen("\"desc\": \"");
    end = strstr(at, "\"}");
    if (end)
        *end = 0;
    return at;
}

enum answer machine_plug(struct machine *m, const struct machine_function *f, struct err *e)
{
    char where[200], line[4096], text[500], mine[40];
    enum answer a = machine_settle(m, e);
    int n;

    function_path(where, sizeof(where), m->folder, f, "");
    n = snprintf(text, sizeof(text),
                 "{\"execute\":\"device_add\",\"id\":\"plug "
                 "%x\",\"arguments\":{\"driver\":\"vfio-pci\",\"id\":\"v%x\","
                 "\"bus\":\"b%x\",\"addr\":\"%x.0\",\"sysfsdev\":\"%s\"}}\n",
                 f->group, f->group, f->at.v, f->slot, where);
    snprintf(mine, sizeof(mine), "\"id\": \"plug %x\"", f->group);
    if (a == ANSWERED)
        a = machine_send(m, m->qmp.fd, text, (size_t)n, e);
    do
        a = a == ANSWERED ? machine_take_line(m, &m->qmp, line, sizeof(line), e) : a;
    while (a == ANSWERED && !strstr(line, mine)) /* not of a command before it */;
    if (a == ANSWERED && strstr(line, "\"error\"")) {
        err_set(e, EINVAL, "QEMU does not take the device: %.200s", desc_of(line));
        return FAILED;
    }
    return a;
}

static enum answer config(struct machine *m, bdf_t b, unsigned at, uint32_t val, struct err *e)
{
    char text[64];
    enum answer a;

    snprintf(text, sizeof(text), "outl 0xcf8 0x%x\n", 0x80000000u | (unsigned)b.v << 8 | at);
    a = machine_command(m, text, NULL, e);
    snprintf(text, sizeof(text), "outl 0xcfc 0x%x\n", val);
    return a == ANSWERED ? machine_command(m, text, NULL, e) : a;
}

static enum answer slot_command(struct machine *m, unsigned slot, unsigned what, struct err *e)
{
    char text[64];

    snprintf(text, sizeof(text), "writew 0x%" PRIx64 " 0x%x\n", SHPC_BASE + SHPC_COMMAND,
             slot << 8 | what);
    return machine_command(m, text, NULL, e);
}

/* VFIO lets go of a group some milliseconds after the device went: QEMU waits for its readers. */
static enum answer await_left(struct machine *m, unsigned group, uint64_t from, struct err *e)
{
    char left[32];

    snprintf(left, sizeof(left), "left %u\n", group);
    for (unsigned ms = 0; ms < WAIT_MS; ms++) {
        uint64_t offset = from;
        char *log = machine_log(m, &offset);
        bool found = log && strstr(log, left);

        free(log);
        if (found)
            return ANSWERED;
        if (machine_linger(m, 1, e) != ANSWERED)
            return FAILED;
    }
    err_set(e, ETIMEDOUT, "QEMU does not let go of an unplugged device");
    return FAILED;
}

enum answer machine_unplug(struct machine *m, const struct machine_function *f, struct err *e)
{
    uint64_t from = UINT64_MAX;
    enum answer a = config(m, f->at, PCI_BAR0, (uint32_t)SHPC_BASE, e);

    free(machine_log(m, &from)); /* only what comes from here on */
    if (a == ANSWERED)
        a = config(m, f->at, PCI_COMMAND, MEMORY_ENABLED, e);
    if (a == ANSWERED)
        a = slot_command(m, f->slot, SLOT_ON, e);
    if (a == ANSWERED)
        a = slot_command(m, f->slot, SLOT_OFF, e);
    if (a == ANSWERED)
        a = config(m, f->at, PCI_COMMAND, 0, e);
    return a == ANSWERED ? await_left(m, f->group, from, e) : a;
}

bool machine_refuse(struct machine *m, unsigned group, unsigned op, int error, uint64_t count)
{
    for (uint64_t i = 0; i < m->control->count; i++)
        if (m->control->groups[i].group == group) {
            m->control->groups[i].refuse[op].count = count;
            m->control->groups[i].refuse[op].error = error;
            return true;
        }
    return false;
}
