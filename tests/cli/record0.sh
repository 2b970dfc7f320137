#!/bin/sh
# SPDX-License-Identifier: MIT
# Record 0: what a header or --attach brings, also where no record follows.
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh

printf 'vtd-trace 1\ndevice 00:02.0\n' >"$work/device.trace"
run --events - "$work/device.trace"
exits "record 0: a header alone is a trace" 0
has "record 0: its device gets a default consumer, which maps RAM" "$work/out" \
    '^\{"seq":1,"record":0,"consumer":"vfio@00:02\.0","via":"region","type":"MAP","iova":"0x0","size":"0xfee00000",'

printf 'vtd-trace 1\ndevice 00:02.0\nattach p probe 00:02.0 flags=map,unmap\n' >"$work/attach.trace"
run --events - "$work/attach.trace"
exits "record 0: an attach that leads counts" 0
equal "record 0: a device that the trace gives a consumer gets no default one" "$(cat "$work/out")" ""

printf 'vtd-trace 1\nattach v vfio 00:02.0\nattach v vfio 00:03.0\nr32 0x0 0x10\n' >"$work/twice.trace"
run "$work/twice.trace"
exits "record 0: a name taken twice is refused" 2
has "record 0: and the record is named" "$work/out" "record 2: attach: 'v' is attached already"
