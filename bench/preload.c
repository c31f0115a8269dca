/* What the way through the preloaded library costs a program: a VM_BIND that maps 2 MiB, and the one that unmaps them, through ioctl() on a
 * descriptor of the node, and by turns with it, in the same process with the same arguments, through xept_ioctl of the C ABI. Run by
 * bench/preload.sh; with a number it fails when a median of the difference is above so many nanoseconds. */
#include <xept.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define VA 0x100000000ull
#define BYTES (2ull << 20)

enum { ROUNDS = 20000, WARM = 2000, OP_MAP = 0, OP_UNMAP = 1 };

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

/* One of the two ways. */
struct way {
    int fd; /* -1: through the C ABI */
    xept_client *client;
    struct vm_bind map, unmap;
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static int call(const struct way *way, unsigned long request, void *argument)
{
    return way->fd < 0 ? xept_ioctl(way->client, request, argument) : ioctl(way->fd, request, argument) ? -errno : 0;
}

static void must(int error, const char *what)
{
    if (error) {
        fprintf(stderr, "%s: %s\n", what, strerror(-error));
        exit(1);
    }
}

static void set_scene(struct way *way)
{
    struct vm_create vm = {0};
    struct gem_create bo = {.size = BYTES, .placement = 2, .caching = 2};
    must(call(way, VM_CREATE, &vm), "VM_CREATE");
    must(call(way, GEM_CREATE, &bo), "GEM_CREATE");
    way->map = (struct vm_bind){.vm_id = vm.vm_id, .count = 1, .op = {.op = OP_MAP, .obj = bo.handle, .range = BYTES, .addr = VA}};
    way->unmap = (struct vm_bind){.vm_id = vm.vm_id, .count = 1, .op = {.op = OP_UNMAP, .range = BYTES, .addr = VA}};
}

static int64_t time_of(const struct way *way, struct vm_bind *bind)
{
    int64_t begun = now();
    int error = call(way, VM_BIND, bind);
    int64_t took = now() - begun;
    must(error, "VM_BIND");
    return took;
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
    struct way node = {.fd = open("/dev/dri/renderD128", O_RDWR)}, direct = {.fd = -1};
    /* As the node makes its own. */
    xept_device_options options = {
        .size = sizeof options,
        .drive = XEPT_DRIVE_QUEUED,
        .flags = XEPT_DEVICE_FLAG_SYSTEM_CLOCK | XEPT_DEVICE_FLAG_RUNS_BATCHES | XEPT_DEVICE_FLAG_BO_FILES,
    };
    xept_client_options client = {.size = sizeof client, .flags = XEPT_CLIENT_FLAG_PROCESS_MEMORY};
    xept_device *device;
    must(node.fd < 0 ? -errno : 0, "/dev/dri/renderD128 (run by xept exec)");
    must(xept_device_create("bmg", &options, &device), "xept_device_create");
    must(xept_client_open(device, &client, &direct.client), "xept_client_open");
    set_scene(&node);
    set_scene(&direct);
    for (int i = -WARM; i < ROUNDS; i++) {
        int at = i < 0 ? 0 : i;
        /* Whoever comes first is not always the same. */
        struct way *first = i & 1 ? &node : &direct, *second = i & 1 ? &direct : &node;
        int of_first = i & 1 ? 1 : 0, of_second = 1 - of_first;
        times[of_first][at] = time_of(first, &first->map);
        times[of_second][at] = time_of(second, &second->map);
        times[2 + of_first][at] = time_of(first, &first->unmap);
        times[2 + of_second][at] = time_of(second, &second->unmap);
    }
    int64_t map = tell("map, C ABI", times[0]), node_map = tell("map, ioctl", times[1]);
    int64_t unmap = tell("unmap, C ABI", times[2]), node_unmap = tell("unmap, ioctl", times[3]);
    printf("beyond the engine's own time: map %lld ns, unmap %lld ns\n", (long long)(node_map - map), (long long)(node_unmap - unmap));
    close(node.fd);
    xept_client_close(direct.client);
    xept_device_destroy(device);
    long long most = count > 1 ? atoll(arguments[1]) : 0;
    return most && (node_map - map > most || node_unmap - unmap > most);
}
