/* Hostile input: ioctls of all numbers, sizes and directions with random structs and with good ones that are spoilt, bad pointers in every
 * place that has one, chains of extensions that go round, batches of random words and of good instructions with wild operands, on several
 * threads. The process must not crash or hang, and nothing may be written but what a call is given to write: canaries stand around each
 * struct and array and around memory that GPUs write.
 *
 * HOSTILE_CALLS, HOSTILE_BATCHES and HOSTILE_SEED in the environment make runs longer, or others. */
#define _GNU_SOURCE
#include "scene.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static unsigned calls = 60000, batches_wanted = 10000;
static uint64_t first_seed = 1;

enum { CANARY = 0xa5, ROOM = 16384, THREADS = 4 };

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return next(seed) % limit;
}

/* Pages with a hole behind them, and others that cannot be read or written. */
struct pages {
    char *start, *end; /* end is not mapped */
    char *secret, *fixed;
};

static bool make_pages(struct pages *pages)
{
    char *at = mmap(NULL, 8 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(at != MAP_FAILED, false);
    *pages = (struct pages){.start = at, .end = at + 4 * ROOM, .secret = at + 5 * ROOM, .fixed = at + 6 * ROOM};
    NEED(munmap(pages->end, ROOM) == 0, false);
    NEED(mprotect(pages->secret, ROOM, PROT_NONE) == 0 && mprotect(pages->fixed, ROOM, PROT_READ) == 0, false);
    memset(pages->start, CANARY, 4 * ROOM);
    return true;
}

static void *bad_pointer(const struct pages *pages, uint64_t *seed)
{
    switch (below(seed, 7)) {
    case 0: return NULL;
    case 1: return (void *)8;
    case 2: return (void *)0xffff800000000000;
    case 3: return pages->secret;
    case 4: return pages->end;
    case 5: return (void *)UINT64_MAX;
    default: return pages->end - 1;
    }
}

static uint64_t odd_number(const struct pages *pages, uint64_t *seed)
{
    switch (below(seed, 9)) {
    case 0: return next(seed);
    case 1: return (uintptr_t)pages->start + 8 * below(seed, ROOM / 8);
    case 2: return UINT64_MAX;
    case 3: return 1ull << below(seed, 64);
    case 4: return VA + 4 * below(seed, ROOM);
    case 5: return 4096 * below(seed, 64);
    case 6: return (uintptr_t)bad_pointer(pages, seed);
    default: return below(seed, 8);
    }
}

/* A client that comes now finds everything as it should be. */
static void is_healthy(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(store(scene.cpu + BATCH / 4, VA + 64, 0x12345678));
    CHECK(run(&scene) && scene.cpu[16] == 0x12345678);
    end(&scene);
}

static const unsigned long requests[] = {
    QUERY, GEM_CREATE, GEM_MMAP_OFFSET, VM_CREATE, VM_DESTROY, VM_BIND, QUEUE_CREATE, QUEUE_DESTROY, QUEUE_PROPERTY, EXEC, WAIT_FENCE,
    SYNCOBJ_CREATE, SYNCOBJ_DESTROY, SYNCOBJ_TO_FD, SYNCOBJ_FROM_FD, SYNCOBJ_WAIT, SYNCOBJ_SIGNAL, HANDLE_TO_FD, FD_TO_HANDLE, GEM_CLOSE,
    VERSION, GET_CAP,
    _IOW('d', 0x4b, char[40]), _IOW('d', 0x4c, char[88]), _IOWR('d', 0x4d, char[72]), _IOW('d', 0x4e, char[48]),
    _IOWR('d', 0xc4, char[16]), _IOWR('d', 0xca, char[48]), _IOWR('d', 0xcb, char[24]), _IOWR('d', 0xcc, char[40]),
    _IOWR('d', 0xcd, char[24]), _IOWR('d', 0xcf, char[24]),
};

enum { REQUESTS = sizeof requests / sizeof *requests };

/* Time must not pass, and what is open in the process is not to be given to others or closed. */
static void tame(unsigned number, uint64_t *words)
{
    if (number == 0x4a)
        words[5] = 0;
    if (number == 0xc3)
        words[1] = 0;
    if (number == 0xca)
        words[2] = 0;
    /* Descriptors that come in: none is open up there. */
    if (number == 0x2e || number == 0xc2 || number == 0xcf)
        words[1] = (words[1] & ~0xffffffffull) | 0x7fff0000;
    /* Those that go out would pile up: no handle is as high. */
    if (number == 0x2d || number == 0xc1)
        words[0] |= 0x70000000;
}

/* A request of any size and direction, mostly of a number that there is. */
static unsigned long any_request(uint64_t *seed)
{
    unsigned long request = requests[below(seed, REQUESTS)];
    switch (below(seed, 8)) {
    case 0: return _IOC(below(seed, 4), 'd', below(seed, 256), below(seed, 256));
    case 1: return _IOC(_IOC_DIR(request), 'd', _IOC_NR(request), below(seed, ROOM));
    case 2: return _IOC(below(seed, 4), 'd', _IOC_NR(request), _IOC_SIZE(request));
    default: return request;
    }
}

/* The struct ends where its page does, or stands in the middle; what is around it stays as it is, and so does a struct that only goes in. */
static bool call_once(int fd, const struct pages *pages, uint64_t *seed)
{
    static __thread unsigned char before[4 * ROOM];
    unsigned long request = any_request(seed);
    size_t bytes = _IOC_SIZE(request);
    uint64_t words[ROOM / 8];
    for (size_t i = 0; i < (bytes + 7) / 8 || i < 9; i++)
        words[i] = below(seed, 3) ? odd_number(pages, seed) : 0;
    tame(_IOC_NR(request), words);
    char *at = below(seed, 2) ? pages->end - bytes : pages->start + ROOM + 8 * below(seed, 64);
    memcpy(at, words, bytes);
    memcpy(before, pages->start, sizeof before);
    ioctl(fd, request, at);
    /* Arrays inside may be written: only what is far from all numbers that the struct can hold is looked at, and what only goes in. */
    size_t first = at - pages->start;
    bool is_same = (_IOC_DIR(request) & _IOC_READ) || memcmp(at, before + first, bytes) == 0;
    is_same &= memcmp(pages->start + 2 * ROOM, before + 2 * ROOM, ROOM) == 0;
    NEED(is_same, false);
    memset(at, CANARY, bytes);
    return true;
}

static void structs(void)
{
    struct scene scene;
    struct pages pages;
    uint64_t seed = first_seed;
    if (!begin(&scene, 0) || !make_pages(&pages))
        return;
    for (unsigned i = 0; i < calls; i++) {
        if (!call_once(scene.fd, &pages, &seed))
            return;
    }
    end(&scene);
    is_healthy();
}

/* What can be bound, waited for or run, as a program would ask for it; each then has one or two words spoilt. */
static void good_struct(unsigned kind, const struct scene *scene, const struct pages *pages, unsigned long *request, void *into)
{
    struct engine *engines = (struct engine *)(pages->start + ROOM);
    struct sync *syncs = (struct sync *)(pages->start + ROOM + 256);
    struct bind_op *ops = (struct bind_op *)(pages->start + ROOM + 1024);
    struct bind_op op = {.op = OP_MAP, .obj = scene->bo, .addr = VA + (1ull << 32), .range = scene->bytes};
    engines[0] = engines[1] = (struct engine){.class = CLASS_COPY};
    syncs[0] = syncs[1] = (struct sync){.type = SYNC_FENCE, .flags = SIGNALS, .addr = (uintptr_t)pages->start + ROOM + 512, .value = 1};
    ops[0] = ops[1] = op;
    ops[1].addr += 1ull << 32;
    switch (kind % 8) {
    case 0:
        *request = VM_BIND;
        *(struct vm_bind *)into = (struct vm_bind){.vm_id = scene->vm, .count = 1, .op = op, .num_syncs = 2, .syncs = (uintptr_t)syncs};
        break;
    case 1:
        *request = VM_BIND;
        *(struct vm_bind *)into = (struct vm_bind){.vm_id = scene->vm, .count = 2, .num_syncs = 1, .syncs = (uintptr_t)syncs};
        memcpy(&((struct vm_bind *)into)->op, &(uint64_t){(uintptr_t)ops}, sizeof(uint64_t));
        break;
    case 2:
        *request = EXEC;
        *(struct exec *)into = (struct exec){
            .queue = scene->queue, .num_syncs = 2, .syncs = (uintptr_t)syncs, .address = VA + BATCH, .batches = 1};
        break;
    case 3:
        *request = QUEUE_CREATE;
        *(struct queue_create *)into = (struct queue_create){
            .width = 1, .placements = 2, .vm_id = scene->vm, .instances = (uintptr_t)engines};
        break;
    case 4:
        *request = QUERY;
        *(struct query *)into = (struct query){.query = kind / 8 % 12, .size = 64, .data = (uintptr_t)pages->start + ROOM + 2048};
        break;
    case 5:
        *request = GEM_CREATE;
        *(struct gem_create *)into = (struct gem_create){.size = 64 * KIB, .placement = 1, .caching = WRITE_BACK};
        break;
    case 6:
        *request = WAIT_FENCE;
        *(struct wait_fence *)into = (struct wait_fence){.addr = (uintptr_t)pages->start + ROOM + 512, .value = 1, .mask = ~0ull};
        break;
    default:
        *request = VM_CREATE;
        *(struct vm_create *)into = (struct vm_create){.flags = kind / 8 % 8};
    }
}

static bool spoil_once(const struct scene *scene, const struct pages *pages, uint64_t *seed)
{
    unsigned long request;
    uint64_t words[32] = {0};
    good_struct((unsigned)next(seed), scene, pages, &request, words);
    for (uint64_t left = below(seed, 3); left > 0; left--)
        words[below(seed, _IOC_SIZE(request) / 8)] = odd_number(pages, seed);
    if (below(seed, 3) == 0)
        ((uint64_t *)(pages->start + ROOM))[below(seed, 192)] = odd_number(pages, seed);
    tame(_IOC_NR(request), words);
    uint64_t canaries[2] = {0x5a5a5a5a5a5a5a5a, 0x5a5a5a5a5a5a5a5a}, after[36];
    memcpy(after, canaries, sizeof canaries);
    memcpy(after + 2, words, _IOC_SIZE(request));
    memcpy((char *)(after + 2) + _IOC_SIZE(request), canaries, sizeof canaries);
    int made = ioctl(scene->fd, request, after + 2);
    bool is_same = memcmp(after, canaries, sizeof canaries) == 0
        && memcmp((char *)(after + 2) + _IOC_SIZE(request), canaries, sizeof canaries) == 0;
    NEED(is_same, false);
    /* They would pile up. */
    if (made == 0 && request == VM_CREATE)
        ioctl(scene->fd, VM_DESTROY, &(struct destroy){.id = ((struct vm_create *)(after + 2))->vm_id});
    if (made == 0 && request == QUEUE_CREATE)
        ioctl(scene->fd, QUEUE_DESTROY, &(struct destroy){.id = ((struct queue_create *)(after + 2))->id});
    if (made == 0 && request == GEM_CREATE)
        ioctl(scene->fd, GEM_CLOSE, &(struct gem_close){.handle = ((struct gem_create *)(after + 2))->handle});
    return true;
}

static void spoilt(void)
{
    struct scene scene;
    struct pages pages;
    uint64_t seed = first_seed + 1;
    if (!begin(&scene, 0) || !make_pages(&pages))
        return;
    end_batch(scene.cpu + BATCH / 4);
    for (unsigned i = 0; i < calls; i++) {
        if (!spoil_once(&scene, &pages, &seed))
            return;
        /* A queue that a fault has banned would let nothing else be tried. */
        if (i % 64 == 63) {
            end(&scene);
            if (!begin(&scene, i / 64 % 3 == 0 ? VM_LR : 0))
                return;
            end_batch(scene.cpu + BATCH / 4);
        }
    }
    end(&scene);
    is_healthy();
}

/* Every member that points somewhere, where the call comes to look there. */
static void pointers(void)
{
    struct scene scene;
    struct pages pages;
    uint64_t seed = first_seed + 2;
    if (!begin(&scene, 0) || !make_pages(&pages))
        return;
    for (int i = 0; i < 64; i++) {
        void *bad = bad_pointer(&pages, &seed);
        uint64_t at = (uintptr_t)bad;
        if (!bad)
            continue;
        CHECK(fails(scene.fd, QUERY, &(struct query){.extensions = at}, EINVAL) || errno == EFAULT);
        struct query query = {.query = QUERY_CONFIG};
        CHECK(ioctl(scene.fd, QUERY, &query) == 0);
        query.data = at;
        CHECK(fails(scene.fd, QUERY, &query, EFAULT));
        query.data = (uintptr_t)pages.fixed;
        CHECK(fails(scene.fd, QUERY, &query, EFAULT));
        CHECK(fails(scene.fd, GEM_CREATE, &(struct gem_create){.extensions = at, .size = 4096, .placement = 1, .caching = 1}, EFAULT));
        CHECK(fails(scene.fd, QUEUE_CREATE, &(struct queue_create){.width = 1, .placements = 1, .vm_id = scene.vm, .instances = at}, EFAULT));
        struct engine engine = {.class = CLASS_COPY};
        struct queue_create extended = {
            .extensions = at, .width = 1, .placements = 1, .vm_id = scene.vm, .instances = (uintptr_t)&engine};
        CHECK(fails(scene.fd, QUEUE_CREATE, &extended, EFAULT));
        struct vm_bind many = {.vm_id = scene.vm, .count = 2};
        memcpy(&many.op, &at, sizeof at);
        CHECK(fails(scene.fd, VM_BIND, &many, EFAULT));
        struct vm_bind synced = {
            .vm_id = scene.vm, .count = 1, .op = {.op = OP_UNMAP, .addr = VA + MIB, .range = 4096}, .num_syncs = 1, .syncs = at};
        CHECK(fails(scene.fd, VM_BIND, &synced, EFAULT));
        CHECK(fails(scene.fd, EXEC, &(struct exec){.queue = scene.queue, .num_syncs = 1, .syncs = at, .address = VA, .batches = 1}, EFAULT));
        bool is_there = bad == pages.end - 1;
        CHECK(fails(scene.fd, WAIT_FENCE, &(struct wait_fence){.addr = at & ~7ull, .mask = 1}, is_there ? ETIME : EFAULT));
        CHECK(fails(scene.fd, SYNCOBJ_WAIT, &(struct syncobj_wait){.handles = at, .count = 1}, EFAULT));
        CHECK(fails(scene.fd, SYNCOBJ_SIGNAL, &(struct syncobj_array){.handles = at, .count = 1}, EFAULT));
        struct version version = {.name_length = 8, .name = bad};
        CHECK(fails(scene.fd, VERSION, &version, EFAULT));
    }
    for (int i = 0; i < REQUESTS; i++) {
        bool comes_back = _IOC_DIR(requests[i]) & _IOC_READ;
        CHECK(fails(scene.fd, requests[i], NULL, EFAULT) && fails(scene.fd, requests[i], (void *)8, EFAULT));
        CHECK(fails(scene.fd, requests[i], pages.end - 4, EFAULT) && fails(scene.fd, requests[i], pages.secret, EFAULT));
        /* What cannot be written back is one, too, whatever else became of it. */
        CHECK(!comes_back || requests[i] == SYNCOBJ_TO_FD || fails(scene.fd, requests[i], pages.fixed, EFAULT));
    }
    CHECK(run(&scene));
    end(&scene);
}

/* Memory that goes without any change of the mappings: the file behind it is cut short. The batch that writes there may run on this
 * thread. */
static void vanishing(void)
{
    struct scene scene;
    int file = memfd_create("short", MFD_CLOEXEC);
    CHECK(file >= 0 && ftruncate(file, 4096) == 0);
    uint32_t *words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(words != MAP_FAILED && begin(&scene, 0));
    struct bind_op op = {.op = OP_USERPTR, .offset = (uintptr_t)words, .addr = VA + (1ull << 33), .range = 4096};
    CHECK(bind_coherent(scene.fd, scene.vm, op, NULL) == 0);
    end_batch(store(scene.cpu + BATCH / 4, op.addr, 5));
    CHECK(run(&scene) && words[0] == 5);
    CHECK(ftruncate(file, 0) == 0);
    exec(&scene, VA + BATCH, NULL);
    CHECK(fails(scene.fd, EXEC, &(struct exec){.queue = 0x1000, .batches = 1}, ENOENT));
    CHECK(close(file) == 0 && munmap(words, 4096) == 0);
    end(&scene);
    is_healthy();
}

/* Who blocks the signals that say that memory is not there must not be ended by them. The first of all parts: what a program asks before
 * its first userptr is looked at in another way. */
static void blocked(void)
{
    sigset_t all, before;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    pointers();
    if (!wrong)
        vanishing();
    sigset_t after;
    CHECK(pthread_sigmask(SIG_SETMASK, &before, &after) == 0 && sigismember(&after, SIGSEGV) && sigismember(&after, SIGBUS));
}

struct extension { uint64_t next; uint32_t name, pad; uint32_t property, pad2; uint64_t value, ptr, reserved[2]; };

/* Extensions that lead to themselves, in circles, or on and on. */
static void chains(void)
{
    struct scene scene;
    struct pages pages;
    uint64_t seed = first_seed + 3;
    if (!begin(&scene, 0) || !make_pages(&pages))
        return;
    struct extension *chain = (struct extension *)pages.start;
    for (int i = 0; i < 4000; i++) {
        uint64_t length = 1 + below(&seed, 64);
        for (uint64_t k = 0; k < length; k++) {
            chain[k] = (struct extension){.name = (uint32_t)below(&seed, 3), .property = (uint32_t)below(&seed, 4)};
            chain[k].next = (uintptr_t)&chain[k + 1 < length ? k + 1 : below(&seed, length)];
        }
        if (below(&seed, 4) == 0)
            chain[length - 1].next = (uintptr_t)bad_pointer(&pages, &seed) | 1;
        struct engine engine = {.class = CLASS_COPY};
        struct queue_create queue = {
            .extensions = (uintptr_t)chain, .width = 1, .placements = 1, .vm_id = scene.vm, .instances = (uintptr_t)&engine};
        CHECK(ioctl(scene.fd, QUEUE_CREATE, &queue) == -1 && (errno == E2BIG || errno == EINVAL || errno == EFAULT || errno == EPERM));
        struct gem_create bo = {.extensions = (uintptr_t)chain, .size = 4096, .placement = 1, .caching = WRITE_BACK};
        CHECK(ioctl(scene.fd, GEM_CREATE, &bo) == -1);
        struct vm_create vm = {.extensions = (uintptr_t)chain};
        CHECK(ioctl(scene.fd, VM_CREATE, &vm) == -1);
    }
    CHECK(run(&scene));
    end(&scene);
}

/* Addresses of a batch: inside what is mapped, at its ends, elsewhere. */
static uint64_t gpu_address(const struct scene *scene, uint64_t *seed)
{
    switch (below(seed, 6)) {
    case 0: return VA + 4 * below(seed, scene->bytes / 4);
    case 1: return VA + scene->bytes - 4 * below(seed, 4);
    case 2: return VA + BATCH + 4 * below(seed, 64);
    case 3: return next(seed);
    case 4: return next(seed) & 0xfffffffffffull;
    default: return VA - 8 + below(seed, 16);
    }
}

/* An instruction that there is, with its length mostly as it must be, and operands that are numbers or addresses. */
static uint32_t *odd_instruction(const struct scene *scene, uint32_t *at, uint64_t *seed)
{
    static const uint32_t headers[] = {
        0x10000002, 0x10200003, 0x18800101, 0x18800001, 0x0e009002, 0x0e008002, 0x11000001, 0x12000002, 0x14800002, 0x15000001, 0x17000003,
        0x1b000002, 0x13000001, 0x05000000, 0x00000000, 0x02000000, 0x0d000000, 0x1d000003, 0x54c00008, 0x50800008, 0x52000005, 0x51000005,
        0x56800005, 0x51400005, 0x5a000005, 0x7a000004, 0x73000001, 0x1a000001, 0x16000000, 0x04000000, 0x08000000, 0x0a800001, 0x18000002,
    };
    uint32_t header = headers[below(seed, sizeof headers / sizeof *headers)];
    if (below(seed, 8) == 0)
        header = (header & ~0xffu) | (uint32_t)below(seed, 256);
    if (below(seed, 16) == 0)
        header ^= 1u << below(seed, 32);
    uint32_t words = header >> 29 == 0 && header >> 23 < 0x10 ? 0 : (header & 0xff) + 1;
    *at++ = header;
    for (uint32_t i = 0; i < words && i < 24; i++) {
        uint64_t address = gpu_address(scene, seed);
        bool is_address = below(seed, 2);
        *at++ = is_address ? (uint32_t)address : (uint32_t)(next(seed) >> below(seed, 64));
        if (is_address && i + 1 < words && i < 23) {
            *at++ = (uint32_t)(address >> 32);
            i++;
        }
    }
    return at;
}

static void write_batch(const struct scene *scene, uint64_t *seed)
{
    uint32_t *batch = scene->cpu + BATCH / 4, *at = batch;
    uint64_t kind = below(seed, 4);
    while (at < batch + 256) {
        if (kind == 0)
            *at++ = (uint32_t)next(seed);
        else
            at = odd_instruction(scene, at, seed);
    }
    /* Some go round for ever. */
    if (kind == 1) {
        uint64_t to = below(seed, 2) ? VA + BATCH : gpu_address(scene, seed);
        batch[below(seed, 32)] = 0x18800101;
        memcpy(batch + 250, &(uint32_t[3]){0x18800101, (uint32_t)to, (uint32_t)(to >> 32)}, 12);
    }
    end_batch(at);
}

/* Memory of the process in the middle of canaries: a userptr, which batches may write, and nothing beside it. */
static bool bind_guarded(const struct scene *scene, char *middle)
{
    struct bind_op op = {.op = OP_USERPTR, .offset = (uintptr_t)middle, .addr = VA + (1ull << 33), .range = 4096};
    return bind_coherent(scene->fd, scene->vm, op, NULL) == 0;
}

static bool is_canary(const char *from, const char *to)
{
    for (; from < to; from++)
        NEED((unsigned char)*from == CANARY, false);
    return true;
}

static void batches(void)
{
    struct scene scene;
    struct pages pages;
    uint64_t seed = first_seed + 4;
    if (!make_pages(&pages))
        return;
    char *middle = pages.start + 2 * ROOM;
    for (unsigned i = 0; i < batches_wanted; i++) {
        if (!begin(&scene, i % 5 == 0 ? VM_SCRATCH : 0))
            return;
        bind_guarded(&scene, middle);
        write_batch(&scene, &seed);
        uint64_t address = below(&seed, 8) ? VA + BATCH : gpu_address(&scene, &seed);
        struct exec batch = {.queue = scene.queue, .address = address, .batches = 1};
        int error = ioctl(scene.fd, EXEC, &batch);
        CHECK(error == 0 || errno == EINVAL || errno == ECANCELED);
        /* It runs where the ioctl ends, or on the engine's thread; what does not end is taken away with its client. */
        end(&scene);
        if (i % 256 == 255 && !(is_canary(pages.start, middle) && is_canary(middle + 4096, pages.end)))
            return;
    }
    is_healthy();
}

struct work {
    const struct scene *scene;
    uint64_t seed;
    const char *wrong;
};

static void *work(void *given)
{
    struct work *mine = given;
    struct pages pages;
    struct scene own;
    if (!make_pages(&pages) || !begin(&own, 0)) {
        mine->wrong = "no scene";
        return NULL;
    }
    for (unsigned i = 0; i < calls / THREADS && !mine->wrong; i++) {
        bool is_right = i % 2 ? call_once(mine->scene->fd, &pages, &mine->seed) : spoil_once(mine->scene, &pages, &mine->seed);
        if (i % 128 == 0) {
            write_batch(&own, &mine->seed);
            exec(&own, VA + BATCH, NULL);
            end(&own);
            is_right &= begin(&own, 0);
        }
        mine->wrong = is_right ? NULL : wrong;
    }
    end(&own);
    return NULL;
}

static void threads(void)
{
    struct scene scene;
    pthread_t all[THREADS];
    struct work works[THREADS];
    if (!begin(&scene, 0))
        return;
    for (int i = 0; i < THREADS; i++) {
        works[i] = (struct work){.scene = &scene, .seed = first_seed + 10 + (uint64_t)i};
        CHECK(pthread_create(&all[i], NULL, work, &works[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(all[i], NULL);
    for (int i = 0; i < THREADS; i++)
        CHECK(!works[i].wrong);
    end(&scene);
    is_healthy();
}

static const struct part parts[] = {
    {"blocked", blocked}, {"structs", structs}, {"spoilt", spoilt}, {"pointers", pointers}, {"chains", chains}, {"batches", batches},
    {"threads", threads},
};

static void choose(const char *name, unsigned *value)
{
    const char *text = getenv(name);
    if (text)
        *value = (unsigned)strtoul(text, NULL, 10);
}

int main(int count, char **names)
{
    unsigned seed = 1;
    choose("HOSTILE_CALLS", &calls);
    choose("HOSTILE_BATCHES", &batches_wanted);
    choose("HOSTILE_SEED", &seed);
    first_seed = seed * 0x9e3779b97f4a7c15;
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
