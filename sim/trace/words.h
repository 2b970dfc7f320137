/* SPDX-License-Identifier: MIT */
/* The words of the text form, in the order of the enums they spell (trace/record.h). */
#ifndef VTR_TRACE_WORDS_H
#define VTR_TRACE_WORDS_H

/* Each list ends with NULL. */
extern const char *const WORDS_KIND[];     /* enum rec_kind */
extern const char *const WORDS_ACCESS[];   /* enum dma_access */
extern const char *const WORDS_CONSUMER[]; /* enum consumer_kind */
extern const char *const WORDS_FLAG[];     /* bits of NOTIFY_*, from bit 0 */
extern const char *const WORDS_BACKEND[];  /* enum vhost_backend */
extern const char *const WORDS_UNPIN[];    /* enum mdev_unpin */
extern const char *const WORDS_TYPE1[];    /* 1, 2 at index 0, 1 */
extern const char *const WORDS_FAIL[];     /* enum fail_op */
extern const char *const WORDS_EXPECT[];   /* enum expect_op */
extern const char *const WORDS_LEVEL[];    /* enum expect_level */
extern const char *const WORDS_PERM[];     /* PERM_R, PERM_W, PERM_RW at index 0, 1, 2 */

/* The on|off keys of `unit`, in canonical order, and where each is kept. */
struct unit_switch {
    const char *key;
    unsigned offset; /* of the bool in struct unit_config */
};
extern const struct unit_switch UNIT_SWITCHES[]; /* ends with a NULL key */

#endif
