/* SPDX-License-Identifier: MIT */
/*
 * SIGINT and SIGTERM. The first asks for the end, the second ends the program at once. Signals know
 * no context, so this keeps what the tools' only mutable globals are.
 */
#ifndef VTR_TOOLS_INTERRUPT_H
#define VTR_TOOLS_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/** Most processes that interrupt_process knows at a time. */
#define INTERRUPT_PROCESSES 256

/** Exit code of a child that was asked for its end and came to it early. */
#define INTERRUPTED 128

/**
 * Catch both from now on, also where they were ignored: a program in the background is interrupted
 * by kill alone. `reports`: the program looks at interrupt_flag and reports what was done; else
 * already the first ends it. What ends at once dies of the signal, as if it had not been caught.
 */
void interrupt_catch(bool reports);

/** Becomes the signal's number when the end is asked for. */
const volatile sig_atomic_t *interrupt_flag(void);

/** 0, or 128 and the signal's number. */
int interrupt_code(void);

/** Where the program ends at once, this file is removed first. One at a time; NULL: none. */
void interrupt_removes(const char *path);

/** End at once, as the second signal does: in a process that interrupt_inherit was called in. */
void interrupt_end(void);

/** Hold signals back while a process is made, or let them come again. */
void interrupt_hold(bool hold);

/** A process of ours began, or (`pid` negated) ended: it is told of the end that is asked for. */
void interrupt_process(pid_t pid);

/** In a process just made, signals held: listen to who made it, and to no terminal. */
void interrupt_inherit(void);

#endif
