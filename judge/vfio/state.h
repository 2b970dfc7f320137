/* SPDX-License-Identifier: MIT */
/*
 * What the preloaded library knows: which file descriptors are its own, the containers and groups
 * behind them, and the log. Its callers hold QEMU's big lock, or the library's (calls.c).
 */
#ifndef VTR_JUDGE_STATE_H
#define VTR_JUDGE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "control.h"
#include "type1v2.h"

#define FDS_MAX      4096
#define PEOPLE_MAX   256 /* containers, and groups, at a time */
#define CONFIG_BYTES 256

/* Environment: number of the file descriptor of the log; mappings a container may hold. */
#define ENV_LOG   "VTD_JUDGE_LOG_FD"
#define ENV_LIMIT "VTD_JUDGE_DMA_LIMIT"
/* Number of the descriptor of a struct control (control.h). */
#define ENV_CONTROL "VTD_JUDGE_CONTROL_FD"

enum fd_kind { FD_OTHER, FD_CONTAINER, FD_GROUP, FD_DEVICE };

struct container {
    bool used, set; /* set: VFIO_SET_IOMMU was called */
    int name;       /* the first group that joined; -1: none yet */
    struct type1v2 type1;
};

struct group {
    bool used;
    int number;    /* of /dev/vfio/NUMBER */
    int container; /* index, -1: none */
    uint8_t config[CONFIG_BYTES];
};

struct fd_entry {
    enum fd_kind kind;
    int index; /* of its container or group */
};

struct state {
    struct fd_entry fds[FDS_MAX];
    struct container containers[PEOPLE_MAX];
    struct group groups[PEOPLE_MAX];
    int log_fd; /* -1: none */
    uint64_t limit;
    struct control *control; /* NULL: nothing was said */
    int opened;              /* number of the group that was opened last */
};

/** A line of the log, as printf. */
void say(const struct state *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A new container, or the group `number`: its index, or -1 when there are too many. */
int container_new(struct state *s);
int group_open(struct state *s, int number);

/** The ioctl calls of a container, a group and a device: 0 or more, or a negative errno. */
int container_ioctl(struct state *s, int index, unsigned long request, void *argument);
int group_ioctl(struct state *s, int index, unsigned long request, void *argument);
int device_ioctl(struct state *s, int index, unsigned long request, void *argument);

/** A descriptor of a device was asked for: defined in calls.c, returns it or a negative errno. */
int device_fd(struct state *s, int group);

/** Read or write the device's configuration space: bytes done, or a negative errno. */
ssize_t device_read(struct state *s, int index, void *to, size_t n, uint64_t offset);
ssize_t device_write(struct state *s, int index, const void *from, size_t n, uint64_t offset);

/** The last descriptor of it was closed. The log says when a group has left: `left NUMBER`. */
void container_close(struct state *s, int index);
void group_close(struct state *s, int index);

/** Take up what judge says, by the number of a file descriptor; NULL: it says nothing. */
void control_begin(struct state *s, const char *fd);

/** What was said of a group, or NULL. */
struct control_group *control_of(const struct state *s, int group);

/** Is the next call of this group's container (CONTROL_*) refused? 0, or the negative errno. */
int control_refuses(const struct state *s, int group, unsigned op);

/** What the container of this group grants. */
void control_rules(const struct state *s, int group, struct type1v2 *t);

/** The container of index `i` that a descriptor stands for; -1 when it stands for none. */
int container_of_fd(const struct state *s, int fd);

#endif
