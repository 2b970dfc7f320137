#!/bin/sh
# SPDX-License-Identifier: MIT
# Traces that try each bit once: of every queue descriptor, of root, context and table entries, and of every register.
# What is random finds what is usual; a bit that one version reserves and another one does not, it seldom meets.
#
#   judge/every_bit.sh FOLDER [eim]     writes them there and prints their names
#
# `eim`: for a QEMU that takes eim=on with TCG, too (7.2 asks for KVM).
# A trace is judged with `--edu 00:05.0`.
set -eu
folder=${1:?"usage: judge/every_bit.sh FOLDER [eim]"}
case ${2:-} in
eim) eim=eim=on ;;
*) eim=eim=off ;;
esac
HANDLE=0x300000

hex() {
    printf '0x%x' "$1"
}

# begin NAME KEYS: a machine whose devices are translated: 0x1000 to 0x5000000, 2 MiB at 0x200000; its queue on.
begin() {
    out=$folder/$1.trace
    slot=0
    echo "$out"
    cat >"$out" <<T
vtd-trace 1
unit $2
device 00:02.0
device 00:05.0
mem 0x100000 0x101001 0x0
mem 0x101100 0x102001 0x101
mem 0x101280 0x102001 0x101
mem 0x102000 0x103003
mem 0x103000 0x104003 0x20000083
mem 0x104008 0x5000003
w64 0x20 0x100000
w32 0x18 0x40000000
w64 0x90 0x200000
w32 0x18 0x4000000
w32 0x18 0x84000000
T
}

# push LO HI: a descriptor, and where it stops the queue, a wait in its place.
push() {
    at=$((0x200000 + slot * 16))
    slot=$(((slot + 1) % 256))
    printf 'mem 0x%x 0x%x 0x%x\nw32 0x88 0x%x\n' $at "$1" "$2" $((slot * 16)) >>"$out"
}

mend() {
    printf 'mem 0x%x 0x200000025 %s\nw32 0x34 0x10\nw32 0x88 0x%x\n' $at $HANDLE $((slot * 16)) >>"$out"
}

# Each type alone, with each of the bits above it; then each bit of a valid one of the five.
descriptors() {
    begin descriptors-type "aw-bits=39 caching-mode=on device-iotlb=on"
    type=0
    while [ $type -lt 16 ]; do
        for upper in 0 0x200 0x400 0x800 0xe00; do
            push $((type | upper)) 0
            mend
        done
        type=$((type + 1))
    done
    for valid in 'cc 0x20001010031 0' 'iotlb 0x100f2 0x1000' 'devtlb 0x1000000003 0x1000' 'iec 0x4 0' \
        'wait 0x200000025 0x300000' 'interrupt 0x15 0' 'fence 0x200000065 0x300000'; do
        # shellcheck disable=SC2086 # three words
        set -- $valid
        begin "descriptors-$1" "aw-bits=39 caching-mode=on device-iotlb=on intremap=on"
        bit=0
        while [ $bit -lt 64 ]; do
            if [ "$(($2 ^ 1 << bit))" != $((0x200000035)) ]; then # status and interrupt may end it: wait-both.trace
                push $(($2 ^ 1 << bit)) "$3"
                mend
            fi
            push "$2" $(($3 ^ 1 << bit))
            mend
            bit=$((bit + 1))
        done
    done
}

# Each bit of an entry, and back; a page of it is invalidated, and read and written by the device.
# entry NAME KEYS WHERE VALUE INVALIDATION
entries_of() {
    begin "entry-$1" "$2"
    bit=0
    while [ $bit -lt 64 ]; do
        for value in $(($4 ^ 1 << bit)) "$4"; do
            printf 'mem %s 0x%x\n' "$3" "$value" >>"$out"
            # shellcheck disable=SC2086 # two words
            push $5
            printf 'w32 0x22c 0x80000000\n' >>"$out"
            for iova in 0x1000 0x200000; do
                printf 'dma 00:05.0 r %s 0x4\nr64 0x228 0x0\nw32 0x22c 0x80000000\n' $iova >>"$out"
                printf 'dma 00:05.0 w %s 0x4\nr64 0x228 0x0\nw32 0x22c 0x80000000\n' $iova >>"$out"
            done
        done
        bit=$((bit + 1))
    done
}

entries() {
    for unit in 'a aw-bits=39 caching-mode=on' 'b aw-bits=48 caching-mode=on device-iotlb=on' \
        'c aw-bits=39 caching-mode=on pt=off intremap=on'; do
        name=${unit%% *}
        keys=${unit#* }
        entries_of "root-lo-$name" "$keys" 0x100000 0x101001 '0x11 0'
        entries_of "root-hi-$name" "$keys" 0x100008 0 '0x11 0'
        entries_of "context-lo-$name" "$keys" 0x101280 0x102001 '0x11 0'
        entries_of "context-hi-$name" "$keys" 0x101288 0x101 '0x11 0'
        entries_of "top-$name" "$keys" 0x102000 0x103003 '0x100e2 0'
        entries_of "table-$name" "$keys" 0x103000 0x104003 '0x100e2 0'
        entries_of "large-$name" "$keys" 0x103008 0x20000083 '0x100f2 0x200000'
        entries_of "leaf-$name" "$keys" 0x104008 0x5000003 '0x100f2 0x1000'
    done
}

# All registers as they are; then each written, with ones and with zeros, alone and with its neighbour.
registers() {
    for unit in 'a aw-bits=39 caching-mode=on' 'b aw-bits=48 caching-mode=on device-iotlb=on' \
        'c aw-bits=48 caching-mode=on pt=off dma-drain=off intremap=on' \
        "d aw-bits=39 caching-mode=off intremap=on $eim snoop-control=on"; do
        begin "registers-${unit%% *}" "${unit#* }"
        off=0
        while [ $off -lt $((0x240)) ]; do
            printf 'r32 0x%x 0x0\n' $off >>"$out"
            [ $((off % 8)) -ne 0 ] || printf 'r64 0x%x 0x0\n' $off >>"$out"
            off=$((off + 4))
        done
    done
    off=0
    while [ $off -lt $((0x240)) ]; do
        for bytes in 32 64; do
            [ $((off % (bytes / 8))) -eq 0 ] || continue
            begin "write$bytes-$(hex $off)" "aw-bits=48 caching-mode=on intremap=on $eim"
            for half in ffffffff 00000000 55555555 aaaaaaaa; do
                value=$half
                [ $bytes -eq 32 ] || value=$half$half
                printf 'w%s 0x%x 0x%s\nr64 0x%x 0x0\nr32 0x%x 0x0\n' \
                    $bytes $off "$value" $((off & ~7)) $((off & ~7)) >>"$out"
                push 0x200000025 $HANDLE
            done
        done
        off=$((off + 4))
    done
}

descriptors
entries
registers
