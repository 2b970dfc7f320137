# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the tests written in sh share. They run at the top of the tree, with BUILD set.
set -u
BUILD=${BUILD:-build}
REPLAY=$BUILD/replay
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset NO_COLOR

ok() {
    echo "ok $1"
}

# not_ok NAME WHY
not_ok() {
    echo "not ok $1: $2"
}

# run ARGS...: replay them; leaves $code, $work/out and $work/err.
run() {
    code=0
    "$REPLAY" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# exits NAME CODE: what the last run ended with.
exits() {
    if [ "$code" = "$2" ]; then
        ok "$1"
    else
        not_ok "$1" "exit $code, expected $2"
        sed 's/^/    /' "$work/err"
    fi
}

# has NAME FILE PATTERN: an extended regular expression stands in a file.
has() {
    if grep -Eq -- "$3" "$2"; then
        ok "$1"
    else
        not_ok "$1" "no line matches: $3"
        cut -c1-300 "$2" | sed 's/^/    /' | head -n 20
    fi
}

# has_no NAME FILE PATTERN
has_no() {
    if grep -Eq -- "$3" "$2"; then
        not_ok "$1" "a line matches: $3"
        grep -E -- "$3" "$2" | sed 's/^/    /' | head -n 5
    else
        ok "$1"
    fi
}

# same NAME FILE FILE
same() {
    if cmp -s "$2" "$3"; then
        ok "$1"
    else
        not_ok "$1" "files differ"
        diff "$2" "$3" | sed 's/^/    /' | head -n 20
    fi
}

# equal NAME GOT EXPECTED
equal() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got '$2', expected '$3'"
    fi
}

# Can a terminal be made for a command? By script of util-linux, where there are pseudo-terminals.
has_terminal() {
    command -v script >/dev/null 2>&1 && script --version 2>/dev/null | grep -q util-linux &&
        [ "$(script -qec 'test -t 2 && echo yes' /dev/null 2>/dev/null | tr -d '\r')" = yes ]
}

# typed COMMAND: run it with a terminal; what appeared there is in $work/typed, line by line (also those
# that were written over) in $work/lines. TERMINAL: its kind (xterm).
typed() {
    TERM=${TERMINAL:-xterm} script -qec "$1" "$work/typed" >"$work/out" 2>&1
    tr '\r' '\n' <"$work/typed" >"$work/lines"
}

# twice PID: interrupted, and ended before it could do anything about it.
twice() {
    kill -STOP "$1" # so that it cannot end between the two
    kill -INT "$1"
    kill -TERM "$1"
    kill -CONT "$1"
}
