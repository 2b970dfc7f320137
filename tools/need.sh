#!/bin/sh
# SPDX-License-Identifier: MIT
# need.sh COMPILER build|test: is there what the build, or the tests, need? Says what to install if not.
cc=$1
what=$2
missing=

has_header() {
    printf '#include <stddef.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" |
        "$cc" -x c -fsyntax-only - 2>/dev/null
}

command -v "$cc" >/dev/null 2>&1 || missing="$missing compiler"
if [ -z "$missing" ]; then
    has_header zstd.h || missing="$missing zstd"
    has_header cjson/cJSON.h || missing="$missing cJSON"
    if [ "$what" = test ]; then
        has_header check.h || missing="$missing Check"
    fi
fi
[ -z "$missing" ] && exit 0
cat >&2 <<END
missing:$missing
  Debian, Ubuntu:  apt-get install gcc make pkg-config libzstd-dev libcjson-dev check
  Fedora:          dnf install gcc make pkgconf libzstd-devel cjson-devel check-devel
  Arch:            pacman -S gcc make pkgconf zstd cjson check
On Debian ./bootstrap installs them and builds.
END
exit 2
