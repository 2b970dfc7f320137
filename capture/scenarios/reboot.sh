# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by run.sh
title='I/O, reboot by system reset, second boot with I/O in the same trace'
caching_mode=on
reboots=yes
kernel_args='iommu.passthrough=0 iommu.strict=1'
