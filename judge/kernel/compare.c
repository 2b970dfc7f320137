/* SPDX-License-Identifier: MIT */
/* The kernel's results beside ours, call by call; the first difference with what led to it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"

#define HISTORY_MAX 8u
#define NEIGHBOURS  UINT64_C(0x10000) /* calls that near to the one that differs are shown */
#define CLASSES_MAX 32u

struct pair {
    unsigned long line;
    struct listed call;
    int result; /* the kernel's */
    uint64_t bytes;
};

struct class
{
    bool unmap;
    int result;
    uint64_t count;
};

struct sums {
    struct class classes[CLASSES_MAX];
    size_t class_count;
    uint64_t calls, others, replayed, said;
};

struct pairs {
    struct pair *pair;
    size_t count, room;
};

static int complain(const char *file, const char *why)
{
    fprintf(stderr, "kernel-calls: %s: %s\n", file, why);
    return 2;
}

static int add(struct pairs *p, unsigned long line, const struct listed *l)
{
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 1024;
        struct pair *more = realloc(p->pair, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->pair = more;
        p->room = room;
    }
    p->pair[p->count++] = (struct pair){.line = line, .call = *l};
    return 0;
}

static int read_list(const char *path, struct pairs *p)
{
    FILE *f = fopen(path, "r");
    char line[LINE_MAX_BYTES], text[160];
    unsigned long number = 0;
    int rc = 0;

    if (!f)
        return complain(path, strerror(errno));
    while (!rc && fgets(line, sizeof(line), f)) {
        struct listed l;
        const char *why;

        number++;
        rc = listed_read(line, &l, &why);
        if (rc < 0) {
            snprintf(text, sizeof(text), "line %lu: %s", number, why);
            rc = complain(path, text);
        } else if (rc) {
            rc = add(p, number, &l) ? complain(path, "out of memory") : 0;
        }
    }
    fclose(f);
    return rc;
}

/* What GET_INFO said must be what our models build on. */
static int check_info(const char *path, const char *line, unsigned *seen)
{
    static const char *const expected[] = {"info pages 0x40201000\n", "info iova 0x0 0xfedfffff\n",
                                           "info iova 0xfef00000 0xffffffffffff\n"};
    char text[LINE_MAX_BYTES + 64];

    if (*seen < 3 && !strcmp(line, expected[*seen])) {
        ++*seen;
        return 0;
    }
    snprintf(text, sizeof(text), "VFIO_IOMMU_GET_INFO is not as in our models: %s", line);
    text[strcspn(text, "\n")] = 0;
    return complain(path, text);
}

static int read_results(const char *path, struct pairs *p)
{
    FILE *f = fopen(path, "r");
    char line[LINE_MAX_BYTES];
    unsigned long number;
    unsigned info = 0;
    size_t at = 0;
    bool ended = false;
    int rc = 0;

    if (!f)
        return complain(path, strerror(errno));
    while (!rc && !ended && fgets(line, sizeof(line), f)) {
        struct pair *next = at < p->count ? &p->pair[at] : NULL;

        if (!strncmp(line, "info ", 5)) {
            rc = check_info(path, line, &info);
        } else if (sscanf(line, "end %lu", &number) == 1) {
            ended = true;
        } else if (!next ||
                   sscanf(line, "%lu %d %" SCNu64, &number, &next->result, &next->bytes) != 3 ||
                   number != next->line) {
            rc = complain(path, "its lines are not those of the list");
        } else {
            at++;
        }
    }
    fclose(f);
    if (!rc && (!ended || at != p->count))
        rc = complain(path, "it ends too early");
    return rc;
}

static void count(struct sums *s, const struct pair *p)
{
    bool unmap = p->call.op == OP_UNMAP || p->call.op == OP_BITMAP;
    size_t i = 0;

    if (!unmap && p->call.op != OP_MAP) {
        s->others++;
        return;
    }
    s->calls++;
    while (i < s->class_count &&
           (s->classes[i].unmap != unmap || s->classes[i].result != p->result))
        i++;
    if (i == CLASSES_MAX)
        return;
    if (i == s->class_count)
        s->classes[s->class_count++] = (struct class){unmap, p->result, 0};
    s->classes[i].count++;
}

static bool near(const struct listed *a, const struct listed *b)
{
    uint64_t a_last = a->iova + (a->size - 1), b_last = b->iova + (b->size - 1);
    uint64_t low = a->iova > NEIGHBOURS ? a->iova - NEIGHBOURS : 0;
    uint64_t high = a_last < UINT64_MAX - NEIGHBOURS ? a_last + NEIGHBOURS : UINT64_MAX;

    if ((b->op != OP_MAP && b->op != OP_UNMAP && b->op != OP_BITMAP) || !b->size ||
        (b->op == OP_UNMAP && b->flags))
        return true; /* what opens, closes or empties the container */
    return a_last < a->iova || b_last < b->iova || (b->iova <= high && b_last >= low);
}

