#include "real.h"
#include "explain.h"
#include "signals.h"
#include "gate.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LOW_DESCRIPTORS = 512, /* the program's */
    WAIT_FOR_SUBMIT = 2,
    WAIT_AVAILABLE = 4,
    EXPORT_SYNC_FILE = 1,
    EXPORT_POINT = 2,
};

struct point {
    uint32_t handle, flags;
    uint64_t point;
    int32_t fd;
    uint32_t pad;
};

struct point_wait {
    uint64_t handles, points;
    int64_t timeout;
    uint32_t count, flags, first, pad;
    uint64_t deadline;
};

struct syncobj_fd {
    uint32_t handle, flags;
    int32_t fd;
    uint32_t pad;
    uint64_t point;
};

/* What the documents say of events, which the engine does not have. */
#define EVENTS "DRM-023"

#define POINT_WAIT _IOWR('d', DRM_SYNCOBJ_TIMELINE_WAIT, struct point_wait)
#define SYNCOBJ_TO_FD _IOWR('d', DRM_SYNCOBJ_HANDLE_TO_FD, struct syncobj_fd)
#define SYNCOBJ_FROM_FD _IOWR('d', DRM_SYNCOBJ_FD_TO_HANDLE, struct syncobj_fd)

/* What is waited for: a point of a sync object of a client that nobody else has, until it is there; then a sync file. */
struct watch {
    struct watch *next;
    xept_device *device;
    xept_client *client;
    uint32_t handle, flags;
    uint64_t point;
    int engine_fd; /* of the sync file */
    struct open_file *file;
    bool is_foreign; /* the event is raised by another process, and the sync file signals then */
    int event;
};

static struct watch *watches;
static uint32_t count;
GATE(gate)

int signals_file(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
}

static int keep_copy(int fd)
{
    int copy = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, LOW_DESCRIPTORS);
    return copy >= 0 ? copy : REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 0);
}

/* The following are called inside the engine. */

/* 0 for not yet. */
static int status_of(const struct watch *watch)
{
    int status = 0;
    return engine.sync_file_status(watch->device, watch->engine_fd, &status) == 0 ? status : 1;
}

static bool is_point_there(const struct watch *watch)
{
    struct point_wait wait = {
        .handles = (uintptr_t)&watch->handle, .points = (uintptr_t)&watch->point, .count = 1, .flags = WAIT_FOR_SUBMIT | WAIT_AVAILABLE,
    };
    return engine.ioctl(watch->client, POINT_WAIT, &wait) != -ETIME;
}

/* The fence that the point has now is the one, whatever becomes of the object. */
static bool take_fence(struct watch *watch)
{
    struct syncobj_fd out = {
        .handle = watch->handle, .flags = EXPORT_SYNC_FILE | (watch->point ? EXPORT_POINT : 0), .point = watch->point,
    };
    if (engine.ioctl(watch->client, SYNCOBJ_TO_FD, &out) != 0)
        return false;
    watch->engine_fd = out.fd;
    engine.client_close(watch->client);
    watch->client = NULL;
    return true;
}

static bool is_raised(const struct watch *watch)
{
    struct pollfd event = {.fd = watch->event, .events = POLLIN};
    return REAL(poll)(&event, 1, 0) == 1;
}

static bool is_over(struct watch *watch)
{
    if (watch->is_foreign)
        return is_raised(watch);
    if (watch->client) {
        if (!is_point_there(watch))
            return false;
        if (watch->flags & WAIT_AVAILABLE)
            return true;
        if (!take_fence(watch))
            return false;
    }
    return status_of(watch) != 0;
}

void signals_drop(struct watch *watch)
{
    if (watch->client)
        engine.client_close(watch->client);
    if (watch->engine_fd >= 0 && !watch->file)
        engine.fd_close(watch->device, watch->engine_fd);
    if (watch->event >= 0)
        REAL(close)(watch->event);
    descriptors_put(watch->file);
    free(watch);
}

static void finish(const struct watch *watch)
{
    const uint64_t one = 1;
    if (!watch->is_foreign) {
        (void)!REAL(write)(watch->event, &one, sizeof one);
        return;
    }
    engine.sync_file_signal(watch->device, watch->engine_fd, 0);
    engine_settle(watch->device);
}

void signals_begin(struct watch *watch)
{
    if (is_over(watch)) {
        finish(watch);
        signals_drop(watch);
        return;
    }
    gate_enter(&gate);
    watch->next = watches;
    watches = watch;
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    gate_leave(&gate);
}

void signals_watch(int fd)
{
    struct open_file *file = descriptors_get(fd);
    struct watch *watch = file ? calloc(1, sizeof *watch) : NULL;
    if (!watch) {
        descriptors_put(file);
        return;
    }
    *watch = (struct watch){.device = file->device, .engine_fd = file->engine_fd, .file = file, .event = keep_copy(fd)};
    engine_enter();
    signals_begin(watch);
    engine_leave();
}

