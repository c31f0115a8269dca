#include "real.h"
#include "attributes.h"
#include "descriptors.h"
#include "gate.h"
#include "notify.h"
#include "quiet.h"
#include "report.h"
#include "signals.h"
#include "tree.h"
#include "vforks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 65536 };

static struct open_file *files[MOST];
static int used; /* of them, in the gate */
GATE(gate)

/* In the gate. */
static void set(int fd, struct open_file *file)
{
    __atomic_store_n(&used, used + (file != NULL) - (files[fd] != NULL), __ATOMIC_RELAXED);
    __atomic_store_n(&files[fd], file, __ATOMIC_RELEASE);
}

/* Puts a file behind a descriptor, and returns the one that was there. The table is that of whose memory this is: a child of vfork has
 * descriptors of its own, of which it says nothing. */
static struct open_file *replace(int fd, struct open_file *file)
{
    if (fd < 0 || fd >= MOST || vforks_is_child())
        return file;
    gate_enter(&gate);
    struct open_file *before = files[fd];
    set(fd, file);
    gate_leave(&gate);
    return before;
}

void descriptors_put(struct open_file *file)
{
    if (!file || __atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    if (file->kind == OPEN_ATTRIBUTE) {
        free(file);
        return;
    }
    engine_enter();
    if (file->kind == OPEN_NODE) {
        report_closing(file);
        engine.client_close(file->client);
    } else {
        engine.fd_close(file->device, file->engine_fd);
    }
    engine_settle(file->device);
    engine_leave();
    engine_kick();
    free(file);
}

static struct open_file *look(int fd)
{
    if (fd < 0 || fd >= MOST || !__atomic_load_n(&files[fd], __ATOMIC_ACQUIRE))
        return NULL;
    gate_enter(&gate);
    struct open_file *file = files[fd];
    if (file)
        __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
    gate_leave(&gate);
    return file;
}

bool descriptors_are_there(void)
{
    return __atomic_load_n(&used, __ATOMIC_RELAXED) > 0;
}

struct open_file *descriptors_get(int fd)
{
    return look(fd);
}

static struct open_file *open_node(unsigned minor)
{
    struct open_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    *file = (struct open_file){.kind = OPEN_NODE, .references = 1, .minor = minor, .engine_fd = -1};
    file->device = engine_device(minor % TREE_FIRST_RENDER);
    if (file->device) {
        file->is_privileged = geteuid() == 0;
        xept_client_options options = {
            .size = sizeof options,
            .flags = XEPT_CLIENT_FLAG_PROCESS_MEMORY | (file->is_privileged ? XEPT_CLIENT_FLAG_PRIVILEGED : 0),
        };
        engine_enter();
        int error = engine.client_open(file->device, &options, &file->client);
        if (!error)
            report_opened(file);
        engine_leave();
        if (!error)
            return file;
    }
    free(file);
    return NULL;
}

/* The number of the node that a descriptor is of, or -1. */
static int minor_of(int fd)
{
    struct stat what;
    if (fd < 0 || fd >= MOST || REAL(fstat)(fd, &what) != 0)
        return -1;
    int minor = tree_minor(&what);
    bool is_node = minor >= 0 && !(REAL(fcntl)(fd, F_GETFL) & O_PATH) && !vforks_is_child();
    return is_node ? minor : -1;
}

int descriptors_opened(int fd)
{
    int minor = minor_of(fd);
    if (minor < 0)
        return fd;
    struct open_file *file = open_node((unsigned)minor);
    if (!file) {
        REAL(close)(fd);
        errno = ENODEV;
        return -1;
    }
    descriptors_put(replace(fd, file));
    return fd;
}

struct open_file *descriptors_adopt(int fd)
{
    int minor = minor_of(fd);
    struct open_file *made = minor < 0 ? NULL : open_node((unsigned)minor);
    if (!made)
        return NULL;
    /* Another thread may have been as quick. */
    gate_enter(&gate);
    if (!files[fd])
        set(fd, made);
    struct open_file *file = files[fd];
    __atomic_add_fetch(&file->references, 1, __ATOMIC_RELAXED);
    gate_leave(&gate);
    if (file != made)
        descriptors_put(made);
    return file;
}

int descriptors_export(xept_device *device, int engine_fd, enum export export, int fd)
{
    int error = errno;
    struct open_file *file = fd >= 0 && fd < MOST ? calloc(1, sizeof *file) : NULL;
    if (!file) {
        if (fd >= 0) {
            error = fd < MOST ? ENOMEM : EMFILE;
            REAL(close)(fd);
        }
        engine_enter();
        engine.fd_close(device, engine_fd);
        engine_leave();
        errno = error;
        return -1;
    }
    *file = (struct open_file){
        .kind = OPEN_EXPORT, .references = 1, .device = device, .engine_fd = engine_fd,
        .is_bo = export != EXPORT_FENCE, .is_read_only = export != EXPORT_BO,
    };
    descriptors_put(replace(fd, file));
    return fd;
}

size_t descriptors_clients(unsigned device, char *text, size_t room)
{
    size_t length = (size_t)snprintf(text, room, "%20s %5s %3s master a %5s %10s\n", "command", "tgid", "dev", "uid", "magic");
    gate_enter(&gate);
    for (int fd = 0; fd < MOST && length < room; fd++) {
        const struct open_file *file = files[fd];
        /* Each once, though it may have several descriptors. */
        bool is_client = file && file->kind == OPEN_NODE && file->minor % TREE_FIRST_RENDER == device;
        for (int before = 0; is_client && before < fd; before++)
            is_client = files[before] != file;
        if (is_client)
            length += (size_t)snprintf(text + length, room - length, "%20s %5d %3u   %c    %c %5u %10u\n", program_invocation_short_name,
                getpid(), device, file->minor < TREE_FIRST_RENDER ? 'y' : 'n', 'y', geteuid(), 0);
    }
    gate_leave(&gate);
    return length < room ? length : room;
}

bool descriptors_attribute(int fd, enum attribute attribute, unsigned device, int gt)
{
    struct open_file *file = fd < MOST ? calloc(1, sizeof *file) : NULL;
    if (!file)
        return false;
    *file = (struct open_file){.kind = OPEN_ATTRIBUTE, .references = 1, .attribute = attribute, .gt = gt};
    if (attribute != ATTRIBUTE_LIMIT && !(file->device = engine_device(device))) {
        free(file);
        return false;
    }
    descriptors_put(replace(fd, file));
    return true;
}

void descriptors_copied(int from, int to)
{
    struct open_file *file = look(from);
    /* What the new one led to has been closed by the system. */
    if (to >= 0 && to < MOST)
        descriptors_put(replace(to, file));
    else
        descriptors_put(file);
}

void descriptors_closing(int fd)
{
    if (fd >= 0 && fd < MOST && __atomic_load_n(&files[fd], __ATOMIC_ACQUIRE))
        descriptors_put(replace(fd, NULL));
}

void descriptors_forget(const struct open_file *file)
{
    for (int fd = 0; file && fd < MOST; fd++) {
        if (files[fd] == file)
            descriptors_put(replace(fd, NULL));
    }
}

static int runtimes = -1;

int descriptors_keep(int fd)
{
    fd = quiet_move_up(fd);
    __atomic_store_n(&runtimes, fd, __ATOMIC_RELAXED);
    return fd;
}

static bool is_kept(int fd)
{
    return notify_keeps(fd) || signals_keep(fd) || (fd >= 0 && fd == __atomic_load_n(&runtimes, __ATOMIC_RELAXED));
}

SHOWN int close(int fd)
{
    if (is_kept(fd)) {
        errno = EBADF;
        return -1;
    }
    descriptors_closing(fd);
    return REAL(close)(fd);
}

SHOWN int close_range(unsigned first, unsigned last, int flags)
{
    for (unsigned fd = first; fd <= last && fd < MOST; fd++) {
        if (!is_kept((int)fd))
            continue;
        bool below = fd == first || close_range(first, fd - 1, flags) == 0;
        return below && (fd == last || close_range(fd + 1, last, flags) == 0) ? 0 : -1;
    }
    for (unsigned fd = first; !flags && fd <= last && fd < MOST; fd++)
        descriptors_closing((int)fd);
    return REAL(close_range)(first, last, flags);
}

void closefrom(int first);

SHOWN void closefrom(int first)
{
    close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0);
}

