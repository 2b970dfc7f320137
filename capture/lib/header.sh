# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # variables are set by the file that sources this one
# Sourced by run.sh: the trace's header, and the file put together.

# The first value the guest read from a 64-bit register.
first_read() {
    awk -v off="$1" '$1 == "r64" && $2 == off { print $3; exit }' "$work/events"
}

# CAP and ECAP as QEMU 7.2 presents them for what was configured; the guest must have read them.
check_capabilities() {
    cap=$(first_read 0x8)
    ecap=$(first_read 0x10)
    case $aw_bits in
    39) want=d2008c22260206 ;;
    48) want=d2008c222f0606 ;;
    *) die "aw_bits=$aw_bits: only 39 and 48 are known" ;;
    esac
    [ "$caching_mode" = on ] && want=${want%06}86
    [ "$cap" = "0x$want" ] || die "the guest read CAP $cap; 0x$want was expected"
    want=f02
    [ "$pt" = on ] && want=f42
    [ "$intremap" = on ] && want=f00${want%??}4a && [ "$pt" = off ] && want=f00f0a
    [ "$ecap" = "0x$want" ] || die "the guest read ECAP $ecap; 0x$want was expected"
}

package_version() {
    dpkg-query -W -f '${Version}\n' "$1" 2>/dev/null || echo unknown
}

write_header() {
    echo 'vtd-trace 1'
    echo "meta scenario $scenario: $title"
    echo "meta tool capture/run.sh with its QEMU TCG plugin"
    echo "meta date $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "meta guest Debian 12 kernel $kernel_release with a busybox initramfs"
    echo "meta kernel $(sed -n 's/^.*\(Linux version .*\)$/\1/p' "$work/console.log" | head -n 1 | tr -d '\r')"
    echo "meta kernel-command-line $append"
    echo "meta qemu QEMU emulator version $qemu_version"
    # Paths of the machine it ran on say nothing to a reader.
    echo "meta qemu-command-line qemu-system-x86_64 $machine -kernel $kernel -initrd $initrd" |
        sed -e "s|$ramfile|RAM|g" -e "s|$work/||g" -e "s|$cache/||g"
    echo "meta package-$kernel_pkg $(cat "$kernel_root/.version")"
    echo "meta package-busybox-static $(cat "$cache/root-busybox-static/.version")"
    for p in qemu-system-x86 qemu-system-data seabios; do
        echo "meta package-$p $(package_version "$p")"
    done
    if [ "$record_order" = rr ]; then
        echo 'meta order icount and rr=record: the processor and the devices take turns'
    else
        echo 'meta order plain run: device accesses may overlap stores of the processor'
    fi
    echo "meta cap $cap"
    echo "meta ecap $ecap"
    for d in $devices_meta; do
        echo "meta device-${d%%=*} ${d#*=}"
    done
    awk '{ line[$1] = line[$1] " " $2 "=" $3 }
        END { print "meta capture-records" line["record"]; print "meta capture-notes" line["note"] }' \
        "$work/events.stats"
    printf 'unit model=qemu-7.2 aw-bits=%s caching-mode=%s pt=%s device-iotlb=off snoop-control=off' \
        "$aw_bits" "$caching_mode" "$pt"
    printf ' intremap=%s eim=off dma-drain=on stale-tm=off scalable-mode=off\n' "$intremap"
    cat "$work/events.ram"
}

write_trace() {
    check_capabilities
    mkdir -p "$(dirname "$outfile")"
    write_header >"$work/header"
    cat "$work/header" "$work/events" >"$outfile.new"
    mv "$outfile.new" "$outfile"
}
