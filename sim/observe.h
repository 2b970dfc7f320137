/* SPDX-License-Identifier: MIT */
/*
 * What can be seen from outside: one stream of observations, in the order in
 * which things happen. Everything that reports or judges (event stream, checks,
 * counters, digest) listens here and to nothing else. An observation is valid
 * only during the call.
 *
 * The order within one record:
 *
 *   OBS_RECORD                          the record is about to act; memory still holds the old
 * words
 *     ... whatever the record causes ...
 *   OBS_RECORD_END                      it has acted
 *
 * A device is named by its own BDF where it, or its consumer, is spoken of (OBS_DEVICE,
 * OBS_CONSUMER, OBS_NOTE, records), and by the id that its requests carry in all that is about
 * translation (OBS_SWITCH, OBS_FLAGS, OBS_REGISTER, OBS_FAULT). They differ when it is aliased.
 *
 * One invalidation (a descriptor taken from the queue, or a register command) is
 *
 *   OBS_INVAL_BEGIN  raw words          about to be executed
 *     ... switches, replays, notifications ...
 *   OBS_INVAL_DONE   the same words     executed; IQH is past it, or the busy bit is clear
 *
 * A refused one (queue error, or a register command answered 00) is OBS_INVAL_REFUSED alone.
 * A register command appears as the descriptor that says the same (by_register = true).
 */
#ifndef VTR_OBSERVE_H
#define VTR_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "trace/record.h"

enum note_type {
    NOTE_MAP,
    NOTE_UNMAP,
    NOTE_DEVTLB,
    /* Only to consumers that asked for them. */
    NOTE_READ_MAP, /* a right comes to a range, or leads to another target; gpa and that right */
    NOTE_WRITE_MAP,
    NOTE_READ_UNMAP, /* a right goes, or its target does */
    NOTE_WRITE_UNMAP,
    NOTE_SYNC /* all of an invalidation was told; the notifier's whole range */
};

/** True for the types that carry a target and a right. */
static inline bool note_maps(enum note_type t)
{
    return t == NOTE_MAP || t == NOTE_READ_MAP || t == NOTE_WRITE_MAP;
}

/** True for MAP, UNMAP and DEVIOTLB_UNMAP: what every system knows. */
static inline bool note_coarse(enum note_type t)
{
    return t <= NOTE_DEVTLB;
}

enum note_via { VIA_NOTIFIER, VIA_REGION };

/** One callback that reached a consumer: a line of the event stream (contract, section 3). */
struct note {
    uint64_t seq;         /* from 1, over the whole run */
    uint64_t record;      /* the event record that caused it; 0: before the first */
    const char *consumer; /* name */
    bdf_t bdf;            /* the consumer's device */
    bool has_alias;       /* its requests carry another id: alias */
    bdf_t alias;
    enum note_via via;
    enum note_type type;
    struct iova_range range; /* as the consumer received it */
    gpa_t gpa;               /* MAP, READ_MAP, WRITE_MAP */
    enum perm perm;          /* as notified; NONE for all others */
    bool asked;              /* the consumer asked its side (container, backend) */
    int result;              /* asked: 0 or a negative errno */
    const char *why;         /* not asked: "not-ram", "granularity", ...; NULL: it only records */
    uint64_t entry;    /* number of the entry it was read from; 0: made by the consumer itself */
    uint64_t delivery; /* number of the entry being delivered now, by the core; 0: none */
};

enum obs_kind {
    OBS_RECORD,        /* record */
    OBS_RECORD_END,    /* record */
    OBS_UNIT_STORE,    /* store: the unit wrote guest memory (wait status) */
    OBS_GSTS,          /* gsts: the register changed; old and new value */
    OBS_ROOT,          /* root: a root table was latched (SRTP) */
    OBS_INVAL_BEGIN,   /* inval */
    OBS_INVAL_DONE,    /* inval */
    OBS_INVAL_REFUSED, /* inval: a queue error, or a register command answered "nothing done" */
    OBS_QUEUE_ERROR,   /* inval (words 0 when the fault is the tail, or the fetch) */
    OBS_WAIT_LANDED,   /* inval: status written and/or completion interrupt raised */
    OBS_INTERRUPT,     /* msi: the unit sent a fault or completion event */
    OBS_FAULT,         /* fault: a DMA fault was recorded, collapsed, dropped or suppressed */
    OBS_DEVICE,        /* device: joined or gone */
    OBS_SWITCH,        /* device: from now on translated, or not */
    OBS_CONSUMER,      /* consumer: joined or left */
    OBS_REGISTER,      /* reg: a notifier asked to be registered, and the answer */
    OBS_UNREGISTER,    /* reg */
    OBS_FLAGS,         /* flags: the unit was told that a device's union of flags changed */
    OBS_REPLAY_BEGIN,  /* reg */
    OBS_REPLAY_END,    /* reg */
    OBS_NOTE,          /* note */
    OBS_READ,          /* read: a register read by the guest, beside what the model says */
    OBS_DMA,           /* dma: the unit's own translation of a `dma` record, or the answer of the
                          device IOTLB at which it began */
    OBS_DMA_SHADOW,    /* shadow: the same access looked up in what a consumer holds */
    OBS_RESET,         /* the unit is back in its reset state */
    OBS_LOCK,          /* lock: the kernel's side of a container took or released a lock */
    OBS_TYPE1,         /* type1: an ioctl of a container begins, or has ended */
    OBS_TYPE1_DEVICE,  /* type1_device: a device asked to join a container's device list (or
                          notifier chain), or left it */
    OBS_DMA_UNMAP,     /* dma_unmap: a device's callback is called, or has returned */
    OBS_PIN,           /* pin: pages pinned or unpinned, or that refused */
    OBS_VHOST,         /* vhost: a message of a device IOTLB, or a ring that stops or goes on */
    OBS_SYNCED,        /* synced: all that an invalidation meant for a device was delivered */
    OBS_ABORT,         /* abort: the modelled system would have ended here */
    OBS_KINDS
};

