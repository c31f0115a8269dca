/* What was exported answers itself: sync files, and the fences of shared buffer objects. */
#include "real.h"
#include "explain.h"
#include "signals.h"
#include "requests.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct sync_file_request {
    uint32_t flags;
    int32_t fd;
};

struct merge_request {
    char name[32];
    int32_t other, merged;
    uint32_t flags, pad;
};

struct info_request {
    char name[32];
    int32_t status;
    uint32_t flags, count, pad;
    uint64_t fences;
};

struct fence_info {
    char object[32], driver[32];
    int32_t status;
    uint32_t flags;
    uint64_t timestamp;
};

enum {
    DMA_BUF = 'b',
    DMA_BUF_EXPORT = 2,
    DMA_BUF_IMPORT = 3,
    SYNC_FILE = '>',
    SYNC_FILE_MERGE = 3,
    SYNC_FILE_INFO = 4,
    READS = 1,
    WRITES = 2,
};

/* The file that a descriptor leads to, if it is a sync file of a device. */
static struct open_file *sync_file_of(int fd)
{
    struct open_file *file = descriptors_get(fd);
    if (file && file->kind == OPEN_EXPORT && !file->is_bo)
        return file;
    descriptors_put(file);
    return NULL;
}

/* A number of the engine's becomes a descriptor, which is written where the program wants it. */
static int give(const struct open_file *file, const char *rule, int engine_fd, int32_t *into)
{
    int32_t fd = descriptors_export(file->device, engine_fd, EXPORT_FENCE, signals_file());
    if (fd < 0)
        return explain_refusal(-errno, rule, "the process gets no descriptor more");
    signals_watch(fd);
    if (user_write(into, &fd, sizeof fd))
        return 0;
    close(fd);
    return explain_fault(EXPLAIN_WRITE, rule, "fd", into, sizeof fd);
}

static int export_fences(const struct open_file *file, struct sync_file_request *argument)
{
    struct sync_file_request asked;
    int made;
    if (!user_read(argument, &asked, sizeof asked))
        return explain_fault(EXPLAIN_READ, "DRM-034", "arg", argument, sizeof asked);
    engine_enter();
    int error = engine.sync_file_export(file->device, file->engine_fd, asked.flags, &made);
    explain_keep(error, "DRM-034");
    engine_leave();
    return error ? error : give(file, "DRM-034", made, &argument->fd);
}

static int import_fences(const struct open_file *file, struct sync_file_request *argument)
{
    struct sync_file_request asked;
    if (!user_read(argument, &asked, sizeof asked))
        return explain_fault(EXPLAIN_READ, "DRM-035", "arg", argument, sizeof asked);
    struct open_file *from = sync_file_of(asked.fd);
    if (!from)
        return explain_refusal(-EINVAL, "DRM-035", "fd = %d: is no sync file", asked.fd);
    engine_enter();
    int error = engine.sync_file_import(file->device, file->engine_fd, asked.flags, from->engine_fd);
    explain_keep(error, "DRM-035");
    engine_leave();
    descriptors_put(from);
    return error;
}

static int refuse_flags(const char *rule, uint32_t flags, uint32_t pad)
{
    return explain_refusal(-EINVAL, rule, "flags = 0x%x, pad = 0x%x: must be 0", flags, pad);
}

static int merge(const struct open_file *file, struct merge_request *argument)
{
    struct merge_request asked;
    int made;
    if (!user_read(argument, &asked, sizeof asked))
        return explain_fault(EXPLAIN_READ, "DRM-036", "arg", argument, sizeof asked);
    if (asked.flags || asked.pad)
        return refuse_flags("DRM-036", asked.flags, asked.pad);
    struct open_file *other = sync_file_of(asked.other);
    if (!other)
        return explain_refusal(-ENOENT, "DRM-036", "fd2 = %d: is no sync file", asked.other);
    engine_enter();
    int error = engine.sync_file_merge(file->device, file->engine_fd, other->engine_fd, &made);
    explain_keep(error, "DRM-036");
    engine_leave();
    descriptors_put(other);
    return error ? error : give(file, "DRM-036", made, &argument->merged);
}

