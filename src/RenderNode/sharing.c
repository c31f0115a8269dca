/* Descriptors in requests: the engine has numbers of its own, which stand behind descriptors of the process. */
#include "real.h"
#include "requests.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
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

static uint64_t size_of(const struct open_file *file, uint32_t handle)
{
    xept_bo_info info = {.size = sizeof info};
    engine_enter();
    int error = engine.bo_describe(file->client, handle, &info);
    engine_leave();
    return error ? 0 : info.bytes;
}

/* Both structs have handle, flags and fd at their beginnings. argument is the program's, question a copy of it. */
static int export(const struct open_file *file, unsigned long request, struct prime *argument, void *question, bool is_bo)
{
    struct prime *asked = question;
    int error = request_engine(file, request, question);
    if (error)
        return error;
    uint64_t bytes = is_bo ? size_of(file, asked->handle) : 0;
    int flags = is_bo ? (int)asked->flags & O_CLOEXEC : O_CLOEXEC;
    int32_t fd = descriptors_export(file->device, asked->fd, is_bo, bytes, flags);
    if (fd < 0)
        return -errno;
    if (user_write(&argument->fd, &fd, sizeof fd))
        return 0;
    close(fd);
    return -EFAULT;
}

static int import(const struct open_file *file, unsigned long request, struct prime *argument, void *question, bool is_bo)
{
    struct prime *asked = question;
    struct open_file *from = descriptors_get(asked->fd);
    bool is_here = from && from->kind == OPEN_EXPORT && from->device == file->device;
    if (is_here)
        asked->fd = from->engine_fd;
    /* A number that the engine has not: of BOs -EBADF is that of a descriptor that is not open, and any other file is no BO. */
    else if (is_bo && fcntl(asked->fd, F_GETFD) >= 0) {
        descriptors_put(from);
        return -EINVAL;
    } else {
        asked->fd = -1;
    }
    int error = request_engine(file, request, question);
    descriptors_put(from);
    if (error)
        return error;
    return user_write(&argument->handle, &asked->handle, sizeof asked->handle) ? 0 : -EFAULT;
}

int request_share(const struct open_file *file, unsigned long request, void *argument)
{
    struct syncobj question = {0};
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
