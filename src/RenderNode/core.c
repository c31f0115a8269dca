#include "real.h"
#include "explain.h"
#include "report.h"
#include "requests.h"
#include "tree.h"
#include "user.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct version {
    int major, minor, patch;
    size_t name_length;
    char *name;
    size_t date_length;
    char *date;
    size_t description_length;
    char *description;
};

struct unique {
    size_t length;
    char *text;
};

struct capability {
    uint64_t capability, value;
};

struct client_name {
    uint64_t length;
    const char *text;
};

enum { MOST_NAME = 64 };

enum { CAP_PRIME = 0x5, CAP_TIMESTAMP_MONOTONIC = 0x6, CAP_SYNCOBJ = 0x13, CAP_SYNCOBJ_TIMELINE = 0x14 };

/* As much of a text as there is room for, and its whole length. */
static int copy(const char *rule, const char *field, const char *text, char *into, size_t *room)
{
    size_t length = strlen(text), bytes = length < *room ? length : *room;
    *room = length;
    return !into || user_write(into, text, bytes) ? 0 : explain_fault(EXPLAIN_WRITE, rule, field, into, bytes);
}

static int tell_version(struct version *version)
{
    version->major = 1;
    version->minor = 1;
    version->patch = 0;
    int error = copy("RN-061", "name", "xe", version->name, &version->name_length);
    if (!error)
        error = copy("RN-061", "date", "0", version->date, &version->date_length);
    return error ? error : copy("RN-061", "desc", "Intel Xe Graphics", version->description, &version->description_length);
}

static int tell_unique(const struct open_file *file, struct unique *unique)
{
    char text[32];
    snprintf(text, sizeof text, "pci:" TREE_SLOT, TREE_SLOT_OF(file->minor));
    return copy("RN-023", "unique", text, unique->text, &unique->length);
}

static int tell_capability(struct capability *asked)
{
    switch (asked->capability) {
    case CAP_PRIME:
        asked->value = 3;
        return 0;
    case CAP_TIMESTAMP_MONOTONIC:
    case CAP_SYNCOBJ:
    case CAP_SYNCOBJ_TIMELINE:
        asked->value = 1;
        return 0;
    default:
        return explain_refusal(
            -EOPNOTSUPP, "RN-061", "capability = 0x%llx: only devices with displays have it", (unsigned long long)asked->capability);
    }
}

/* A name that programs give themselves: nobody here shows it, but it must be one. */
static int take_name(const struct client_name *name)
{
    char text[MOST_NAME];
    if (name->length > MOST_NAME)
        return explain_refusal(
            -EINVAL, "RN-061", "name_len = %llu: must not be larger than %d", (unsigned long long)name->length, MOST_NAME);
    if (!user_read(name->text, text, name->length))
        return explain_fault(EXPLAIN_READ, "RN-061", "name", name->text, name->length);
    for (size_t i = 0; i < name->length; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return explain_refusal(-EINVAL, "RN-061", "name: byte %zu is 0x%02x: must be printed, and no blank", i, (unsigned char)text[i]);
    }
    return 0;
}

struct flink {
    uint32_t handle, name;
};

struct opening {
    uint32_t name, handle;
    uint64_t bytes;
};

static int give_name(const struct open_file *file, struct flink *asked)
{
    engine_enter();
    int error = engine.bo_name(file->client, asked->handle, &asked->name);
    explain_keep(error, "DRM-023");
    engine_leave();
    return error;
}

static int open_name(const struct open_file *file, struct opening *asked)
{
    engine_enter();
    int error = engine.bo_open(file->client, asked->name, &asked->handle, &asked->bytes);
    explain_keep(error, "DRM-023");
    report_engine(file, DRM_GEM_OPEN, error);
    engine_leave();
    return error;
}

/* Who is master, names, and what else only a card answers. */
static int of_card(const struct open_file *file, int number, void *argument)
{
    if (file->minor >= TREE_FIRST_RENDER)
        return explain_refusal(-EACCES, "RN-023", "a card answers it, a render node does not");
    switch (number) {
    case DRM_GET_UNIQUE:
        return tell_unique(file, argument);
    case DRM_GEM_FLINK:
        return give_name(file, argument);
    case DRM_GEM_OPEN:
        return open_name(file, argument);
    case DRM_GET_MAGIC:
        *(uint32_t *)argument = 1;
        return 0;
    case DRM_SET_CLIENT_CAP:
        return explain_refusal(-EOPNOTSUPP, "RN-023", "only devices with displays have capabilities of clients");
    default:
        return 0;
    }
}

int request_core(const struct open_file *file, unsigned long request, void *argument)
{
    int number = _IOC_NR(request);
    switch (number) {
    case DRM_VERSION:
        return tell_version(argument);
    case DRM_GET_CAP:
        return tell_capability(argument);
    case DRM_SET_CLIENT_NAME:
        return take_name(argument);
    case DRM_GET_UNIQUE:
    case DRM_GEM_FLINK:
    case DRM_GEM_OPEN:
    case DRM_GET_MAGIC:
    case DRM_SET_VERSION:
    case DRM_SET_CLIENT_CAP:
    case DRM_AUTH_MAGIC:
    case DRM_SET_MASTER:
    case DRM_DROP_MASTER:
        return of_card(file, number, argument);
    default:
        if (number >= DRM_MODE_FIRST && number <= DRM_MODE_LAST)
            return explain_refusal(file->minor >= TREE_FIRST_RENDER ? -EACCES : -EOPNOTSUPP, "RN-023", "the device has no display");
        return NOT_MINE;
    }
}
