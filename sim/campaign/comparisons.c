/* SPDX-License-Identifier: MIT */
/* What may be asked, by name. */
#include <string.h>

#include "campaign/compare.h"

static const struct {
    const char *name, *what;
    bool profile;
} table[COMPARISONS] = {
    [CMP_IDEAL] = {"ideal", "ideal breaks no invariant of severity violation", false},
    [CMP_STRATEGY] = {"strategy", "walk, translate and dirty notify the same", true},
    [CMP_PROFILE] = {"profile",
                     "a profile goes on as before when it is saved and restored, and "
                     "keeps what all systems keep",
                     true},
    [CMP_AGAIN] = {"again", "a second run shows the same", true},
    [CMP_SWAP] = {"swap", "stores that touch nothing in common, in another order", false},
    [CMP_SPLIT] = {"split", "stores word by word", false},
    [CMP_JOIN] = {"join", "stores one behind the other as one", false},
    [CMP_TAIL] = {"tail", "the tail written once for two descriptors", false},
    [CMP_BLOCK] = {"block", "pages one after the other invalidated at once", false},
    [CMP_QUEUE] = {"queue", "commands by register through the queue", false},
};

const char *comparison_name(enum comparison c)
{
    return table[c].name;
}

const char *comparison_what(enum comparison c)
{
    return table[c].what;
}

bool comparison_has_profile(enum comparison c)
{
    return table[c].profile;
}

enum comparison comparison_find(const char *name)
{
    enum comparison c = 0;

    while (c < COMPARISONS && strcmp(table[c].name, name) != 0)
        c++;
    return c;
}
