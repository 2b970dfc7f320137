#!/bin/sh
# SPDX-License-Identifier: MIT
# --report-html: well-formed, self-contained, the same bytes twice, of bounded size; what a trace says
# is text and never markup; and a browser shows it (where Chromium is installed).
. tests/lib.sh
basic=tests/cli/traces/basic.vtt
dir=tests/traces/invariants

# Every tag closed, in order; attributes quoted; no other element than those expected.
cat >"$work/tags.awk" <<'EOF'
function bad(why) { print "tag " NR ": " why; failed = 1; exit }
BEGIN { RS = "<"; empty = " meta br input "; known = " html head title style body header main footer nav h1 h2 h3 p a b i " \
    "span bdi ul li div table thead tbody tr th td code pre details summary section figure figcaption svg path label " empty }
NR == 1 || /^!DOCTYPE html>/ { next }
{
    if (!match($0, />/)) bad("no end: " substr($0, 1, 60))
    tag = substr($0, 1, RSTART - 1); text = substr($0, RSTART + 1)
    name = tag; sub(/^\//, "", name); sub(/[ \n\/].*$/, "", name)
    if (!index(known, " " name " ")) bad("unexpected: " substr(tag, 1, 60))
    if (tag ~ /^\//) { if (stack[depth--] != name) bad("closes nothing: " tag); next }
    rest = tag; sub(/^[a-z0-9]+/, "", rest); gsub(/[ \n]+[a-z-]+[A-Za-z]*="[^"]*"/, "", rest)
    if (rest !~ /^\/?$/) bad("attributes: " substr(tag, 1, 60))
    names = tag; gsub(/="[^"]*"/, "=", names)
    if (names ~ / on[a-z]+=/) bad("a script: " substr(tag, 1, 60))
    closed = rest == "/" || tag ~ /\/$/
    if (index(empty, " " name " ") && !closed) bad("not closed: " tag)
    if (!closed) stack[++depth] = name
    if (name == "style") text = ""
    if (text ~ />/) bad("a bare > after " tag)
    copy = text; gsub(/&(amp|lt|gt|quot|#39);/, "", copy)
    if (copy ~ /&/) bad("a bare & after " tag)
}
END { if (!failed && depth) print "left open: " stack[depth] }
EOF

# holds NAME WHY COMMAND...: a command that succeeds.
holds() {
    name_of=$1 why=$2
    shift 2
    if "$@" >/dev/null 2>&1; then ok "$name_of"; else not_ok "$name_of" "$why"; fi
}

# page NAME FILE: whatever the page is about.
page() {
    equal "html: $1: every tag is closed" "$(awk -f "$work/tags.awk" "$2")" ""
    { grep -o '<[^>]*>' "$2" | sed 's/ title="[^"]*"//'; sed -n '/<style>/,/<\/style>/p' "$2"; } >"$work/markup"
    has_no "html: $1: nothing from elsewhere" "$work/markup" '//|@import|url\(|<script| src='
    has_no "html: $1: links stay on the page" "$work/markup" 'href="[^#]'
    bytes=$(wc -c <"$2")
    holds "html: $1: at most 1 MiB" "$bytes bytes" [ "$bytes" -le 1048576 ]
    if command -v xmllint >/dev/null 2>&1; then
        holds "html: $1: xmllint" "it is not content" xmllint --noout "$2"
    fi
}

# make NAME EXIT ARGS...: a page, made twice.
make_page() {
    name=$1 expected=$2
    shift 2
    run --report-html "$work/$name.html" "$@"
    exits "html: $name: exit code" "$expected"
    "$REPLAY" --report-html "$work/again.html" "$@" >/dev/null 2>&1
    same "html: $name: the same bytes again" "$work/$name.html" "$work/again.html"
    page "$name" "$work/$name.html"
}

make_page clean 0 $basic
has "html: clean: the verdict comes first" "$work/clean.html" '<h1><span class="badge v-clean">clean</span>every promise was kept'
has_no "html: clean: no violations" "$work/clean.html" 'id="violations"'
cp "$work/out" "$work/text"
run $basic
same "html: the text report is as without" "$work/out" "$work/text"
grep '^digest' "$work/out" | cut -d' ' -f2 >"$work/digest"
has "html: the digest stands in it" "$work/clean.html" "<code>$(cat "$work/digest")</code>"

make_page violated 1 --quirk te-off-no-switch traces/strict.vtt.zst
page=$work/violated.html
for part in 'v-violated">violated</span>25 violations' 'id="model"' 'id="graphs"' 'id="by-time"' 'class="map"\|area map' \
    'id="violations"' 'id="finding-1"' 'href="#RST-EMPTY"' 'The story behind it' '^<b>What happened</b>' 'id="invariants"' \
    'id="counts"' 'id="origin"' 'id="again"' '--profile qemu-7.2 --quirk te-off-no-switch traces/strict.vtt.zst</pre>'; do
    if grep -q -e "$part" "$page"; then ok "html: violated: $part"; else not_ok "html: violated: $part" "it is not there"; fi
done
stories=$(grep -c 'The story behind it' "$page")
holds "html: stories" "only $stories" [ "$stories" -ge 5 ]
holds "html: not too many stories" "$stories" [ "$stories" -le 20 ]
broken=$(grep -n '<td class="id">RST-EMPTY' "$page" | head -n 1 | cut -d: -f1)
kept=$(grep -n '<td class="id">ORD-INPLACE' "$page" | head -n 1 | cut -d: -f1)
holds "html: broken invariants come first" "lines $broken, $kept" [ "$broken" -lt "$kept" ]

# What the graph of mappings ends with is what the containers hold (6 a device, seven devices).
run --report-html "$work/p.html" traces/strict.vtt.zst
equal "html: held at the end, as counted elsewhere" \
    "$(sed -n '/<th>line/,/<\/table>/s/.*<td class="n">\([0-9,]*\)<\/td><\/tr>.*/\1/p' "$work/p.html" | head -n 7 |
        awk '{n += $1} END {print n}')" "$(sed -n 's/^  held at the end  *\([0-9]*\) .*/\1/p' "$work/out")"

make_page aborted 1 $dir/pins-never.trace
has "html: aborted: the verdict" "$work/aborted.html" 'v-aborted">aborted</span>.* would have ended here'
(cat $basic && echo '<script>alert(1)</script>') >"$work/damaged.trace"
make_page damaged 2 "$work/damaged.trace"
has "html: damaged: where" "$work/damaged.html" '<b>Stopped at line [0-9]+, byte [0-9]+, record [0-9]+:</b>'
make_page notrace 2 /nonexistent
printf 'vtd-trace 1\nunit aw-bits=57\nmark x\n' >"$work/refused.trace"
make_page refused 2 --profile qemu-7.2 "$work/refused.trace"
make_page unchecked 0 --check off $basic
make_page vhost 1 $dir/vhost-miss.trace

# A hostile trace: nothing of it becomes markup, whatever is in its name, its header, its marks.
hostile="$work/<img src=x onerror=alert(1)>&\"' .trace"
{
    printf 'vtd-trace 1\nmeta title </title><script>alert(1)</script>" <script>alert(2)</script>\n'
    printf 'meta onload "><img src=//evil.example/x> \342\200\256 turned\n'
    printf 'meta entity &lt;b&gt; ]]> --> </style> </pre>\n'
    sed -n '2,$p' $dir/te-on.trace
    printf "mark </bdi></td>\" onclick='x' <svg/onload=alert(3)>\n"
} >"$hostile"
make_page hostile 1 "$hostile"
has "html: hostile: it is text" "$work/hostile.html" '&lt;script&gt;alert\(2\)&lt;/script&gt;'
has "html: hostile: entities are text" "$work/hostile.html" '&amp;lt;b&amp;gt;'
has "html: hostile: the mark is text" "$work/hostile.html" '&lt;svg/onload=alert\(3\)&gt;'
has_no "html: hostile: the direction of writing stays" "$work/hostile.html" "$(printf '\342\200\256')"

# Sizes: a long trace, with everything on it changing all the time; many devices, many metas, many marks.
awk 'BEGIN {
    print "vtd-trace 1"
    for (i = 0; i < 500; i++) printf "meta k%d %0900d\n", i, i
    for (i = 0; i < 200; i++) printf "attach c%d probe %02x:00.0\n", i, i
    for (i = 0; i < 60000; i++) { printf "at %d\n", i * i; if (i % 3 == 0) printf "mark m%d\n", i }
}' >"$work/large.trace"
make_page large 0 "$work/large.trace"

# Several traces: a directory, a page each, and a list.
mkdir "$work/a" && cp $basic "$work/a/index" && cp $basic "$work/a/basic.vtt"
run --report-html "$work/pages" $basic "$work/a/basic.vtt" "$work/a/index" "$hostile" "$work/damaged.trace"
exits "html: several: exit code" 2
for f in basic.vtt basic.vtt.2 index.2 damaged.trace; do
    page "several, $f" "$work/pages/$f.html"
done
equal "html: several: the list" "$(grep -o 'href="[^"]*"' "$work/pages/index.html" | sed 's/^.......*\///' | tr '\n' ' ')" \
    'href="basic.vtt.html" href="basic.vtt.2.html" href="index.2.html" href="%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E%26%22%27%20.trace.html" href="damaged.trace.html" '
equal "html: several: their verdicts" "$(grep -o 'badge v-[a-z]*' "$work/pages/index.html" | cut -c9- | tr '\n' ' ')" \
    "clean clean clean violated damaged "
equal "html: several: the list is well-formed" "$(awk -f "$work/tags.awk" "$work/pages/index.html")" ""

cp $basic "$work/a/t" && cp $basic "$work/a/t.2" && cp $basic "$work/a/index.2"
run --report-html "$work/pages" "$work/a/t" "$work/a/t" "$work/a/t.2" "$work/a/index" "$work/a/index.2"
equal "html: several: t, t and t.2" "$(grep -o 'href="[^"]*"' "$work/pages/index.html" | tr '\n' ' ')" \
    'href="t.html" href="t.3.html" href="t.2.html" href="index.3.html" href="index.2.html" '

# Standard output and input; what does not go together.
run --report-html - $basic
has "html: - is standard output, alone" "$work/out" '^<!DOCTYPE html>$'
page "standard output" "$work/out"
run --report-html "$work/stdin.html" - <$dir/te-on.trace
exits "html: a trace on standard input" 1
has "html: standard input: why there are no stories" "$work/stdin.html" 'read once: no stories'
run --report-html - $basic $basic
exits "html: several to standard output: exit 2" 2
has "html: several to standard output: why" "$work/err" 'name a directory, not -'
run --report-html "$work/x" --explain 1 $dir/te-on.trace
exits "html: with --explain: exit 2" 2
run --report-html "$work/x" --events "$work/x" $basic
exits "html: over the event stream: exit 2" 2
run --report-html /nonexistent/x $basic
exits "html: cannot be written: exit 2" 2
has "html: cannot be written: why" "$work/err" 'nonexistent/x: No such file'
if [ -e /dev/full ]; then
    run --report-html /dev/full $basic
    exits "html: a full disk: exit 2" 2
fi

# In a browser: it parses to the verdict, all graphs have a size, and nothing is complained of.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
case $BUILD in *san*) browser= ;; esac
if [ -z "$browser" ] || ! timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/c" \
    --dump-dom about:blank >/dev/null 2>&1; then
    echo "skip html: a browser: no Chromium that starts"
    exit 0
fi
for name in clean violated aborted damaged hostile; do
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/c" --enable-logging=stderr --v=0 \
        --virtual-time-budget=2000 --dump-dom "file://$work/$name.html" >"$work/dom" 2>"$work/log"
    case $name in hostile) verdict=violated ;; *) verdict=$name ;; esac
    has "html: browser: $name: the verdict" "$work/dom" "<h1><span class=\"badge v-$verdict\">$verdict</span>"
    has_no "html: browser: $name: no complaint" "$work/log" 'CONSOLE|Refused to|SyntaxError'
    has_no "html: browser: $name: no element of the trace's" "$work/dom" '<(script|img|iframe|object|bdi [^>])'
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$work/c" --window-size=400,2000 \
        --screenshot="$work/shot.png" "file://$work/$name.html" >/dev/null 2>&1
    holds "html: browser: $name: something is seen" "the picture is empty" [ "$(wc -c <"$work/shot.png")" -gt 8000 ]
    rm -f "$work/shot.png"
done
