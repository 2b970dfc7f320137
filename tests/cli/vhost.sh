#!/bin/sh
# SPDX-License-Identifier: MIT
# vhost from the command line, on captured guests.
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh
strict=traces/strict.vtt.zst
faults=traces/faults.vtt.zst
lazy=traces/lazy.vtt.zst

# Each miss of a strictly flushing guest is answered, and nothing it holds is ever stale.
run --profile ideal --attach vhost@00:04.0 $strict
exits "strict: ideal keeps all" 0
has "strict: what was notified" "$work/out" '^  vhost@00:04.0 +0 +[1-9]'
has "strict: misses in the text" "$work/out" '^  vhost misses +[1-9]'
run --profile ideal --report json --attach vhost@00:04.0 $strict
has "strict: as many updates as misses" "$work/out" \
    '"vhost":\{"misses":([1-9][0-9]*),"updates":\1,"invalidates":[1-9][0-9]*,"failures":0,"evictions":0,'
run --profile ideal --report json $strict
has "strict: without a vhost" "$work/out" '"vhost":\{"misses":0,"updates":0,'

# Accesses that fault: the kernel's backend is never told, unless by `ideal`.
run --report json --attach vhost@00:06.0 $faults
has "faults: rings wait for ever" "$work/out" '"id":"LIVE-MISS","severity":"violation","count":[1-9]'
has "faults: no failure is told" "$work/out" '"failures":0'
run --profile ideal --report json --attach vhost@00:06.0 $faults
exits "faults: ideal keeps all" 0
has "faults: failures are told" "$work/out" '"failures":[1-9]'

# QEMU 7.2 tells an UNMAP-only device nothing of a domain's or the whole flush (M17); 10.2 does.
run --profile qemu-7.2 --compare never --report json --attach vhost@00:04.0 $lazy
has "lazy: 7.2 leaves the device IOTLB stale" "$work/out" \
    '"id":"COH-STALE","severity":"violation","count":[1-9]'
run --profile qemu-10.2 --compare never --report json --attach vhost@00:04.0 $lazy
has "lazy: 10.2 does not" "$work/out" '"id":"COH-STALE","severity":"violation","count":0'

# Two of them, and the strategy, make no difference to what is seen.
for sync in walk translate; do
    run --sync $sync --digest --attach vhost@00:04.0 --attach vhost@00:03.0 $lazy
    cp "$work/out" "$work/$sync"
done
same "digest: both strategies" "$work/walk" "$work/translate"
