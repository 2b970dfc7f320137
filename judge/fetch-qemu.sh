#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetch another version of QEMU, to be judged beside the installed one: Debian's own packages, by apt, into a folder
# of its own; nothing is installed, and no right is needed. Prints the path of the program that `judge --qemu` takes.
#
#   judge/fetch-qemu.sh [10.0 | 11.1]
#
#   10.0   of bookworm-backports (default)
#   11.1   of trixie-backports, which brings its own C library
#
#   BUILD=DIR            it goes to DIR/qemu-VERSION (default build)
#   DEBIAN_MIRROR=URL    where Debian's archive is (default http://deb.debian.org/debian)
#   DEBIAN_KEYRING=FILE  the keys that its lists must be signed with
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "fetch-qemu: $*" >&2
    exit 2
}

version=${1:-10.0}
case $version in
10.0) release=bookworm ;;
11.1) release=trixie ;;
*) fail "'$version' is not known; 10.0 or 11.1 expected" ;;
esac
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
libs=usr/lib/x86_64-linux-gnu
mkdir -p "${BUILD:-build}"
place=$(cd "${BUILD:-build}" && pwd)/qemu-$version
qemu=$place/qemu-system-x86_64

# Whether it is there and is what it should be.
works() {
    "$qemu" --version 2>/dev/null | grep -q "^QEMU emulator version $version\\."
}

if works; then
    echo "$qemu"
    exit 0
fi
for tool in apt-get dpkg dpkg-deb; do
    command -v $tool >/dev/null 2>&1 || fail "$tool is not there: the packages are Debian's, and apt fetches them"
done
[ -r "$keyring" ] || fail "$keyring is not there; on Debian: apt-get install debian-archive-keyring"
case $place in
*[!A-Za-z0-9/._+-]*) fail "$place: letters, digits and . _ + - expected; say BUILD=DIR" ;;
esac

work=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
: >"$work/status" # as if nothing were installed: all that it needs is fetched
for suite in $release $release-updates $release-backports; do
    echo "deb [arch=amd64 signed-by=$keyring] $mirror $suite main"
done >"$work/sources.list"
# The system's settings (a proxy) are kept, its lists, its status and what it does afterwards are not.
cat >"$work/apt.conf" <<T
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Dir::Etc::SourceList "$work/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$work";
Dir::State::Lists "$work/lists";
Dir::State::Status "$work/status";
Dir::Cache "$work/cache";
Debug::NoLocking "true";
T

# apt WHAT WORDS...: its words are shown only when it fails.
apt() {
    what=$1
    shift
    LC_ALL=C apt-get -c "$work/apt.conf" -q -y "$@" >"$work/said" 2>&1 </dev/null || {
        grep -E '^(E|W|Err)' "$work/said" | head -n 5 >&2
        fail "$what; is there a network? (DEBIAN_MIRROR=$mirror)"
    }
}
echo "fetch-qemu: QEMU $version of $release-backports, from $mirror" >&2
apt "the lists of $release cannot be fetched" update
apt "the packages of $release-backports cannot be fetched" install --download-only \
    --no-install-recommends -t "$release-backports" qemu-system-x86

# A C library that is not newer than the system's is not needed; a newer one comes with its own loader.
libc=$(ls "$work"/cache/archives/libc6_*.deb)
theirs=$(dpkg-deb -f "$libc" Version)
ours=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed -n 's/^glibc //p')
own_loader=
if [ -z "$ours" ] || dpkg --compare-versions "$theirs" gt "$ours-999"; then
    own_loader=yes
fi
for package in "$work"/cache/archives/*.deb; do
    [ "$package" != "$libc" ] || [ -n "$own_loader" ] || continue
    dpkg-deb -x "$package" "$work/root" || fail "${package##*/} cannot be unpacked"
done
rm -rf "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/locale"

# The program. What is exported reaches QEMU alone: the shell runs already.
{
    cat <<T
#!/bin/sh
# QEMU $version of $release-backports, written by judge/fetch-qemu.sh
root=\${0%/*}/root
libs=\$root/$libs:\$root/$libs/pulseaudio:\$root/lib/x86_64-linux-gnu
export QEMU_MODULE_DIR="\$root/$libs/qemu"
T
    if [ -n "$own_loader" ]; then
        echo "set -- \"\$root/usr/bin/qemu-system-x86_64\" -L \"\$root/usr/share/qemu\" \"\$@\""
        echo "exec \"\$root/$libs/ld-linux-x86-64.so.2\" --library-path \"\$libs\" \"\$@\""
    else
        echo "export LD_LIBRARY_PATH=\"\$libs\""
        echo "exec \"\$root/usr/bin/qemu-system-x86_64\" -L \"\$root/usr/share/qemu\" \"\$@\""
    fi
} >"$work/qemu-system-x86_64"
chmod 755 "$work/qemu-system-x86_64"
(cd "$work/cache/archives" && printf '%s\n' *.deb) >"$work/packages"
rm -rf "$work/cache" "$work/lists" "$work/status" "$work/said" "$work/sources.list" "$work/apt.conf" "$work"/*.bin
chmod 755 "$work"
rm -rf "$place"
mv "$work" "$place"
trap - EXIT
works || fail "$qemu does not run, or is no $version: $("$qemu" --version 2>&1 | head -n 1)"
echo "$qemu"
