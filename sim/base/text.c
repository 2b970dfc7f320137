/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <errno.h>
#include <string.h>

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t length = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (length == 0 || p[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

static const struct {
    int code;
    const char *name;
} errors[] = {{EEXIST, "EEXIST"}, {EINVAL, "EINVAL"},         {ENOSPC, "ENOSPC"},
              {ENOMEM, "ENOMEM"}, {ENOENT, "ENOENT"},         {EFAULT, "EFAULT"},
              {EBUSY, "EBUSY"},   {EOPNOTSUPP, "EOPNOTSUPP"}, {EPERM, "EPERM"},
              {EIO, "EIO"}};

#define ERRORS (sizeof(errors) / sizeof(errors[0]))

const char *errno_name(int code)
{
    for (size_t i = 0; i < ERRORS; i++)
        if (errors[i].code == code)
            return errors[i].name;
    return NULL;
}

int errno_of(const char *name)
{
    for (size_t i = 0; i < ERRORS; i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].code;
    return 0;
}
