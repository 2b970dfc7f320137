/* SPDX-License-Identifier: MIT */
/*
 * Register offsets and bits of the unit (specification chapter 11; vtd-facts chapter 1). No state.
 */
#ifndef VTR_VTD_REGS_H
#define VTR_VTD_REGS_H

#include <stdint.h>

#define VTD_REG_BYTES 0x230u /* decoded size */

#define REG_VER      0x00u
#define REG_CAP      0x08u
#define REG_ECAP     0x10u
#define REG_GCMD     0x18u
#define REG_GSTS     0x1cu
#define REG_RTADDR   0x20u
#define REG_CCMD     0x28u
#define REG_CCMD_HI  0x2cu
#define REG_FSTS     0x34u
#define REG_FECTL    0x38u
#define REG_FEDATA   0x3cu
#define REG_FEADDR   0x40u
#define REG_FEUADDR  0x44u
#define REG_IQH      0x80u
#define REG_IQT      0x88u
#define REG_IQA      0x90u
#define REG_ICS      0x9cu
#define REG_IECTL    0xa0u
#define REG_IEDATA   0xa4u
#define REG_IEADDR   0xa8u
#define REG_IEUADDR  0xacu
#define REG_IQERCD   0xb0u
#define REG_IRTA     0xb8u
#define REG_IVA      0xf0u
#define REG_IOTLB    0xf8u
#define REG_IOTLB_HI 0xfcu
#define REG_FRCD     0x220u
#define REG_FRCD_HI  0x228u

/* CAP */
#define CAP_CM          (UINT64_C(1) << 7)
#define CAP_SAGAW_SHIFT 8
#define CAP_MGAW_SHIFT  16
#define CAP_MAMV        UINT64_C(18)
#define CAP_MAMV_SHIFT  48
#define CAP_DRAIN       (UINT64_C(3) << 54)
#define CAP_ESRTPS      (UINT64_C(1) << 63)
/* ND 6, FRO 0x22, 2 MiB and 1 GiB pages, PSI, one fault record. */
#define CAP_FIXED                                                                                  \
    (UINT64_C(6) | UINT64_C(0x22) << 24 | UINT64_C(3) << 34 | UINT64_C(1) << 39 |                  \
     CAP_MAMV << CAP_MAMV_SHIFT)

/* ECAP */
#define ECAP_QI   (UINT64_C(1) << 1)
#define ECAP_DT   (UINT64_C(1) << 2)
#define ECAP_IR   (UINT64_C(1) << 3)
#define ECAP_EIM  (UINT64_C(1) << 4)
#define ECAP_PT   (UINT64_C(1) << 6)
#define ECAP_SC   (UINT64_C(1) << 7)
#define ECAP_IRO  (UINT64_C(0xf) << 8)
#define ECAP_MHMV (UINT64_C(15) << 20)
#define ECAP_SMTS (UINT64_C(1) << 43)

/* GCMD, GSTS: the same bit numbers for command and status */
#define GCMD_TE    (UINT32_C(1) << 31)
#define GCMD_SRTP  (UINT32_C(1) << 30)
#define GCMD_QIE   (UINT32_C(1) << 26)
#define GCMD_IRE   (UINT32_C(1) << 25)
#define GCMD_SIRTP (UINT32_C(1) << 24)

/* FSTS */
#define FSTS_PFO      UINT32_C(0x1)
#define FSTS_PPF      UINT32_C(0x2)
#define FSTS_IQE      UINT32_C(0x10)
#define FSTS_FRI_MASK UINT32_C(0xff00)

/* FECTL, IECTL */
#define ECTL_IM (UINT32_C(1) << 31)
#define ECTL_IP (UINT32_C(1) << 30)
#define ICS_IWC UINT32_C(1)

/* RTADDR */
#define RTADDR_TTM_SHIFT 10

/* IQA */
#define IQA_QS UINT64_C(7)
#define IQA_DW (UINT64_C(1) << 11)

/* CCMD, IOTLB */
#define CCMD_ICC         (UINT64_C(1) << 63)
#define CCMD_CIRG_SHIFT  61
#define CCMD_CAIG_SHIFT  59
#define IOTLB_IVT        (UINT64_C(1) << 63)
#define IOTLB_IIRG_SHIFT 60
#define IOTLB_IAIG_SHIFT 57
#define IVA_AM           UINT64_C(0x3f)

/* Granularities, the same codes in registers and descriptors */
enum { GRAN_NONE = 0, GRAN_GLOBAL = 1, GRAN_DOMAIN = 2, GRAN_FINE = 3 /* device, or page */ };

/* FRCD, high word */
#define FRCD_F        (UINT64_C(1) << 63)
#define FRCD_T1_READ  (UINT64_C(1) << 62)
#define FRCD_PV_SHIFT 40
#define FRCD_FR_SHIFT 32

/* Descriptor types (vtd-facts 5.4) */
enum {
    DESC_CC = 1,
    DESC_IOTLB = 2,
    DESC_DEVTLB = 3,
    DESC_IEC = 4,
    DESC_WAIT = 5,
};

/* Wait descriptor flags */
#define WAIT_IF UINT64_C(0x10)
#define WAIT_SW UINT64_C(0x20)
#define WAIT_FN UINT64_C(0x40)

/* IQERCD.IQEI: why the queue stopped (vtd-facts 5.3) */
enum iqei {
    IQEI_NONE = 0,
    IQEI_TAIL = 1,
    IQEI_FETCH = 2,
    IQEI_TYPE = 3,
    IQEI_RESERVED = 4,
    IQEI_WIDTH = 5,
};

#endif
