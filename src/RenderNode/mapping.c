/* mmap of a node: buffer objects, and the page of the PCI barrier. */
#include "real.h"
#include "allocator.h"
#include "descriptors.h"
#include "guard.h"
#include "live.h"
#include "places.h"
#include "quiet.h"
#include "requests.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096ul
#define MOST_BYTES (1ul << 47) /* of addresses */
#define BARRIER_OFFSET 0x50000ul
#define BARRIER_WORD 0xdeadbeefu
#define GEM_CLOSE 0x40086409ul
#define PRIME_FD_TO_HANDLE 0xc00c642eul

static void *fail(int error)
{
    errno = -error;
    return MAP_FAILED;
}

/* Reserves addresses that must not be taken yet, so that they can be mapped over. */
static void *place(void *at, size_t bytes, int flags)
{
    if (!(flags & MAP_FIXED_NOREPLACE))
        return flags & MAP_FIXED ? at : NULL;
    return REAL(mmap)(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
}

/* The barrier reads the same whatever is written there. */
static void *map_barrier(void *at, size_t bytes, int protection, int flags)
{
    if (bytes > PAGE || protection & (PROT_READ | PROT_EXEC))
        return fail(-EINVAL);
    int where = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    uint32_t *page = REAL(mmap)(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | where, -1, 0);
    if (page != MAP_FAILED)
        guard_constant(page, BARRIER_WORD);
    return page;
}

static void *map_bo(xept_client *client, uint32_t handle, uint64_t offset, void *at, size_t bytes, int protection, int flags)
{
    void *over = place(at, bytes, flags), *found = NULL;
    if (over == MAP_FAILED)
        return over;
    engine_enter();
    int error = engine.bo_mmap(client, handle, offset, bytes, over, &found);
    engine_leave();
    if (error && flags & MAP_FIXED_NOREPLACE)
        quiet_call(SYS_munmap, (long)over, (long)bytes, 0, 0, 0, 0);
    if (error)
        return fail(error);
    /* What may be written may be read as well (RN-047). */
    int wanted = protection & PROT_WRITE ? PROT_READ | PROT_WRITE : protection & PROT_READ;
    if (wanted != (PROT_READ | PROT_WRITE))
        mprotect(found, bytes, wanted);
    return found;
}

static void *map_node(const struct open_file *file, void *at, size_t bytes, int protection, int flags, uint64_t offset)
{
    uint32_t handle;
    uint64_t inside;
    if (offset == BARRIER_OFFSET)
        return map_barrier(at, bytes, protection, flags);
    /* Copies on write would not be seen by the GPU. */
    if ((flags & MAP_TYPE) == MAP_PRIVATE)
        return fail(-EINVAL);
    engine_enter();
    int error = engine.mmap_find(file->client, offset, &handle, &inside);
    engine_leave();
    return error ? fail(error) : map_bo(file->client, handle, inside, at, bytes, protection, flags);
}

/* A BO that was exported, by way of a client that has it for a moment. */
static void *map_exported(const struct open_file *file, void *at, size_t bytes, int protection, int flags, uint64_t offset)
{
    struct { uint32_t handle, flags; int32_t fd; } prime = {.fd = file->engine_fd};
    struct { uint32_t handle, pad; } done = {0};
    xept_client_options options = {.size = sizeof options};
    xept_client *client = NULL;
    if (!file->is_bo || (flags & MAP_TYPE) == MAP_PRIVATE)
        return fail(-EINVAL);
    engine_enter();
    int error = engine.client_open(file->device, &options, &client);
    void *found = MAP_FAILED;
    if (!error && !(error = engine.ioctl(client, PRIME_FD_TO_HANDLE, &prime))) {
        found = map_bo(client, prime.handle, offset, at, bytes, protection, flags);
        error = found == MAP_FAILED ? -errno : 0;
        done.handle = prime.handle;
        engine.ioctl(client, GEM_CLOSE, &done);
    }
    if (client)
        engine.client_close(client);
    engine_leave();
    return error ? fail(error) : found;
}

/* What the system itself says to a mapping, whatever file it is of. */
static int refusal(int way, size_t bytes, int protection, int flags)
{
    int type = flags & MAP_TYPE;
    bool is_shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;
    if (bytes == 0 || (!is_shared && type != MAP_PRIVATE))
        return -EINVAL;
    if (bytes > MOST_BYTES)
        return -ENOMEM;
    bool is_refused = way == O_WRONLY || (is_shared && protection & PROT_WRITE && way == O_RDONLY);
    return is_refused ? -EACCES : 0;
}

static void *map(const struct open_file *file, int fd, void *at, size_t bytes, int protection, int flags, off_t offset)
{
    if (file->kind == OPEN_ATTRIBUTE)
        return fail(-ENODEV);
    int error = refusal(descriptors_access(file, fd), bytes, protection, flags);
    if (error)
        return fail(error);
    bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
    return (file->kind == OPEN_NODE ? map_node : map_exported)(file, at, bytes, protection, flags, (uint64_t)offset);
}

/* What was at the addresses goes. */
static bool replaces(int flags)
{
    return (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) == MAP_FIXED;
}

/* Of what the engine maps for itself. */
static bool is_anywhere(const void *at, int flags)
{
    return !at && flags & MAP_ANONYMOUS && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && engine_is_inside();
}

#define MMAP(name) \
    SHOWN void *name(void *at, size_t bytes, int protection, int flags, int fd, off_t offset) \
    { \
        struct open_file *file = flags & MAP_ANONYMOUS ? NULL : descriptors_get(fd); \
        bool is_told = replaces(flags) && !allocator_has(__builtin_return_address(0)); \
        live_change over = is_told ? live_begin(XEPT_PROCESS_CHANGE_UNMAP, at, bytes) : 0; \
        at = is_anywhere(at, flags) ? places_find(bytes) : at; \
        void *found = file ? map(file, fd, at, bytes, protection, flags, offset) : REAL(name)(at, bytes, protection, flags, fd, offset); \
        live_end(over); \
        int error = errno; \
        descriptors_put(file); \
        errno = error; \
        return found; \
    }

MMAP(mmap)
MMAP(mmap64)
