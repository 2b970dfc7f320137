#!/bin/sh
# SPDX-License-Identifier: MIT
# Random traces of one kind played to a real QEMU with the trace's devices emulated:
#   tests/judge/random.sh KIND FIRST COUNT   seeds FIRST to FIRST + COUNT - 1
#     cached      what is cached, and when it goes (cached.awk)
#     registers   registers at random (registers.awk)
#     wild        those of gen_trace --random, one, two or all three of its devices emulated
#   JUDGE_QEMU, BUILD: as in tests/judge.sh. Exit 1: some differ; each is printed with how to make it again.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
usage='usage: random.sh cached|registers|wild FIRST COUNT'
kind=${1:?$usage}
first=${2:?$usage}
count=${3:?$usage}
case $kind in
cached) edu='--edu 00:02.0 --edu 00:03.0 --edu 00:04.0' ;;
registers) edu='--edu 00:02.0' ;;
wild) ;;
*)
    echo "$usage" >&2
    exit 2
    ;;
esac
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
    [ $((s % 11)) -ne 0 ] || unit="$unit intremap=on"
    if [ "$kind" = wild ]; then
        how="gen_trace --random --seed $s --events $steps"
        "$BUILD/gen_trace" --random --seed "$s" --events $steps >"$work/t"
        edu='--edu 00:04.0'
        [ $((s % 3)) -eq 0 ] || edu="$edu --edu 00:03.0"
        [ $((s % 3)) -ne 2 ] || edu="$edu --edu 00:02.0"
    else
        how="awk -v seed=$s -v steps=$steps -v unit='${unit# }' -f tests/judge/$kind.awk"
        awk -v seed="$s" -v steps=$steps -v unit="${unit# }" -f "tests/judge/$kind.awk" >"$work/t"
    fi
    # shellcheck disable=SC2086 # words
    "$BUILD/judge" --qemu "${JUDGE_QEMU:-qemu-system-x86_64}" $edu "$work/t" 2>&1 | grep -v ': without [0-9]' |
        sed "s|$work/t|judge $edu: $how|"
    s=$((s + 1))
done | awk -v kind="$kind" '
    / agrees: / {
        agree++
        ended += / both ended/
        for (i = 2; i <= NF; i++) {
            if ($i ~ "^records") records += $(i - 1)
            if ($i ~ "^accesses") accesses += $(i - 1)
            if ($i ~ "^registers") registers += $(i - 1)
            if ($i ~ "^reads") reads += $(i - 1)
        }
        next
    }
    /: differs at record/ { differ++ }
    /^judge: / { cannot++ }
    { print; fflush() }
    END {
        printf "%s: %d traces agree (%d of them to a common end), %d differ, %d could not be played\n", kind, agree, ended, differ, cannot
        printf "%s: %d records, %d accesses, %d reads, %d registers compared\n", kind, records, accesses, reads, registers
        exit differ + cannot > 0
    }'
