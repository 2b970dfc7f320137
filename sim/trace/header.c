/* SPDX-License-Identifier: MIT */
#include "trace/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/scan.h"

struct trace_header header_empty(void)
{
    return (struct trace_header){.unit = unit_config_default()};
}

/* Room for one more element; arrays grow when their count is a power of two. */
static void *grow(void *array, size_t count, size_t element)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    return realloc(array, (count ? 2 * count : 1) * element);
}

static int no_memory(struct err *err)
{
    return err_set(err, ENOMEM, "out of memory for the header");
}

int header_add_meta(struct trace_header *h, const char *key, const char *text, size_t text_bytes,
                    struct err *err)
{
    size_t key_bytes = strlen(key);
    size_t total = key_bytes + text_bytes;
    struct meta_entry *metas;
    char *copy;

    if (!name_valid(key, NAME_BYTES))
        return err_set(err, EINVAL, "the key of `meta` is no name");
    if (text_bytes > HEADER_META_TEXT_MAX || total + 6 > HEADER_META_TEXT_MAX)
        return err_set(err, EINVAL, "a `meta` line of more than %u bytes", HEADER_META_TEXT_MAX);
    if (text_bad_byte(text, text_bytes))
        return err_set(err, EINVAL, "the text of `meta` is not UTF-8 without control characters");
    if (text_bytes && (strchr(" \t", text[0]) || strchr(" \t", text[text_bytes - 1])))
        return err_set(err, EINVAL, "the text of `meta` begins or ends with a blank");
    if (h->metas == HEADER_METAS_MAX)
        return err_set(err, EINVAL, "more than %u `meta` records", HEADER_METAS_MAX);
    for (size_t i = 0; i < h->metas; i++)
        total += strlen(h->meta[i].key) + strlen(h->meta[i].text);
    if (total > HEADER_META_BYTES_MAX)
        return err_set(err, EINVAL, "`meta` records of more than %u bytes together",
                       HEADER_META_BYTES_MAX);
    metas = grow(h->meta, h->metas, sizeof(*metas));
    if (!metas)
        return no_memory(err);
    h->meta = metas;
    copy = malloc(key_bytes + text_bytes + 2); /* key, 0, text, 0 in one piece */
    if (!copy)
        return no_memory(err);
    memcpy(copy, key, key_bytes + 1);
    memcpy(copy + key_bytes + 1, text, text_bytes);
    copy[key_bytes + 1 + text_bytes] = 0;
    h->meta[h->metas++] = (struct meta_entry){copy, copy + key_bytes + 1};
    return 0;
}

static int check_ram(const struct trace_header *h, const struct ram_entry *ram, struct err *err)
{
    const char *name = ram->rom ? "rom" : "ram";
    uint64_t last = ram->gpa.v + ram->bytes - 1;

    if ((ram->gpa.v | ram->bytes) & PAGE_4K_MASK)
        return err_set(err, EINVAL, "%s 0x%llx 0x%llx: both multiples of 0x1000 expected", name,
                       (unsigned long long)ram->gpa.v, (unsigned long long)ram->bytes);
    if (ram->bytes == 0)
        return err_set(err, EINVAL, "%s of no bytes, at least 0x1000 expected", name);
    if (last < ram->gpa.v)
        return err_set(err, EINVAL, "%s 0x%llx 0x%llx passes the end of 64 bits", name,
                       (unsigned long long)ram->gpa.v, (unsigned long long)ram->bytes);
    for (size_t i = 0; i < h->rams; i++) {
        const struct ram_entry *o = &h->ram[i];

        if (ram->gpa.v <= o->gpa.v + o->bytes - 1 && o->gpa.v <= last)
            return err_set(err, EINVAL, "%s 0x%llx 0x%llx overlaps %s 0x%llx 0x%llx", name,
                           (unsigned long long)ram->gpa.v, (unsigned long long)ram->bytes,
                           o->rom ? "rom" : "ram", (unsigned long long)o->gpa.v,
                           (unsigned long long)o->bytes);
    }
    return 0;
}

int header_add_ram(struct trace_header *h, const struct ram_entry *ram, struct err *err)
{
    struct ram_entry *rams;
    int rc = check_ram(h, ram, err);

    if (rc)
        return rc;
    if (h->rams == HEADER_RAMS_MAX)
        return err_set(err, EINVAL, "more than %u `ram` and `rom` records", HEADER_RAMS_MAX);
    rams = grow(h->ram, h->rams, sizeof(*rams));
    if (!rams)
        return no_memory(err);
    h->ram = rams;
    h->ram[h->rams++] = *ram;
    return 0;
}

int header_add_device(struct trace_header *h, const struct device_rec *dev, struct err *err)
{
    struct device_rec *devices;

    for (size_t i = 0; i < h->devices_count; i++)
        if (h->devices[i].bdf.v == dev->bdf.v)
            return err_set(err, EINVAL, "device %02x:%02x.%x is named twice in the header",
                           dev->bdf.v >> 8, dev->bdf.v >> 3 & 0x1fu, dev->bdf.v & 7u);
    if (h->devices_count == HEADER_DEVICES_MAX)
        return err_set(err, EINVAL, "more than %u `device` records", HEADER_DEVICES_MAX);
    devices = grow(h->devices, h->devices_count, sizeof(*devices));
    if (!devices)
        return no_memory(err);
    h->devices = devices;
    h->devices[h->devices_count++] = *dev;
    return 0;
}

int header_add_expectations(struct trace_header *h, const struct expectations_rec *e,
                            struct err *err)
{
    struct expectations_rec *list;

    if (!name_valid(e->name, NAME_BYTES))
        return err_set(err, EINVAL, "the name of `expectations` is no name");
    for (size_t i = 0; i < h->expectations_count; i++)
        if (strcmp(h->expectations[i].name, e->name) == 0)
            return err_set(err, EINVAL, "expectations of %s are announced twice in the header",
                           e->name);
    if (h->expectations_count == HEADER_EXPECTATIONS_MAX)
        return err_set(err, EINVAL, "more than %u `expectations` records", HEADER_EXPECTATIONS_MAX);
    list = grow(h->expectations, h->expectations_count, sizeof(*list));
    if (!list)
        return no_memory(err);
    h->expectations = list;
    h->expectations[h->expectations_count++] = *e;
    return 0;
}

void header_free(struct trace_header *h)
{
    for (size_t i = 0; i < h->metas; i++)
        free(h->meta[i].key);
    free(h->meta);
    free(h->ram);
    free(h->devices);
    free(h->expectations);
    *h = header_empty();
}
