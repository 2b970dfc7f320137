/* SPDX-License-Identifier: MIT */
#include "common/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What a process tells those it made. A terminal's SIGINT reaches all of them: they ignore it, or
 * one press would count twice. */
#define TELL_STOP SIGUSR1
#define TELL_END  SIGUSR2

static volatile sig_atomic_t asked;
static volatile sig_atomic_t first_ends;
static volatile sig_atomic_t nowhere = -1; /* /dev/null */
static char removal[4096];
static volatile sig_atomic_t removes;
static volatile pid_t process[INTERRUPT_PROCESSES];

static void tell(int signal)
{
    for (size_t i = 0; i < INTERRUPT_PROCESSES; i++)
        if (process[i])
            kill(process[i], signal);
}

/* The signal is held while its handler runs, and takes us when that returns. */
static void end(int number)
{
    tell(TELL_END);
    if (removes)
        unlink(removal);
    signal(number, SIG_DFL);
    raise(number);
}

static void on_signal(int number)
{
    int was = errno;

    if (number == TELL_END || asked || first_ends) {
        end(number);
    } else {
        asked = number;
        tell(TELL_STOP);
        /* A read that waits for a pipe begins anew after this, and finds the end of its file. */
        if (nowhere >= 0)
            dup2(nowhere, STDIN_FILENO);
    }
    errno = was;
}

static void set(sigset_t *s)
{
    sigemptyset(s);
    sigaddset(s, SIGINT);
    sigaddset(s, SIGTERM);
    sigaddset(s, TELL_STOP);
    sigaddset(s, TELL_END);
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction a = {.sa_handler = handler, .sa_flags = SA_RESTART};

    set(&a.sa_mask);
    sigaction(number, &a, NULL);
}

void interrupt_catch(bool reports)
{
    first_ends = !reports;
    if (reports && nowhere < 0)
        nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
    handle(SIGINT, on_signal);
    handle(SIGTERM, on_signal);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
    return &asked;
}

int interrupt_code(void)
{
    return asked ? 128 + asked : 0;
}

void interrupt_removes(const char *path)
{
    removes = 0;
    if (!path || strlen(path) >= sizeof(removal))
        return;
    memcpy(removal, path, strlen(path) + 1);
    removes = *path != 0;
}

void interrupt_end(void)
{
    raise(TELL_END);
}

void interrupt_hold(bool hold)
{
    sigset_t s;

    set(&s);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &s, NULL);
}

void interrupt_process(pid_t pid)
{
    for (size_t i = 0; i < INTERRUPT_PROCESSES; i++)
        if (process[i] == (pid < 0 ? -pid : 0)) {
            process[i] = pid < 0 ? 0 : pid;
            return;
        }
}

void interrupt_inherit(void)
{
    for (size_t i = 0; i < INTERRUPT_PROCESSES; i++)
        process[i] = 0;
    removes = 0;
    handle(SIGINT, SIG_IGN);
    handle(SIGTERM, SIG_IGN);
    handle(TELL_STOP, on_signal);
    handle(TELL_END, on_signal);
    interrupt_hold(false);
}
