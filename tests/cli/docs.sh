#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/invariants.md is what `make docs` makes of the program's table and of the traces that test it.
. tests/lib.sh

code=0
sh tools/invariants.sh >"$work/page" 2>"$work/err" || code=$?
exits "docs: the page of invariants can be made" 0
same "docs: docs/invariants.md is as made (if not: make docs)" "$work/page" docs/invariants.md
"$REPLAY" --list-invariants=table | cut -f 1 | while read -r id; do
    has "docs: $id has a section" docs/invariants.md "^## $id\$"
done
