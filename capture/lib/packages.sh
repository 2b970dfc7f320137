# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # variables are set by the file that sources this one
# Sourced by run.sh: tools of the host, and the guest's packages.

missing_packages() {
    command -v qemu-system-x86_64 >/dev/null || echo qemu-system-x86
    command -v "$cc" >/dev/null || echo gcc
    command -v xz >/dev/null || echo xz-utils
    [ -e /usr/include/stdio.h ] || echo libc6-dev
    [ -e /usr/include/linux/vfio.h ] || echo linux-libc-dev
}

ensure_tools() {
    command -v apt-get >/dev/null || die "needs Debian 12: apt-get is not here"
    missing=$(missing_packages | tr '\n' ' ')
    if [ -n "$missing" ]; then
        [ "$(id -u)" = 0 ] || die "missing packages; as root: apt-get install $missing"
        say "installing $missing"
        apt-get update -q >&2
        # shellcheck disable=SC2086 # a list of words
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
    fi
    qemu_version=$(qemu-system-x86_64 --version | sed -n '1s/^QEMU emulator version //p')
    case $qemu_version in
    7.2.*) ;;
    *) die "QEMU $qemu_version found; the plugin is for Debian 12's 7.2" ;;
    esac
}

# fetch PACKAGE: downloads and unpacks it into $cache/root-PACKAGE.
fetch() {
    [ -e "$cache/root-$1/.complete" ] && return 0
    say "fetching $1"
    rm -rf "$cache/deb-$1" "$cache/root-$1"
    mkdir -p "$cache/deb-$1" "$cache/root-$1"
    (cd "$cache/deb-$1" && apt-get -o APT::Sandbox::User=root download -q "$1" >&2 2>&1) || return 1
    dpkg -x "$cache/deb-$1"/*.deb "$cache/root-$1"
    dpkg-deb -f "$cache/deb-$1"/*.deb Version >"$cache/root-$1/.version"
    rm -rf "$cache/deb-$1"
    : >"$cache/root-$1/.complete"
}

kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-6\.1\.[0-9a-z.-]*amd64\)$/\1/p' | head -n 1
}

fetch_packages() {
    if [ -e "$cache/kernel-package" ]; then
        kernel_pkg=$(cat "$cache/kernel-package")
    else
        kernel_pkg=$(kernel_package)
        if [ -z "$kernel_pkg" ]; then
            [ "$(id -u)" = 0 ] || die "no package lists; run apt-get update as root"
            apt-get update -q >&2
            kernel_pkg=$(kernel_package)
        fi
        [ -n "$kernel_pkg" ] || die "linux-image-amd64 of Debian 12 (6.1) is not available here"
        printf '%s\n' "$kernel_pkg" >"$cache/kernel-package"
    fi
    for p in "$kernel_pkg" busybox-static; do
        fetch "$p" && continue
        # The package lists may be older than the archive.
        [ "$(id -u)" = 0 ] && apt-get update -q >&2
        fetch "$p" || die "cannot download $p with apt-get"
    done
    kernel_root=$cache/root-$kernel_pkg
    kernel_release=${kernel_pkg#linux-image-}
    busybox=$cache/root-busybox-static/bin/busybox
    extract_kernel "$kernel_root/boot/vmlinuz-$kernel_release" "$cache/vmlinux-$kernel_release"
    if [ ! -e "$kernel_root/lib/modules/$kernel_release/modules.dep" ]; then
        "$busybox" depmod -b "$kernel_root" "$kernel_release"
    fi
}

# little_endian FILE OFFSET BYTES
little_endian() {
    od -An -v -t u1 -j "$2" -N "$3" "$1" |
        awk '{ for (i = 1; i <= NF; i++) { v += $i * m; m *= 256 } } BEGIN { m = 1 }
             END { printf "%d\n", v }'
}

# The compressed kernel inside a bzImage: the boot header says where (fields setup_sects,
# payload_offset, payload_length). Booting the ELF file inside saves its decompression under
# emulation; QEMU starts it through its PVH entry.
extract_kernel() {
    kernel=$2
    [ -e "$kernel" ] && return 0
    start=$(($(little_endian "$1" 497 1) * 512 + 512 + $(little_endian "$1" 584 4)))
    length=$(little_endian "$1" 588 4)
    # The payload ends with the unpacked size, four bytes that are not xz's.
    tail -c +$((start + 1)) "$1" | head -c $((length - 4)) | xz -dc >"$kernel.new" ||
        die "cannot unpack $1: is its payload not xz?"
    mv "$kernel.new" "$kernel"
}

build_plugin() {
    plugin=$work/capture.so
    "$cc" -std=c17 -O2 -g -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror \
        -o "$plugin" "$here"/plugin/*.c -ldl -lpthread || die "the plugin does not compile"
}
