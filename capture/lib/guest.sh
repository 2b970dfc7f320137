# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # variables are set by the file that sources this one
# Sourced by run.sh: the guest's initramfs.

guest_modules='e1000e nvme virtio_pci virtio_blk vfio-pci vfio_iommu_type1'

# A module's own path and those of all it depends on, from modules.dep.
module_files() {
    awk -v want="$1" '
        { name = $1; sub(/:$/, "", name); base = name; sub(/.*\//, "", base); sub(/\.ko$/, "", base)
          gsub(/_/, "-", base); if (base == want) { sub(/:/, ""); for (i = 1; i <= NF; i++) print $i } }
        BEGIN { gsub(/_/, "-", want) }' "$kernel_root/lib/modules/$kernel_release/modules.dep"
}

copy_modules() {
    for m in $guest_modules; do
        files=$(module_files "$m")
        [ -n "$files" ] || die "$kernel_pkg has no module $m"
        for f in $files; do
            mkdir -p "$tree/lib/modules/$kernel_release/$(dirname "$f")"
            cp "$kernel_root/lib/modules/$kernel_release/$f" \
                "$tree/lib/modules/$kernel_release/$f"
        done
    done
    for f in modules.order modules.builtin; do
        cp "$kernel_root/lib/modules/$kernel_release/$f" "$tree/lib/modules/$kernel_release/"
    done
    "$busybox" depmod -b "$tree" "$kernel_release"
}

build_initrd() {
    tree=$work/initrd
    mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/huge"
    cp "$busybox" "$tree/bin/busybox"
    copy_modules
    for f in "$here"/guest/*.c; do
        "$cc" -std=c17 -O2 -static -Wall -Wextra -Werror -o "$tree/bin/$(basename "$f" .c)" "$f" ||
            die "$f does not compile"
    done
    cp "$here/guest/init" "$tree/init"
    cp "$here/guest/functions.sh" "$tree/functions.sh"
    cp "$here/scenarios/$scenario.guest" "$tree/scenario.sh"
    chmod +x "$tree/init"
    initrd=$work/initrd.cpio
    (cd "$tree" && find . | LC_ALL=C sort | "$busybox" cpio -o -H newc) >"$initrd" 2>/dev/null
}
