# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # variables are set by the file that sources this one
# Sourced by run.sh: disks, the QEMU command line, the run, and whether it can be trusted.

# text KIB SEED: that many KiB of text that is the same on every machine.
text() {
    awk -v kib="$1" -v s="$2" 'BEGIN {
        for (i = 0; i < kib * 64; i++) { s = (s * 1103 + 12345) % 65537; printf "%09d-%05d\n", i, s } }'
}

make_media() {
    mkdir -p "$work/tftp"
    text "$net_kib" 7 >"$work/tftp/file"
    for d in disk0 disk1; do
        text $((disk_mib * 64)) 11 >"$work/$d.img"
        truncate -s "${disk_mib}M" "$work/$d.img"
    done
    truncate -s "${ram_mib}M" "$ramfile"
}

# Appends the device NAME to the positional parameters; slots are the same in every scenario.
add_device() {
    case $1 in
    nvme)
        devices_meta="$devices_meta 00:03.0=nvme"
        machine="$machine -drive file=$work/disk0.img,format=raw,if=none,id=d0,cache=unsafe"
        machine="$machine -device nvme,drive=d0,serial=s0,addr=3"
        ;;
    e1000e)
        devices_meta="$devices_meta 00:04.0=e1000e"
        machine="$machine -netdev user,id=n0,tftp=$work/tftp,restrict=on"
        machine="$machine -device e1000e,netdev=n0,addr=4,romfile="
        ;;
    virtio-blk)
        devices_meta="$devices_meta 00:05.0=virtio-blk-pci"
        machine="$machine -drive file=$work/disk1.img,format=raw,if=none,id=d1,cache=unsafe"
        machine="$machine -device virtio-blk-pci,drive=d1,addr=5,iommu_platform=on,disable-legacy=on"
        ;;
    edu)
        devices_meta="$devices_meta 00:06.0=edu"
        machine="$machine -device edu,addr=6,dma_mask=0xffffffffffffffff"
        ;;
    *) die "scenario $scenario: unknown device \"$1\"" ;;
    esac
}

machine_arguments() {
    devices_meta='00:00.0=q35-host-bridge 00:1f.0=ICH9-LPC 00:1f.2=ich9-ahci 00:1f.3=ICH9-SMB'
    append="console=ttyS0 panic=-1 nokaslr loglevel=6 intel_iommu=on $kernel_args"
    machine="-M q35,accel=tcg,memory-backend=ram0 -cpu $cpu -m $ram_mib -smp 1"
    machine="$machine -object memory-backend-file,id=ram0,size=${ram_mib}M,mem-path=$ramfile,share=on"
    machine="$machine -nodefaults -display none -serial file:$work/console.log"
    [ "$reboots" = yes ] || machine="$machine -no-reboot"
    unit="aw-bits=$aw_bits,caching-mode=$caching_mode,intremap=$intremap,pt=$pt"
    machine="$machine -device intel-iommu,$unit${iommu_props:+,$iommu_props}"
    for d in $devices; do
        add_device "$d"
    done
    # Recording makes the processor and the devices take turns, so that a device's access never
    # overlaps a store. The recording itself is thrown away.
    if [ "$record_order" = rr ]; then
        machine="$machine -icount shift=5,rr=record,rrfile=$work/rr.bin"
        # The virtual APIC helper's reset waits for the processor's thread, which in this mode
        # waits for the thread that resets: a machine reset would hang.
        machine="$machine -global apic-common.vapic=off"
    fi
}

run_machine() {
    machine_arguments
    say "$scenario: booting $kernel_release under QEMU $qemu_version"
    status=0
    # shellcheck disable=SC2086 # lists of words; no path in them has a blank
    timeout -k 10 "$limit_seconds" qemu-system-x86_64 $machine ${CAPTURE_QEMU_ARGS:-} \
        -kernel "$kernel" -initrd "$initrd" -append "$append" \
        -plugin "$plugin,ram=$ramfile,out=$work/events" \
        </dev/null >"$work/qemu.log" 2>&1 || status=$?
}

stat_of() {
    awk -v name="$1" '$2 == name { print $3 }' "$work/events.stats"
}

check_run() {
    if [ "$status" -ne 0 ] || ! grep -q '^SCENARIO END' "$work/console.log"; then
        tail -n 20 "$work/qemu.log" "$work/console.log" >&2 || :
        die "$scenario did not reach its end (QEMU's exit status $status)"
    fi
    if grep -q '^SCENARIO FAIL' "$work/console.log"; then
        grep '^SCENARIO FAIL' "$work/console.log" >&2
        die "$scenario: a step in the guest failed"
    fi
    [ -s "$work/events.stats" ] || die "the plugin wrote no counters"
    [ "$(stat_of verify-missed)" -eq 0 ] ||
        die "the plugin missed $(stat_of verify-missed) stores to tables; the trace is not complete"
}
