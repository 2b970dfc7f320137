#!/bin/sh
# SPDX-License-Identifier: MIT
# Random traces of cached.awk, played to a real QEMU with its devices emulated: what is cached and when it goes.
#   tests/judge/cached.sh FIRST COUNT        seeds FIRST to FIRST + COUNT - 1
#   JUDGE_QEMU, BUILD: as in tests/judge.sh. Exit 1: some differ; each is printed with how to make it again.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
first=${1:?usage: cached.sh FIRST COUNT}
count=${2:?usage: cached.sh FIRST COUNT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
s=$first
while [ "$s" -lt $((first + count)) ]; do
    unit='' steps=$((400 + s % 8 * 50))
    [ $((s % 19)) -ne 0 ] || steps=2000
    [ $((s % 3)) -ne 0 ] || unit='device-iotlb=on'
    [ $((s % 5)) -ne 0 ] || unit="$unit pt=off"
    [ $((s % 2)) -ne 0 ] || unit="$unit caching-mode=off"
    [ $((s % 7)) -ne 0 ] || unit="$unit snoop-control=on"
    awk -v seed="$s" -v steps=$steps -v unit="${unit# }" -f tests/judge/cached.awk >"$work/t"
    "$BUILD/judge" --qemu "${JUDGE_QEMU:-qemu-system-x86_64}" --edu 00:02.0 --edu 00:03.0 --edu 00:04.0 "$work/t" 2>&1 |
        sed "s|$work/t|cached.awk -v seed=$s -v steps=$steps -v unit='${unit# }'|"
    s=$((s + 1))
done | awk '
    / agrees: / {
        agree++
        for (i = 2; i <= NF; i++) {
            if ($i ~ "^records") records += $(i - 1)
            if ($i ~ "^accesses") accesses += $(i - 1)
            if ($i ~ "^registers") registers += $(i - 1)
        }
        next
    }
    /: differs at record/ { differ++ }
    /^judge: / { cannot++ }
    { print }
    END {
        printf "cached: %d traces agree, %d differ, %d could not be played; %d records, %d accesses, %d registers\n",
            agree, differ, cannot, records, accesses, registers
        exit differ + cannot > 0
    }'
