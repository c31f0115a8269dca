#include "real.h"
#include "explain.h"
#include "signals.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
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
    int event;
};

static struct watch *watches;
static uint32_t count;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
    pthread_mutex_lock(&gate);
}

static void unlock(void)
{
    pthread_mutex_unlock(&gate);
}

__attribute__((constructor)) static void start(void)
{
    pthread_atfork(lock, unlock, unlock);
}

int signals_file(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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

static bool is_over(struct watch *watch)
{
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

static void drop(struct watch *watch)
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

static void raise_event(const struct watch *watch)
{
    const uint64_t one = 1;
    (void)!REAL(write)(watch->event, &one, sizeof one);
}

static void begin(struct watch *watch)
{
    if (is_over(watch)) {
        raise_event(watch);
        drop(watch);
        return;
    }
    lock();
    watch->next = watches;
    watches = watch;
    __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    unlock();
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
    begin(watch);
    engine_leave();
}

static bool is_eventfd(int fd)
{
    char link[64], path[64] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return REAL(readlink)(link, path, sizeof path - 1) > 0 && strcmp(path, "anon_inode:[eventfd]") == 0;
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
        drop(watch);
    else
        begin(watch);
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

/* Takes the list away while it looks, so that what is dropped may do as it likes. */
void signals_look(void)
{
    if (!signals_are_awaited())
        return;
    engine_enter();
    lock();
    struct watch *list = watches, *left = NULL, **last = &left;
    watches = NULL;
    unlock();
    while (list) {
        struct watch *watch = list;
        list = watch->next;
        if (is_over(watch)) {
            __atomic_sub_fetch(&count, 1, __ATOMIC_SEQ_CST);
            raise_event(watch);
            drop(watch);
            continue;
        }
        *last = watch;
        last = &watch->next;
    }
    lock();
    *last = watches;
    watches = left;
    unlock();
    engine_leave();
}

bool signals_keep(int fd)
{
    if (!signals_are_awaited())
        return false;
    lock();
    bool is_own = false;
    for (const struct watch *watch = watches; watch && !is_own; watch = watch->next)
        is_own = watch->event == fd;
    unlock();
    return is_own;
}