/** How a translation ended. */
enum xlat_end {
    XLAT_OK,        /* reached gpa */
    XLAT_FAULT,     /* refused, reason recorded in a fault record */
    XLAT_COLLAPSED, /* refused; reason known, but not recorded (same requester pending, overflow,
                       FPD) */
    XLAT_REFUSED,   /* refused without a reason (cached entry lacks the right) */
    XLAT_WINDOW     /* 0xfee00000-0xfeefffff: not translated */
};

struct xlat_result {
    enum xlat_end end;
    gpa_t gpa;       /* XLAT_OK: target of the accessed byte */
    uint64_t mask;   /* XLAT_OK: page size - 1 */
    enum perm perm;  /* XLAT_OK */
    uint8_t reason;  /* XLAT_FAULT, XLAT_COLLAPSED */
    bool from_iotlb; /* answered by the IOTLB */
    bool bypass;     /* the device was not translated (TES=0 or pass-through) */
};

/** Locks of the kernel's side of type1 (seed 002). The chain's own lock is its read-write semaphore. */
enum type1_lock { LOCK_IOMMU, LOCK_DEVICE_LIST, LOCK_CHAIN };

/** What happens between a device IOTLB and whoever fills it (vtd-facts 9.4). */
enum vhost_what {
    VHOST_MISS,       /* the device asks; the ring waits */
    VHOST_UPDATE,     /* an entry is given (result: the backend's answer) */
    VHOST_INVALIDATE, /* a range is taken (result likewise) */
    VHOST_FAILURE,    /* the miss is answered: there is no translation */
    VHOST_WOKEN,      /* a waiting ring goes on because of that answer */
    VHOST_DROPPED,    /* a pending miss is given up: stop, reset, translation off, leaving */
    VHOST_STOPPED,    /* the rings stop */
    VHOST_STARTED,
    VHOST_EVICTED /* the oldest entry goes to make room */
};

