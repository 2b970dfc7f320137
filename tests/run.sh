#!/bin/sh
# SPDX-License-Identifier: MIT
# Run every test: the Check programs in $BUILD/tests, the command line end to end, the
# manifest of captured traces, and the comparison of digests between builds. Each failure is
# printed; the last line is "N passed, N failed". Exit 1 when anything failed.
#
#   BUILD=DIR        the build to test (default build)
#   WRAP="valgrind ..."  put before each Check program
#   SKIP="digest"    names of parts to leave out: unit, cli, manifest, digest
#   LIMIT=SECONDS    how long one program or script may take (default 600)
set -u

cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
WRAP=${WRAP:-}
SKIP=${SKIP:-}
LIMIT=${LIMIT:-600}
export BUILD
passed=0
failed=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT

wanted() {
    case " $SKIP " in
    *" $1 "*) return 1 ;;
    esac
}

# A command that ends with status 124 when it takes too long.
limited() {
    [ -t 2 ] && printf '\r\033[K%s' "$*" >&2
    if command -v timeout >/dev/null 2>&1; then
        timeout -k 10 "$LIMIT" "$@"
    else
        "$@"
    fi
}

# One line of a failure report.
fail() {
    failed=$((failed + 1))
    echo "FAIL $*"
}

# A Check program: its own closing line says how many ran.
unit() {
    name=${1##*/}
    code=0
    # shellcheck disable=SC2086 # WRAP is a list of words
    limited $WRAP "$1" >"$out" 2>&1 || code=$?
    line=$(grep -E '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$out" |
        awk -F'[ ,:%]+' '{c += $3; f += $5; e += $7} END {if (NR) print c - f - e, f + e}')
    if [ -z "$line" ]; then
        fail "$name: ended with status $code and no summary"
        cat "$out"
        return
    fi
    passed=$((passed + ${line% *}))
    bad=${line#* }
    failed=$((failed + bad))
    if [ "$bad" != 0 ]; then
        echo "FAIL $name: $bad of its checks"
        grep -vE '^[0-9]+%:|^Running suite' "$out"
    elif [ "$code" != 0 ]; then
        fail "$name: every check passed, but it ended with status $code"
        cat "$out"
    fi
}

# A script: one line "ok NAME" or "not ok NAME: why" a test.
script() {
    name=${1#tests/}
    code=0
    limited sh "$1" >"$out" 2>&1 || code=$?
    good=$(grep -c '^ok ' "$out")
    bad=$(grep -c '^not ok ' "$out")
    passed=$((passed + good))
    failed=$((failed + bad))
    grep '^skip ' "$out"
    if [ "$bad" != 0 ]; then
        echo "FAIL $name:"
        grep -v '^ok ' "$out"
    elif [ "$code" != 0 ]; then
        fail "$name: ended with status $code"
        cat "$out"
    elif [ "$good" = 0 ] && ! grep -q '^skip ' "$out"; then
        fail "$name: tested nothing"
    fi
}

if wanted unit; then
    for t in "$BUILD"/tests/test_*; do
        case $t in *.d | *.o) continue ;; esac
        [ -x "$t" ] && unit "$t"
    done
fi
if wanted cli; then
    for t in tests/cli/*.sh; do
        script "$t"
    done
fi
wanted cli && script tests/invariants.sh
wanted manifest && script tests/manifest.sh
wanted manifest && script tests/counts.sh
wanted cli && script tests/museum.sh
wanted digest && script tests/digest.sh
for t in tests/test_*.sh; do
    [ -e "$t" ] && script "$t"
done

[ -t 2 ] && printf '\r\033[K' >&2
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
