/* Waits: the engine is asked again and again without time, so that nobody blocks in managed code. */
#include "real.h"
#include "requests.h"
#include "user.h"

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
    struct user_fence_wait given, asked;
    if (!user_read(argument, &given, sizeof given))
        return -EFAULT;
    bool is_absolute = given.flags & ABSOLUTE;
    int64_t begun = engine_now(), deadline = given.timeout;
    if (!is_absolute && (given.timeout < 0 || __builtin_add_overflow(begun, given.timeout, &deadline)))
        deadline = INT64_MAX;
    asked = given;
    asked.flags &= (uint16_t)~ABSOLUTE;
    asked.timeout = 0;
    int error = ask(file, request, &asked, deadline);
    if (is_absolute)
        return error;
    /* What is left of the time. */
    int64_t used = engine_now() - begun;
    given.timeout = given.timeout > used ? given.timeout - used : 0;
    return user_write(&argument->timeout, &given.timeout, sizeof given.timeout) ? error : -EFAULT;
}

/* SYNCOBJ_WAIT and TIMELINE_WAIT: where the time-out is, and the index that was done first. */
static int wait_syncobjs(const struct open_file *file, unsigned long request, char *argument, size_t timeout_at, size_t first_at)
{
    char asked[64];
    size_t bytes = _IOC_SIZE(request);
    int64_t deadline, none = 0;
    if (bytes < first_at + sizeof(uint32_t) || bytes > sizeof asked)
        return NOT_MINE;
    if (!user_read(argument, asked, bytes))
        return -EFAULT;
    memcpy(&deadline, asked + timeout_at, sizeof deadline);
    memcpy(asked + timeout_at, &none, sizeof none);
    int error = ask(file, request, asked, deadline);
    if (error)
        return error;
    return user_write(argument + first_at, asked + first_at, sizeof(uint32_t)) ? 0 : -EFAULT;
}

/* EXEC pins userptrs that have changed. While the program goes on changing them it is asked again, for as long as the driver tries
 * (UPTR-037): a call that is refused has changed nothing. */
static int exec(const struct open_file *file, unsigned long request, void *argument)
{
    int64_t deadline = engine_now() + PIN_TIMEOUT;
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
        return _IOC_SIZE(request) == sizeof(struct user_fence_wait) ? wait_user_fence(file, request, argument) : NOT_MINE;
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
