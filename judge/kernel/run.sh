#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The kernel as judge: a Debian kernel under Debian's QEMU, with an emulated VT-d unit and devices
# bound to vfio-pci, in which the real vfio_iommu_type1 answers
#
#   1. lists of map and unmap calls: written by hand (lists/), and random ones of two seeds
#   2. an unmodified QEMU that plays traces, started by build/judge inside the guest
#
# Its results are compared with our type1, one by one. Needs no privileges; run by `make judge-kernel`.
#
#   JUDGE_CALLS=N         random calls of each seed (default 20000)
#   JUDGE_SEED=S          the second seed (default: new each time, and printed)
#   JUDGE_TRACES=N        random traces (default 20; half of them from the second seed on)
#   JUDGE_ACCEL=tcg|kvm   accelerator of the outer QEMU (default tcg; where /dev/kvm works, kvm is faster)
#   JUDGE_CAPTURED="..."  captured traces to play, and how many records of each (default "strict:3000")
#   JUDGE_LIMIT=SECONDS   how long the guest may take (default 900)
#   CAPTURE_CACHE=DIR     where downloads are kept (default build/capture-cache)
#   JUDGE_KEEP=1          keep the working directory
#
# Exit codes: 0 no difference; 1 a difference; 2 it cannot be done here.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
build=${BUILD:-build}
case $build in /*) ;; *) build=$root/$build ;; esac
cache=${CAPTURE_CACHE:-$root/build/capture-cache}
cc=${CC:-cc}
calls=${JUDGE_CALLS:-20000}
traces=${JUDGE_TRACES:-20}
seed=${JUDGE_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
accel=${JUDGE_ACCEL:-tcg}
captured=${JUDGE_CAPTURED-strict:3000}
qemu="qemu-system-x86_64"
ram_mib=1536
limit_seconds=${JUDGE_LIMIT:-900}

say() { printf '%s\n' "judge-kernel: $*" >&2; }
die() {
    say "$*"
    exit 2
}

# shellcheck source=capture/lib/packages.sh
. "$root/capture/lib/packages.sh"
# shellcheck source=capture/lib/guest.sh
. "$root/capture/lib/guest.sh"

cloud_kernel() {
    apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-6\.1\.[0-9a-z.-]*cloud-amd64\)$/\1/p' | head -n 1
}

# apt-get checks what it downloads against the archive's signed lists; nothing is installed.
get_packages() {
    [ "$(uname -m)" = x86_64 ] || die "needs an amd64 machine"
    command -v apt-get >/dev/null || die "needs Debian 12: its kernel comes by apt-get, which is not here"
    missing=$(missing_packages | tr '\n' ' ')
    [ -z "$missing" ] || die "missing packages; as root: apt-get install $missing"
    mkdir -p "$cache"
    [ -e "$cache/cloud-kernel" ] || cloud_kernel >"$cache/cloud-kernel"
    kernel_pkg=$(cat "$cache/cloud-kernel")
    if [ -z "$kernel_pkg" ]; then
        rm -f "$cache/cloud-kernel"
        die "Debian 12's linux-image-cloud-amd64 (6.1) is not in apt's lists; as root: apt-get update"
    fi
    for p in "$kernel_pkg" busybox-static; do
        fetch "$p" 2>"$work/apt" || {
            tail -n 2 "$work/apt" >&2
            die "$p is needed and cannot be downloaded: connect to Debian's archive once; it is kept in $cache"
        }
    done
    kernel_root=$cache/root-$kernel_pkg
    kernel_release=${kernel_pkg#linux-image-}
    kernel=$kernel_root/boot/vmlinuz-$kernel_release
    busybox=$cache/root-busybox-static/bin/busybox
    [ -e "$kernel_root/lib/modules/$kernel_release/modules.dep" ] ||
        "$busybox" depmod -b "$kernel_root" "$kernel_release"
}

# with_libraries PROGRAM: it and what it is linked with, at the same places in the guest.
with_libraries() {
    for f in "$(command -v "$1")" $(ldd "$(command -v "$1")" | grep -o '/[^ ]*'); do
        mkdir -p "$tree$(dirname "$f")"
        cp -L "$f" "$tree$f"
    done
}

# A random trace for a machine with little memory: what lies above 256 MiB is folded below, but for
# the descriptors of the queue; 144 MiB are RAM, and as much again from 4 GiB up for every third.
# What lies in the first page above 4 GiB or in the last of either RAM does so still. Three devices: the
# guest has no functions.
folded() {
    "$build/gen_trace" --random --seed "$1" --events "$2" --devices 3 | awk -v high="$(($1 % 3))" '
        function fold(w,    h, n) {
            h = substr(w, 3); n = length(h)
            if (n <= 7) return w
            if (h ~ /^7ffff...$/) return "0x8fff" substr(h, 6)
            if (h ~ /^17ffff...$/) return (high == 0 ? "0x108fff" : "0x8ffe") substr(h, 7)
            if (h ~ /^100000...$/ && high == 0) return w
            if (n > 12) return "0x" substr(h, 1, n - 12) "00000" substr(h, n - 6)
            h = substr(h, n - 6); sub(/^0+/, "", h)
            return "0x" (h == "" ? "0" : h)
        }
        $1 == "ram" && $2 == "0x100000" { print "ram 0x100000 0x8f00000"; next }
        $1 == "ram" && $2 == "0x100000000" { if (high == 0) print "ram 0x100000000 0x9000000"; next }
        $1 == "mem" && !(length($2) == 8 && $2 ~ /^0x20/) { for (i = 2; i <= NF; i++) $i = fold($i) }
        { print }'
}

make_work() {
    mkdir -p "$tree/lists" "$tree/traces"
    cp "$here"/lists/* "$tree/lists/"
    "$build/kernel-calls" draw --seed 1 --calls "$calls" >"$tree/lists/seed-1"
    "$build/kernel-calls" draw --seed "$seed" --calls "$calls" >"$tree/lists/seed-$seed"
    for t in $captured; do
        "$build/trace" dump --header --to "${t#*:}" "$root/traces/${t%:*}.vtt.zst" |
            grep -v '^dma ' >"$tree/traces/${t%:*}.trace"
    done
    cp "$root"/tests/traces/kernel/*.trace "$tree/traces/" 2>/dev/null || :
    i=0
    while [ "$i" -lt "$traces" ]; do
        [ $((i % 2)) -eq 0 ] && s=$((i / 2 + 1)) || s=$((seed + i / 2))
        folded "$s" 300 >"$tree/traces/random-$s.trace"
        i=$((i + 1))
    done
}

make_guest() {
    tree=$work/tree
    # shellcheck disable=SC2034 # read by copy_modules
    guest_modules='virtio_pci virtio_console vfio_iommu_type1 vfio-pci'
    mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/usr/lib/x86_64-linux-gnu/qemu"
    cp "$busybox" "$tree/bin/busybox"
    copy_modules
    "$cc" -std=c17 -D_GNU_SOURCE -O2 -static -Wall -Wextra -Werror -o "$tree/bin/caller" \
        "$here/caller.c" "$here/listed.c" || die "the guest's program does not compile"
    cp "$here/init" "$tree/init"
    chmod +x "$tree/init"
    with_libraries "$qemu"
    with_libraries "$build/judge"
    cp "$build/judge" "$build/judge-kernel-log.so" "$tree/bin/"
    cp /usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so "$tree/usr/lib/x86_64-linux-gnu/qemu/"
    mkdir -p "$tree/usr/share/qemu"
    cp -L /usr/share/qemu/kvmvapic.bin "$tree/usr/share/qemu/"
    make_work
    (cd "$tree" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc) >"$work/initrd" 2>/dev/null
}

# The outer machine: devices at the places that traces name.
run_guest() {
    devices=
    for slot in 2 3 4 5 6; do
        devices="$devices -device edu,addr=$slot,dma_mask=0xffffffffffffffff"
    done
    cpu=qemu64
    [ "$accel" = tcg ] || cpu=host
    # shellcheck disable=SC2086 # words
    timeout -k 10 "$limit_seconds" "$qemu" -nodefaults -display none -no-reboot \
        -machine "q35,accel=$accel,kernel-irqchip=split" -cpu "$cpu" -smp 1 -m "$ram_mib" \
        -device intel-iommu,intremap=on,aw-bits=48 $devices \
        -chardev "file,id=out,path=$work/out.tar" -device virtio-serial-pci,addr=8 \
        -device virtserialport,chardev=out,name=out \
        -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 intel_iommu=on,sm_off iommu=nopt \
panic=-1 quiet loglevel=4 tsc=reliable no_timer_check random.trust_cpu=on mitigations=off" \
        -serial stdio </dev/null >"$work/console" 2>&1 || :
    grep -a '^judge-kernel' "$work/console" | tr -d '\r' >"$work/steps" || :
    mkdir -p "$work/out"
    tar -C "$work/out" -xf "$work/out.tar" 2>/dev/null || :
    if [ ! -s "$work/out/kernel" ]; then
        tail -n 5 "$work/console" >&2
        die "the guest did not reach its end within $limit_seconds seconds (JUDGE_LIMIT)"
    fi
}

judge_lists() {
    for list in "$tree"/lists/*; do
        name=${list##*/}
        [ ! -s "$work/out/$name.errors" ] || sed 's/^/judge-kernel: /' "$work/out/$name.errors"
        code=0
        "$build/kernel-calls" compare "$list" "$work/out/$name.results" >"$work/said" || code=$?
        sed "s/^kernel-calls:/judge-kernel: $name:/" "$work/said"
        [ "$code" -eq 0 ] || bad=1
        [ "$(grep -c '^info ' "$work/out/$name.results")" -eq 3 ] || {
            echo "judge-kernel: $name: VFIO_IOMMU_GET_INFO said too little"
            bad=1
        }
    done
}

judge_traces() {
    awk '
        function number(before,    i) {
            for (i = 2; i <= NF; i++) if ($i ~ "^" before) return $(i - 1)
            return 0
        }
        / agrees: / { agree++; records += number("records"); calls += number("calls"); next }
        / differs .*at record / { differ++ }
        /^judge: .*(memory is|without)/ { next }
        /^judge: / { cannot++ }
        { print }
        END {
            printf "judge-kernel: %d traces agree, %d differ, %d could not be played; %d records, %d calls compared\n",
                agree, differ, cannot, records, calls
            exit differ + cannot > 0
        }' "$work/out/traces" || bad=1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/vtd-kernel.XXXXXX")
finish() {
    if [ "${JUDGE_KEEP:-0}" = 1 ]; then
        say "kept $work"
    else
        rm -rf "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bad=0
get_packages
make_guest
run_guest
echo "judge-kernel: Linux $(cat "$work/out/kernel")"
echo "judge-kernel: $("$qemu" --version | head -n 1), accelerator $accel; seeds 1 and $seed"
judge_lists
judge_traces
tail -n 1 "$work/steps"
exit "$bad"
