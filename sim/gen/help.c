/* SPDX-License-Identifier: MIT */
#include "gen/gen_random.h"

const char gen_trace_help[] =
    "Usage: gen_trace --random [OPTION]...\n"
    "Make a trace from a seed: the same seed gives the same bytes on every machine.\n"
    "\n"
    "  --random               a guest that does anything, in any order: tables of all shapes, "
    "split\n"
    "                         and joined pages, bad entries and descriptors, moves between "
    "domains,\n"
    "                         queue errors and recovery, commands by register, translation "
    "switched\n"
    "  --seed S               the seed (default 1)\n"
    "  --events N             records after the header (default 1000)\n"
    "  --aw-bits 39|48        width of the unit (default: drawn from the seed)\n"
    "  -o, --output FILE      write FILE, packed when its name ends in .zst (default: text to\n"
    "                         standard output)\n"
    "      --help             print this text\n"
    "      --version          print the version\n"
    "\n"
    "Exit codes: 0 written; 2 bad usage, or FILE cannot be written.\n";
