#!/bin/sh
# SPDX-License-Identifier: MIT
# judge beside a real QEMU: agreement, difference, the end of both, --record, and what is refused.
. tests/lib.sh
JUDGE=$BUILD/judge
GEN=$BUILD/gen_trace

# judge ARGS...: leaves $code, $work/out and $work/err.
judge() {
    code=0
    timeout 120 "$JUDGE" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# What needs no QEMU.
judge --help
exits "judge: --help: exit 0" 0
has "judge: --help: usage comes first" "$work/out" '^Usage: judge '
judge --version
has "judge: --version" "$work/out" '^vtd-judge [0-9]+\.[0-9]+'
judge
exits "judge: no trace: exit 2" 2
judge --qemu /nonexistent/qemu tests/cli/traces/basic.vtt
exits "judge: no such QEMU: exit 2" 2
has "judge: no such QEMU: says so" "$work/err" 'does not start'
printf 'vtd-trace 1\nunit aw-bits=57\nw32 0x18 0\n' >"$work/57.trace"
judge "$work/57.trace"
exits "judge: 57 bits: exit 2" 2
judge "$work/none.trace"
exits "judge: no such trace: exit 2" 2

"$GEN" --random --seed 5 --events 300 >"$work/a"
"$GEN" --random --seed 5 --events 300 -o "$work/b.vtt.zst"
"$BUILD/trace" dump "$work/b.vtt.zst" >"$work/b"
same "gen_trace: the same seed, the same trace, text or packed" "$work/a" "$work/b"
"$BUILD/trace" dump "$work/a" >"$work/b"
same "gen_trace: text is canonical" "$work/a" "$work/b"
# Every compiler draws the same; a new kind of step changes this number.
for s in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    "$GEN" --random --seed $s --events 500
done | cksum >"$work/sum"
equal "gen_trace: 20 seeds give the bytes they gave before" "$(cat "$work/sum")" "971788182 323910"
"$GEN" --random --seed 6 --events 300 >"$work/b"
if cmp -s "$work/a" "$work/b"; then
    not_ok "gen_trace: another seed, another trace" "they are the same"
else
    ok "gen_trace: another seed, another trace"
fi

# What may be chosen.
"$GEN" --random --seed 6 --events 300 --devices 5 --aw-bits 48 --pages 8 --depth 3 --density 100 --page-sizes 2m,1g >"$work/b"
equal "gen_trace: --devices" "$(grep -c '^device ' "$work/b")" 5
has "gen_trace: --aw-bits" "$work/b" '^unit aw-bits=48 '
if grep -qE '^mem 0x40[89a-f]' "$work/b"; then
    not_ok "gen_trace: --pages" "a ninth table page is written"
else
    ok "gen_trace: --pages"
fi
for wrong in '--devices 0' '--devices 17' '--pages 7' '--depth 5' '--density 101' '--page-sizes 3m' '--page-sizes 4k,' \
    '--aw-bits 40' '--profile none'; do
    code=0
    # shellcheck disable=SC2086 # option and value
    "$GEN" --random $wrong >"$work/out" 2>"$work/err" || code=$?
    exits "gen_trace: $wrong: exit 2" 2
done
"$GEN" --random --reach --seed 3 --seeds 2 --events 200 >"$work/out"
has "gen_trace: --reach: a table" "$work/out" '^iotlb-page +[0-9]'
has "gen_trace: --reach: a sum" "$work/out" '^[1-9][0-9]* of [1-9][0-9]* cells touched$'

if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
    if [ "${CI:-}" = true ] && [ -e /etc/debian_version ]; then
        not_ok "judge: a QEMU to compare with" "qemu-system-x86_64 is not installed"
    else
        echo "skip judge: qemu-system-x86_64 is not there, nothing was compared with a real one"
    fi
    exit 0
fi

cat >"$work/plain.trace" <<'T'
vtd-trace 1
device 00:02.0
device 00:03.0
mem 0x100000 0x101001 0x0
mem 0x101100 0x102001 0x101
mem 0x101180 0x102001 0x101
mem 0x102000 0x103003
mem 0x103000 0x104003
mem 0x104008 0x5000003
w64 0x20 0x100000
w32 0x18 0x40000000
w64 0x90 0x200000
w32 0x18 0x4000000
w32 0x18 0x84000000
r32 0x1c 0x0
mem 0x104008 0x6000001
mem 0x200000 0x100f2 0x1000
w32 0x88 0x10
mem 0x103008 0x20000083
mem 0x200010 0x100e2 0x0
mem 0x200020 0x200000025 0x300000
w32 0x88 0x30
reset
T
judge "$work/plain.trace"
exits "judge: a plain trace: they agree" 0
has "judge: a plain trace: what was compared" "$work/out" ' agrees: QEMU .*, 2 devices, [1-9][0-9]* calls, 1 reads, 0 accesses, [1-9][0-9]* registers, 1 statuses'

# A caught difference: the other profile maps and unmaps otherwise at the same guest's hand.
judge --profile v7 "$work/plain.trace"
exits "judge: another profile: exit 1" 1
has "judge: another profile: where they differ" "$work/out" 'differs at record [0-9]+ .*00:0[23]\.0, its call'

# Shrunk: it differs at the same kind of call, and is smaller; where they agree nothing is written.
judge --profile v7 --shrink "$work/short.trace" --shrink-runs 60 "$work/plain.trace"
exits "judge: --shrink: exit 1" 1
has "judge: --shrink: the sums" "$work/out" '^.*short.trace: ([1-9]|1[0-4]) records, before 20; [1-9][0-9]* plays'
has "judge: --shrink: where it differs" "$work/out" 'differs at record [0-9]+ .*, its call'
judge --profile v7 "$work/short.trace"
exits "judge: --shrink: the result differs" 1
judge --shrink "$work/none.trace" "$work/short.trace"
exits "judge: --shrink: nothing to shrink: exit 0" 0
code=0
[ ! -e "$work/none.trace" ] || code=1
exits "judge: --shrink: nothing is written then" 0
judge --shrink "$work/none.trace" "$work/plain.trace" "$work/plain.trace"
exits "judge: --shrink: two traces: exit 2" 2

judge --record "$work/recorded.trace" "$work/plain.trace"
exits "judge: --record: exit 0" 0
has "judge: --record: the change in place" "$work/recorded.trace" \
    '^expect vfio@00:02.0 map 0x1000 0x1000 0x6000000 r result=0$'
has "judge: --record: a read as it was answered" "$work/recorded.trace" '^r32 0x1c 0xc4000000$'
run --report json "$work/recorded.trace"
has "judge: --record: the model meets what was recorded" "$work/out" '"differs":{"reads":0,"dma":0,"expect":0}'
sed 's/map 0x1000 0x1000 0x6000000 r /map 0x1000 0x1000 0x7000000 r /' "$work/recorded.trace" >"$work/wrong.trace"
run --report json "$work/wrong.trace"
has "judge: --record: and would not meet something else" "$work/out" '"id":"COH-EXPECT","severity":"violation","count":[1-9]'

# The end of the emulator: a wait descriptor with status and interrupt.
sed 's/^mem 0x200020 .*/mem 0x200020 0x200000035 0x300000/' "$work/plain.trace" >"$work/end.trace"
judge --record "$work/ended.trace" "$work/end.trace"
exits "judge: both end: they agree" 0
has "judge: both end: it is said" "$work/out" 'both ended'
has "judge: both end: recorded" "$work/ended.trace" '^expect vfio@00:02.0 abort$'

# A container that holds eight mappings: memory one to one fits, a ninth page does not.
sed 's/^mem 0x104008 0x5000003/mem 0x104008 0x5000003 0x5001003 0x5002003 0x5003003 0x5004003 0x5005003 0x5006003 0x5007003 0x5008003/' \
    "$work/plain.trace" >"$work/many.trace"
judge --dma-limit 8 --record "$work/limit.trace" "$work/many.trace"
exits "judge: --dma-limit: they agree" 0
has "judge: --dma-limit: the kernel's side refuses what is beyond" "$work/limit.trace" \
    '^expect vfio@00:03.0 map 0x9000 0x1000 0x5008000 rw result=-28$'

# A caught difference without calls: the register that only another profile has set.
printf 'vtd-trace 1\nr64 0x8 0x0\n' >"$work/cap.trace"
judge --profile qemu-10.2 "$work/cap.trace"
exits "judge: a read that differs: exit 1" 1
has "judge: a read that differs: both values" "$work/out" '^    0x80d2008c22260286$'
# An emulated device: reached, refused by the table, and refused by a cached entry without a record.
cat >"$work/dma.trace" <<'T'
vtd-trace 1
device 00:02.0
device 00:05.0
mem 0x100000 0x101001 0x0
mem 0x101280 0x102001 0x101
mem 0x102000 0x103003
mem 0x103000 0x104003
mem 0x104008 0x5000001
w64 0x20 0x100000
w32 0x18 0x40000000
w32 0x18 0x80000000
dma 00:05.0 w 0x1008 0x4
r32 0x34 0x0
w32 0x22c 0x80000000
dma 00:05.0 r 0x1010 0x8
dma 00:05.0 w 0x1010 0x8
dma 00:05.0 r 0x2000 0x1
r32 0x22c 0x0
r64 0x220 0x0
T
judge --edu 00:05.0 "$work/dma.trace"
exits "judge: an emulated device: they agree" 0
has "judge: an emulated device: its accesses" "$work/out" ' 1 devices, .* 3 reads, 4 accesses'
judge --edu 00:05.0 --record "$work/faults.trace" "$work/dma.trace"
has "judge: an emulated device: reasons as QEMU records them" "$work/faults.trace" '^r32 0x22c 0xc0ffff06$'
sed 's/^mem 0x104008 .*/mem 0x104008 0x5000003/' "$work/dma.trace" >"$work/dma2.trace"
judge --edu 00:05.0 "$work/dma2.trace"
has "judge: an emulated device: one that may write" "$work/out" ' agrees: .* 4 accesses'

sed 's/^dma 00:05.0 w 0x1008 0x4/dma 00:05.0 r 0x1000 0x1000/' "$work/dma.trace" >"$work/dma3.trace"
judge --edu 00:05.0 "$work/dma3.trace"
has "judge: an emulated device: a whole page" "$work/out" ' agrees: .* 4 accesses'

# A message is remapped by the real unit alone; before that it is an access like another.
printf 'vtd-trace 1\nunit intremap=on\ndma 00:04.0 w 0xfee00010 0x8\nw32 0x18 0x2000000\n%s\n' \
    'dma 00:04.0 w 0xfee00010 0x8
dma 00:04.0 r 0xfee00010 0x8' >"$work/message.trace"
judge --edu 00:04.0 "$work/message.trace"
exits "judge: an emulated device: messages: they agree" 0
has "judge: an emulated device: one that would be remapped is passed over" "$work/out" \
    ', 3 records \(1 passed over\), .* 2 accesses'

# More statuses than are kept, at one place: the last one counts.
awk 'BEGIN {
    print "vtd-trace 1\ndevice 00:02.0\nw64 0x90 0x200000\nw32 0x18 0x4000000"
    for (i = 0; i < 100; i++) printf "mem 0x%x 0x%x00000025 0x300000\n", 2097152 + 16 * i, i + 1
    print "w32 0x88 0x640"
}' >"$work/waits.trace"
judge "$work/waits.trace"
has "judge: a hundred statuses at one place" "$work/out" ' agrees: .* 1 statuses'

for s in 1 2 3 4 5 6 7 8 9 10 11 12; do
    "$GEN" --random --seed $s --events 400 >"$work/random.trace"
    judge "$work/random.trace"
    exits "judge: random trace $s: they agree" 0
    [ "$code" = 0 ] || sed 's/^/    /' "$work/out"
done
judge traces/passthrough.vtt.zst
exits "judge: a captured guest: they agree" 0

# The second version, where it has been fetched (judge/fetch-qemu.sh; `make judge` does).
if [ -x "$BUILD/qemu-10.0/qemu-system-x86_64" ]; then
    judge --qemu "$BUILD/qemu-10.0/qemu-system-x86_64" "$work/plain.trace"
    exits "judge: QEMU 10.0: they agree" 0
    has "judge: QEMU 10.0: its own profile" "$work/out" ' agrees: QEMU 10\.[01]\..* and qemu-10\.0, '
    for trace in straddle fence stale-tm; do
        judge --qemu "$BUILD/qemu-10.0/qemu-system-x86_64" "tests/golden/real/10.0-$trace.trace"
        exits "judge: QEMU 10.0: $trace, as it was recorded" 0
    done
fi
