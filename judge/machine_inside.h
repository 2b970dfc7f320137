/* SPDX-License-Identifier: MIT */
/* Shared by machine.c (the process), command_line.c and qtest.c (the protocols). */
#ifndef VTR_JUDGE_MACHINE_INSIDE_H
#define VTR_JUDGE_MACHINE_INSIDE_H

#include <stdio.h>
#include <sys/types.h>

#include "machine.h"

#define ARGUMENTS_MAX   600
#define TIMEOUT_SECONDS 60
#define UNANSWERED_MAX  256 /* stores under way; their answers fit into any socket's buffer */

struct line_reader {
    int fd;
    char bytes[8192];
    size_t have;
};

struct backend;

/** A root port of bus 0, and the bus it leads to. */
struct port {
    uint8_t devfn, bus;
};

struct machine {
    char folder[64]; /* of its own: BIOS, links that stand for sysfs */
    pid_t pid;       /* 0: not running any more */
    int status;      /* of waitpid() */
    bool dead;
    struct line_reader qtest, qmp;
    int log_fd, stderr_fd, control_fd;
    struct control *control; /* shared with the library */
    unsigned unanswered;
    struct backend *backends; /* of the vhosts, in the configuration's order */
    size_t backend_count;
    struct port ports[VHOSTS_MAX];
    size_t port_count;
    char last_words[512];
    char version[128];
    unsigned version_major, version_minor;
};

/** A NULL-terminated argument vector of printf-made words. */
struct arguments {
    char *words[ARGUMENTS_MAX + 1];
    size_t count;
    bool failed; /* out of memory, or too many */
};

void argument(struct arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arguments_free(struct arguments *a);

/** The whole command line; `qmp_fd` is the number of the descriptor QEMU inherits. */
void machine_arguments(struct arguments *a, const struct machine_config *c, const struct machine *m,
                       int qmp_fd);

/** A slot of bus 0 with nobody in it, past `skip` of them (place_free_slot); 0: none. The first
 * ones are those of the buses that assigned devices bring. */
unsigned machine_free_slot(const struct machine_config *c, unsigned skip);

/** vhost/arguments.c: sockets that QEMU will connect to, and root ports chosen; the devices. */
int machine_vhosts_open(struct machine *m, const struct machine_config *c, struct err *e);
void machine_vhosts_close(struct machine *m);
void machine_vhost_arguments(struct arguments *a, const struct machine *m);

/** Serve the backends until *done, or until the machine is gone. */
enum answer machine_serve(struct machine *m, const bool *done, struct err *e);

/** Folder, BIOS and links for the machine: 0 or a negative errno with a sentence. */
int machine_folder_make(struct machine *m, const struct machine_config *c, struct err *e);
void machine_folder_remove(struct machine *m);

/** What stands for the function's folder in sysfs, and `name` in it. */
void function_path(char *to, size_t room, const char *folder, const struct machine_function *f,
                   const char *name);

/** Wait for input at `fd` (*here) or for *done (NULL: never), and serve the backends meanwhile. */
enum answer machine_wait(struct machine *m, int fd, bool *here, const bool *done, struct err *e);

/** Send a line, wait for nothing. */
enum answer machine_send(struct machine *m, int fd, const char *text, size_t n, struct err *e);

/** Some milliseconds, with the backends served. */
enum answer machine_linger(struct machine *m, unsigned ms, struct err *e);

/** A line that the machine sent, without its end; waits for it. */
enum answer machine_take_line(struct machine *m, struct line_reader *r, char *line, size_t room,
                              struct err *e);

/** One qtest command, with its answer's value. */
enum answer machine_command(struct machine *m, const char *text, uint64_t *val, struct err *e);

/** After the start: QEMU's version, and the host bridge's PAM registers. */
enum answer machine_prepare(struct machine *m, const struct machine_config *c, struct err *e);

#endif
