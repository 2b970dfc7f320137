/* SPDX-License-Identifier: MIT */
#include "judge.h"

const char judge_help[] =
    "Usage: judge [OPTION]... TRACE...\n"
    "Play traces to a real, unmodified QEMU and to the model, and compare: the calls that VFIO makes\n"
    "for each device, with their results, the reads of the trace, the unit's registers, and what\n"
    "wait descriptors store. TRACE is a file, or - for standard input.\n"
    "\n"
    "  --qemu PATH            the binary (default: qemu-system-x86_64); version 7.2 or later\n"
    "  --profile NAME         compare with this profile (default: the one of the binary's version)\n"
    "  --dma-limit N          mappings a container may hold (default 65535; 0: no limit)\n"
    "  --calls-only           compare VFIO's calls and the trace's reads alone\n"
    "  --record FILE          write the trace with `expect` records of what QEMU did (one TRACE)\n"
    "  --preload FILE         the library that answers for VFIO (default: beside this program)\n"
    "  --quiet                say nothing of a trace where both agree\n"
    "      --help             print this text\n"
    "      --version          print the version\n"
    "\n"
    "Records that only another kind of consumer or an emulated device could obey are passed over.\n"
    "\n"
    "Exit codes: 0 they agree; 1 they differ, the first difference of each trace is printed; 2 bad\n"
    "usage, no such QEMU, or a trace that is unreadable or cannot be played.\n";
