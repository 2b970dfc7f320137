# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/range-cost.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1300,650 font 'sans,14' } else { set terminal svg size 1100,560 font 'sans,14' background 'white' }
set output folder.'/range-cost.'.form
data = folder.'/range-cost.dat'
set multiplot layout 1,2 title "Nothing changed: cost of an invalidation over its range" font ',18'
set xlabel "range of the invalidation (4 KiB pages)"
set ylabel "time of one invalidation (ns)"
set logscale y
set format y "10^{%L}"
set yrange [30:1e9]
set xrange [-0.5:30]
set xtics ("1" 0, "16" 4, "512" 9, "16 Ki" 14, "256 Ki" 18, "DSI" 21.5, "all" 24) font ',11'
part(c, s) = sprintf('< awk ''$1=="%s" && $2=="%s"'' %s', c, s, data)
last(c, s) = sprintf('< awk ''$1=="%s" && $2=="%s" && $3==20'' %s', c, s, data)
x(n) = n < 19 ? n : n == 19 ? 21.5 : 24
do for [c in "dense sparse"] {
    set title (c eq 'dense' ? "contiguous 4 KiB pages (c)" : "one page in each 2 MiB (s)") font ',15'
    plot part(c, 'translate') u (x($3)):4 w lp ls 2, part(c, 'walk') u (x($3)):4 w lp ls 1, \
         part(c, 'dirty') u (x($3)):4 w lp ls 3, \
         last(c, 'translate') u (x($3)+0.7):($4*1.6):('translate') w labels left tc rgb orange, \
         last(c, 'walk') u (x($3)+0.7):4:('walk') w labels left tc rgb blue, \
         last(c, 'dirty') u (x($3)+0.7):4:('dirty') w labels left tc rgb green
}
unset multiplot
