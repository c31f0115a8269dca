#include "real.h"
#include "engine.h"
#include "explain.h"
#include "report.h"
#include "say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

struct name {
    char type;
    uint8_t number;
    const char *text;
};

static const struct name names[] = {
    {'d', 0x00, "VERSION"}, {'d', 0x01, "GET_UNIQUE"}, {'d', 0x02, "GET_MAGIC"}, {'d', 0x07, "SET_VERSION"}, {'d', 0x09, "GEM_CLOSE"},
    {'d', 0x0a, "GEM_FLINK"}, {'d', 0x0b, "GEM_OPEN"}, {'d', 0x0c, "GET_CAP"}, {'d', 0x0d, "SET_CLIENT_CAP"}, {'d', 0x11, "AUTH_MAGIC"},
    {'d', 0x1e, "SET_MASTER"}, {'d', 0x1f, "DROP_MASTER"}, {'d', 0x2d, "PRIME_HANDLE_TO_FD"}, {'d', 0x2e, "PRIME_FD_TO_HANDLE"},
    {'d', 0x40, "DEVICE_QUERY"}, {'d', 0x41, "GEM_CREATE"}, {'d', 0x42, "GEM_MMAP_OFFSET"}, {'d', 0x43, "VM_CREATE"},
    {'d', 0x44, "VM_DESTROY"}, {'d', 0x45, "VM_BIND"}, {'d', 0x46, "EXEC_QUEUE_CREATE"}, {'d', 0x47, "EXEC_QUEUE_DESTROY"},
    {'d', 0x48, "EXEC_QUEUE_GET_PROPERTY"}, {'d', 0x49, "EXEC"}, {'d', 0x4a, "WAIT_USER_FENCE"}, {'d', 0x4b, "OBSERVATION"},
    {'d', 0x4c, "MADVISE"}, {'d', 0x4d, "VM_QUERY_MEM_RANGE_ATTRS"}, {'d', 0x4e, "EXEC_QUEUE_SET_PROPERTY"},
    {'d', 0xa0, "MODE_GETRESOURCES"}, {'d', 0xbf, "SYNCOBJ_CREATE"}, {'d', 0xc0, "SYNCOBJ_DESTROY"}, {'d', 0xc1, "SYNCOBJ_HANDLE_TO_FD"},
    {'d', 0xc2, "SYNCOBJ_FD_TO_HANDLE"}, {'d', 0xc3, "SYNCOBJ_WAIT"}, {'d', 0xc4, "SYNCOBJ_RESET"}, {'d', 0xc5, "SYNCOBJ_SIGNAL"},
    {'d', 0xca, "SYNCOBJ_TIMELINE_WAIT"}, {'d', 0xcb, "SYNCOBJ_QUERY"}, {'d', 0xcc, "SYNCOBJ_TRANSFER"},
    {'d', 0xcd, "SYNCOBJ_TIMELINE_SIGNAL"}, {'d', 0xcf, "SYNCOBJ_EVENTFD"}, {'d', 0xd1, "SET_CLIENT_NAME"},
    {'b', 0, "DMA_BUF_SYNC"}, {'b', 2, "DMA_BUF_EXPORT_SYNC_FILE"}, {'b', 3, "DMA_BUF_IMPORT_SYNC_FILE"},
    {'>', 3, "SYNC_FILE_MERGE"}, {'>', 4, "SYNC_FILE_INFO"},
};

static __thread int kept_error;
static __thread char kept[512];

bool explain_is_on(void)
{
    static int on = -1;
    int known = __atomic_load_n(&on, __ATOMIC_RELAXED);
    if (known < 0) {
        known = getenv("XEPT_EXPLAIN") != NULL;
        __atomic_store_n(&on, known, __ATOMIC_RELAXED);
    }
    return known;
}

void explain_begin(void)
{
    kept_error = 0;
}

void explain_keep(int error, const char *rule)
{
    kept_error = error;
    if (error >= 0 || !explain_is_on())
        return;
    xept_failure why = {.size = sizeof why};
    kept[0] = '\0';
    if (engine.last_failure(&why) != 0 || why.error != error || !why.sentence)
        return;
    if (rule && !(why.rule && why.rule[0]))
        snprintf(kept, sizeof kept, "%s [%s]", why.sentence, rule);
    else
        snprintf(kept, sizeof kept, "%s", why.sentence);
}

/* The name of an ioctl; of one that nobody knows its type and number, as _IO takes them. */
static void name_of(unsigned long request, char *into, size_t room)
{
    unsigned type = _IOC_TYPE(request), number = _IOC_NR(request);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((unsigned)names[i].type == type && names[i].number == number) {
            snprintf(into, room, "%s", names[i].text);
            return;
        }
    }
    if (type > ' ' && type < 0x7f)
        snprintf(into, room, "ioctl ('%c', 0x%02x)", (char)type, number);
    else
        snprintf(into, room, "ioctl (0x%02x, 0x%02x)", type, number);
}

void explain(unsigned long request, int error)
{
    char name[48];
    if (!explain_is_on())
        return;
    name_of(request, name, sizeof name);
    if (kept_error == error && kept[0])
        say("xept: %s: %s\n", name, kept);
    else
        say("xept: %s: -%s: %s\n", name, strerrorname_np(-error), strerrordesc_np(-error));
}

int explain_refusal(int error, const char *rule, const char *format, ...)
{
    char sentence[256];
    kept_error = error;
    report_refused(error, rule);
    if (!explain_is_on())
        return error;
    va_list values;
    va_start(values, format);
    vsnprintf(sentence, sizeof sentence, format, values);
    va_end(values);
    snprintf(kept, sizeof kept, "-%s: %s [%s]", strerrorname_np(-error), sentence, rule);
    return error;
}

int explain_fault(enum explain_fault kind, const char *rule, const char *field, const void *at, size_t bytes)
{
    uintptr_t start = (uintptr_t)at;
    return explain_refusal(
        -EFAULT, rule, "%s = 0x%" PRIxPTR ": [0x%" PRIxPTR ", 0x%" PRIxPTR ") cannot be %s", field, start, start, start + bytes,
        kind == EXPLAIN_READ ? "read" : "written");
}

void explain_batch(void *user, const char *sentence)
{
    (void)user;
    say("xept: %s\n", sentence);
}
