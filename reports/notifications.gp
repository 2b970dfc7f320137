# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/notifications.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1200,640 font 'sans,15' } else { set terminal svg size 1000,560 font 'sans,15' background 'white' }
set output folder.'/notifications.'.form
data = folder.'/notifications.dat'
set title "Notifications for each invalidation of a captured Linux guest (strict mode, three devices)" font ',17'
set ylabel "callbacks to one kind of consumer per invalidation"
set xlabel "profile: the system that is modelled"
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.9 border rgb '#333333'
set yrange [0:3]
set xtics scale 0
set key inside top right horizontal
plot data u 2:xtic(1) t 'vfio' lc rgb blue, '' u 3 t 'mdev' lc rgb orange fs pattern 2, \
     '' u 4 t 'vhost' lc rgb green, '' u 5 t 'probe' lc rgb amber fs pattern 6, \
     for [i=0:3] data u ($0-0.30+0.19*i):(column(i+2)+0.04):(sprintf('%.2f', column(i+2))) w labels rotate by 90 left font ',11' notitle
