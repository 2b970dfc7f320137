# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='caching mode off, lazy flushing: drivers rebound, group types switched, devices rescanned'
caching_mode=off
kernel_args='iommu.passthrough=0 iommu.strict=0'
