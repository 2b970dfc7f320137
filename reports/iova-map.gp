# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/iova-map.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1200,700 font 'sans,15' } else { set terminal svg size 1000,600 font 'sans,15' background 'white' }
set termoption noenhanced
set output folder.'/iova-map.'.form
data = folder.'/iova-map.dat'
name = system("awk 'NR==1{print $2}' ".data)
set title "What one device (".name.") may reach, over a captured guest's time" font ',18'
set xlabel "time since the trace began (s)"
set ylabel "IOVA (KiB below 4 GiB)"
set format y "%.0f"
set style fill solid 1 noborder
set yrange [*:*]
set label 1 "each bar: a mapping,\nfrom its MAP to its UNMAP" at graph 0.02, graph 0.10 tc rgb grey
plot data u 1:3:1:2:3:4 w boxxyerror lc rgb blue
