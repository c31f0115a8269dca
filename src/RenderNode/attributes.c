#include "real.h"
#include "attributes.h"
#include "descriptors.h"
#include "tree.h"
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ENGINES "/sys/devices/pci0000:00/0000:%x:00.0/tile%*u/gt%d/engines/%15[^/]/%63s"
#define DEBUG "/sys/kernel/debug/dri/%u/gt%d/%31s"
#define OF_DEVICE "/sys/kernel/debug/dri/%u/%31[a-z_]"
#define FDINFO "/proc/%d/fdinfo/%d"

enum { MOST_TEXT = 16384 };

int attributes_flags(int folder, const char *path, int flags)
{
    const int changing = O_CREAT | O_EXCL | O_TRUNC | O_APPEND;
    return flags & changing && tree_has(folder, path) ? flags & ~changing : flags;
}

static bool path_of(int fd, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = REAL(readlink)(link, path, PATH_MAX - 1);
    if (length <= 0)
        return false;
    path[length] = '\0';
    path[tree_hide(path, (size_t)length)] = '\0';
    return true;
}

static int refuse(int fd, int error)
{
    REAL(close)(fd);
    errno = error;
    return -1;
}

/* Puts a text in the place of a file. */
static int show(int fd, int flags, const char *text, size_t length)
{
    int made = memfd_create("xept text", MFD_CLOEXEC);
    bool shown = made >= 0 && REAL(write)(made, text, length) == (ssize_t)length && lseek(made, 0, SEEK_SET) == 0
        && REAL(dup3)(made, fd, flags & O_CLOEXEC) == fd;
    int error = errno;
    if (made >= 0)
        REAL(close)(made);
    return shown ? fd : refuse(fd, error);
}

static int keep(int fd, enum attribute attribute, unsigned device, int gt)
{
    return descriptors_attribute(fd, attribute, device, gt) ? fd : refuse(fd, ENOMEM);
}

/* Limits of an engine class: plain files that may be read; what is written is looked at before. */
static int opened_limit(int fd, int flags, unsigned device, int gt, const char *name)
{
    if ((flags & O_ACCMODE) == O_RDONLY)
        return fd;
    /* What the limits were at first, nobody writes. */
    return strchr(name, '/') ? refuse(fd, EACCES) : keep(fd, ATTRIBUTE_LIMIT, device, gt);
}

static int opened_statistics(int fd, int flags, unsigned number, int gt)
{
    xept_device *device = engine_device(number);
    char text[MOST_TEXT];
    uint32_t bytes = sizeof text;
    if (!device)
        return refuse(fd, ENODEV);
    engine_enter();
    int error = engine.gt_statistics(device, gt, text, &bytes);
    engine_leave();
    if (error)
        return refuse(fd, -error);
    fd = show(fd, flags, text, bytes);
    return fd < 0 || (flags & O_ACCMODE) == O_RDONLY ? fd : keep(fd, ATTRIBUTE_STATISTICS, number, gt);
}

static int opened_debug(int fd, int flags, unsigned device, int gt, const char *name)
{
    if (strcmp(name, "stats") == 0)
        return opened_statistics(fd, flags, device, gt);
    if (strcmp(name, "force_reset") == 0 || strcmp(name, "force_reset_sync") == 0)
        return (flags & O_ACCMODE) == O_RDONLY ? fd : keep(fd, ATTRIBUTE_RESET, device, gt);
    return fd;
}

/* Who has the device open, and what names its buffer objects have. */
static int opened_list(int fd, int flags, unsigned number, const char *name)
{
    xept_device *device = engine_device(number);
    char text[MOST_TEXT];
    uint32_t bytes = sizeof text;
    bool is_names = strcmp(name, "gem_names") == 0;
    if (!is_names && strcmp(name, "clients") != 0)
        return fd;
    if (!is_names)
        return show(fd, flags, text, descriptors_clients(number, text, sizeof text));
    if (!device)
        return refuse(fd, ENODEV);
    engine_enter();
    int error = engine.bo_names(device, text, &bytes);
    engine_leave();
    return error ? refuse(fd, -error) : show(fd, flags, text, bytes);
}

