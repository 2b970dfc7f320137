# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='48 bits, four levels; VFIO maps 4K, 2M and 1G hugetlb memory and a device copies in it'
caching_mode=on
aw_bits=48
ram_mib=4096
cpu=qemu64,+pdpe1gb
devices='e1000e nvme virtio-blk edu'
kernel_args='iommu.passthrough=0 iommu.strict=1 hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=16'
