# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/fuzzing-reach.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1200,700 font 'sans,15' } else { set terminal svg size 1000,600 font 'sans,15' background 'white' }
set output folder.'/fuzzing-reach.'.form
data = folder.'/fuzzing-reach.dat'
line(s) = sprintf('< awk ''$1=="%s"'' %s', s, data)
end(s) = sprintf('< awk ''$1=="%s"'' %s | tail -n 1', s, data)
possible = system(sprintf('awk ''$1=="random" { print $4; exit }'' %s', data)) + 0
seeds = system(sprintf('awk ''$1=="random" { n = $2 } END { print n }'' %s', data)) + 0
set title sprintf("Of %d cells (descriptor × tables, fault, register, …): how many made traces touch", possible) font ',18'
set xlabel "seeds, a trace of 400 records each"
set ylabel "cells touched"
set logscale x
set xrange [0.8:seeds*25]
set yrange [0:possible*1.12]
set xtics (1, 10, 100, "1,000" 1000, "8,000" 8000)
set arrow 1 from 0.8, possible to seeds*1.15, possible nohead ls 5
set label 1 "all that are possible" at 1, possible*1.035 textcolor rgb grey
plot line('random') u 2:3 w lp ls 1, line('hostile') u 2:3 w lp ls 2, \
     line('workloads') u 2:3 w lp ls 3, \
     end('random') u ($2*1.3):3:(sprintf('random: %d', $3)) w labels left tc rgb blue, \
     end('hostile') u ($2*1.3):3:(sprintf('hostile: %d', $3)) w labels left tc rgb orange, \
     end('workloads') u ($2*1.3):3:(sprintf('workloads: %d', $3)) w labels left tc rgb green
