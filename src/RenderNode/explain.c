#include "real.h"
#include "engine.h"
#include "explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct name {
    int number;
    const char *text;
};

static const struct name names[] = {
    {0x00, "VERSION"}, {0x09, "GEM_CLOSE"}, {0x0a, "GEM_FLINK"}, {0x0b, "GEM_OPEN"}, {0x0c, "GET_CAP"}, {0x2d, "PRIME_HANDLE_TO_FD"}, {0x2e, "PRIME_FD_TO_HANDLE"},
    {0x40, "DEVICE_QUERY"}, {0x41, "GEM_CREATE"}, {0x42, "GEM_MMAP_OFFSET"}, {0x43, "VM_CREATE"}, {0x44, "VM_DESTROY"},
    {0x45, "VM_BIND"}, {0x46, "EXEC_QUEUE_CREATE"}, {0x47, "EXEC_QUEUE_DESTROY"}, {0x48, "EXEC_QUEUE_GET_PROPERTY"},
    {0x49, "EXEC"}, {0x4a, "WAIT_USER_FENCE"}, {0x4b, "OBSERVATION"}, {0x4c, "MADVISE"}, {0x4d, "VM_QUERY_MEM_RANGE_ATTRS"},
    {0x4e, "EXEC_QUEUE_SET_PROPERTY"}, {0xbf, "SYNCOBJ_CREATE"}, {0xc0, "SYNCOBJ_DESTROY"}, {0xc1, "SYNCOBJ_HANDLE_TO_FD"},
    {0xc2, "SYNCOBJ_FD_TO_HANDLE"}, {0xc3, "SYNCOBJ_WAIT"}, {0xc4, "SYNCOBJ_RESET"}, {0xc5, "SYNCOBJ_SIGNAL"},
    {0xca, "SYNCOBJ_TIMELINE_WAIT"}, {0xcb, "SYNCOBJ_QUERY"}, {0xcc, "SYNCOBJ_TRANSFER"}, {0xcd, "SYNCOBJ_TIMELINE_SIGNAL"}, {0xcf, "SYNCOBJ_EVENTFD"},
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

void explain_keep(int error)
{
    kept_error = error;
    if (error >= 0 || !explain_is_on())
        return;
    xept_failure why = {.size = sizeof why};
    kept[0] = '\0';
    if (engine.last_failure(&why) == 0 && why.error == error && why.sentence)
        snprintf(kept, sizeof kept, "%s", why.sentence);
}

/* One write, so that lines of several threads do not mix. */
static void say(const char *line, size_t size, int length)
{
    (void)!write(STDERR_FILENO, line, (size_t)length < size ? (size_t)length : size - 1);
}

void explain(unsigned long request, int error)
{
    const char *name = NULL;
    char line[640], number[16];
    if (!explain_is_on())
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names && !name; i++)
        name = names[i].number == (int)_IOC_NR(request) ? names[i].text : NULL;
    snprintf(number, sizeof number, "ioctl 0x%02x", (unsigned)_IOC_NR(request));
    bool is_known = kept_error == error && kept[0];
    int length = snprintf(
        line, sizeof line, "xept: %s: %s\n", name ? name : number, is_known ? kept : strerrordesc_np(-error));
    say(line, sizeof line, length);
}

void explain_batch(void *user, const char *sentence)
{
    char line[640];
    (void)user;
    say(line, sizeof line, snprintf(line, sizeof line, "xept: %s\n", sentence));
}
