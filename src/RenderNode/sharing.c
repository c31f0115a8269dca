/* Descriptors in requests: the engine has numbers of its own, which stand behind descriptors of the process. */
#include "real.h"
#include "explain.h"
#include "signals.h"
#include "report.h"
#include "requests.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct prime {
    uint32_t handle, flags;
    int32_t fd;
};

struct syncobj {
    uint32_t handle, flags;
    int32_t fd;
    uint32_t pad;
    uint64_t point;
};

#define SYNCOBJ_EVENTFD _IOC(_IOC_READ | _IOC_WRITE, 'd', DRM_SYNCOBJ_EVENTFD, 24)

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

/* Both structs have handle, flags and fd at their beginnings. argument is the program's, question a copy of it. */
static int export(const struct open_file *file, unsigned long request, struct prime *argument, void *question, bool is_bo)
{
    struct prime *asked = question;
    int error = request_engine(file, request, question);
    if (error)
        return error;
    int32_t fd = descriptors_export(file->device, asked->fd, is_bo, file_of(file, asked, is_bo));
    if (fd < 0)
        return -errno;
    if (!is_bo)
        signals_watch(fd);
    if (user_write(&argument->fd, &fd, sizeof fd))
        return 0;
    close(fd);
    return -EFAULT;
}

/* A buffer object of another process, or one whose descriptor has gone round by one. */
static int import_file(const struct open_file *file, struct prime *argument, int fd)
{
    uint32_t handle;
    engine_enter();
    int error = engine.bo_import(file->client, fd, &handle);
    explain_keep(error);
    report_engine(file, DRM_PRIME_FD_TO_HANDLE, error);
    engine_leave();
    if (error)
        return error;
    return user_write(&argument->handle, &handle, sizeof handle) ? 0 : -EFAULT;
}

static int import(const struct open_file *file, unsigned long request, struct prime *argument, void *question, bool is_bo)
{
    struct prime *asked = question;
    struct open_file *from = descriptors_get(asked->fd);
    bool is_here = from && from->kind == OPEN_EXPORT;
    if (!is_here && is_bo && fcntl(asked->fd, F_GETFD) >= 0) {
        descriptors_put(from);
        return from ? -EINVAL : import_file(file, argument, asked->fd);
    }
    /* A number that the engine has not, if it is none of ours: that of a descriptor that is not open. */
    asked->fd = is_here ? from->engine_fd : -1;
    int error = request_engine(file, request, question);
    descriptors_put(from);
    if (error)
        return error;
    return user_write(&argument->handle, &asked->handle, sizeof asked->handle) ? 0 : -EFAULT;
}

int request_share(const struct open_file *file, unsigned long request, void *argument)
{
    struct syncobj question = {0};
    if (request == SYNCOBJ_EVENTFD)
        return signals_request(file, argument);
    bool is_bo = _IOC_NR(request) == DRM_PRIME_HANDLE_TO_FD || _IOC_NR(request) == DRM_PRIME_FD_TO_HANDLE;
    bool is_syncobj = _IOC_NR(request) == DRM_SYNCOBJ_HANDLE_TO_FD || _IOC_NR(request) == DRM_SYNCOBJ_FD_TO_HANDLE;
    size_t bytes = _IOC_SIZE(request);
    if (!(is_bo && bytes == sizeof(struct prime)) && !(is_syncobj && bytes >= 16 && bytes <= sizeof question))
        return NOT_MINE;
    if (!user_read(argument, &question, bytes))
        return -EFAULT;
    bool is_export = _IOC_NR(request) == DRM_PRIME_HANDLE_TO_FD || _IOC_NR(request) == DRM_SYNCOBJ_HANDLE_TO_FD;
    return (is_export ? export : import)(file, request, argument, &question, is_bo);
}

bool sharing_syncs(int fd, unsigned long request)
{
    static const char name[] = "/memfd:xept bo ";
    char link[64], path[sizeof name] = "";
    if (_IOC_TYPE(request) != 'b' || _IOC_NR(request) != 0)
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
