#!/bin/sh
# SPDX-License-Identifier: MIT
# Agreement at scale: every captured trace, those written by hand, those that try each bit once and many random ones,
# played to a real QEMU and to its profile side by side: the installed one (7.2 of Debian 12), and after it 10.0, which
# judge/fetch-qemu.sh fetches. In every other random trace one device is
# emulated, so that its accesses are compared, too. The first difference of each trace is shown, and how to make that trace again; of the
# first three that differ, the shortest trace with such a difference, too (behind "    | ").
#
#   JUDGE_QEMU=PATH   this binary alone (default: qemu-system-x86_64, then 10.0)
#   JUDGE_RANDOM=N    random traces of each of the two seeds (default 500)
#   JUDGE_EVENTS=N    records of each (default 400)
#   JUDGE_SEED=S      the second seed (default: new each time, and printed)
#   JUDGE_JOBS=N      side by side (default: as many as there are processors, at most 4)
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
random=${JUDGE_RANDOM:-500}
events=${JUDGE_EVENTS:-400}
seed=${JUDGE_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
jobs=${JUDGE_JOBS:-$(nproc 2>/dev/null || echo 1)}
[ "$jobs" -le 4 ] || jobs=4

# Both, one after the other, with the same seeds.
if [ -z "${JUDGE_QEMU:-}" ]; then
    second=$(BUILD=$BUILD sh judge/fetch-qemu.sh) || exit 2
    code=0
    for qemu in qemu-system-x86_64 "$second"; do
        BUILD=$BUILD JUDGE_QEMU=$qemu JUDGE_SEED=$seed sh tests/judge.sh || code=$?
    done
    exit $code
fi

qemu=$JUDGE_QEMU
command -v "$qemu" >/dev/null 2>&1 || {
    echo "judge: $qemu is not there; on Debian: apt-get install qemu-system-x86" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shorter FILE TRACE OPTIONS...: when the judge found a difference (it stands in FILE), the shortest
# trace with such a difference; of the first three alone, for each takes a minute.
shorter() {
    found=$1 trace=$2
    shift 2
    grep -q ': differs at record' "$found" || return 0
    for n in 1 2 3; do
        mkdir "$work/shown.$n" 2>/dev/null || continue
        "$BUILD/judge" --qemu "$qemu" "$@" --shrink "$work/shown.$n/short" "$trace" >/dev/null 2>&1
        [ ! -s "$work/shown.$n/short" ] || sed 's/^/    | /' "$work/shown.$n/short"
        return 0
    done
}

# play PREFIX FIRST COUNT STEP: random traces by seed, one after the other.
play() {
    i=$2
    while [ "$i" -lt "$3" ]; do
        s=$(($1 + i))
        "$BUILD/gen_trace" --random --seed "$s" --events "$events" -o "$work/$s.trace" || return
        edu='' # every other trace has its third device emulated
        [ $((s % 2)) -eq 1 ] || edu='--edu 00:04.0'
        # shellcheck disable=SC2086 # two words, or none
        "$BUILD/judge" --qemu "$qemu" $edu "$work/$s.trace" >"$work/$s.out" 2>&1
        sed "s|$work/$s.trace|gen_trace --random --seed $s --events $events|;s|: differs|: differs ($edu)|" "$work/$s.out"
        # shellcheck disable=SC2086
        shorter "$work/$s.out" "$work/$s.trace" $edu
        rm -f "$work/$s.trace" "$work/$s.out"
        i=$((i + $4))
    done
}

# shared FUNCTION BASE COUNT NAME: seeds from BASE on, shared out among as many as may run.
shared() {
    j=0
    while [ "$j" -lt "$jobs" ]; do
        "$1" "$2" "$j" "$3" "$jobs" >"$work/$4$2.$j" &
        j=$((j + 1))
    done
    wait
}

echo "judge: $("$qemu" --version | head -n 1)"
for t in traces/*.vtt.zst; do
    "$BUILD/judge" --qemu "$qemu" --edu 00:06.0 "$t" >"$work/one" 2>&1
    grep -v ': without [0-9]' "$work/one"
    shorter "$work/one" "$t" --edu 00:06.0
done >"$work/out.captured"
# Written by hand: those that say a sentence about what cannot be played are left out.
for t in tests/traces/invariants/*.trace; do
    "$BUILD/judge" --qemu "$qemu" "$t" >"$work/one" 2>&1
    grep -vE ': memory is|: without [0-9]|is not played yet|cannot be given to QEMU|QEMU has no unit of|does not start: .* = -28 ' "$work/one"
    shorter "$work/one" "$t"
done >"$work/out.written"
# Each bit once, the traces shared out among as many as may run.
eim='' # which 7.2 takes with KVM alone
"$qemu" --version | grep -q 'version 7\.' || eim=eim
mkdir "$work/bits"
sh judge/every_bit.sh "$work/bits" $eim >"$work/list"
j=0
while [ "$j" -lt "$jobs" ]; do
    awk -v j=$j -v n="$jobs" 'NR % n == j' "$work/list" | xargs "$BUILD/judge" --qemu "$qemu" --edu 00:05.0 2>&1 |
        grep -v ': without [0-9]' | sed "s|$work/bits/|every_bit.sh: |" >"$work/out.bits.$j" &
    j=$((j + 1))
done
wait
for base in 1 "$seed"; do
    echo "judge: $random random traces of $events records, seeds $base to $((base + random - 1))"
    shared play "$base" "$random" out.
done

# vhost-user as the consumer: written by hand, captured (the guest's own virtio disk), and random ones with and
# without ATS, beside others and alone; a fifth as many as of the others.
play_vhost() {
    i=$2
    while [ "$i" -lt "$3" ]; do
        s=$(($1 + i))
        case $((s % 4)) in
        0) vhost='--vhost 00:04.0' ;;
        1 | 2) vhost='--vhost 01:00.0' ;;
        *) vhost='--vhost 01:00.0 --vhost 00:03.0 --vhost 01:00.3' ;;
        esac
        # shellcheck disable=SC2086 # several words
        "$BUILD/gen_trace" --random --seed "$s" --events "$events" $vhost -o "$work/v$s.trace" || return
        "$BUILD/judge" --qemu "$qemu" "$work/v$s.trace" 2>&1 | grep -vE ': without [0-9]|: memory is' |
            sed "s|$work/v$s.trace|gen_trace --random --seed $s --events $events $vhost|"
        rm -f "$work/v$s.trace"
        i=$((i + $4))
    done
}
for t in tests/traces/vhost-judge/*.trace traces/*.vtt.zst; do
    vhost=''
    [ "${t%.trace}" != "$t" ] || vhost='--vhost 00:05.0'
    # shellcheck disable=SC2086 # two words, or none
    "$BUILD/judge" --qemu "$qemu" $vhost "$t" 2>&1 | grep -vE ': without [0-9]|: memory is'
done >"$work/out.vhost"
for base in 1 "$seed"; do
    echo "judge: $((random / 5)) more with vhost"
    shared play_vhost "$base" "$((random / 5))" out.vhost.
done

# Workloads and hostile guests, a tenth as many of each; every other one with an emulated device.
play_made() {
    i=$2
    while [ "$i" -lt "$3" ]; do
        s=$(($1 + i))
        for kind in '--workload any' --hostile; do
            edu=''
            [ $((s % 16)) -lt 8 ] || edu='--edu 00:02.0'
            # shellcheck disable=SC2086 # words
            "$BUILD/gen_trace" $kind --seed "$s" --events "$((events * 2))" -o "$work/m$s.trace" || return
            # shellcheck disable=SC2086
            "$BUILD/judge" --qemu "$qemu" $edu "$work/m$s.trace" 2>&1 |
                grep -vE ': without [0-9]|: memory is|more than 200 devices' |
                sed "s|$work/m$s.trace|gen_trace $kind --seed $s --events $((events * 2)) ($edu)|"
            rm -f "$work/m$s.trace"
        done
        i=$((i + $4))
    done
}
for base in 1 "$seed"; do
    echo "judge: $((random / 10)) workloads, $((random / 10)) hostile guests"
    shared play_made "$base" "$((random / 10))" out.made.
done

# What does not agree is printed; then the sums.
awk '
    function number(before,    i) {
        for (i = 2; i <= NF; i++) if ($i ~ "^" before) return $(i - 1)
        return 0
    }
    / agrees: / {
        agree++; records += number("records"); calls += number("calls"); reads += number("reads"); accesses += number("accesses")
        registers += number("registers"); statuses += number("statuses"); ended += / both ended/
        next
    }
    / differs .*at record / { differ++ }
    /^judge: / { cannot++ }
    { print }
    END {
        printf "judge: %d traces agree (%d of them to a common end), %d differ, %d could not be played\n",
            agree, ended, differ, cannot
        printf "judge: %d records, %d calls, %d reads, %d accesses, %d registers, %d statuses compared\n",
            records, calls, reads, accesses, registers, statuses
        exit differ + cannot > 0
    }' "$work"/out.*
