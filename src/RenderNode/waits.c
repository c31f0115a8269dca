/* Waits: the engine is asked again and again without time, so that nobody blocks in managed code. */
#include "real.h"
#include "clock.h"
#include "requests.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct user_fence_wait {
    uint64_t extensions, address;
    uint16_t operation, flags;
    uint32_t pad;
    uint64_t value, mask;
    int64_t timeout;
    uint32_t queue, pad2;
    uint64_t reserved[2];
};

enum { ABSOLUTE = 1, PIN_TIMEOUT = 1000 * 1000 * 1000 };

_Static_assert(sizeof(struct user_fence_wait) == 72, "as the driver has it");

/* Asks until the answer is another than "not yet", or it is late. */
static int ask(const struct open_file *file, unsigned long request, void *question, int64_t deadline)
{
    for (;;) {
        uint32_t seen = engine_moment();
        int error = request_engine(file, request, question);
        if (error != -ETIME || !engine_wait(seen, deadline))
            return error;
    }
}

static int wait_user_fence(const struct open_file *file, unsigned long request, struct user_fence_wait *argument)
{
    struct user_fence_wait asked = *argument;
    bool is_absolute = argument->flags & ABSOLUTE;
    int64_t begun = clock_look(), deadline = argument->timeout;
    if (!is_absolute && (argument->timeout < 0 || __builtin_add_overflow(begun, argument->timeout, &deadline)))
        deadline = INT64_MAX;
    asked.flags &= (uint16_t)~ABSOLUTE;
    asked.timeout = 0;
    int error = ask(file, request, &asked, deadline);
    if (is_absolute)
        return error;
    /* What is left of the time. */
    int64_t used = clock_look() - begun;
    argument->timeout = argument->timeout > used ? argument->timeout - used : 0;
    return error;
}

/* SYNCOBJ_WAIT and TIMELINE_WAIT: where the time-out is, and the index that was done first. */
static int wait_syncobjs(const struct open_file *file, unsigned long request, char *argument, size_t timeout_at, size_t first_at)
{
    char asked[64];
    int64_t deadline, none = 0;
    memcpy(asked, argument, _IOC_SIZE(request));
    memcpy(&deadline, asked + timeout_at, sizeof deadline);
    memcpy(asked + timeout_at, &none, sizeof none);
    int error = ask(file, request, asked, deadline);
    if (!error)
        memcpy(argument + first_at, asked + first_at, sizeof(uint32_t));
    return error;
}

/* EXEC pins userptrs that have changed. While the program goes on changing them it is asked again, for as long as the driver tries
 * (UPTR-037): a call that is refused has changed nothing. */
static int exec(const struct open_file *file, unsigned long request, void *argument)
{
    int64_t deadline = clock_look() + PIN_TIMEOUT;
    for (;;) {
        uint32_t seen = engine_moment();
        int error = request_engine(file, request, argument);
        if (error != -EBUSY || !engine_wait(seen, deadline))
            return error;
    }
}

int request_wait(const struct open_file *file, unsigned long request, void *argument)
{
    switch (_IOC_NR(request)) {
    case XE_WAIT_USER_FENCE:
        return wait_user_fence(file, request, argument);
    case XE_EXEC:
        return exec(file, request, argument);
    case DRM_SYNCOBJ_WAIT:
        return wait_syncobjs(file, request, argument, 8, 24);
    case DRM_SYNCOBJ_TIMELINE_WAIT:
        return wait_syncobjs(file, request, argument, 16, 32);
    default:
        return NOT_MINE;
    }
}
