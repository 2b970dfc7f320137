/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <string.h>

#include "guest_inside.h"
#include "trace/header.h"

/* An action that stands twice is chosen twice as often. What stands where decides what the bytes of
 * a corpus mean: append. */
static fuzz_action *const unit_menu[] = {
    fuzz_start,    fuzz_map,     fuzz_unmap,   fuzz_entry,        fuzz_context,     fuzz_store,
    fuzz_zero,     fuzz_psi,     fuzz_dsi,     fuzz_cc,           fuzz_wait,        fuzz_devtlb,
    fuzz_any_desc, fuzz_batch,   fuzz_command, fuzz_any_register, fuzz_by_register, fuzz_queue,
    fuzz_recover,  fuzz_read,    fuzz_dma,     fuzz_reset,        fuzz_attach,      fuzz_ats,
    fuzz_map,      fuzz_entry,   fuzz_psi,     fuzz_entry,        fuzz_dma,         fuzz_gone,
    fuzz_device,   fuzz_context,
};
static fuzz_action *const notifier_menu[] = {
    fuzz_start, fuzz_map,   fuzz_unmap,  fuzz_attach,  fuzz_detach, fuzz_fail,
    fuzz_map,   fuzz_unmap, fuzz_attach, fuzz_detach,  fuzz_fail,   fuzz_device,
    fuzz_gone,  fuzz_ats,   fuzz_vhost,  fuzz_command, fuzz_dsi,    fuzz_psi,
    fuzz_cc,    fuzz_dma,   fuzz_reset,  fuzz_context, fuzz_entry,  fuzz_devtlb,
};
static fuzz_action *const type1_menu[] = {
    fuzz_start, fuzz_map,   fuzz_unmap,  fuzz_mdev,   fuzz_pin,   fuzz_fail,    fuzz_map,
    fuzz_unmap, fuzz_mdev,  fuzz_pin,    fuzz_detach, fuzz_crowd, fuzz_dsi,     fuzz_psi,
    fuzz_dma,   fuzz_reset, fuzz_device, fuzz_gone,   fuzz_cc,    fuzz_command, fuzz_entry,
};

#define MENU(m)                                                                                    \
    {                                                                                              \
        m, sizeof(m) / sizeof(*(m))                                                                \
    }
static const struct {
    fuzz_action *const *actions;
    unsigned count;
} menus[] = {[MENU_UNIT] = MENU(unit_menu),
             [MENU_NOTIFIER] = MENU(notifier_menu),
             [MENU_TYPE1] = MENU(type1_menu)};

struct rec *fuzz_push(struct fuzz_guest *g, enum rec_kind kind)
{
    struct rec *r = &g->pending[g->pendings++];

    memset(r, 0, sizeof(*r));
    r->kind = kind;
    return r;
}

void fuzz_mem(struct fuzz_guest *g, uint64_t at, unsigned words, uint64_t lo, uint64_t hi)
{
    uint64_t *w = g->words[g->pendings];
    struct rec *r = fuzz_push(g, REC_MEM);

    w[0] = lo;
    w[1] = hi;
    r->u.mem.gpa = gpa(at);
    r->u.mem.words = words;
    r->u.mem.val = w;
}

void fuzz_w32(struct fuzz_guest *g, unsigned off, uint32_t val)
{
    struct rec *r = fuzz_push(g, REC_W32);

    r->u.reg.off = (uint16_t)off;
    r->u.reg.val = val;
}

void fuzz_w64(struct fuzz_guest *g, unsigned off, uint64_t val)
{
    struct rec *r = fuzz_push(g, REC_W64);

    r->u.reg.off = (uint16_t)off;
    r->u.reg.val = val;
}

void fuzz_desc(struct fuzz_guest *g, uint64_t lo, uint64_t hi)
{
    fuzz_mem(g, QUEUE + g->tail * 16u, 2, lo, hi);
    g->tail = (g->tail + 1) % SLOTS;
    fuzz_w32(g, REG_IQT, g->tail * 16u);
}

bdf_t fuzz_bdf(struct fuzz_guest *g)
{
    static const uint16_t devices[FUZZ_DEVICES] = {0x10, 0x18, 0x20, 0x100};

    return bdf(devices[choice_below(&g->in, FUZZ_DEVICES)]);
}

uint16_t fuzz_did(struct fuzz_guest *g)
{
    return (uint16_t)(5 + choice_below(&g->in, 4));
}

uint64_t fuzz_iova(struct fuzz_guest *g)
{
    static const uint16_t low[] = {0, 1, 2, 3, 255, 256, 510, 511};
    static const uint16_t middle[] = {0, 1, 2, 3, 4, 0x1f6, 0x1f7, 511};
    static const uint16_t high[] = {0, 3, 1, 511};
    uint8_t b = choice8(&g->in);

    return (uint64_t)low[b & 7] << 12 | (uint64_t)middle[b >> 3 & 7] << 21 |
           (uint64_t)high[b >> 6] << 30;
}

uint64_t fuzz_table(unsigned level, unsigned k)
{
    return TABLES + ((level - 1) * 4 + (k & 3)) * PAGE_4K_BYTES;
}

/* Bits of the second byte, turned over so that 0 is the usual unit. */
static void unit(struct fuzz_guest *g, uint8_t bits)
{
    struct unit_config *u = &g->header.unit;

    *u = unit_config_default();
    u->aw_bits = bits & 1 ? 48 : 39;
    if (g->ideal && (bits & 0x41) == 0x41)
        u->aw_bits = 57;
    u->caching_mode = !(bits & 2);
    u->pt = !(bits & 4);
    u->device_iotlb = bits & 8;
    u->snoop_control = bits & 0x10;
    u->intremap = bits & 0x20;
    g->options.type1_chain = g->menu == MENU_TYPE1 && bits & 0x40;
    g->misbehaves = g->options.type1_chain;
    g->levels = (u->aw_bits - 12u) / 9u;
    g->header.has_unit = true;
    g->devices[0] = (struct device_rec){.bdf = bdf(0x10)};
    g->devices[1] = (struct device_rec){.bdf = bdf(0x18)};
    if (bits & 0x80) {
        g->devices[1].has_alias = true;
        g->devices[1].alias = g->devices[0].bdf;
    }
    g->header.devices = g->devices;
    g->header.devices_count = 2;
}

void fuzz_guest_begin(struct fuzz_guest *g, enum fuzz_menu menu, const uint8_t *data, size_t size)
{
    size_t count;
    const char *const *names = policy_names(&count);
    uint8_t how;

    memset(g, 0, offsetof(struct fuzz_guest, pending));
    g->pendings = g->next = 0;
    g->begun = false;
    g->in = (struct choices){data, size};
    g->menu = menu;
    how = choice8(&g->in);
    g->ideal = how % 4 != 3;
    g->options.policy = policy_find(g->ideal ? "ideal" : names[how / 4 % count]);
    g->other = how & 0x80 ? SYNC_TRANSLATE : SYNC_DIRTY;
    unit(g, choice8(&g->in));
}

const struct rec *fuzz_guest_next(struct fuzz_guest *g)
{
    while (g->next == g->pendings) {
        if (!g->in.left)
            return NULL;
        g->next = g->pendings = 0;
        menus[g->menu].actions[choice_below(&g->in, menus[g->menu].count)](g);
    }
    g->begun = true;
    return &g->pending[g->next++];
}
