# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='DMA faults provoked with edu: not mapped, read-only, beyond the width, after unmap'
caching_mode=on
devices='e1000e virtio-blk edu'
kernel_args='iommu.passthrough=0 iommu.strict=1'
