/* SPDX-License-Identifier: MIT */
/*
 * The parts of QEMU's binary interface that the plugin uses, declared by hand.
 *
 * The first half is the public plugin interface (version 1). The second half is internal to QEMU:
 * functions that Debian's binary exports, and the layout of three structures as version 7.2 has
 * them. Nothing internal is used before image.c and the hooks have checked that it looks as
 * declared here; where it does not, the capture stops with a sentence (see README.md).
 */
#ifndef CAPTURE_QEMU_ABI_H
#define CAPTURE_QEMU_ABI_H

#include <stdbool.h>
#include <stdint.h>

/* ---- public plugin interface, version 1 -------------------------------------------------- */

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

typedef struct {
    const char *target_name;
    struct {
        int min;
        int cur;
    } version;
    bool system_emulation;
    int smp_vcpus;
    int max_vcpus;
} qemu_info_t;

enum { PLUGIN_CB_NO_REGS = 0 };
enum { PLUGIN_MEM_R = 1, PLUGIN_MEM_W = 2 };

typedef void (*plugin_tb_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*plugin_mem_cb)(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t vaddr,
                              void *data);
typedef void (*plugin_exit_cb)(qemu_plugin_id_t id, void *data);

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, plugin_tb_cb cb);
extern unsigned long qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
                                                        unsigned long index);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_mem_cb cb,
                                             int flags, int rw, void *data);
extern bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
extern unsigned qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
extern struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t info,
                                                         uint64_t vaddr);
extern bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *hw);
extern uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *hw);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, plugin_exit_cb cb, void *data);

/* What the opaque hwaddr holds for RAM in 7.2; checked against the calls above (entry.c). */
struct hwaddr_peek {
    bool is_io;
    const uint8_t *host;
};

/* ---- internal to QEMU 7.2 ---------------------------------------------------------------- */

struct qemu_mr; /* MemoryRegion; an IOMMUMemoryRegion begins with one */
struct qemu_class;

/* MemoryRegionSection, with room behind it in case a build appends a field. */
struct qemu_section {
    _Alignas(16) uint64_t size[2];
    struct qemu_mr *mr;
    void *view;
    uint64_t offset_in_region;
    uint64_t offset_in_space;
    bool readonly;
    bool nonvolatile;
    uint64_t spare[8];
};

/* MemoryRegionOps */
struct qemu_ops {
    uint64_t (*read)(void *opaque, uint64_t addr, unsigned size);
    void (*write)(void *opaque, uint64_t addr, uint64_t val, unsigned size);
    void *read_with_attrs;
    void *write_with_attrs;
    int endianness;
    struct {
        unsigned min, max;
        bool unaligned;
        void *accepts;
    } valid;
    struct {
        unsigned min, max;
        bool unaligned;
    } impl;
};

/* IOMMUTLBEntry */
struct qemu_tlb_entry {
    void *target_as;
    uint64_t iova;
    uint64_t translated;
    uint64_t mask;
    int perm; /* bit 0: read, bit 1: write */
};

typedef struct qemu_tlb_entry (*qemu_translate_fn)(struct qemu_mr *mr, uint64_t addr, int flag,
                                                   int index);

/* IOMMUMemoryRegionClass behind its parent, as 8-byte words from the start of the class object. */
enum {
    CLASS_WORD_TRANSLATE = 12,
    CLASS_WORD_MIN_PAGE = 13,
    CLASS_WORD_FLAG_CHANGED = 14,
    CLASS_WORD_REPLAY = 15,
};

enum { QEMU_CLOCK_VIRTUAL_ = 1 };

#endif
