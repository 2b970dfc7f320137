#!/bin/sh
# SPDX-License-Identifier: MIT
# Addresses of different kinds are different types: a swap does not compile (tests/compile_fail_addr.c).
. tests/lib.sh

cc=
for c in ${CC:-} gcc clang cc; do
    command -v "$c" >/dev/null 2>&1 && cc=$c && break
done
if [ -z "$cc" ]; then
    echo "skip compile_fail: no compiler"
    exit 0
fi

compiles() {
    "$cc" -std=c17 -D_POSIX_C_SOURCE=200809L -Isim -fsyntax-only "-DCASE=$1" \
        tests/compile_fail_addr.c 2>"$work/err"
}

if compiles 0; then
    ok "the right use of addresses compiles"
else
    not_ok "the right use of addresses compiles" "$(head -n 3 "$work/err")"
fi
for case in 1 2 3 4 5 6 7 8 9; do
    name="swap of addresses, case $case, is refused"
    if compiles "$case"; then
        not_ok "$name" "it compiled"
    elif grep -Eq 'incompatible type|invalid operands' "$work/err"; then
        ok "$name"
    else
        not_ok "$name" "refused for another reason: $(head -n 3 "$work/err")"
    fi
done
