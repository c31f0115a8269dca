/* Opening files: those of the tree are found there, and nodes become clients. */
#include "real.h"
#include "attributes.h"
#include "descriptors.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Whether something may be made of a file: of what is in the tree, and in /proc, by whose links nodes are opened (RN-021) and which tells
 * of clients. */
static bool is_ours(const char *asked, const char *path)
{
    return asked != path || (asked && strncmp(asked, "/proc/", 6) == 0);
}

/* What this number led to before has been closed, if nobody has said so. */
static int fresh(int fd)
{
    descriptors_closing(fd);
    return fd;
}

/* The runtime keeps its random numbers open for ever, and reads later on from whatever has that number then: it is not the program's. */
static int plain(int fd, const char *path)
{
    fd = fresh(fd);
    return fd >= 0 && engine_is_inside() && strcmp(path, "/dev/urandom") == 0 ? descriptors_keep(fd) : fd;
}

static int opened(int fd, int flags)
{
    fd = descriptors_opened(fresh(fd));
    return fd < 0 ? fd : attributes_opened(fd, flags);
}

static bool writes(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name) \
    SHOWN int name(const char *asked, int flags, ...) \
    { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        char room[PATH_MAX]; \
        const char *path = writes(flags) && tree_swallows(AT_FDCWD, asked) ? "/dev/null" : tree_path(asked, room); \
        int fd = REAL(name)(path, attributes_flags(AT_FDCWD, path, flags), mode); \
        return is_ours(asked, path) ? opened(fd, flags) : plain(fd, path); \
    }

OPEN(open)
OPEN(open64)

#define OPEN_AT(name) \
    SHOWN int name(int folder, const char *asked, int flags, ...) \
    { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments); \
        char room[PATH_MAX]; \
        int from = folder; \
        const char *path = writes(flags) && tree_swallows(folder, asked) ? "/dev/null" : tree_path_at(&from, asked, room); \
        int fd = REAL(name)(from, path, attributes_flags(from, path, flags), mode); \
        return folder != AT_FDCWD || is_ours(asked, path) ? opened(fd, flags) : plain(fd, path); \
    }

OPEN_AT(openat)
OPEN_AT(openat64)

/* What a program that is compiled with _FORTIFY_SOURCE calls. */
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);

SHOWN int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

SHOWN int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

SHOWN int __openat_2(int folder, const char *path, int flags)
{
    return openat(folder, path, flags);
}

SHOWN int __openat64_2(int folder, const char *path, int flags)
{
    return openat64(folder, path, flags);
}

/* Streams that only read get what open gets. */
static FILE *open_stream(const char *asked, const char *mode)
{
    int fd = open(asked, O_RDONLY | (strchr(mode, 'e') ? O_CLOEXEC : 0));
    FILE *stream = fd < 0 ? NULL : fdopen(fd, mode);
    if (fd >= 0 && !stream)
        close(fd);
    return stream;
}

#define OPEN_STREAM(name) \
    SHOWN FILE *name(const char *asked, const char *mode) \
    { \
        char room[PATH_MAX]; \
        bool reads = mode && mode[0] == 'r' && !strchr(mode, '+'); \
        const char *path = !reads && tree_swallows(AT_FDCWD, asked) ? "/dev/null" : tree_path(asked, room); \
        return reads && is_ours(asked, path) ? open_stream(asked, mode) : REAL(name)(path, mode); \
    }

OPEN_STREAM(fopen)
OPEN_STREAM(fopen64)

SHOWN DIR *opendir(const char *asked)
{
    char room[PATH_MAX];
    return REAL(opendir)(tree_path(asked, room));
}

SHOWN int scandir(
    const char *asked, struct dirent ***list, int (*filter)(const struct dirent *),
    int (*compare)(const struct dirent **, const struct dirent **))
{
    char room[PATH_MAX];
    return REAL(scandir)(tree_path(asked, room), list, filter, compare);
}

SHOWN int scandir64(
    const char *asked, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
    int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
    char room[PATH_MAX];
    return REAL(scandir64)(tree_path(asked, room), list, filter, compare);
}

SHOWN int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

/* debugfs is there already (RN-025). */
SHOWN int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data)
{
    char room[PATH_MAX];
    return tree_path(target, room) != target ? 0 : REAL(mount)(source, target, type, flags, data);
}