/* What the system says of a descriptor, and then what the driver says of a client. */
static int opened_fdinfo(int fd, int flags, int of)
{
    struct open_file *file = descriptors_get(of);
    char text[MOST_TEXT];
    ssize_t length = file && file->kind == OPEN_NODE ? read(fd, text, sizeof text / 2) : -1;
    if (length >= 0) {
        length += snprintf(text + length, sizeof text - (size_t)length, "drm-pdev:\t" TREE_SLOT "\n", TREE_SLOT_OF(file->minor));
        uint32_t bytes = (uint32_t)(sizeof text - (size_t)length);
        engine_enter();
        int error = engine.client_usage(file->client, text + length, &bytes);
        engine_leave();
        fd = error ? refuse(fd, -error) : show(fd, flags, text, (size_t)length + bytes);
    }
    descriptors_put(file);
    return fd;
}

int attributes_opened(int fd, int flags)
{
    char path[PATH_MAX], class[16], name[64];
    int gt, pid, of;
    unsigned number;
    if (fd < 0 || flags & (O_PATH | O_DIRECTORY) || !path_of(fd, path))
        return fd;
    if (sscanf(path, ENGINES, &number, &gt, class, name) == 4)
        return opened_limit(fd, flags, number - TREE_SLOT_OF(0), gt, name);
    if (sscanf(path, DEBUG, &number, &gt, name) == 3)
        return opened_debug(fd, flags, number, gt, name);
    if (sscanf(path, OF_DEVICE, &number, name) == 2)
        return opened_list(fd, flags, number, name);
    if (sscanf(path, FDINFO, &pid, &of) == 2 && pid == getpid())
        return opened_fdinfo(fd, flags, of);
    return fd;
}

/* A number as the kernel reads it: decimal or with its base in front, a line's end behind it. */
static int number_of(const char *text, uint32_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    if (*end == '\n')
        end++;
    if (*end)
        return -EINVAL;
    *number = (uint32_t)value;
    return errno == ERANGE || value > UINT32_MAX ? -ERANGE : 0;
}

static bool read_limit(const char *folder, const char *name, const char *end, uint32_t *value)
{
    char path[PATH_MAX], text[32] = "";
    snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
    int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        REAL(close)(fd);
    return length > 0 && number_of(text, value) == 0;
}

/* A value is between the limits of now, a limit between those of the hardware and not beyond the other. */
static bool is_allowed(const char *folder, const char *file, uint32_t value)
{
    char name[64];
    uint32_t least, most;
    snprintf(name, sizeof name, "%s", file);
    char *end = strrchr(name, '_');
    if (!end)
        return false;
    bool is_least = strcmp(end, "_min") == 0, is_most = strcmp(end, "_max") == 0;
    *end = '\0';
    char hardware[PATH_MAX + 16];
    snprintf(hardware, sizeof hardware, "%s/.defaults", folder);
    return read_limit(is_most || !is_least ? folder : hardware, name, "_min", &least)
        && read_limit(is_least || !is_most ? folder : hardware, name, "_max", &most) && value >= least && value <= most;
}

static int write_limit(int fd, const char *text)
{
    char link[64], path[PATH_MAX];
    uint32_t value;
    int error = number_of(text, &value);
    if (error)
        return error;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = REAL(readlink)(link, path, sizeof path - 1);
    if (length <= 0)
        return -EIO;
    path[length] = '\0';
    char *file = strrchr(path, '/');
    *file++ = '\0';
    if (!is_allowed(path, file, value))
        return -EINVAL;
    char line[16];
    int bytes = snprintf(line, sizeof line, "%u\n", value);
    /* In this order, so that nobody finds it empty. */
    return REAL(pwrite)(fd, line, (size_t)bytes, 0) == bytes && ftruncate(fd, bytes) == 0 ? 0 : -EIO;
}

static int reset(xept_device *device, int gt, const char *text)
{
    if (strchr("0nN", *text))
        return 0;
    if (!strchr("1yYtT", *text))
        return -EINVAL;
    engine_enter();
    int error = engine.gt_reset(device, gt);
    engine_settle(device);
    engine_leave();
    engine_kick();
    return error < 0 ? error : 0;
}

static int clear(xept_device *device, int gt)
{
    engine_enter();
    int error = engine.gt_statistics_clear(device, gt);
    engine_leave();
    return error;
}

ssize_t attributes_write(const struct open_file *file, int fd, const void *text, size_t bytes)
{
    char copy[32] = "";
    /* Whatever is longer is no number. */
    if (bytes >= sizeof copy)
        return -EINVAL;
    if (!user_read(text, copy, bytes))
        return -EFAULT;
    int error = file->attribute == ATTRIBUTE_LIMIT ? write_limit(fd, copy)
        : file->attribute == ATTRIBUTE_RESET       ? reset(file->device, file->gt, copy)
                                                   : clear(file->device, file->gt);
    return error ? error : (ssize_t)bytes;
}
