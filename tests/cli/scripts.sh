#!/bin/sh
# SPDX-License-Identifier: MIT
# bootstrap and .ci/run: usage, and that they are plain sh.
. tests/lib.sh

code=0
./bootstrap --help >"$work/out" 2>"$work/err" || code=$?
exits "bootstrap: --help: exit 0" 0
has "bootstrap: --help: usage" "$work/out" '^Usage: ./bootstrap'
code=0
./bootstrap nonsense >"$work/out" 2>"$work/err" || code=$?
exits "bootstrap: unknown task: exit 2" 2
has "bootstrap: unknown task: usage on standard error" "$work/err" '^Usage: ./bootstrap'
for f in bootstrap .ci/run tests/run.sh tests/lib.sh tests/manifest.sh tests/digest.sh \
    tools/invariants.sh tools/properties.sh tests/judge_properties.sh; do
    if sh -n "$f" 2>"$work/err"; then
        ok "scripts: $f is sh"
    else
        not_ok "scripts: $f is sh" "$(head -n 1 "$work/err")"
    fi
done

# The man page: the program's name in the usage alone becomes the installed one.
sh tools/man.sh "$BUILD/trace" vtd-trace >"$work/out" 2>"$work/err"
has "man: usage, first line" "$work/out" '^Usage: vtd-trace info '
has "man: usage, further lines" "$work/out" '^ +vtd-trace diff '
has_no "man: prose keeps its words" "$work/out" '[A-Za-z] vtd-trace is'
if command -v shellcheck >/dev/null 2>&1; then
    if shellcheck -x -e SC3045 bootstrap .ci/run tests/*.sh tests/cli/*.sh >"$work/out" 2>&1; then
        ok "scripts: shellcheck is content"
    else
        not_ok "scripts: shellcheck is content" "it is not"
        sed 's/^/    /' "$work/out" | head -n 40
    fi
fi
