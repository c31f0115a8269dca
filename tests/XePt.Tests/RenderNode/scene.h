/* What programs begin with, for those that try the node: a client, a VM, memory and a queue; and how they say what was wrong. Each program
 * says of each of its parts "ok NAME", "not ok NAME" and where, or "skipped NAME" and what is missing, and ends with 0 when none is wrong;
 * with names it does only those. */
#ifndef XEPT_TEST_SCENE_H
#define XEPT_TEST_SCENE_H

#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NODE "/dev/dri/renderD128"
#define VA 0x100000000ull
#define KIB 1024ull
#define MIB (1024 * KIB)

static const char *wrong, *missing;
static char where[256];

/* A part ends where something is not as it should be. */
#define CHECK(what) \
    do { \
        if (!(what)) { \
            snprintf(where, sizeof where, "line %d: %s (errno %d)", __LINE__, #what, errno); \
            wrong = where; \
            return; \
        } \
    } while (0)

/* A part has nothing to do where something is not there: it says so before it has done anything. */
#define SKIP(what) \
    do { \
        missing = what; \
        return; \
    } while (0)

/* CHECK in a function that gives something. */
#define NEED(what, otherwise) \
    do { \
        if (!(what)) { \
            snprintf(where, sizeof where, "line %d: %s (errno %d)", __LINE__, #what, errno); \
            wrong = where; \
            return otherwise; \
        } \
    } while (0)

static inline int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static inline bool fails(int fd, unsigned long request, void *argument, int error)
{
    errno = 0;
    return ioctl(fd, request, argument) == -1 && errno == error;
}

/* Something of everything: a client with a VM, a buffer object that is mapped on both sides, and a queue. */
struct scene {
    int fd;
    uint32_t vm, bo, queue;
    uint64_t bytes;
    uint32_t *cpu;
};

static inline bool is_discrete(int fd)
{
    struct { uint32_t count, pad; uint64_t info[16]; } config = {0};
    struct query query = {.query = QUERY_CONFIG};
    if (ioctl(fd, QUERY, &query) || query.size > sizeof config)
        return false;
    query.data = (uintptr_t)&config;
    return ioctl(fd, QUERY, &query) == 0 && (config.info[1] & 1);
}

static inline uint32_t create_bo(int fd, uint64_t bytes, bool in_vram)
{
    struct gem_create create = {.size = bytes, .placement = in_vram ? 2 : 1, .caching = WRITE_COMBINED};
    NEED(ioctl(fd, GEM_CREATE, &create) == 0, 0);
    return create.handle;
}

static inline void *map_bo(int fd, uint32_t bo, uint64_t bytes)
{
    struct mmap_offset offset = {.handle = bo};
    NEED(ioctl(fd, GEM_MMAP_OFFSET, &offset) == 0, MAP_FAILED);
    void *cpu = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset.offset);
    NEED(cpu != MAP_FAILED, MAP_FAILED);
    return cpu;
}

static inline int bind_vm(int fd, uint32_t vm, struct bind_op op, struct sync *sync)
{
    struct vm_bind bind = {.vm_id = vm, .count = 1, .op = op, .num_syncs = sync ? 1 : 0, .syncs = (uintptr_t)sync};
    return ioctl(fd, VM_BIND, &bind);
}

/* Binds with an entry of the page attribute table that is coherent, wherever this platform has one. */
static inline int bind_coherent(int fd, uint32_t vm, struct bind_op op, struct sync *sync)
{
    static const uint16_t entries[] = {2, 3, 0};
    int result = -1;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        op.pat = entries[i];
        errno = 0;
        result = bind_vm(fd, vm, op, sync);
        if (result == 0 || errno != EINVAL)
            break;
    }
    return result;
}

static inline bool wait_fence(int fd, const uint64_t *fence, uint64_t value)
{
    struct wait_fence wait = {.addr = (uintptr_t)fence, .value = value, .mask = ~0ull, .timeout = seconds(10)};
    NEED(ioctl(fd, WAIT_FENCE, &wait) == 0, false);
    return true;
}

/* Maps a buffer object at an address, and waits for it as programs do. */
static inline bool map_gpu(int fd, uint32_t vm, uint32_t bo, uint64_t addr, uint64_t bytes)
{
    uint64_t fence = 0;
    struct sync sync = {.type = SYNC_FENCE, .flags = SIGNALS, .addr = (uintptr_t)&fence, .value = 7};
    struct bind_op op = {.op = OP_MAP, .obj = bo, .addr = addr, .range = bytes};
    NEED(bind_vm(fd, vm, op, &sync) == 0, false);
    return wait_fence(fd, &fence, 7);
}

