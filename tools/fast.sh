#!/bin/sh
# SPDX-License-Identifier: MIT
# Print the flags with which the compiler named on the command line makes objects that are optimized
# across files when they are linked; nothing where it cannot do that and count branches as well, as
# tools/fast.mk asks.
#
#   tools/fast.sh gcc
flags="-O3 -flto"
probe=$(mktemp -d) || exit 0
trap 'rm -rf "$probe"' EXIT
echo 'int main(void) { return 0; }' >"$probe/p.c"
# shellcheck disable=SC2086 # the flags are words
if "$@" -w $flags -fprofile-use -fprofile-partial-training -dumpbase "$probe/p.c" \
    -dumpbase-ext .c -c -o "$probe/p.o" "$probe/p.c" 2>/dev/null &&
    "$@" -w $flags -fprofile-use -o "$probe/p" "$probe/p.o" 2>/dev/null &&
    "$@" -w -fprofile-generate -fprofile-update=single -o "$probe/p" "$probe/p.c" 2>/dev/null; then
    echo "$flags"
fi
