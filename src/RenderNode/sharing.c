/* Descriptors in requests: the engine has numbers of its own, which stand behind descriptors of the process. */
#include "real.h"
#include "explain.h"
#include "signals.h"
#include "report.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Both structs have these at their beginnings, PRIME and sync objects. */
struct prime {
    uint32_t handle, flags;
    int32_t fd;
};

enum { IMPORT_SYNC_FILE = 1 };

static uint64_t size_of(const struct open_file *file, uint32_t handle)
{
    xept_bo_info info = {.size = sizeof info};
    engine_enter();
    int error = engine.bo_describe(file->client, handle, &info);
    engine_leave();
    return error ? 0 : info.bytes;
}

/* A file for what is exported: that of the contents, which other processes understand, or one that only stands for them. */
static int file_of(const struct open_file *file, const struct prime *asked, bool is_bo)
{
    int fd = -1;
    if (!is_bo)
        return signals_file();
    engine_enter();
    int error = engine.bo_fd(file->client, asked->handle, &fd);
    engine_leave();
    if (error) {
        fd = memfd_create("xept dma-buf", MFD_CLOEXEC);
        if (fd >= 0)
            (void)!ftruncate(fd, (off_t)size_of(file, asked->handle));
    }
    if (fd >= 0 && !(asked->flags & O_CLOEXEC))
        REAL(fcntl)(fd, F_SETFD, 0);
    return fd;
}

static int export(const struct open_file *file, unsigned long request, struct prime *asked, bool is_bo)
{
    int error = request_engine(file, request, asked);
    if (error)
        return error;
    enum export kind = !is_bo ? EXPORT_FENCE : asked->flags & O_RDWR ? EXPORT_BO : EXPORT_BO_TO_READ;
    int fd = descriptors_export(file->device, asked->fd, kind, file_of(file, asked, is_bo));
    asked->fd = fd;
    if (fd < 0)
        return explain_refusal(-errno, is_bo ? "DRM-025" : "DRM-030", "the process gets no descriptor more");
    if (!is_bo)
        signals_watch(fd);
    return 0;
}

/* A buffer object of another process, or one whose descriptor has gone round by one. */
static int import_file(const struct open_file *file, struct prime *asked)
{
    engine_enter();
    int error = engine.bo_import(file->client, asked->fd, &asked->handle);
    explain_keep(error, "DRM-027");
    report_engine(file, DRM_PRIME_FD_TO_HANDLE, error);
    engine_leave();
    return error;
}

/* A sync file of another process. NOT_MINE when it is none. */
static int import_foreign(const struct open_file *file, unsigned long request, struct prime *asked)
{
    int fd = asked->fd;
    engine_enter();
    struct watch *watch = signals_foreign(file->device, fd, &asked->fd);
    int error = watch ? request_engine(file, request, asked) : NOT_MINE;
    if (watch && !error)
        signals_begin(watch);
    else if (watch)
        signals_drop(watch);
    engine_leave();
    asked->fd = fd;
    return error;
}

static int import(const struct open_file *file, unsigned long request, struct prime *asked, bool is_bo)
{
    int fd = asked->fd;
    struct open_file *from = descriptors_get(fd);
    bool is_here = from && from->kind == OPEN_EXPORT;
    if (!is_here && is_bo) {
        descriptors_put(from);
        if (fcntl(fd, F_GETFD) < 0)
            return explain_refusal(-EBADF, "DRM-027", "fd = %d: is not open", fd);
        return from ? explain_refusal(-EINVAL, "DRM-027", "fd = %d: is a device, and no buffer object", fd) : import_file(file, asked);
    }
    if (!from && !is_bo && asked->flags & IMPORT_SYNC_FILE) {
        int error = import_foreign(file, request, asked);
        if (error != NOT_MINE)
            return error;
    }
    /* A number that the engine has not, if it is none of ours. */
    asked->fd = is_here ? from->engine_fd : -1;
    int error = request_engine(file, request, asked);
    asked->fd = fd;
    descriptors_put(from);
    return error;
}

int request_share(const struct open_file *file, unsigned long request, void *argument)
{
    switch (_IOC_NR(request)) {
    case DRM_PRIME_HANDLE_TO_FD:
        return export(file, request, argument, true);
    case DRM_PRIME_FD_TO_HANDLE:
        return import(file, request, argument, true);
    case DRM_SYNCOBJ_HANDLE_TO_FD:
        return export(file, request, argument, false);
    case DRM_SYNCOBJ_FD_TO_HANDLE:
        return import(file, request, argument, false);
    case DRM_SYNCOBJ_EVENTFD:
        return signals_request(file, argument);
    default:
        return NOT_MINE;
    }
}

bool sharing_syncs(int fd, unsigned long request)
{
    static const char name[] = "/memfd:xept bo ";
    char link[64], path[sizeof name] = "";
    if (request != DMA_BUF_SYNC)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return REAL(readlink)(link, path, sizeof name - 1) == sizeof name - 1 && strcmp(path, name) == 0;
}

/* A buffer object tells its size, and nothing else has a position. */
static off_t seek(const struct open_file *file, int fd, off_t offset, int whence)
{
    if (!file->is_bo || (whence != SEEK_SET && whence != SEEK_END) || offset != 0) {
        errno = file->is_bo ? EINVAL : ESPIPE;
        return -1;
    }
    return REAL(lseek)(fd, offset, whence);
}

#define SEEK(name) \
    SHOWN off_t name(int fd, off_t offset, int whence) \
    { \
        struct open_file *file = descriptors_get(fd); \
        off_t at = file && file->kind == OPEN_EXPORT ? seek(file, fd, offset, whence) : REAL(name)(fd, offset, whence); \
        int error = errno; \
        descriptors_put(file); \
        errno = error; \
        return at; \
    }

SEEK(lseek)
SEEK(lseek64)
