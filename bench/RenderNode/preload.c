/* What the way through the preloaded library costs a program: a VM_BIND that maps 2 MiB, and the one that unmaps them, through ioctl() on a
 * descriptor of the node, and by turns with it, in the same process with the same arguments, through xept_ioctl of the C ABI (direct.c).
 * Run by preload.sh; with a number it fails when a median of the difference is above so many nanoseconds. */
#include "direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VA 0x100000000ull
#define BYTES (2ull << 20)

#ifndef ROUNDS
#define ROUNDS 20000
#endif

enum { WARM = ROUNDS / 10, OP_MAP = 0, OP_UNMAP = 1 };

struct gem_create { uint64_t extensions, size; uint32_t placement, flags, vm_id, handle; uint16_t caching, pad[3]; uint64_t reserved[2]; };
struct vm_create { uint64_t extensions; uint32_t flags, vm_id; uint64_t reserved[2]; };
struct vm_bind {
    uint64_t extensions;
    uint32_t vm_id, queue, pad, count;
    struct {
        uint64_t extensions;
        uint32_t obj;
        uint16_t pat, pad;
        uint64_t offset, range, addr;
        uint32_t op, flags, region, pad2;
        uint64_t reserved[3];
    } op;
    uint32_t pad2, num_syncs;
    uint64_t syncs, reserved[2];
};

#define GEM_CREATE _IOWR('d', 0x41, struct gem_create)
#define VM_CREATE _IOWR('d', 0x43, struct vm_create)
#define VM_BIND _IOW('d', 0x45, struct vm_bind)

/* One of the two ways: with the scene that it has made. */
struct way {
    bool is_direct;
    struct vm_bind map, unmap;
};

static int fd;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, strerror(-error));
        exit(1);
    }
}

/* Returns how long it took. */
static int64_t call(const struct way *way, unsigned long request, void *argument, const char *what)
{
    struct direct direct = {.request = request, .argument = (uintptr_t)argument};
    int64_t begun = now();
    int error = way->is_direct ? ioctl(fd, DIRECT, &direct) : ioctl(fd, request, argument);
    int64_t took = now() - begun;
    must(error ? -errno : direct.error, what);
    return way->is_direct ? direct.ns : took;
}

static void set_scene(struct way *way)
{
    struct vm_create vm = {0};
    struct gem_create bo = {.size = BYTES, .placement = 2, .caching = 2};
    call(way, VM_CREATE, &vm, "VM_CREATE");
    call(way, GEM_CREATE, &bo, "GEM_CREATE");
    way->map = (struct vm_bind){.vm_id = vm.vm_id, .count = 1, .op = {.op = OP_MAP, .obj = bo.handle, .range = BYTES, .addr = VA}};
    way->unmap = (struct vm_bind){.vm_id = vm.vm_id, .count = 1, .op = {.op = OP_UNMAP, .range = BYTES, .addr = VA}};
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t tell(const char *name, int64_t *times)
{
    qsort(times, ROUNDS, sizeof *times, compare);
    printf("%-22s p25 %6lld ns   p50 %6lld ns\n", name, (long long)times[ROUNDS / 4], (long long)times[ROUNDS / 2]);
    return times[ROUNDS / 2];
}

int main(int count, char **arguments)
{
    static int64_t times[4][ROUNDS];
    struct way node = {.is_direct = false}, direct = {.is_direct = true};
    fd = open("/dev/dri/renderD128", O_RDWR);
    must(fd < 0 ? -errno : 0, "/dev/dri/renderD128");
    set_scene(&node);
    set_scene(&direct);
    for (int i = -WARM; i < ROUNDS; i++) {
        int at = i < 0 ? 0 : i;
        /* Whoever comes first is not always the same. */
        struct way *first = i & 1 ? &node : &direct, *second = i & 1 ? &direct : &node;
        int of_first = i & 1 ? 1 : 0, of_second = 1 - of_first;
        times[of_first][at] = call(first, VM_BIND, &first->map, "VM_BIND");
        times[of_second][at] = call(second, VM_BIND, &second->map, "VM_BIND");
        times[2 + of_first][at] = call(first, VM_BIND, &first->unmap, "VM_BIND");
        times[2 + of_second][at] = call(second, VM_BIND, &second->unmap, "VM_BIND");
    }
    int64_t map = tell("map, C ABI", times[0]), node_map = tell("map, ioctl", times[1]);
    int64_t unmap = tell("unmap, C ABI", times[2]), node_unmap = tell("unmap, ioctl", times[3]);
    printf("beyond the engine's own time: map %lld ns, unmap %lld ns\n", (long long)(node_map - map), (long long)(node_unmap - unmap));
    close(fd);
    long long most = count > 1 ? atoll(arguments[1]) : 0;
    return most && (node_map - map > most || node_unmap - unmap > most);
}
