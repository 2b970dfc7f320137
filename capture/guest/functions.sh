# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # read by the scenarios
# The steps that scenarios are made of; runs in the guest under busybox.

pci=/sys/bus/pci
nvme=0000:00:03.0
e1000e=0000:00:04.0
virtio=0000:00:05.0
edu=0000:00:06.0

say() { echo "== $*"; }

fail() { echo "SCENARIO FAIL: $*"; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
            fail "waited in vain for: $*"
            return 1
        fi
        usleep 200000
    done
}

load() {
    for m in "$@"; do
        modprobe "$m" || fail "modprobe $m"
    done
}

show_groups() {
    for g in /sys/kernel/iommu_groups/*; do
        members=
        for d in "$g"/devices/*; do members="$members ${d##*/}"; done
        echo "group ${g##*/} $(cat "$g/type"):$members"
    done
}

net_up() {
    wait_for 20 test -e /sys/class/net/eth0
    ifconfig eth0 10.0.2.15 up || fail "ifconfig"
    wait_for 20 grep -q 1 /sys/class/net/eth0/carrier
}

# net_use COUNT: pings and one file transfer whose contents are checked against its first half.
net_use() {
    ping -c "$1" -i 1 10.0.2.2 >/dev/null || fail "ping"
    rm -f /tmp/file
    tftp -g -r file -l /tmp/file 10.0.2.2 || fail "tftp"
    sum=$(md5sum </tmp/file)
    [ "${net_sum:-$sum}" = "$sum" ] || fail "tftp: contents differ"
    net_sum=$sum
    rm -f /tmp/file
}

# disk_use DEVICE BLOCKSIZE COUNT SEEK: reads, writes elsewhere, reads that back, compares.
disk_use() {
    dd if="$1" of=/tmp/a bs="$2" count="$3" iflag=direct 2>/dev/null || fail "read $1"
    dd if=/tmp/a of="$1" bs="$2" count="$3" seek="$4" oflag=direct conv=notrunc 2>/dev/null ||
        fail "write $1"
    dd if="$1" of=/tmp/b bs="$2" count="$3" skip="$4" iflag=direct 2>/dev/null || fail "reread $1"
    cmp /tmp/a /tmp/b || fail "$1: what was written is not what was read"
    rm -f /tmp/a /tmp/b
}

# disk_cached DEVICE KIB: through the page cache, so that requests are merged and batched.
disk_cached() {
    echo 3 >/proc/sys/vm/drop_caches
    dd if="$1" of=/dev/null bs=64k count=$(($2 / 64)) 2>/dev/null || fail "cached read $1"
}

unbind() { echo "$1" >"$pci/devices/$1/driver/unbind" || fail "unbind $1"; }

# bind DEVICE DRIVER
bind() { echo "$1" >"$pci/drivers/$2/bind" || fail "bind $1 to $2"; }

# set_type DEVICE TYPE: of the device's IOMMU group; its drivers must be unbound.
set_type() {
    echo "$2" >"$pci/devices/$1/iommu_group/type" || fail "group type $2 for $1"
}

remove_device() { echo 1 >"$pci/devices/$1/remove" || fail "remove $1"; }

rescan() { echo 1 >"$pci/rescan" || fail "rescan"; }

# disk_ready DEVICE: there, and of its full size.
disk_ready() { wait_for 20 test -b "$1"; }

# all_io PINGS: every device of the scenario does its part.
all_io() {
    load e1000e nvme virtio_pci virtio_blk
    show_groups
    net_up
    say network
    net_use "$1"
    disk_ready /dev/nvme0n1
    say nvme
    disk_use /dev/nvme0n1 4k 20 64
    disk_use /dev/nvme0n1 64k 4 8
    disk_cached /dev/nvme0n1 512
    disk_ready /dev/vda
    say virtio-blk
    disk_use /dev/vda 4k 20 64
    disk_use /dev/vda 64k 4 8
    disk_cached /dev/vda 512
    net_use "$1"
}

# take_for_vfio DEVICE, give_back DEVICE
take_for_vfio() {
    load vfio_iommu_type1 vfio-pci
    [ -e "$pci/devices/$1/driver" ] && unbind "$1"
    echo vfio-pci >"$pci/devices/$1/driver_override"
    echo "$1" >"$pci/drivers_probe"
    wait_for 10 test -e "$pci/drivers/vfio-pci/$1"
}

give_back() {
    unbind "$1"
    echo >"$pci/devices/$1/driver_override"
}
