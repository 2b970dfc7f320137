#!/bin/sh
# SPDX-License-Identifier: MIT
# properties.sh: docs/properties.md, on standard output, made of the table of fields, of the traces
# in tests/traces/properties, and of a count of all traces in tests/traces that need each field.
#
#   NEED=FILE  what build/tests/properties --all said of tests/traces/*/*.trace (else: asked now)
set -eu
BUILD=${BUILD:-build}
dir=tests/traces/properties
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$BUILD/tests/properties" --fields >"$work/fields"
[ -n "${NEED:-}" ] || "$BUILD/tests/properties" --all tests/traces/*/*.trace >"${NEED:=$work/need}"
grep -H '^meta shows ' tests/traces/*/*.trace | sed 's/:meta shows /\t/' >"$work/shows"
grep -H '^meta judge' tests/traces/*/*.trace | sed 's/:meta judge *\(no: \)*/\t\1/' >"$work/judge"
"$BUILD/tests/properties" | cut -f 2,5 >"$work/quirks" # no trace: what else each could be
grep -v '^#' $dir/unseen >"$work/unseen"

cat <<'END'
# Properties

What makes one profile differ from another: the fields of `struct policy`, made by `make docs` from the
table that the programs use (`sim/policy_table.c`) and from traces. `replay --set FIELD=VALUE` and
`judge --set FIELD=VALUE` change one; VALUE may be the name of a profile.

* **Source**: `#n` is a deviation of the project's notes on VT-d (chapter 11), `Mnn`, `Ln`, `In` an entry of
  those on historical bugs; a number of ten digits is a commit of QEMU; *seen* was seen with the binary named.
* **Shown by**: traces in `tests/traces/properties`, `judge` and `iotlb`. With the field changed to what `ideal` has, or where the
  profile has the same, to what another profile has, the profile shows something else there
  (`tests/cli/properties.sh`). Where it is said *played*, `make judge` plays them to a real QEMU: it
  agrees with its profile, and not with its profile changed in that field. Otherwise it is said
  why not.
* **Need it**: so many traces of `tests/traces` come out otherwise; the lowest number of those profiles that
  differ from `ideal` (not asked of fields that only a quirk changes). 3+ is three or more. A 1 would be
  the sign of a model fitted to one trace.
END
awk -F '\t' '
    function base(path) { sub(/.*\//, "", path); sub(/[.]trace$/, "", path); return path }
    FILENAME ~ /\/shows$/ {
        n = split($2, word, " ")
        for (i = 1; i <= n; i++) {
            traces[word[i]] = traces[word[i]] (traces[word[i]] ? ", " : "") "`" base($1) "`"
            shows[word[i], base($1)] = 1
            first[word[i]] = first[word[i]] " " base($1)
        }
        next
    }
    FILENAME ~ /\/judge$/ { judge[base($1)] = $2; next }
    FILENAME ~ /\/unseen$/ { # FIELD PROFILE... : why
        split($0, half, / : /)
        n = split(half[1], word, " ")
        for (i = 2; i <= n; i++) hidden[word[1], word[i]] = 1
        who = half[1]; sub(/^[^ ]* +/, "", who); sub(/ +$/, "", who)
        why[word[1]] = "not for " who ": " half[2]
        next
    }
    FILENAME ~ /\/fields$/ {
        if (FNR == 1) { for (i = 5; i <= NF; i++) profile[i] = $i; columns = NF; next }
        order[++fields] = $1; part[$1] = $2; meaning[$1] = $3; source[$1] = $4
        for (i = 5; i <= NF; i++) value[$1, i] = $i
        next
    }
    FILENAME ~ /\/quirks$/ { quirk[$1] = $2; next }
    { need[$2, $1]++ }
    END {
        for (k = 1; k <= fields; k++) {
            f = order[k]
            if (part[f] != last) {
                last = part[f]
                print "\n## " toupper(substr(last, 1, 1)) substr(last, 2) "\n"
                print "| field | meaning | source | values | shown by | need it |"
                print "| --- | --- | --- | --- | --- | --- |"
            }
            # Values, each with its profiles, in their order.
            cell = ""; split("", done); different = 0
            for (i = 5; i <= columns; i++) {
                if (value[f, i] in done) continue
                done[value[f, i]] = 1
                list = ""
                for (j = i; j <= columns; j++) if (value[f, j] == value[f, i]) list = list " " profile[j]
                different += i > 5
                cell = cell (cell ? "; " : "") "`" value[f, i] "`:" list
            }
            if (!different) cell = "`" value[f, 5] "`"
            least = -1
            for (i = 5; different && i <= columns; i++) {
                if (((f, profile[i]) in hidden) || value[f, i] == value[f, columns]) continue
                n = need[f, profile[i]] + 0
                if (least < 0 || n < least) least = n
            }
            seen = traces[f]; real = ""
            n = split(first[f], word, " ")
            for (i = 1; i <= n; i++) {
                if (judge[word[i]] !~ /^no: /) { real = "played"; break }
                if (!real) { real = judge[word[i]]; sub(/^no: /, "not played: ", real) }
            }
            if (seen) seen = seen "; " real
            if (!different) seen = "`--quirk " quirk[f] "`"
            if (why[f]) seen = seen (seen ? "; " : "") why[f]
            printf "| `%s` | %s | %s | %s | %s | %s |\n", f, meaning[f], source[f], cell, (seen ? seen : "-"), (least < 0 ? "-" : (least > 2 ? "3+" : least))
        }
    }' "$work/shows" "$work/judge" "$work/unseen" "$work/fields" "$work/quirks" "$NEED"
