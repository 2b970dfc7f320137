/* SPDX-License-Identifier: MIT */
/*
 * Plugin entry: options, the callback on every store of the guest, machine reset and exit.
 *
 *   -plugin capture.so,ram=RAMFILE,out=TRACE
 *
 * RAMFILE is the path of the memory backend `ram0`; TRACE receives the event records, TRACE.ram
 * the header's `ram` and `rom` lines, TRACE.mtree QEMU's own text they come from, TRACE.stats the
 * counters.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "capture.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int
qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

static const char *ram_path, *out_path;
static bool hooked;

/* The first accesses compare the peeked host pointer with what the public call says. */
static unsigned peeks_to_check = 100000;

static void check_peek(const struct qemu_plugin_hwaddr *hw, const struct hwaddr_peek *peek)
{
    ram_off_t off;
    bool ours = ram_of_host(peek->host, &off);
    uint64_t public_off;

    peeks_to_check--;
    if (qemu_plugin_hwaddr_is_io(hw) != peek->is_io)
        cap_fail("the plugin interface's hwaddr is not laid out as in QEMU 7.2");
    if (peek->is_io || !ours)
        return;
    /* A RAM block's offset, not a guest address: the same as ours for the machine's RAM. */
    public_off = qemu_plugin_hwaddr_phys_addr(hw);
    if (public_off != off.raw)
        cap_fail("store at RAM offset 0x%llx, but QEMU says 0x%llx", (unsigned long long)off.raw,
                 (unsigned long long)public_off);
}

static void store_at(qemu_plugin_meminfo_t info, uint64_t vaddr, unsigned bytes)
{
    const struct qemu_plugin_hwaddr *hw = qemu_plugin_get_hwaddr(info, vaddr);
    struct hwaddr_peek peek;
    ram_off_t off;

    if (!hw)
        return;
    memcpy(&peek, hw, sizeof(peek));
    if (peeks_to_check)
        check_peek(hw, &peek);
    if (!peek.is_io && ram_of_host(peek.host, &off))
        tables_store(off, bytes);
}

/* 7.2 delivers loads too when only stores are asked for. The store has already happened. */
static void on_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *data)
{
    unsigned bytes, in_page;

    (void)vcpu;
    (void)data;
    if (!qemu_plugin_mem_is_store(info) || !hooked)
        return;
    bytes = 1u << qemu_plugin_mem_size_shift(info);
    in_page = vaddr % PAGE_BYTES;
    if (in_page + bytes > PAGE_BYTES) {
        unsigned here = PAGE_BYTES - in_page;

        store_at(info, vaddr, here);
        store_at(info, vaddr + here, bytes - here);
    } else {
        store_at(info, vaddr, bytes);
    }
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    unsigned long n = qemu_plugin_tb_n_insns(tb);

    (void)id;
    for (unsigned long i = 0; i < n; i++)
        qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access,
                                         PLUGIN_CB_NO_REGS, PLUGIN_MEM_W, NULL);
}

/* QEMU resets the finished machine once before it starts: the moment to install the hooks. */
static void on_reset(void *opaque)
{
    (void)opaque;
    if (!hooked) {
        ram_find_mapping(ram_path);
        tables_init();
        regs_hook(out_path);
        dma_hook();
        hooked = true;
        return;
    }
    cap_lock();
    if (out_started()) {
        out_reset();
        notes.resets++;
    }
    regs_reset();
    cap_unlock();
}

static void on_exit_(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    cap_lock();
    out_close();
    cap_unlock();
}

static const char *value_of(const char *arg, const char *key)
{
    size_t n = strlen(key);

    return strncmp(arg, key, n) == 0 && arg[n] == '=' ? arg + n + 1 : NULL;
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *v;

        if ((v = value_of(argv[i], "ram")) != NULL)
            ram_path = v;
        else if ((v = value_of(argv[i], "out")) != NULL)
            out_path = v;
        else
            cap_fail("unknown plugin option \"%s\"; known: ram=FILE out=FILE", argv[i]);
    }
    if (!ram_path || !out_path)
        cap_fail("the plugin needs ram=FILE and out=FILE");
    if (strcmp(info->target_name, "x86_64") != 0 || !info->system_emulation)
        cap_fail("this plugin is for qemu-system-x86_64");
    /* The strings belong to QEMU and are gone once this returns. */
    ram_path = strdup(ram_path);
    out_path = strdup(out_path);
    if (!ram_path || !out_path)
        cap_fail("out of memory");
    image_find_calls();
    out_open(out_path);
    qemu.qemu_register_reset(on_reset, NULL);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
    return 0;
}
