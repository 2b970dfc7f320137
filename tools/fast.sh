#!/bin/sh
# SPDX-License-Identifier: MIT
# Print the flags with which the compiler named on the command line makes objects that can be
# optimized as one when a program is linked, and linked as they are as well; nothing where it
# cannot.
#
#   tools/fast.sh gcc
flags="-O3 -flto -ffat-lto-objects"
probe=$(mktemp -d) || exit 0
trap 'rm -rf "$probe"' EXIT
echo 'int main(void) { return 0; }' >"$probe/p.c"
# shellcheck disable=SC2086 # the flags are words
if "$@" -Werror $flags -c -o "$probe/p.o" "$probe/p.c" 2>/dev/null &&
    "$@" -Werror $flags -o "$probe/p" "$probe/p.o" 2>/dev/null; then
    echo "$flags"
fi
