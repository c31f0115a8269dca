/* Asks of a render node what a Vulkan driver asks of one (RN-062 to RN-065), in the order in which it does. */
#define _GNU_SOURCE
#include "scene.h"

#include <stdlib.h>

enum { QUERY_GTS = 3, QUERY_HWCONFIG, QUERY_TOPOLOGY, QUERY_CYCLES, QUERY_FIRMWARE };
enum { DSS_GEOMETRY = 1, L3_BANK = 3, EU_PER_DSS = 4, SIMD16_EU_PER_DSS = 5 };
enum { NULL_MAP = 1 << 2, DUMPABLE = 1 << 3 };
enum { CLASSES = 5 };

/* First how much it is, then that much of it. input: what the query reads, at the start of what it writes. */
static void *ask(int fd, uint32_t id, const void *input, size_t input_bytes, uint32_t *bytes)
{
    struct query query = {.query = id};
    NEED(ioctl(fd, QUERY, &query) == 0 && query.size >= input_bytes, NULL);
    char *answer = calloc(1, query.size);
    if (input)
        memcpy(answer, input, input_bytes);
    query.data = (uintptr_t)answer;
    *bytes = query.size;
    NEED(ioctl(fd, QUERY, &query) == 0 && query.size == *bytes, NULL);
    return answer;
}

struct mem_region { uint16_t class, instance; uint32_t page; uint64_t total, used, visible, rest[7]; };
struct gt {
    uint16_t type, tile, id, pad[3];
    uint32_t clock;
    uint64_t near, far;
    uint16_t major, minor, revision, pad2;
    uint64_t reserved[7];
};

static void queries(void)
{
    int fd = open(NODE, O_RDWR);
    uint32_t bytes;
    struct { uint32_t count, pad; uint64_t info[]; } *config = ask(fd, QUERY_CONFIG, NULL, 0, &bytes);
    /* Flags, revision and device, alignment, bits of an address, highest priority. */
    CHECK(config && config->count >= 5 && bytes == 8 + 8 * config->count);
    CHECK(config->info[2] >= 4096 && config->info[3] >= 47 && config->info[4] >= 1);
    bool discrete = config->info[1] & 1;

    struct { uint32_t count, pad; struct mem_region region[]; } *regions = ask(fd, QUERY_REGIONS, NULL, 0, &bytes);
    CHECK(regions && regions->count >= 1 && bytes == 8 + regions->count * sizeof(struct mem_region));
    CHECK(regions->region[0].class == 0 && regions->region[0].total > 0 && discrete == (regions->count > 1));
    for (uint32_t i = 1; i < regions->count; i++)
        CHECK(regions->region[i].class == 1 && regions->region[i].visible > 0 && regions->region[i].visible <= regions->region[i].total);

    struct { uint32_t count, pad; struct gt gt[]; } *gts = ask(fd, QUERY_GTS, NULL, 0, &bytes);
    CHECK(gts && gts->count >= 1 && bytes == 8 + gts->count * sizeof(struct gt));
    CHECK(gts->gt[0].type == 0 && gts->gt[0].clock > 0);
    /* Platforms whose hardware does not say it have no version. */
    CHECK(gts->gt[0].major == 0 || gts->gt[0].major >= 12);

    struct mask { uint16_t gt, type; uint32_t bytes; uint8_t mask[]; };
    char *topology = ask(fd, QUERY_TOPOLOGY, NULL, 0, &bytes);
    uint32_t seen = 0;
    CHECK(topology);
    for (uint32_t at = 0; at + sizeof(struct mask) <= bytes;) {
        const struct mask *mask = (struct mask *)(topology + at);
        bool is_any = false;
        for (uint32_t i = 0; i < mask->bytes; i++)
            is_any |= mask->mask[i] != 0;
        seen |= mask->gt == 0 && is_any ? 1u << mask->type : 0;
        at += (uint32_t)sizeof(struct mask) + mask->bytes;
    }
    CHECK(seen & 1 << DSS_GEOMETRY && seen & 1 << L3_BANK && seen & (1 << EU_PER_DSS | 1 << SIMD16_EU_PER_DSS));

    struct query hwconfig = {.query = QUERY_HWCONFIG};
    CHECK(ioctl(fd, QUERY, &hwconfig) == 0 || errno == ENODEV || errno == EINVAL);
    struct engine_info { struct engine engine; uint64_t reserved[3]; };
    struct { uint32_t count, pad; struct engine_info engine[]; } *engines = ask(fd, QUERY_ENGINES, NULL, 0, &bytes);
    CHECK(engines && engines->count > 0 && bytes == 8 + engines->count * sizeof(struct engine_info));

    struct { uint16_t type, pad; uint32_t branch, major, minor, patch, pad2; uint64_t reserved; } guc = {0}, *firmware;
    CHECK((firmware = ask(fd, QUERY_FIRMWARE, &guc, sizeof guc, &bytes)) && firmware->major > 0);
    struct { struct engine engine; int32_t clock; uint32_t width; uint64_t cycles, cpu, delta; } first = {
        .engine = engines->engine[0].engine, .clock = CLOCK_MONOTONIC}, *cycles;
    CHECK((cycles = ask(fd, QUERY_CYCLES, &first, sizeof first, &bytes)) && cycles->width >= 32 && cycles->cpu > 0);
    free(config), free(regions), free(gts), free(topology), free(engines), free(firmware), free(cycles);
    close(fd);
}

