/* SPDX-License-Identifier: MIT */
/* The command line of campaign. */
#ifndef VTR_CAMPAIGN_COMMAND_LINE_H
#define VTR_CAMPAIGN_COMMAND_LINE_H

#include "campaign/campaign.h"

enum campaign_do { CAMPAIGN_RUN, CAMPAIGN_SHOW, CAMPAIGN_ASK, CAMPAIGN_HELP, CAMPAIGN_VERSION };

struct campaign_command_line {
    enum campaign_do what;
    struct campaign_options o;
    struct compare_job job; /* --ask */
    uint64_t show;          /* --show: the run */
    const char *json;       /* NULL: none; "-": standard output, then without the text */
    const char *traces; /* the directory for the traces of findings; NULL: they are in the JSON */
    const char *file;   /* --ask: the trace */
};

/** Read it. 0, or -EINVAL with a sentence, "" when getopt has said it. Points into argv. */
int campaign_command_line(struct campaign_command_line *c, int argc, char **argv, struct err *e);

extern const char campaign_help[];

#endif