/* The same for an object of another device, which has no caching mode. */
static inline bool map_imported(int fd, uint32_t vm, uint32_t bo, uint64_t addr, uint64_t bytes)
{
    uint64_t fence = 0;
    struct sync sync = {.type = SYNC_FENCE, .flags = SIGNALS, .addr = (uintptr_t)&fence, .value = 7};
    struct bind_op op = {.op = OP_MAP, .obj = bo, .addr = addr, .range = bytes};
    NEED(bind_coherent(fd, vm, op, &sync) == 0, false);
    return wait_fence(fd, &fence, 7);
}

static inline uint32_t create_queue(int fd, uint32_t vm)
{
    struct engine engine = {.class = CLASS_COPY};
    struct queue_create create = {.width = 1, .placements = 1, .vm_id = vm, .instances = (uintptr_t)&engine};
    NEED(ioctl(fd, QUEUE_CREATE, &create) == 0, 0);
    return create.id;
}

static inline bool begin(struct scene *scene, uint32_t vm_flags)
{
    struct vm_create vm = {.flags = vm_flags};
    *scene = (struct scene){.fd = open(NODE, O_RDWR | O_CLOEXEC), .bytes = 64 * KIB};
    NEED(scene->fd >= 0, false);
    NEED(ioctl(scene->fd, VM_CREATE, &vm) == 0, false);
    scene->vm = vm.vm_id;
    scene->bo = create_bo(scene->fd, scene->bytes, is_discrete(scene->fd));
    scene->cpu = scene->bo ? map_bo(scene->fd, scene->bo, scene->bytes) : MAP_FAILED;
    scene->queue = create_queue(scene->fd, scene->vm);
    return scene->cpu != MAP_FAILED && scene->queue && map_gpu(scene->fd, scene->vm, scene->bo, VA, scene->bytes);
}

static inline void end(struct scene *scene)
{
    if (scene->cpu && scene->cpu != MAP_FAILED)
        munmap(scene->cpu, scene->bytes);
    close(scene->fd);
}

/* Batches stand in the second half of a scene's object. */
#define BATCH 0x8000

static inline uint32_t *store(uint32_t *batch, uint64_t to, uint32_t value)
{
    *batch++ = 0x10000002;
    *batch++ = (uint32_t)to;
    *batch++ = (uint32_t)(to >> 32);
    *batch++ = value;
    return batch;
}

static inline uint32_t *wait_for(uint32_t *batch, uint64_t word, uint32_t value)
{
    /* MI_SEMAPHORE_WAIT: polls until the word is at least the value. */
    *batch++ = 0x0e009002;
    *batch++ = value;
    *batch++ = (uint32_t)word;
    *batch++ = (uint32_t)(word >> 32);
    return batch;
}

static inline void end_batch(uint32_t *batch)
{
    *batch = 0x05000000;
}

static inline int exec(const struct scene *scene, uint64_t address, struct sync *sync)
{
    struct exec exec = {
        .queue = scene->queue, .num_syncs = sync ? 1 : 0, .syncs = (uintptr_t)sync, .address = address, .batches = 1,
    };
    return ioctl(scene->fd, EXEC, &exec);
}

static inline uint32_t create_syncobj(int fd, uint32_t flags)
{
    struct syncobj create = {.flags = flags};
    NEED(ioctl(fd, SYNCOBJ_CREATE, &create) == 0, 0);
    return create.handle;
}

static inline int wait_syncobj(int fd, uint32_t handle, int64_t deadline)
{
    struct syncobj_wait wait = {.handles = (uintptr_t)&handle, .count = 1, .timeout = deadline};
    return ioctl(fd, SYNCOBJ_WAIT, &wait);
}

/* Runs the scene's batch and waits until it is over. */
static inline bool run(const struct scene *scene)
{
    uint32_t done = create_syncobj(scene->fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    NEED(done && exec(scene, VA + BATCH, &sync) == 0, false);
    NEED(wait_syncobj(scene->fd, done, now() + seconds(10)) == 0, false);
    struct syncobj destroy = {.handle = done};
    NEED(ioctl(scene->fd, SYNCOBJ_DESTROY, &destroy) == 0, false);
    return true;
}

struct part { const char *name; void (*run)(void); };

static inline bool is_asked(int count, char **names, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return count == 0;
}

static inline int run_parts(const struct part *parts, size_t parts_count, int count, char **names)
{
    int failed = 0;
    for (size_t i = 0; i < parts_count; i++) {
        if (!is_asked(count - 1, names + 1, parts[i].name))
            continue;
        wrong = missing = NULL;
        parts[i].run();
        printf(wrong ? "not ok %s: %s\n" : missing ? "skipped %s: %s\n" : "ok %s\n", parts[i].name, wrong ? wrong : missing);
        fflush(stdout);
        failed += wrong != NULL;
    }
    return failed != 0;
}

#endif
