# SPDX-License-Identifier: MIT
# gnuplot -e "folder='reports'; form='svg'" reports/guest-time.gp
load folder.'/style.gp'
if (form eq 'png') { set terminal pngcairo size 1200,700 font 'sans,15' } else { set terminal svg size 1000,600 font 'sans,15' background 'white' }
set output folder.'/guest-time.'.form
data = folder.'/guest-time.dat'
set multiplot layout 2,1 title "A captured Linux guest (strict mode) over its own time" font ',18'
set lmargin 12
set rmargin 4
set xrange [0:*]
set ylabel "mappings held\nby each device"
set logscale y
set yrange [0.8:*]
unset xlabel
set yrange [0.8:20000]
part(n) = sprintf('< awk ''$1=="%s"'' %s', n, data)
# Each line's name stands where it is highest.
top(n) = sprintf('< awk ''$1=="%s" && $3>=m {m=$3; l=$0} END {print l}'' %s', n, data)
array colour[5] = [blue, orange, green, purple, grey]
devices = system("awk '!/^#/ && $1!=\"rate\" && !s[$1]++ {print $1}' ".data)
name(n) = n[strstrt(n, '@') + 1 : *]
plot for [i=1:words(devices)] part(word(devices, i)) u 2:($3<1?0.8:$3) w steps lw 2.5 lc rgb colour[(i-1)%5+1], \
     for [i=1:words(devices)] top(word(devices, i)) u ($2<15?$2+14:$2-0.5):($3*1.6):(name(word(devices, i))) w labels noenhanced right font ',12' tc rgb colour[(i-1)%5+1]
unset logscale
set yrange [0:*]
set ylabel "IOTLB invalidations\nper second"
set xlabel "time since the trace began (s)"
plot part('rate') u 2:3 w boxes fs solid 0.7 noborder lc rgb blue
unset multiplot