static void show_pair(const struct pair *p)
{
    char text[LINE_MAX_BYTES];

    listed_text(text, sizeof(text), &p->call);
    printf("  line %lu: %s -> %d", p->line, text, p->result);
    if (p->call.op == OP_UNMAP && !p->result)
        printf(", %" PRIu64 " bytes", p->bytes);
    printf("\n");
}

/* Calls to the same container that had an effect near by, since it was opened. */
static void show_history(const struct pairs *p, size_t at)
{
    size_t shown[HISTORY_MAX], n = 0;

    for (size_t i = at; i-- > 0 && n < HISTORY_MAX;) {
        const struct pair *o = &p->pair[i];

        if (o->call.container != p->pair[at].call.container || o->call.op == OP_LOCK)
            continue;
        if (!o->result && !(o->call.op == OP_UNMAP && !o->bytes) &&
            near(&p->pair[at].call, &o->call))
            shown[n++] = i;
        if (o->call.op == OP_CONTAINER)
            break;
    }
    if (n)
        printf("what went before near it, in this container:\n");
    while (n-- > 0)
        show_pair(&p->pair[shown[n]]);
}

static void show_answer(const char *who, const struct answer *a)
{
    if (!a->known)
        return;
    printf("  %s: %d", who, a->result);
    if (a->bytes)
        printf(", %" PRIu64 " bytes", a->bytes);
    printf("\n");
}

static bool differs(const struct pair *p, const struct answer *a)
{
    bool sized = p->call.op == OP_UNMAP || p->call.op == OP_BITMAP;

    return a->known && (a->result != p->result || (sized && !p->result && a->bytes != p->bytes));
}

static bool said_differs(const struct pair *p)
{
    return p->call.expects &&
           (p->result != p->call.result || (p->call.expects_size && p->bytes != p->call.bytes));
}

/* False when it differs; that is shown for the first. */
static bool compare_one(struct models *m, const struct pairs *p, size_t at, const char *rule,
                        struct sums *s, bool show)
{
    const struct pair *x = &p->pair[at];
    struct answer a, b, said = {x->call.expects, x->call.result, x->call.bytes};

    models_answer(m, &x->call, &a, &b);
    count(s, x);
    s->replayed += b.known;
    s->said += x->call.expects;
    if (rule) {
        break_rule(rule, &x->call, &a);
        break_rule(rule, &x->call, &b);
    }
    if (!differs(x, &a) && !differs(x, &b) && !said_differs(x))
        return true;
    if (show) {
        printf("the first difference:\n");
        show_pair(x);
        show_answer("the list expects", &said);
        show_answer("judge/vfio says", &a);
        show_answer("replay's type1 says", &b);
        show_history(p, at);
    }
    return false;
}

static void show_sums(const struct sums *s, uint64_t differences)
{
    printf("kernel-calls: %" PRIu64 " calls, %" PRIu64 " differ; %" PRIu64
           " of them put to replay's type1, too; %" PRIu64 " results said by the list; %" PRIu64
           " other steps\n",
           s->calls, differences, s->replayed, s->said, s->others);
    printf("kernel-calls:");
    for (size_t i = 0; i < s->class_count; i++)
        printf("%s %s %d: %" PRIu64, i ? "," : "", s->classes[i].unmap ? "unmap" : "map",
               s->classes[i].result, s->classes[i].count);
    printf("\n");
}

static int compare_class(const void *a, const void *b)
{
    const struct class *x = a, *y = b;

    if (x->unmap != y->unmap)
        return x->unmap - y->unmap;
    return y->result - x->result;
}

int compare_files(const char *list, const char *results, const char *rule)
{
    struct pairs p = {0};
    struct models m = {0};
    struct sums s = {0};
    uint64_t differences = 0;
    int rc = read_list(list, &p);

    if (!rc)
        rc = read_results(results, &p);
    for (size_t i = 0; !rc && i < p.count; i++)
        differences += !compare_one(&m, &p, i, rule, &s, !differences);
    if (!rc) {
        qsort(s.classes, s.class_count, sizeof(*s.classes), compare_class);
        show_sums(&s, differences);
        rc = differences > 0;
    }
    models_clear(&m);
    free(p.pair);
    return rc;
}

int answer_file(const char *list, FILE *to)
{
    struct pairs p = {0};
    struct models m = {0};
    int rc = read_list(list, &p);

    for (size_t i = 0; !rc && i < p.count; i++) {
        struct answer a, b;

        models_answer(&m, &p.pair[i].call, &a, &b);
        fprintf(to, "%lu %d %" PRIu64 "\n", p.pair[i].line, a.result, a.bytes);
    }
    if (!rc)
        fprintf(to, "end %zu\n", p.count);
    models_clear(&m);
    free(p.pair);
    return rc;
}
