/* Looking at files: those of the tree are found there, nodes are character devices, and the tree itself is not seen. */
#include "real.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { DRM_MAJOR = 226 };

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "both forms are one on 64-bit systems");

static int shown(int result, void *into)
{
    struct stat *stat = into;
    int minor = result == 0 ? tree_minor(stat) : -1;
    if (minor >= 0) {
        stat->st_mode = S_IFCHR | 0666;
        stat->st_rdev = makedev(DRM_MAJOR, (unsigned)minor);
        stat->st_size = 0;
        stat->st_blocks = 0;
    }
    return result;
}

#define STAT(name, type) \
    SHOWN int name(const char *asked, struct type *into) \
    { \
        char room[PATH_MAX]; \
        return shown(REAL(name)(tree_path(asked, room), into), into); \
    }

STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

#define STAT_OPEN(name, type) \
    SHOWN int name(int fd, struct type *into) \
    { \
        return shown(REAL(name)(fd, into), into); \
    }

STAT_OPEN(fstat, stat)
STAT_OPEN(fstat64, stat64)

#define STAT_AT(name, type) \
    SHOWN int name(int folder, const char *asked, struct type *into, int flags) \
    { \
        char room[PATH_MAX]; \
        const char *path = tree_path_at(&folder, asked, room); \
        return shown(REAL(name)(folder, path, into, flags), into); \
    }

STAT_AT(fstatat, stat)
STAT_AT(fstatat64, stat64)

/* Programs that were linked with a C library before 2.33 call these. */
int __xstat(int, const char *, struct stat *);
int __xstat64(int, const char *, struct stat64 *);
int __lxstat(int, const char *, struct stat *);
int __lxstat64(int, const char *, struct stat64 *);
int __fxstat(int, int, struct stat *);
int __fxstat64(int, int, struct stat64 *);
int __fxstatat(int, int, const char *, struct stat *, int);
int __fxstatat64(int, int, const char *, struct stat64 *, int);

#define OLD_STAT(old, name, type) \
    SHOWN int old(int version, const char *path, struct type *into) \
    { \
        (void)version; \
        return name(path, into); \
    }

OLD_STAT(__xstat, stat, stat)
OLD_STAT(__xstat64, stat64, stat64)
OLD_STAT(__lxstat, lstat, stat)
OLD_STAT(__lxstat64, lstat64, stat64)

#define OLD_STAT_OPEN(old, name, type) \
    SHOWN int old(int version, int fd, struct type *into) \
    { \
        (void)version; \
        return name(fd, into); \
    }

OLD_STAT_OPEN(__fxstat, fstat, stat)
OLD_STAT_OPEN(__fxstat64, fstat64, stat64)

#define OLD_STAT_AT(old, name, type) \
    SHOWN int old(int version, int folder, const char *path, struct type *into, int flags) \
    { \
        (void)version; \
        return name(folder, path, into, flags); \
    }

OLD_STAT_AT(__fxstatat, fstatat, stat)
OLD_STAT_AT(__fxstatat64, fstatat64, stat64)

SHOWN int statx(int folder, const char *restrict asked, int flags, unsigned mask, struct statx *restrict into)
{
    char room[PATH_MAX];
    const char *path = tree_path_at(&folder, asked, room);
    int result = REAL(statx)(folder, path, flags, mask, into);
    struct stat same = {0};
    if (result == 0) {
        same.st_dev = makedev(into->stx_dev_major, into->stx_dev_minor);
        same.st_ino = into->stx_ino;
        int minor = tree_minor(&same);
        if (minor >= 0) {
            into->stx_mode = S_IFCHR | 0666;
            into->stx_rdev_major = DRM_MAJOR;
            into->stx_rdev_minor = (unsigned)minor;
            into->stx_size = into->stx_blocks = 0;
        }
    }
    return result;
}

SHOWN int access(const char *asked, int mode)
{
    char room[PATH_MAX];
    return REAL(access)(tree_path(asked, room), mode);
}

SHOWN int faccessat(int folder, const char *asked, int mode, int flags)
{
    char room[PATH_MAX];
    const char *path = tree_path_at(&folder, asked, room);
    return REAL(faccessat)(folder, path, mode, flags);
}

SHOWN ssize_t readlink(const char *restrict asked, char *restrict into, size_t bytes)
{
    return readlinkat(AT_FDCWD, asked, into, bytes);
}

SHOWN ssize_t readlinkat(int folder, const char *restrict asked, char *restrict into, size_t bytes)
{
    char room[PATH_MAX], whole[PATH_MAX];
    const char *path = tree_path_at(&folder, asked, room);
    ssize_t length = REAL(readlinkat)(folder, path, whole, sizeof whole);
    if (length < 0)
        return length;
    size_t seen = tree_hide(whole, (size_t)length);
    memcpy(into, whole, seen < bytes ? seen : bytes);
    return (ssize_t)(seen < bytes ? seen : bytes);
}

/* What a program that is compiled with _FORTIFY_SOURCE calls. */
ssize_t __readlink_chk(const char *, char *, size_t, size_t);
ssize_t __readlinkat_chk(int, const char *, char *, size_t, size_t);
char *__realpath_chk(const char *, char *, size_t);

SHOWN ssize_t __readlink_chk(const char *path, char *into, size_t bytes, size_t room)
{
    return readlink(path, into, bytes < room ? bytes : room);
}

SHOWN ssize_t __readlinkat_chk(int folder, const char *path, char *into, size_t bytes, size_t room)
{
    return readlinkat(folder, path, into, bytes < room ? bytes : room);
}

SHOWN char *realpath(const char *restrict asked, char *restrict into)
{
    char room[PATH_MAX];
    char *path = REAL(realpath)(tree_path(asked, room), into);
    if (path)
        path[tree_hide(path, strlen(path))] = '\0';
    return path;
}

SHOWN char *__realpath_chk(const char *path, char *into, size_t room)
{
    (void)room;
    return realpath(path, into);
}

SHOWN char *canonicalize_file_name(const char *path)
{
    return realpath(path, NULL);
}

#define STATFS(name, type) \
    SHOWN int name(const char *asked, struct type *into) \
    { \
        char room[PATH_MAX]; \
        const char *path = tree_path(asked, room); \
        int result = REAL(name)(path, into); \
        unsigned magic = result == 0 ? tree_magic(path) : 0; \
        if (magic) \
            into->f_type = magic; \
        return result; \
    }

STATFS(statfs, statfs)
STATFS(statfs64, statfs64)

#define STATFS_OPEN(name, type) \
    SHOWN int name(int fd, struct type *into) \
    { \
        int result = REAL(name)(fd, into); \
        unsigned magic = result == 0 ? magic_of(fd) : 0; \
        if (magic) \
            into->f_type = magic; \
        return result; \
    }

static unsigned magic_of(int fd)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = REAL(readlink)(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    return tree_magic(path);
}

STATFS_OPEN(fstatfs, statfs)
STATFS_OPEN(fstatfs64, statfs64)
