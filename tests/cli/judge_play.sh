#!/bin/sh
# SPDX-License-Identifier: MIT
# judge: hot-plug, other buses, aliases, refused calls and keys of attach, beside a real QEMU. Each trace: they agree; the
# model meets what was recorded of QEMU; and what is recorded wrongly is noticed.
. tests/lib.sh
JUDGE=$BUILD/judge

judge() {
    code=0
    timeout 120 "$JUDGE" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# What needs no QEMU.
judge --accel kvm x.trace
exits "judge: --accel: another one: exit 2" 2
judge --accel qtest --edu 00:05.0 x.trace
exits "judge: --accel qtest with --edu: exit 2" 2
cat >"$work/shared.trace" <<'T'
vtd-trace 1
attach v vfio 00:02.0 container=c
attach w vfio 00:03.0 container=c
w64 0x20 0x100000
T
judge "$work/shared.trace"
exits "judge: one container for two: exit 2" 2
has "judge: one container for two: why" "$work/err" 'each address space a container of its own'

if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
    if [ "${CI:-}" = true ] && [ -e /etc/debian_version ]; then
        not_ok "judge: a QEMU to compare with" "qemu-system-x86_64 is not installed"
    else
        echo "skip judge: qemu-system-x86_64 is not there, nothing was compared with a real one"
    fi
    exit 0
fi

for t in tests/traces/judge/*.trace; do
    n=$(basename "$t" .trace)
    judge --record "$work/$n.trace" "$t"
    exits "judge: $n: they agree" 0
    run --report json "$work/$n.trace"
    has "judge: $n: the model meets what was recorded" "$work/out" '"differs":\{"reads":0,"dma":0,"expect":0\}'
    # The last call, with another size; the first one where the end comes: what that record did is not compared.
    sed -n '/^expect .*result=/=' "$work/$n.trace" >"$work/lines"
    if grep -q ' abort$' "$work/$n.trace"; then head -n 1 "$work/lines"; else tail -n 1 "$work/lines"; fi >"$work/line"
    sed "$(cat "$work/line")s/\(map 0x[0-9a-f]*\) 0x[0-9a-f]*/\1 0x7000/" "$work/$n.trace" >"$work/wrong.trace"
    run --report json "$work/wrong.trace"
    has "judge: $n: and would not meet something else" "$work/out" '"differs":\{"reads":0,"dma":0,"expect":[1-9]'
done

# recorded NAME WHAT PATTERN: stands in what was recorded.
recorded() {
    has "judge: $1: $2" "$work/$1.trace" "$3"
}
recorded gone "who leaves unmaps the part above the window" '^expect vfio@00:02.0 unmap 0xfef00000 0xffffffff01100000 result=0$'
recorded busy "a second try" '^expect vfio@00:02.0 map 0x2000 0x1000 0x5001000 rw result=-16$'
recorded last-page "without the last page" '^expect vfio@00:02.0 unmap 0xfef00000 0xffffffff010ff000 result=0$'
recorded refused-alloc "the errno of the trace" 'result=-28$'
recorded ram-refused "hw_error" '^expect vfio@00:02.0 abort$'
recorded limit "the ninth mapping" '^expect v map 0x9000 0x1000 0x5008000 rw result=-28$'
recorded aperture "above 33 bits" '^expect v map 0x200001000 0x1000 0x5000000 rw result=-22$'
recorded buses "a device on the last bus" '^expect vfio@ff:1f.7 map '
recorded found-again "a device that is found again" '^attach vfio@00:02.0 vfio 00:02.0$'
recorded alias "two behind one id" '^device 00:11.0 alias=00:02.0$'

# Refused by QEMU itself.
judge tests/traces/invariants/limit.trace
exits "judge: RAM does not fit: exit 2" 2
has "judge: RAM does not fit: QEMU's words" "$work/err" 'does not start: vfio 0000:00:02.0: .*No space left'
printf 'vtd-trace 1\nunit caching-mode=off\nattach v vfio 00:02.0\nw64 0x20 0x100000\n' >"$work/cm.trace"
judge "$work/cm.trace"
exits "judge: vfio without caching mode: exit 2" 2
has "judge: vfio without caching mode: QEMU's words" "$work/err" 'caching-mode=on'

# The accelerator is asked for by its name; a binary that lacks it says so.
cat >"$work/qemu" <<'T'
#!/bin/sh
for word; do
    case $word in *accel=qtest*) word=$(echo "$word" | sed s/accel=qtest/accel=tcg/); touch "$0.asked" ;; esac
    shift
    set -- "$@" "$word"
done
exec qemu-system-x86_64 "$@"
T
chmod +x "$work/qemu"
judge --accel qtest --qemu "$work/qemu" tests/traces/judge/gone.trace
exits "judge: --accel qtest: they agree" 0
if [ -e "$work/qemu.asked" ]; then ok "judge: --accel qtest: asked for"; else not_ok "judge: --accel qtest: asked for" "it was not"; fi
if ! qemu-system-x86_64 -accel help 2>/dev/null | grep -q qtest; then
    judge --accel qtest tests/traces/judge/gone.trace
    exits "judge: no such accelerator: exit 2" 2
    has "judge: no such accelerator: says so" "$work/err" "has no accelerator 'qtest'"
fi
