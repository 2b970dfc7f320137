# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/walk-translate.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1200,700 font 'sans,15' } else { set terminal svg size 1000,600 font 'sans,15' background 'white' }
set output folder.'/walk-translate.'.form
set title "Nothing changed in 1 GiB: what one invalidation costs, by how much of it is mapped" font ',18'
set xlabel "4 KiB pages mapped in the GiB, evenly spread (of 262,144)"
set ylabel "time of one page-selective invalidation, AM=18 (ns)"
set logscale xy
set xrange [0.8:8e7]
set yrange [50:1e8]
set xtics ("1" 1, "10" 10, "100" 100, "1,000" 1e3, "10,000" 1e4, "all" 262144)
set format x "10^{%L}"
set format y "10^{%L}"
data = folder.'/walk-translate.dat'
scat(s) = sprintf('< awk ''$1=="%s" && $2=="random"'' %s', s, data)
rise(s) = sprintf('< awk ''$1=="%s" && $2=="rising"'' %s', s, data)
end(s) = sprintf('< awk ''$1=="%s" && $2=="rising" && $3==262144'' %s', s, data)
set label 1 "solid: tables in rising order in memory; dashed: in random order" at graph 0.02, graph 0.95 textcolor rgb grey
plot rise('translate-4k') u 3:4 w lp ls 4, scat('translate-4k') u 3:4 w l ls 4 dt 2, \
     rise('translate') u 3:4 w lp ls 2, scat('translate') u 3:4 w l ls 2 dt 2, \
     rise('walk') u 3:4 w lp ls 1, scat('walk') u 3:4 w l ls 1 dt 2, \
     rise('dirty') u 3:4 w lp ls 3, scat('dirty') u 3:4 w l ls 3 dt 2, \
     end('translate-4k') u ($3*1.4):($4*2.2):('translate each 4 KiB page') w labels left tc rgb purple, \
     end('translate') u ($3*1.4):($4*0.55):('translate, by answer') w labels left tc rgb orange, \
     end('walk') u ($3*1.4):4:('page walk') w labels left tc rgb blue, \
     end('dirty') u ($3*1.4):4:('dirty: only what was written') w labels left tc rgb green
