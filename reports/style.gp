# SPDX-License-Identifier: MIT
# What all graphs share. Colours of Okabe and Ito: told apart in print and by the colour-blind; each line
# has its own mark besides.
if (!exists("folder")) folder = "reports"
set encoding utf8
blue = '#0072B2'; orange = '#D55E00'; green = '#009E73'; purple = '#CC79A7'; grey = '#666666'; sky = '#56B4E9'; amber = '#E69F00'
set style line 1 lc rgb blue   lw 2.5 pt 7  ps 0.8
set style line 2 lc rgb orange lw 2.5 pt 5  ps 0.8
set style line 3 lc rgb green  lw 2.5 pt 9  ps 1.0
set style line 4 lc rgb purple lw 2.5 pt 13 ps 1.0
set style line 5 lc rgb grey   lw 1.5 dt 2
set style line 9 lc rgb '#dddddd' lw 0.7
set border 3 lw 1.2 lc rgb '#333333'
set grid back ls 9
set tics nomirror out
set key off
