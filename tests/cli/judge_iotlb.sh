#!/bin/sh
# SPDX-License-Identifier: MIT
# What is cached, and when it goes: traces that say where each access ends, replayed, and played to a real QEMU.
. tests/lib.sh

# accesses PROFILE TRACE: how many were compared, and how many differ.
accesses() {
    run --profile "$1" --compare always --report json --attach probe@00:03.0 --attach probe@00:04.0 "$2"
    sed -n 's/.*"compared":{"reads":0,"dma":\([0-9]*\),.*"differs":{"reads":0,"dma":\([0-9]*\),.*/\1 \2/p' "$work/out"
}

# As many entries as it holds, tables exchanged without a word, and one more: all of them go before it comes.
awk '
    function tables(target,    p, i) {
        for (p = 0; p < 3; p++) {
            printf "mem 0x%x", 1064960 + p * 4096
            for (i = 0; i < 512; i++)
                printf " 0x%x", target + (p * 512 + i) * 4096 + 3
            print ""
        }
    }
    BEGIN {
        print "vtd-trace 1\ndevice 00:03.0\ndevice 00:04.0\nmem 0x100000 0x101001 0x0"
        print "mem 0x101180 0x102001 0x201\nmem 0x101200 0x102001 0x101\nmem 0x102000 0x103003"
        print "mem 0x103000 0x104003 0x105003 0x106003 0x20000083"
        tables(268435456)
        print "w64 0x20 0x100000\nw32 0x18 0x40000000\nw32 0x18 0x80000000"
        print "dma 00:03.0 r 0x600000 0x1 = 0x20000000"
        for (i = 0; i < 1023; i++)
            printf "dma 00:04.0 r 0x%x 0x1 = 0x%x\n", i * 4096, 268435456 + i * 4096
        tables(536870912)
        print "mem 0x103018 0x40000083"
        print "dma 00:04.0 r 0x0 0x1 = 0x10000000\ndma 00:04.0 r 0x3fe000 0x1 = 0x103fe000"
        print "dma 00:03.0 r 0x600000 0x1 = 0x20000000\ndma 00:04.0 r 0x3ff000 0x1 = 0x203ff000"
        print "dma 00:04.0 r 0x0 0x1 = 0x20000000\ndma 00:04.0 r 0x3fe000 0x1 = 0x203fe000"
        print "dma 00:03.0 r 0x600000 0x1 = 0x40000000"
    }' >"$work/capacity.trace"

for t in tests/traces/iotlb/*.trace "$work/capacity.trace"; do
    name=$(basename "$t" .trace)
    equal "iotlb: $name: each access ends where the trace says" "$(accesses qemu-7.2 "$t")" "$(grep -c '^dma ' "$t") 0"
done
# What is no property of all.
equal "iotlb: psi-low-byte: whole page numbers are compared by the architecture" \
    "$(accesses ideal tests/traces/iotlb/psi-low-byte.trace)" "8 4"
equal "iotlb: psi-low-byte: and since QEMU 9.1" "$(accesses qemu-10.2 tests/traces/iotlb/psi-low-byte.trace)" "8 4"

if ! command -v qemu-system-x86_64 >/dev/null 2>&1; then
    if [ "${CI:-}" = true ] && [ -e /etc/debian_version ]; then
        not_ok "iotlb: a QEMU to compare with" "qemu-system-x86_64 is not installed"
    else
        echo "skip iotlb: qemu-system-x86_64 is not there, nothing was compared with a real one"
    fi
    exit 0
fi
for t in tests/traces/iotlb/*.trace "$work/capacity.trace"; do
    code=0
    timeout 120 "$BUILD/judge" --edu 00:03.0 --edu 00:04.0 "$t" >"$work/out" 2>"$work/err" || code=$?
    exits "iotlb: $(basename "$t" .trace): a real QEMU agrees" 0
    has "iotlb: $(basename "$t" .trace): all accesses were compared" "$work/out" " $(grep -c '^dma ' "$t") accesses,"
done
# Nothing said of memory, and no assigned device that would tell: the model is given the machine's all the same.
printf 'vtd-trace 1\ndevice 00:03.0\nw64 0x20 0x80000000\nw32 0x18 0x40000000\nw32 0x18 0x80000000\ndma 00:03.0 r 0x1000 0x4\n' >"$work/root.trace"
code=0
timeout 120 "$BUILD/judge" --edu 00:03.0 "$work/root.trace" >"$work/out" 2>"$work/err" || code=$?
exits "judge: a root table where the machine has no memory: they agree" 0
for kind in cached registers; do
    code=0
    BUILD=$BUILD timeout 240 sh tests/judge/random.sh $kind 1 4 >"$work/out" 2>"$work/err" || code=$?
    exits "judge: random traces, $kind: they agree" 0
    [ "$code" = 0 ] || sed 's/^/    /' "$work/out"
done