/* 0, 1 or a negative error, as the fence has it. */
static int status_of(const struct open_file *file)
{
    int status = 0;
    engine_enter();
    engine.sync_file_status(file->device, file->engine_fd, &status);
    engine_leave();
    return status;
}

static int inform(const struct open_file *file, struct info_request *argument)
{
    struct info_request asked;
    if (!user_read(argument, &asked, sizeof asked))
        return explain_fault(EXPLAIN_READ, "DRM-037", "arg", argument, sizeof asked);
    if (asked.flags || asked.pad)
        return refuse_flags("DRM-037", asked.flags, asked.pad);
    struct fence_info fence = {.object = "xe", .driver = "xe", .status = status_of(file)};
    if (asked.count > 0 && !user_write((void *)(uintptr_t)asked.fences, &fence, sizeof fence))
        return explain_fault(
            EXPLAIN_WRITE, "DRM-037", "sync_fence_info", (void *)(uintptr_t)asked.fences, sizeof fence);
    memset(asked.name, 0, sizeof asked.name);
    asked.status = fence.status;
    asked.count = 1;
    return user_write(argument, &asked, sizeof asked) ? 0 : explain_fault(EXPLAIN_WRITE, "DRM-037", "arg", argument, sizeof asked);
}

int request_sync(const uint64_t *flags)
{
    enum { KNOWN = 7 };
    uint64_t asked;
    if (!user_read(flags, &asked, sizeof asked))
        return explain_fault(EXPLAIN_READ, "DRM-025", "arg", flags, sizeof asked);
    if (asked & ~(uint64_t)KNOWN || !(asked & (READS | WRITES)))
        return explain_refusal(
            -EINVAL, "DRM-025", "flags = 0x%llx: must be reading (1), writing (2) or both, beginning or ending (4)",
            (unsigned long long)asked);
    return 0;
}

int request_exported(const struct open_file *file, unsigned long request, void *argument)
{
    int number = _IOC_NR(request);
    size_t bytes = _IOC_SIZE(request);
    if (file->is_bo && _IOC_TYPE(request) == DMA_BUF) {
        if (request == DMA_BUF_SYNC)
            return request_sync(argument);
        if (number == DMA_BUF_EXPORT && bytes == sizeof(struct sync_file_request))
            return export_fences(file, argument);
        if (number == DMA_BUF_IMPORT && bytes == sizeof(struct sync_file_request))
            return import_fences(file, argument);
    }
    if (!file->is_bo && file->kind == OPEN_EXPORT && _IOC_TYPE(request) == SYNC_FILE) {
        if (number == SYNC_FILE_MERGE && bytes == sizeof(struct merge_request))
            return merge(file, argument);
        if (number == SYNC_FILE_INFO && bytes == sizeof(struct info_request))
            return inform(file, argument);
    }
    return explain_refusal(
        -ENOTTY, "RN-006", "request = 0x%lx: %s answers no such ioctl", request,
        file->kind != OPEN_EXPORT ? "a file of /sys" : file->is_bo ? "a shared buffer object" : "what stands for a fence");
}

/* Whether nobody works any more with a buffer object in a way that flags name. */
static bool is_quiet(const struct open_file *file, uint32_t flags)
{
    int made, status = 1;
    engine_enter();
    if (engine.sync_file_export(file->device, file->engine_fd, flags, &made) == 0) {
        engine.sync_file_status(file->device, made, &status);
        engine.fd_close(file->device, made);
    }
    engine_leave();
    return status != 0;
}

short fences_ready(const struct open_file *file, short events)
{
    short ready = 0;
    if (!file->is_bo)
        return events & POLLIN && status_of(file) ? POLLIN : 0;
    if (events & POLLIN && is_quiet(file, READS))
        ready |= POLLIN;
    if (events & POLLOUT && is_quiet(file, WRITES))
        ready |= POLLOUT;
    return ready;
}
