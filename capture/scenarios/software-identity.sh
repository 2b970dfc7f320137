# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='iommu=pt without hardware pass-through: the kernel maps all RAM 1:1; no interrupt remapping'
caching_mode=off
pt=off
intremap=off
kernel_args='iommu=pt'
