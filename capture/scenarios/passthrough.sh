# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='iommu=pt with hardware pass-through; devices switched to translated and back'
caching_mode=on
pt=on
kernel_args='iommu=pt'
