#!/bin/sh
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$(dirname "$here")")
cache=${CAPTURE_CACHE:-$root/build/capture-cache}
cc=${CC:-cc}
say() { printf '%s\n' "judge-kernel: $*" >&2; }
die() { say "$*"; exit 2; }
. "$root/capture/lib/packages.sh"
. "$root/capture/lib/guest.sh"
kernel_pkg=linux-image-6.1.0-56-cloud-amd64
fetch $kernel_pkg || die no
fetch busybox-static || die no
kernel_root=$cache/root-$kernel_pkg
kernel_release=${kernel_pkg#linux-image-}
busybox=$cache/root-busybox-static/bin/busybox
kernel=$kernel_root/boot/vmlinuz-$kernel_release
[ -e "$kernel_root/lib/modules/$kernel_release/modules.dep" ] || "$busybox" depmod -b "$kernel_root" "$kernel_release"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
guest_modules='virtio_pci virtio_console vfio_iommu_type1 vfio-pci'
mkdir -p $tree/bin $tree/dev $tree/proc $tree/sys $tree/tmp $tree/lists
cp $busybox $tree/bin/busybox
copy_modules
cc -std=c17 -D_GNU_SOURCE -O2 -static -o $tree/bin/caller $here/caller.c $here/listed.c
cp $here/init $tree/init; chmod +x $tree/init
cp "$@" $tree/lists
(cd $tree && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc) >$work/initrd 2>/dev/null
timeout 200 qemu-system-x86_64 -nodefaults -display none -no-reboot -machine q35,accel=tcg,kernel-irqchip=split -cpu qemu64 -m 1024 \
 -device intel-iommu,intremap=on,aw-bits=48 -device edu,addr=2,dma_mask=0xffffffffffffffff -device edu,addr=3,dma_mask=0xffffffffffffffff -device edu,addr=4,dma_mask=0xffffffffffffffff \
 -chardev file,id=out,path=$work/out.tar -device virtio-serial-pci,addr=8 -device virtserialport,chardev=out,name=out \
 -kernel $kernel -initrd $work/initrd -append "console=ttyS0 intel_iommu=on,sm_off iommu=nopt panic=-1 quiet loglevel=4 tsc=reliable no_timer_check random.trust_cpu=on mitigations=off" -serial stdio </dev/null | tail -30
mkdir -p build/kernel-out; tar -C build/kernel-out -xf $work/out.tar; ls -la build/kernel-out
