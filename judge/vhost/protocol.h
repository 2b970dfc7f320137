/* SPDX-License-Identifier: MIT */
/* The vhost-user protocol: what of it a backend meets that wants IOTLB messages (all numbers from
 * QEMU's docs/interop/vhost-user.rst and linux/vhost_types.h). */
#ifndef VTR_JUDGE_VHOST_PROTOCOL_H
#define VTR_JUDGE_VHOST_PROTOCOL_H

#include <stdint.h>

/* Front end to backend. */
enum {
    VU_GET_FEATURES = 1,
    VU_SET_MEM_TABLE = 5,
    VU_GET_VRING_BASE = 11,
    VU_GET_PROTOCOL_FEATURES = 15,
    VU_GET_QUEUE_NUM = 17,
    VU_SET_REQUEST_FD = 21,
    VU_IOTLB = 22
};

#define VU_BACKEND_IOTLB 1u /* backend to front end */

#define VU_VERSION    1u
#define VU_REPLY      (1u << 2)
#define VU_NEED_REPLY (1u << 3)

#define FEATURE_VU_PROTOCOL    (UINT64_C(1) << 30)
#define FEATURE_VERSION_1      (UINT64_C(1) << 32)
#define FEATURE_IOMMU_PLATFORM (UINT64_C(1) << 33)

#define PROTOCOL_REPLY_ACK (UINT64_C(1) << 3)
#define PROTOCOL_REQUESTS  (UINT64_C(1) << 5) /* a channel for the backend's own requests */

enum { IOTLB_MISS = 1, IOTLB_UPDATE = 2, IOTLB_INVALIDATE = 3 };

struct vu_header {
    uint32_t request, flags, bytes; /* bytes of what follows */
};

struct vu_iotlb {
    uint64_t iova, size, address;
    uint8_t perm, type, padding[6];
};

#define VU_AREAS_MAX 8

struct vu_memory {
    uint32_t count, padding;
    struct {
        uint64_t gpa, bytes, address, offset;
    } area[VU_AREAS_MAX];
};

union vu_payload {
    uint64_t number;
    struct vu_iotlb iotlb;
    struct vu_memory memory;
    unsigned char bytes[512];
};

#endif
