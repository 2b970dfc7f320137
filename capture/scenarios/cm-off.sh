# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='caching mode off, strict flushing; e1000e, NVMe and virtio-blk with real I/O'
caching_mode=off
kernel_args='iommu.passthrough=0 iommu.strict=1'
