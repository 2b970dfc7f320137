# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='drivers unbound and bound, group types switched, devices removed and rescanned, I/O between'
caching_mode=on
kernel_args='iommu.passthrough=0 iommu.strict=1'
