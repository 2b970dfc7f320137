#!/bin/sh
# SPDX-License-Identifier: MIT
# Refusals: --fail and `fail` records, the sentence of a refused registration, finer kinds end to end.
. tests/lib.sh
dir=tests/traces/invariants
trace=$BUILD/trace

run --profile ideal --fail map:1:ENOSPC --events - $dir/inplace.trace
has "fail: the first is one of its own address space" "$work/out" '"record":11,.*"type":"MAP".*"result":-28'
run --profile ideal --fail map:3:ENOSPC --events "$work/events" $dir/inplace.trace
exits "fail: ideal repairs it, exit 0" 0
has "fail: the third MAP is refused" "$work/events" '"consumer":"p".*"type":"MAP".*"result":-28'
run --fail map:4:12 --report json $dir/refused-map.trace
exits "fail: qemu-10.2 does not repair it, exit 1" 1
has "fail: ERR-CONVERGE is broken" "$work/out" '"id":"ERR-CONVERGE","severity":"violation","count":[1-9]'

run $dir/no-cm.trace
has "registration: the report says why it was refused" "$work/out" \
    'registration refused at record [0-9]+: .*caching-mode=on'
run --report json $dir/no-cm.trace
has "registration: so does JSON" "$work/out" '"registration_refused":"p: MAP events need caching-mode=on'

run --events - $dir/kinds-finer.trace
has "finer kinds: READ_MAP carries target and right" "$work/out" \
    '"consumer":"r","via":"notifier","type":"READ_MAP","iova":"0x1000","size":"0x1000","gpa":"0x1234000","perm":"r"'
has "finer kinds: WRITE_UNMAP carries none" "$work/out" \
    '"consumer":"s","via":"notifier","type":"WRITE_UNMAP","iova":"0x1000","size":"0x1000","result":0'
has "finer kinds: SYNC is the whole range" "$work/out" \
    '"type":"SYNC","iova":"0x0","size":"0x10000000000000000","result":0'
run --profile qemu-10.2 $dir/kinds-finer.trace
has "finer kinds: QEMU has none" "$work/out" 'registration refused .*no kinds but MAP, UNMAP and DEVTLB'

"$trace" pack $dir/kinds-finer.trace "$work/packed.vtt.zst" && "$trace" dump "$work/packed.vtt.zst" >"$work/dumped"
has "finer kinds: packed and dumped" "$work/dumped" '^attach s probe 00:02.0 flags=unmap,write-unmap,sync$'
