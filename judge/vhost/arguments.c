/* SPDX-License-Identifier: MIT */
/* What the machine needs for its vhosts: shared memory, root ports, network devices, sockets. */
#include "../machine_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"

/* Buses that assigned devices bring: they take the first of the free slots. */
static unsigned buses_of_functions(const struct machine_config *c)
{
    unsigned count = 0;

    for (size_t i = 0; i < c->function_count; i++)
        count += place_first_of_bus(c->functions, i);
    return count;
}

static bool has_port(const struct machine *m, unsigned bus)
{
    for (size_t i = 0; i < m->port_count; i++)
        if (m->ports[i].bus == bus)
            return true;
    return false;
}

/* One port for each bus, in the highest slots where nothing else is. */
static int place_ports(struct machine *m, const struct machine_config *c, struct err *e)
{
    unsigned skip = buses_of_functions(c), slot;

    for (size_t i = 0; i < c->vhost_count; i++) {
        unsigned bus = c->vhost[i].v >> 8;

        if (bus == 0 || has_port(m, bus))
            continue;
        slot = machine_free_slot(c, skip++);
        if (slot == 0)
            return err_set(e, ENOSPC, "no slot is left for a root port");
        m->ports[m->port_count].bus = (uint8_t)bus;
        m->ports[m->port_count++].devfn = (uint8_t)(slot << 3);
    }
    return 0;
}

int machine_vhosts_open(struct machine *m, const struct machine_config *c, struct err *e)
{
    char path[108];
    int rc = place_ports(m, c, e);

    if (rc || c->vhost_count == 0)
        return rc;
    m->backends = calloc(c->vhost_count, sizeof(*m->backends));
    if (!m->backends)
        return err_set(e, ENOMEM, "out of memory");
    for (size_t i = 0; i < c->vhost_count && !rc; i++) {
        snprintf(path, sizeof(path), "%s/vhost%zu", m->folder, i);
        rc = backend_open(&m->backends[m->backend_count++], c->vhost[i], path, e);
    }
    return rc;
}

void machine_vhosts_close(struct machine *m)
{
    for (size_t i = 0; i < m->backend_count; i++) {
        unlink(m->backends[i].path);
        backend_close(&m->backends[i]);
    }
    free(m->backends);
    m->backends = NULL;
    m->backend_count = 0;
}

void machine_vhost_arguments(struct arguments *a, const struct machine *m)
{
    for (size_t i = 0; i < m->port_count; i++) {
        argument(a, "-device");
        argument(a, "pcie-root-port,id=port%u,bus=pcie.0,addr=%x,chassis=%u,slot=%u,hotplug=off",
                 m->ports[i].bus, m->ports[i].devfn >> 3, m->ports[i].bus, m->ports[i].bus);
    }
    for (size_t i = 0; i < m->backend_count; i++) {
        unsigned b = m->backends[i].bdf.v;
        char bus[32] = "pcie.0";

        if (b >> 8)
            snprintf(bus, sizeof(bus), "port%u", b >> 8);
        argument(a, "-chardev");
        argument(a, "socket,id=vhost%zu,path=%s", i, m->backends[i].path);
        argument(a, "-netdev");
        argument(a, "vhost-user,id=net%zu,chardev=vhost%zu", i, i);
        argument(a, "-device");
        argument(a,
                 "virtio-net-pci,netdev=net%zu,bus=%s,addr=%x.%x,multifunction=on,romfile=,mq=off,"
                 "vectors=0,disable-legacy=on,disable-modern=off,iommu_platform=on,ats=%s",
                 i, bus, b >> 3 & 31, b & 7, b >> 8 ? "on" : "off");
    }
}
