#!/bin/sh
# SPDX-License-Identifier: MIT
# judge's second real consumer: QEMU's vhost before a backend of our own. Misses, updates, invalidations, ATS.
. tests/lib.sh
JUDGE=$BUILD/judge
GEN=$BUILD/gen_trace

# judge ARGS...: leaves $code, $work/out and $work/err.
judge() {
    code=0
    timeout 120 "$JUDGE" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# What needs no QEMU.
judge --vhost nonsense "$work/none"
exits "judge: --vhost wants a device: exit 2" 2
"$GEN" --random --seed 5 --events 300 --vhost 01:00.0 >"$work/a"
"$BUILD/trace" dump "$work/a" >"$work/b"
same "gen_trace: --vhost: text is canonical" "$work/a" "$work/b"
has "gen_trace: --vhost: it is attached" "$work/a" '^attach vhost0 vhost 01:00.0 backend=user$'
has "gen_trace: --vhost: it misses" "$work/a" '^miss vhost0 0x'
has "gen_trace: --vhost: behind a root port" "$work/a" '^mem 0x100010 0x109001 0x0$'
# Every compiler draws the same.
for s in 1 2 3 4 5 6; do
    "$GEN" --random --seed $s --events 400 --vhost 01:00.0 --vhost 00:03.0
done | cksum >"$work/sum"
equal "gen_trace: --vhost: the same draws everywhere" "$(cat "$work/sum")" "2084657330 83521"

TRACES=tests/traces/vhost-judge
if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
    if [ "${CI:-}" = true ] && [ -e /etc/debian_version ]; then
        not_ok "judge: a QEMU to compare vhost with" "qemu-system-x86_64 is not installed"
    else
        echo "skip judge: qemu-system-x86_64 is not there, vhost was not compared with a real one"
    fi
    exit 0
fi


for t in "$TRACES"/*.trace; do
    judge "$t"
    exits "judge: $t: they agree" 0
    [ "$code" = 0 ] || sed 's/^/    /' "$work/out" "$work/err"
    has "judge: $t: a vhost is there" "$work/out" ' agrees: .*, [12] with vhost, [1-9][0-9]* calls'
done
judge "$TRACES/on-demand.trace"
has "judge: vhost: accesses begin at the backend's own table" "$work/out" ', 3 accesses,'
judge "$TRACES/all.trace"
has "judge: vhost: device-TLB of everything without ATS: both end" "$work/out" 'both ended'
judge "$TRACES/refused.trace"
has "judge: vhost: ATS without a device IOTLB: both end" "$work/out" 'both ended'

# Caught differences: a domain is invalidated, and another profile tells vhost of it; what is not said is seen, too.
judge --profile qemu-10.2 "$TRACES/on-demand.trace"
exits "judge: vhost: another profile: exit 1" 1
has "judge: vhost: another profile: where they differ" "$work/out" '00:02\.0, its call 1 of this record'
judge --profile ideal --calls-only "$TRACES/on-demand.trace"
exits "judge: vhost: the profile ideal: exit 1" 1
has "judge: vhost: the rights of an UPDATE" "$work/out" ' map 0x2000 0x1000 0x5001000 r result=0$'

# What cannot be.
printf 'vtd-trace 1\ndevice 00:02.0 ats=on\nattach v vhost 00:02.0\nw32 0x18 0\n' >"$work/bus0.trace"
judge "$work/bus0.trace"
exits "judge: vhost: no ATS on bus 0: exit 2" 2
has "judge: vhost: no ATS on bus 0: why" "$work/err" 'ATS of a device on bus 0'
printf 'vtd-trace 1\nattach v vhost 00:02.0\nattach w vhost 00:02.0\nw32 0x18 0\n' >"$work/two.trace"
judge "$work/two.trace"
exits "judge: vhost: two of one device: exit 2" 2
printf 'vtd-trace 1\nattach v vhost 00:02.0\nattach w vfio 00:02.0\nw32 0x18 0\n' >"$work/both.trace"
judge "$work/both.trace"
exits "judge: vhost: and vfio of one device: exit 2" 2
printf 'vtd-trace 1\nattach v vhost 01:00.1\nw32 0x18 0\n' >"$work/function.trace"
judge "$work/function.trace"
exits "judge: vhost: function 1 alone behind a port: exit 2" 2
has "judge: vhost: function 1 alone behind a port: why" "$work/err" 'function 0 must be there'

# cannot WHAT WHY RECORDS...: a vhost v of 01:00.0 and records that cannot be played beside it.
cannot() {
    printf 'vtd-trace 1\ndevice 00:02.0\n%s\nw32 0x18 0\n' "$3" >"$work/cannot.trace"
    judge "$work/cannot.trace"
    exits "judge: vhost: $1: exit 2" 2
    has "judge: vhost: $1: why" "$work/err" "$2"
}
nl='
'
v="attach v vhost 01:00.0${nl}w32 0x18 0$nl"
cannot "one that comes" 'comes or goes' "w32 0x18 0${nl}attach v vhost 01:00.0"
cannot "one that leaves" 'comes or goes' "${v}detach v"
cannot "one whose device goes" 'comes or goes' "${v}gone 01:00.0"
cannot "refusals" 'messages of a vhost are not refused' "${v}fail v map 16 1"
cannot "another on its bus" '01:03\.0 is assigned' "attach w vfio 01:03.0${nl}$v"
cannot "a device with its id" '00:04\.0 is assigned' "device 00:05.0 alias=00:04.0${nl}attach v vhost 00:04.0"
cannot "an alias" 'an alias of it' "device 00:05.0 alias=00:04.0${nl}attach v vhost 00:05.0"
judge --record "$work/recorded" "$TRACES/beside.trace"
exits "judge: vhost: it is not recorded: exit 2" 2

s=1
for vhosts in "--vhost 00:04.0" "--vhost 01:00.0" "--vhost 01:00.0 --vhost 00:03.0"; do
    for n in 1 2; do
        # shellcheck disable=SC2086 # one word or more
        "$GEN" --random --seed $s --events 250 $vhosts >"$work/random.trace"
        judge "$work/random.trace"
        exits "judge: random trace $s, $vhosts: they agree" 0
        [ "$code" = 0 ] || sed 's/^/    /' "$work/out" "$work/err"
        s=$((s + n))
    done
done
judge --vhost 00:05.0 traces/passthrough.vtt.zst
exits "judge: a captured guest, its disk with vhost: they agree" 0
has "judge: a captured guest: its disk's accesses" "$work/out" ', 1 with vhost, .* [0-9]{3,} accesses'
