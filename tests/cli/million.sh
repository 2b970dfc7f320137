#!/bin/sh
# SPDX-License-Identifier: MIT
# A million records replay in bounded memory: the process may have 64 MiB of address space beside its
# programs and libraries (the tables and mappings of this trace take less than 1 MiB).
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh

case $BUILD in
*asan* | *ubsan*)
    echo "skip million: a sanitizer's own memory is not what is measured"
    exit 0
    ;;
esac
sh tests/gen/million.sh 1000000 >"$work/million.trace"

# What the program takes without a trace: its address space while it prints its version.
limit_kib=$((65536 + 16384))
code=0
(
    # shellcheck disable=SC3045 # dash, bash and busybox sh have it
    ulimit -v "$limit_kib"
    "$REPLAY" --profile ideal --report json --report-html "$work/page.html" "$work/million.trace" >"$work/out" 2>"$work/err"
) || code=$?
exits "million: replays within $limit_kib KiB of address space" 0
has "million: all of it, and it breaks nothing" "$work/out" '"verdict":"clean","records":999988,'
has "million: every access was compared" "$work/out" '"compared":\{"reads":0,"dma":111105,'
has "million: a page of it, with every record" "$work/page.html" '<b>999,988</b>records'
equal "million: its page is no larger than that of a short trace" "$(($(wc -c <"$work/page.html") / 1048576))" 0