/* Objects that are private to the one VM, and those that are for others, too. */
static void memory(void)
{
    struct scene scene;
    if (!begin(&scene, VM_SCRATCH))
        return;
    bool discrete = is_discrete(scene.fd);
    struct gem_create private = {.size = 2 * MIB, .placement = 1, .caching = WRITE_BACK, .vm_id = scene.vm};
    struct gem_create local = {.size = 2 * MIB, .placement = discrete ? 2 : 1, .caching = WRITE_COMBINED, .flags = discrete ? 4 : 0};
    CHECK(ioctl(scene.fd, GEM_CREATE, &private) == 0 && ioctl(scene.fd, GEM_CREATE, &local) == 0);
    struct prime export = {.handle = private.handle, .flags = O_CLOEXEC};
    CHECK(fails(scene.fd, HANDLE_TO_FD, &export, EPERM));
    export.handle = local.handle;
    CHECK(ioctl(scene.fd, HANDLE_TO_FD, &export) == 0 && close(export.fd) == 0);

    /* Placed, where addresses are reserved. */
    uint32_t *place = mmap(NULL, 4 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    struct mmap_offset offset = {.handle = local.handle};
    CHECK(place != MAP_FAILED && ioctl(scene.fd, GEM_MMAP_OFFSET, &offset) == 0);
    uint32_t *at = mmap(
        place + MIB / 4, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, scene.fd, (off_t)offset.offset);
    CHECK(at == place + MIB / 4);
    at[5] = 0x11;
    uint32_t *other = map_bo(scene.fd, local.handle, 2 * MIB);
    CHECK(other != MAP_FAILED && other[5] == 0x11);

    /* What nothing is mapped to is scratch: a batch that writes there does not fail. */
    end_batch(store(store(scene.cpu + BATCH / 4, VA + 512 * MIB, 5), VA + 0x40, 6));
    if (!run(&scene))
        return;
    CHECK(scene.cpu[0x10] == 6);
    munmap(place, 4 * MIB);
    munmap(other, 2 * MIB);
    end(&scene);
}

struct array_bind {
    uint64_t extensions;
    uint32_t vm_id, queue, pad, count;
    uint64_t ops, unused[9];
    uint32_t pad2, num_syncs;
    uint64_t syncs, reserved[2];
};

_Static_assert(sizeof(struct array_bind) == sizeof(struct vm_bind), "one struct, two forms");

static bool reached(int fd, uint32_t timeline, uint64_t point)
{
    struct { uint64_t handles, points; int64_t timeout; uint32_t count, flags, first, pad; } wait = {
        .handles = (uintptr_t)&timeline, .points = (uintptr_t)&point, .timeout = now() + seconds(10), .count = 1};
    return ioctl(fd, _IOWR('d', 0xca, wait), &wait) == 0;
}

static int exec_after(const struct scene *scene, uint32_t timeline, uint64_t after, uint64_t then)
{
    struct sync syncs[] = {
        {.type = SYNC_TIMELINE, .addr = timeline, .value = after},
        {.type = SYNC_TIMELINE, .flags = SIGNALS, .addr = timeline, .value = then},
    };
    struct exec exec = {.queue = scene->queue, .num_syncs = 2, .syncs = (uintptr_t)syncs, .address = VA + BATCH, .batches = 1};
    return ioctl(scene->fd, EXEC, &exec);
}

/* Every bind has the next point of one timeline, every batch waits for the one that is due. */
static void timelines(void)
{
    struct scene scene;
    if (!begin(&scene, VM_SCRATCH))
        return;
    uint32_t timeline = create_syncobj(scene.fd, 0), bo = create_bo(scene.fd, 2 * MIB, false);
    uint32_t *cpu = map_bo(scene.fd, bo, 2 * MIB);
    CHECK(timeline && cpu != MAP_FAILED);
    uint64_t point = 0;
    for (uint32_t i = 1; i <= 8; i++) {
        uint64_t at = VA + i * 16 * MIB;
        struct sync next = {.type = SYNC_TIMELINE, .flags = SIGNALS, .addr = timeline, .value = ++point};
        CHECK(bind_vm(scene.fd, scene.vm, (struct bind_op){.obj = bo, .addr = at, .range = 2 * MIB, .flags = DUMPABLE}, &next) == 0);
        end_batch(store(scene.cpu + BATCH / 4, at + 4 * i, i));
        CHECK(exec_after(&scene, timeline, point, point + 1) == 0 && reached(scene.fd, timeline, ++point) && cpu[i] == i);
    }

    /* Sparse memory: an array that waits and signals; nothing at first, an object over a part of it, a hole in that. */
    struct bind_op ops[] = {
        {.op = OP_MAP, .addr = VA + 1024 * MIB, .range = 8 * MIB, .flags = NULL_MAP},
        {.op = OP_MAP, .obj = bo, .addr = VA + 1026 * MIB, .range = 2 * MIB},
        {.op = OP_UNMAP, .addr = VA + 1026 * MIB, .range = MIB},
    };
    struct sync syncs[] = {
        {.type = SYNC_TIMELINE, .addr = timeline, .value = point},
        {.type = SYNC_TIMELINE, .flags = SIGNALS, .addr = timeline, .value = point + 1},
    };
    struct array_bind array = {
        .vm_id = scene.vm, .count = 3, .ops = (uintptr_t)ops, .num_syncs = 2, .syncs = (uintptr_t)syncs};
    CHECK(ioctl(scene.fd, VM_BIND, &array) == 0);
    point++;
    end_batch(store(store(store(scene.cpu + BATCH / 4, VA + 1025 * MIB, 1), VA + 1027 * MIB + 8, 2), VA + 1026 * MIB + 8, 3));
    CHECK(exec_after(&scene, timeline, point, point + 1) == 0 && reached(scene.fd, timeline, ++point));
    CHECK(cpu[MIB / 4 + 2] == 2 && cpu[2] == 2);

    /* The object leaves all places at once; writes go nowhere then. */
    struct sync next = {.type = SYNC_TIMELINE, .flags = SIGNALS, .addr = timeline, .value = ++point};
    CHECK(bind_vm(scene.fd, scene.vm, (struct bind_op){.op = OP_UNMAP_ALL, .obj = bo}, &next) == 0);
    end_batch(store(store(scene.cpu + BATCH / 4, VA + 16 * MIB, 99), VA + 1027 * MIB, 99));
    CHECK(exec_after(&scene, timeline, point, point + 1) == 0 && reached(scene.fd, timeline, ++point));
    CHECK(cpu[0] == 0 && cpu[MIB / 4] == 0);
    munmap(cpu, 2 * MIB);
    end(&scene);
}

/* The class that has most engines on GT 0. */
static uint32_t most_engines(int fd, struct engine found[8])
{
    struct engine_info { struct engine engine; uint64_t reserved[3]; };
    uint32_t bytes, most = 0, count;
    struct { uint32_t count, pad; struct engine_info engine[]; } *engines = ask(fd, QUERY_ENGINES, NULL, 0, &bytes);
    for (uint16_t class = 0; engines && class < CLASSES; class++) {
        struct engine here[8];
        count = 0;
        for (uint32_t i = 0; i < engines->count && count < 8; i++) {
            if (engines->engine[i].engine.class == class && engines->engine[i].engine.gt == engines->engine[0].engine.gt)
                here[count++] = engines->engine[i].engine;
        }
        if (count > most)
            memcpy(found, here, sizeof here);
        most = count > most ? count : most;
    }
    free(engines);
    return most;
}

static void queues(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    struct engine engines[8];
    uint32_t count = most_engines(scene.fd, engines);
    struct { uint64_t next; uint32_t name, pad, property, pad2; uint64_t value, reserved[2]; } priority = {.value = 1};
    struct queue_create create = {
        .extensions = (uintptr_t)&priority, .width = 1, .placements = (uint16_t)count, .vm_id = scene.vm, .instances = (uintptr_t)engines};
    CHECK(count > 0 && ioctl(scene.fd, QUEUE_CREATE, &create) == 0);
    scene.queue = create.id;

    /* No batch, one signal: when all that was submitted is done. */
    end_batch(store(wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5), VA + 0x40, 2));
    uint32_t idle = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = idle};
    struct exec exec_none = {.queue = scene.queue, .num_syncs = 1, .syncs = (uintptr_t)&sync};
    CHECK(exec(&scene, VA + BATCH, NULL) == 0 && ioctl(scene.fd, EXEC, &exec_none) == 0);
    CHECK(wait_syncobj(scene.fd, idle, now() + 20000000) == -1 && errno == ETIME);
    scene.cpu[0x20] = 5;
    CHECK(wait_syncobj(scene.fd, idle, now() + seconds(10)) == 0 && scene.cpu[0x10] == 2);

    /* A batch that fails: the wait ends, and the queue says why. */
    struct queue_property ban = {.queue = scene.queue};
    CHECK(exec(&scene, VA + 64 * MIB, &sync) == 0 && wait_syncobj(scene.fd, idle, now() + seconds(10)) == 0);
    CHECK(ioctl(scene.fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 1);
    end(&scene);
}

static const struct part parts[] = {{"queries", queries}, {"memory", memory}, {"timelines", timelines}, {"queues", queues}};

int main(int count, char **names)
{
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