static bool is_eventfd(int fd)
{
    char link[64], path[64] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return REAL(readlink)(link, path, sizeof path - 1) > 0 && strcmp(path, "anon_inode:[eventfd]") == 0;
}

/* As signals_file makes them, as far as the system tells: before Linux 6.6 not whether it is a semaphore. */
static bool is_sync_file(int fd)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int info = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    bool is_read = info >= 0 && REAL(read)(info, text, sizeof text - 1) > 0;
    if (info >= 0)
        REAL(close)(info);
    return is_read && is_eventfd(fd) && (fcntl(fd, F_GETFL) & O_NONBLOCK) && !strstr(text, "eventfd-semaphore: 0");
}

struct watch *signals_foreign(xept_device *device, int fd, int *engine_fd)
{
    struct watch *watch = is_sync_file(fd) ? calloc(1, sizeof *watch) : NULL;
    if (!watch)
        return NULL;
    *watch = (struct watch){.device = device, .engine_fd = -1, .is_foreign = true, .event = keep_copy(fd)};
    if (watch->event < 0 || engine.sync_file_create(device, &watch->engine_fd) != 0) {
        signals_drop(watch);
        return NULL;
    }
    *engine_fd = watch->engine_fd;
    return watch;
}

/* The object becomes one of a client of the watch's own. */
static int take_object(const struct open_file *file, struct watch *watch, const struct point *asked)
{
    xept_client_options options = {.size = sizeof options};
    struct syncobj_fd out = {.handle = asked->handle}, in = {0};
    if (engine.ioctl(file->client, SYNCOBJ_TO_FD, &out) != 0)
        return explain_refusal(-ENOENT, EVENTS, "handle = %u: the client has no such sync object", asked->handle);
    in.fd = out.fd;
    int error = engine.client_open(file->device, &options, &watch->client);
    if (!error)
        error = engine.ioctl(watch->client, SYNCOBJ_FROM_FD, &in);
    engine.fd_close(file->device, out.fd);
    watch->handle = in.handle;
    return error;
}

static int await(const struct open_file *file, const struct point *asked)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    *watch = (struct watch){.device = file->device, .point = asked->point, .flags = asked->flags, .engine_fd = -1, .event = -1};
    int error = take_object(file, watch, asked);
    if (!error && fcntl(asked->fd, F_GETFD) < 0)
        error = explain_refusal(-EBADF, EVENTS, "fd = %d: is not open", asked->fd);
    if (!error && !is_eventfd(asked->fd))
        error = explain_refusal(-EINVAL, EVENTS, "fd = %d: is no eventfd", asked->fd);
    if (!error && (watch->event = keep_copy(asked->fd)) < 0)
        error = explain_refusal(-errno, EVENTS, "the process gets no descriptor more");
    if (error)
        signals_drop(watch);
    else
        signals_begin(watch);
    return error;
}

int signals_request(const struct open_file *file, void *argument)
{
    struct point *asked = argument;
    if (asked->flags & ~WAIT_AVAILABLE || asked->pad)
        return explain_refusal(-EINVAL, EVENTS, "flags = 0x%x, pad = 0x%x: only WAIT_AVAILABLE (0x4) is known", asked->flags, asked->pad);
    engine_enter();
    int error = await(file, asked);
    engine_leave();
    return error;
}

bool signals_are_awaited(void)
{
    return __atomic_load_n(&count, __ATOMIC_SEQ_CST) > 0;
}

/* What its parent watches the parent raises: sync files are another process's now. */
void signals_child(void)
{
    struct watch **at = &watches;
    while (*at) {
        struct watch *watch = *at;
        if (watch->is_foreign) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        count--;
        descriptors_forget(watch->file);
        engine_enter();
        signals_drop(watch);
        engine_leave();
    }
}

/* Takes the list away while it looks, so that what is dropped may do as it likes. */
void signals_look(void)
{
    if (!signals_are_awaited())
        return;
    engine_enter();
    gate_enter(&gate);
    struct watch *list = watches, *left = NULL, **last = &left;
    watches = NULL;
    gate_leave(&gate);
    while (list) {
        struct watch *watch = list;
        list = watch->next;
        if (is_over(watch)) {
            __atomic_sub_fetch(&count, 1, __ATOMIC_SEQ_CST);
            finish(watch);
            signals_drop(watch);
            continue;
        }
        *last = watch;
        last = &watch->next;
    }
    gate_enter(&gate);
    *last = watches;
    watches = left;
    gate_leave(&gate);
    engine_leave();
}

bool signals_keep(int fd)
{
    if (!signals_are_awaited())
        return false;
    gate_enter(&gate);
    bool is_own = false;
    for (const struct watch *watch = watches; watch && !is_own; watch = watch->next)
        is_own = watch->event == fd;
    gate_leave(&gate);
    return is_own;
}
