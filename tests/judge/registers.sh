#!/bin/sh
# SPDX-License-Identifier: MIT
# Every register and every hole between them, in several states: all ones and zero written in 32 and 64 bits, read back in both;
# the judge compares the values read, and 17 registers after each. Where a write ends QEMU and the model alike, the sweep goes on
# behind it in a new machine.
#   tests/judge/registers.sh [STATE...]      JUDGE_QEMU, BUILD as in tests/judge.sh. Exit 1: something differs.
set -u
cd "$(dirname "$0")/../.." || exit 2
BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LAST=600 # 0x258: what is decoded ends at 0x230

tables='mem 0x100000 0x101001 0x0
mem 0x101100 0x102001 0x101
mem 0x102000 0x103003
mem 0x103000 0x104003
mem 0x104008 0x5000003
w64 0x20 0x100000
w32 0x18 0x40000000'
queue='w64 0x90 0x200000
w32 0x18 0x4000000'
# A fault recorded; a queue that waits behind a bad descriptor; a completion that nobody took.
fault='dma 00:02.0 w 0x7000 0x1'
error='mem 0x200000 0x15 0x0 0xf 0x0
w32 0x88 0x20'

state() {
    case $1 in
    reset) ;;
    on) printf '%s\n%s\nw32 0x18 0x84000000\n%s\n' "$tables" "$queue" "$fault" ;;
    error) printf '%s\n%s\nw32 0x18 0x84000000\n%s\n' "$tables" "$queue" "$error" ;;
    no-queue) printf '%s\nw32 0x18 0x80000000\nw64 0xf0 0x1000\n%s\n' "$tables" "$fault" ;;
    unmasked) printf '%s\n%s\nw32 0x18 0x84000000\nw32 0x38 0x0\nw32 0xa0 0x0\n%s\n%s\n' "$tables" "$queue" "$fault" "$error" ;;
    esac
}

# step STATE OFF BITS: from a reset on, what is done at one offset.
step() {
    h=$(printf 0x%x "$2") ones=0xffffffff read=r32
    [ "$3" = 32 ] || ones=0xffffffffffffffff read=r64
    printf 'reset\n'
    state "$1"
    for val in $ones 0x0 $ones; do
        printf '%s %s %s\n%s %s 0x0\n' "w$3" "$h" $val $read "$h"
        printf 'r64 0x%x 0x0\nr32 0x%x 0x0\nr32 0x%x 0x0\n' $(($2 / 8 * 8)) $(($2 / 8 * 8)) $(($2 / 8 * 8 + 4))
    done
}

# sweep STATE BITS
sweep() {
    off=0
    while [ "$off" -le $LAST ]; do
        printf 'vtd-trace 1\nunit%s\ndevice 00:02.0\n' "$3" >"$work/t"
        lines=$(($(wc -l <"$work/t")))
        o=$off
        : >"$work/places"
        while [ "$o" -le $LAST ]; do
            step "$1" "$o" "$2" >>"$work/t"
            echo "$(($(wc -l <"$work/t") - lines)) $o" >>"$work/places"
            o=$((o + $2 / 8))
        done
        "$BUILD/judge" --qemu "${JUDGE_QEMU:-qemu-system-x86_64}" --edu 00:02.0 "$work/t" >"$work/out" 2>&1
        cat "$work/out" >>"$work/all"
        if grep -q ' agrees: .*both ended' "$work/out"; then
            n=$(sed -n 's/.* \([0-9]*\) records (.*/\1/p' "$work/out")
        elif grep -q ' agrees: ' "$work/out"; then
            return
        else
            n=$(sed -n 's/.*: differs at record \([0-9]*\) .*/\1/p' "$work/out")
            echo "registers: state $1, $2 bits$3, offset $(awk -v n="${n:-0}" '$1 >= n { printf "0x%x", $2; exit }' "$work/places"):"
            cat "$work/out"
            differ=$((differ + 1))
        fi
        [ -n "$n" ] || return
        off=$(($(awk -v n="$n" '$1 >= n { print $2; exit }' "$work/places") + $2 / 8))
    done
}

differ=0
: >"$work/all"
for s in ${*:-reset on error no-queue unmasked}; do
    for unit in ' aw-bits=39' ' aw-bits=48 intremap=on device-iotlb=on caching-mode=off'; do
        sweep "$s" 32 "$unit"
        sweep "$s" 64 "$unit"
    done
done
awk -v differ=$differ '
    / agrees: / {
        ended += / both ended/
        for (i = 2; i <= NF; i++) {
            if ($i ~ "^reads") reads += $(i - 1)
            if ($i ~ "^registers") registers += $(i - 1)
        }
    }
    END {
        printf "registers: %d reads and %d registers compared, %d writes end both, %d differ\n", reads, registers, ended, differ
        exit differ > 0
    }' "$work/all"