/* The C library closes the descriptor of a stream without a word. */
SHOWN int fclose(FILE *stream)
{
    descriptors_closing(fileno(stream));
    return REAL(fclose)(stream);
}

static ssize_t passed(ssize_t result)
{
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

int descriptors_access(const struct open_file *file, int fd)
{
    if (file->kind == OPEN_NODE)
        return REAL(fcntl)(fd, F_GETFL) & O_ACCMODE;
    return file->is_read_only ? O_RDONLY : O_RDWR;
}

/* Devices, objects and fences are not written this way. */
static ssize_t write_file(const struct open_file *file, int fd, const void *from, size_t bytes)
{
    if (file->kind == OPEN_ATTRIBUTE)
        return attributes_write(file, fd, from, bytes);
    return descriptors_access(file, fd) == O_RDONLY ? -EBADF : -EINVAL;
}

/* Asked of every write of the program: for all other files it is one look into the table. */
#define WRITE(name, parameters, ...) \
    SHOWN ssize_t name parameters \
    { \
        struct open_file *file = look(fd); \
        if (!file) \
            return REAL(name)(__VA_ARGS__); \
        ssize_t written = write_file(file, fd, from, bytes); \
        descriptors_put(file); \
        return passed(written); \
    }

WRITE(write, (int fd, const void *from, size_t bytes), fd, from, bytes)
WRITE(pwrite, (int fd, const void *from, size_t bytes, off_t at), fd, from, bytes, at)
WRITE(pwrite64, (int fd, const void *from, size_t bytes, off_t at), fd, from, bytes, at)

SHOWN int dup(int fd)
{
    int copy = REAL(dup)(fd);
    if (copy >= 0)
        descriptors_copied(fd, copy);
    return copy;
}

SHOWN int dup2(int fd, int to)
{
    int copy = REAL(dup2)(fd, to);
    if (copy >= 0 && fd != to)
        descriptors_copied(fd, copy);
    return copy;
}

SHOWN int dup3(int fd, int to, int flags)
{
    int copy = REAL(dup3)(fd, to, flags);
    if (copy >= 0)
        descriptors_copied(fd, copy);
    return copy;
}

/* Of all commands the argument is a whole register. */
#define PASS_ARGUMENT(name) \
    SHOWN int name(int fd, int command, ...) \
    { \
        va_list arguments; \
        va_start(arguments, command); \
        void *argument = va_arg(arguments, void *); \
        va_end(arguments); \
        int result = REAL(name)(fd, command, argument); \
        if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) \
            descriptors_copied(fd, result); \
        return result; \
    }

PASS_ARGUMENT(fcntl)
PASS_ARGUMENT(fcntl64)