/* Made often: who makes one fills in what its kind has, and leaves the rest of the union alone. */
struct obs {
    enum obs_kind kind;
    uint64_t record; /* number of the current event record, 0 before the first */
    uint64_t at_ns;  /* virtual time, 0 until the first `at` */
    union {
        const struct rec *rec; /* OBS_RECORD, OBS_RECORD_END */
        struct {
            gpa_t gpa;
            uint32_t val; /* 32 bits, little-endian */
        } store;
        struct {
            uint32_t old_val, new_val;
        } gsts;
        struct {
            gpa_t gpa;       /* root table, masked as latched */
            uint64_t rtaddr; /* the register as written */
        } root;
        struct {
            uint64_t lo, hi;
            bool by_register;
        } inval;
        struct {
            uint32_t address, data;
            bool fault_event; /* else completion event */
        } msi;
        struct {
            bdf_t bdf;
            iova_t iova;
            uint8_t reason;
            enum xlat_end end; /* XLAT_FAULT when recorded, else XLAT_COLLAPSED */
        } fault;
        struct {
            bdf_t bdf; /* joined: the device; translated: the id that requests carry */
            bool on;   /* joined / translated */
            bool ats;  /* OBS_DEVICE, joined: its ATS is on */
            bool has_alias; /* joined, gone: its requests carry another id, alias */
            bdf_t alias;
        } device;
        struct {
            const char *name;
            bdf_t bdf;
            bool has_alias; /* its device's requests carry another id: alias */
            bdf_t alias;
            enum consumer_kind kind;
            bool joined;
            uint32_t flags;          /* what its notifiers ask for */
            struct iova_range range; /* what it asks for; vfio: everything */
            bool on_demand;          /* a vhost that asks when it misses: it need hold nothing */
        } consumer;
        struct {
            const char *consumer;
            bdf_t bdf;
            uint32_t flags;
            struct iova_range range; /* as asked, may be inverted when refused */
            int result;              /* 0 or a negative errno (OBS_REGISTER) */
            const char *why;         /* the sentence of a refusal */
        } reg;
        struct {
            bdf_t bdf;
            uint32_t old_flags, new_flags;
            int result; /* the unit's answer */
        } flags;
        const struct note *note;
        struct {
            uint16_t off;
            uint8_t bytes; /* 4 or 8 */
            uint64_t seen, model;
        } read;
        struct {
            const struct rec *rec;  /* the dma record */
            enum dma_access access; /* direction used for the translation (R or W) */
            struct xlat_result result;
            bool differs; /* from what was observed (false when nothing was observed) */
            const char
                *vhost; /* whose device IOTLB answered; the unit was not asked. NULL: it was */
        } dma;
        struct {
            const struct rec *rec;
            const char *consumer;
            enum consumer_kind consumer_kind;
            enum dma_access access;
            bool held;      /* the consumer holds a mapping there with the right asked for */
            bool present;   /* it holds a mapping there, whatever the right */
            gpa_t gpa;      /* present: the target it would reach */
            enum perm perm; /* present */
        } shadow;
        struct {
            const char *why;
        } abort;
        struct {
            const char *container;
            enum type1_lock lock;
            bool taken; /* else released */
        } lock;
        struct {
            const char *container;
            bool unmap;              /* else map */
            bool begin;              /* else it has ended */
            struct iova_range range; /* as asked */
            int result;              /* ended: 0 or a negative errno */
            uint64_t maps;           /* mappings held now */
            uint64_t limit;          /* 0: none */
        } type1;
        struct {
            const char *container;
            const char *consumer;
            bool on;            /* joins, else leaves */
            bool has_dma_unmap; /* has the callback */
            int result;         /* 0 or a negative errno */
        } type1_device;
        struct {
            const char *container;
            const char *consumer;
            struct iova_range range; /* as the callback receives it */
            bool begin;              /* else it has returned */
            unsigned round;          /* of this range, from 1 */
        } dma_unmap;
        struct {
            const char *container;
            const char *consumer; /* whose device */
            bool unpin;
            iova_t iova;
            uint64_t pages;
            uint64_t passed_over; /* unpin: of these the last, from the first not mapped on */
            int result; /* 0 (unpin: also when nothing was pinned) or a negative errno */
        } pin;
        struct {
            const char *consumer;
            bdf_t bdf;
            enum vhost_what what;
            struct iova_range range; /* MISS: the byte asked for */
            gpa_t gpa;               /* UPDATE */
            enum perm perm;          /* MISS, UPDATE */
            int result;              /* UPDATE, INVALIDATE: 0 or a negative errno */
        } vhost;
        struct {
            bdf_t bdf;
            uint64_t seq; /* the last notification number before it */
        } synced;
    } u;
};

/** A listener: `see` is called for every observation but those it skips, in registration order. It
 * must not call the simulation. */
struct observer {
    void (*see)(void *ctx, const struct obs *o);
    void *ctx;
    uint64_t skips; /* OBS_BIT of each kind that it does nothing with; 0: it sees all */
};

#define OBS_BIT(kind) (UINT64_C(1) << (kind))
_Static_assert(OBS_KINDS <= 64, "a bit for each kind of observation");

#define OBSERVERS_MAX 8 /* the bits of `wanted` */

/** The funnel: stamps record, time and notification numbers, and passes everything on. */
struct funnel {
    struct observer observers[OBSERVERS_MAX];
    unsigned count;
    uint8_t wanted[OBS_KINDS]; /* a bit for each observer that does not skip it */
    uint64_t record;
    uint64_t at_ns;
    uint64_t notes;      /* last sequence number given */
    uint64_t deliveries; /* entries handed to notifiers so far */
    uint64_t delivery;   /* the one whose callback runs now, 0: none (notifier.c alone sets it) */
};

/** Add a listener. Returns 0, or -ENOSPC beyond OBSERVERS_MAX. */
int funnel_add(struct funnel *f, struct observer o);

/** Somebody looks at what is of that kind; else who makes one need not. */
static inline bool funnel_wants(const struct funnel *f, enum obs_kind kind)
{
    return f->wanted[kind];
}

/** Stamp `o` with record and time and show it to everyone. */
void funnel_show(struct funnel *f, struct obs *o);

/** Number `n` (seq, record), show it as OBS_NOTE. */
void funnel_note(struct funnel *f, struct note *n);

#endif
