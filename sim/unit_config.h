/* SPDX-License-Identifier: MIT */
/*
 * What a `unit` record says about the remapping unit (contract, section 2). Plain
 * data shared by the trace reader (fills it in) and the simulation (obeys it).
 */
#ifndef VTR_UNIT_CONFIG_H
#define VTR_UNIT_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct unit_config {
    char model[65];    /* model=PROFILE: on which system the trace was observed; "" when not said */
    uint8_t aw_bits;   /* 39, 48 or 57 */
    bool caching_mode; /* CAP.CM */
    bool pt;           /* ECAP.PT */
    bool device_iotlb; /* ECAP.DT */
    bool snoop_control; /* ECAP.SC */
    bool intremap;      /* ECAP.IR */
    bool eim;           /* ECAP.EIM */
    bool dma_drain;     /* CAP.DWD, CAP.DRD */
    bool stale_tm;      /* bit 62 of a leaf ignored when device_iotlb is on */
    bool scalable_mode; /* ECAP.SMTS; not built, refused */
    bool has_cap;       /* cap=0x...: CAP verbatim */
    bool has_ecap;      /* ecap=0x... */
    bool has_version;   /* version=0x... */
    uint64_t cap;
    uint64_t ecap;
    uint32_t version;
};

/** The contract's defaults: 39 bits, caching mode and pass-through on, draining on, the rest off.
 */
static inline struct unit_config unit_config_default(void)
{
    return (struct unit_config){.aw_bits = 39, .caching_mode = true, .pt = true, .dma_drain = true};
}

#endif
