#!/bin/sh
# SPDX-License-Identifier: MIT
# Have $BUILD/train/replay (tools/fast.mk) count which way its branches go: it replays the captured
# guests, and one of each workload that gen_trace knows. The same traces each time, so the same counts.
#
#   BUILD=build tools/train.sh
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$BUILD/train" -name '*.gcda' -exec rm {} +

for workload in $("$BUILD/gen_trace" --list-workloads | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p'); do
    "$BUILD/gen_trace" --workload "$workload" --seed 7 --events 30000 --devices 1 \
        --caching-mode on --attach vfio@00:02.0 --output "$work/$workload.vtt.zst"
done
for trace in traces/*.vtt.zst "$work"/*.vtt.zst; do
    test -e "$trace" || continue
    rc=0
    "$BUILD/train/replay" "$trace" >"$work/report" 2>&1 || rc=$?
    test $rc -le 1 || { echo "train: $trace:" >&2; cat "$work/report" >&2; exit 2; }
done
