/* SPDX-License-Identifier: MIT */
/*
 * The command line of replay (contract, section 1).
 */
#ifndef VTR_CLI_OPTIONS_H
#define VTR_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "checks/checks.h"
#include "engine.h"
#include "report/view.h"

enum replay_do { DO_REPLAY, DO_HELP, DO_VERSION, DO_LIST_INVARIANTS, DO_TABLE_INVARIANTS,
                 DO_LIST_QUIRKS, DO_LIST_FIELDS };
enum replay_form { FORM_TEXT, FORM_JSON, FORM_DIGEST, FORM_NONE };

/** --save N:FILE. */
struct save_option {
    uint64_t record;
    const char *file;
};

struct replay_options {
    enum replay_do what;
    const char *profile; /* NULL: the trace's model=, else the default */
    enum sync_strategy sync;
    struct attach_rec *attach;
    size_t attach_count;
    bool type1_chain;
    uint64_t dma_limit;
    bool has_fail;
    struct engine_fail fail;
    const char **quirks; /* and FIELD=VALUE of --set */
    size_t quirks_count;
    enum compare_mode compare;
    enum check_mode check;
    bool strict_guest, stop_on_violation;
    bool check_said;     /* --check was given */
    const char *restore; /* --restore; NULL: from the first record */
    struct save_option *saves;
    size_t saves_count;
    uint64_t *restore_at; /* --restore-at */
    size_t restore_at_count;
    const char *events; /* NULL: none */
    const char *called;      /* how the program was called, for the page */
    const char *report_html; /* a file, a directory with several traces, "-"; NULL: none */
    uint64_t explain;   /* --explain: the finding whose story is told; 0: none */
    const char *against; /* --against: the other profile; NULL: none */
    uint64_t jobs;       /* --jobs: traces replayed side by side; 0 and 1: one after the other */
    enum replay_form form;
    struct view view;
    char *const *traces; /* into argv */
    size_t traces_count;
};

/** Profile used when neither --profile nor the trace names one that is built. */
#define DEFAULT_PROFILE "qemu-10.2"

/**
 * Read the command line. Returns 0, -EINVAL with a sentence, or -ENOMEM. `o` points into argv; the
 * caller ends with options_free, whatever was returned.
 */
int options_parse(struct replay_options *o, int argc, char **argv, struct err *e);
void options_free(struct replay_options *o);

/** Words of the options that choose. */
const char *sync_name(enum sync_strategy s);
const char *check_name(enum check_mode m);

/** What --help prints. */
extern const char replay_help[];

#endif
