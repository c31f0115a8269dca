/* Does with a render node what programs do with one, and says of each part whether it is as on hardware. */
#define _GNU_SOURCE
#include "scene.h"

#include <dirent.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void opening(void)
{
    struct stat stat_node, stat_open;
    CHECK(stat(NODE, &stat_node) == 0 && S_ISCHR(stat_node.st_mode) && stat_node.st_rdev == makedev(226, 128));
    CHECK(stat("/dev/dri/card0", &stat_node) == 0 && stat_node.st_rdev == makedev(226, 0));
    CHECK(stat("/dev/dri/card15", &stat_node) == -1 && errno == ENOENT);
    int fd = open(NODE, O_RDWR);
    CHECK(fd >= 0 && fstat(fd, &stat_open) == 0 && stat_open.st_rdev == makedev(226, 128));

    char link[64], path[256] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    CHECK(readlink(link, path, sizeof path - 1) > 0 && strcmp(path, NODE) == 0);

    /* Each open is a client: its VMs have numbers of their own. */
    struct vm_create vm = {0};
    CHECK(ioctl(fd, VM_CREATE, &vm) == 0 && vm.vm_id == 1);
    int again = open(link, O_RDWR);
    CHECK(again >= 0 && ioctl(again, VM_CREATE, &vm) == 0 && vm.vm_id == 1);
    int copy = dup(fd);
    CHECK(copy >= 0 && close(fd) == 0 && ioctl(copy, VM_CREATE, &vm) == 0 && vm.vm_id == 2);
    CHECK(fails(fd, VM_CREATE, &vm, EBADF));
    CHECK(close(copy) == 0 && close(again) == 0);
    CHECK(open("/dev/dri/renderD129", O_RDWR) == -1 && errno == ENOENT);
}

static void discovery(void)
{
    bool found = false;
    DIR *folder = opendir("/dev/dri");
    CHECK(folder);
    for (struct dirent *entry; (entry = readdir(folder));)
        found |= strcmp(entry->d_name, "renderD128") == 0;
    closedir(folder);
    CHECK(found);

    char path[PATH_MAX], text[64] = "";
    CHECK(realpath("/sys/dev/char/226:128/device", path) && strncmp(path, "/sys/devices/pci0000:00/0000:", 29) == 0);
    CHECK(realpath("/sys/dev/char/226:128/device/subsystem", path) && strcmp(path, "/sys/bus/pci") == 0);
    FILE *vendor = fopen("/sys/dev/char/226:128/device/vendor", "r");
    CHECK(vendor && fgets(text, sizeof text, vendor) && strcmp(text, "0x8086\n") == 0);
    fclose(vendor);
    CHECK(access("/sys/class/drm/card0/device/drm/renderD128", F_OK) == 0);
    CHECK(access("/sys/kernel/debug/dri/0/info", R_OK) == 0);

    /* Lists that devices of other kinds are in, too. */
    bool has_drm = false;
    CHECK((folder = opendir("/sys/class")));
    for (struct dirent *entry; (entry = readdir(folder));)
        has_drm |= strcmp(entry->d_name, "drm") == 0;
    closedir(folder);
    CHECK(has_drm);

    /* As libudev goes, from the root on. */
    struct statfs system;
    int root = open("/", O_PATH | O_DIRECTORY), sys = openat(root, "sys", O_PATH | O_DIRECTORY);
    CHECK(root >= 0 && sys >= 0 && fstatfs(sys, &system) == 0 && system.f_type == SYSFS_MAGIC);
    struct stat class;
    CHECK(fstatat(sys, "class/drm/renderD128", &class, 0) == 0 && S_ISDIR(class.st_mode));
    ssize_t length = readlinkat(sys, "dev/char/226:128/device/subsystem", path, sizeof path - 1);
    CHECK(length > 4 && memcmp(path + length - 4, "/pci", 4) == 0);
    close(sys);
    close(root);
}

static void answers(void)
{
    int fd = open(NODE, O_RDWR);
    char name[8] = "";
    struct version version = {.name_length = sizeof name, .name = name};
    CHECK(ioctl(fd, VERSION, &version) == 0 && version.name_length == 2 && strcmp(name, "xe") == 0 && version.major == 1);
    struct capability capability = {.which = 0x14};
    CHECK(ioctl(fd, GET_CAP, &capability) == 0 && capability.value == 1);
    capability.which = 5;
    CHECK(ioctl(fd, GET_CAP, &capability) == 0 && capability.value == 3);
    CHECK(fails(fd, VERSION, NULL, EFAULT) && fails(fd, GET_CAP, (void *)8, EFAULT));

    struct { uint32_t count, pad; uint64_t info[16]; } config = {0};
    struct query query = {.query = QUERY_CONFIG};
    CHECK(ioctl(fd, QUERY, &query) == 0 && query.size > 0 && query.size <= sizeof config);
    query.data = (uintptr_t)&config;
    CHECK(ioctl(fd, QUERY, &query) == 0);
    unsigned device = 0;
    FILE *file = fopen("/sys/dev/char/226:128/device/device", "r");
    CHECK(file && fscanf(file, "%x", &device) == 1 && device == (config.info[0] & 0xffff));
    fclose(file);
    query.size++;
    CHECK(fails(fd, QUERY, &query, EINVAL));
    /* Of each: nothing but its size, and that only of what there is; the last one a platform may have none of. */
    for (uint32_t id = 0; id < QUERIES; id++) {
        struct query size = {.query = id};
        int error = ioctl(fd, QUERY, &size) == 0 ? 0 : errno;
        CHECK(error == 0 || (error == ENODEV && id == QUERIES - 1));
        if (error || size.size == 0)
            continue;
        struct query longer = {.query = id, .size = size.size + 8, .data = (uintptr_t)&config};
        struct query extended = {.query = id, .extensions = 8}, reserved = {.query = id, .reserved = {0, 1}};
        CHECK(fails(fd, QUERY, &longer, EINVAL));
        CHECK(fails(fd, QUERY, &extended, EINVAL) && fails(fd, QUERY, &reserved, EINVAL));
    }
    struct query unknown = {.query = QUERIES};
    CHECK(fails(fd, QUERY, &unknown, EINVAL));
    CHECK(fails(fd, _IO('d', 0x5f), NULL, EINVAL) && fails(fd, TIOCGWINSZ, &config, ENOTTY));
    close(fd);
}

static bool read_file(const char *path, char *text, size_t room);
static int write_file(const char *path, const char *text);

/* Who is master and what a card is called, which only cards answer (RN-023); writes that would concern the whole machine (RN-025). */
static void manners(void)
{
    int card = open("/dev/dri/card0", O_RDWR), render = open(NODE, O_RDWR);
    struct { size_t length; char *text; } unique = {0};
    uint32_t magic = 0;
    char text[32] = "", before[32] = "", after[32] = "";
    CHECK(ioctl(card, _IO('d', 0x1e), NULL) == 0 && ioctl(card, _IOR('d', 0x02, magic), &magic) == 0 && magic != 0);
    CHECK(ioctl(card, _IOW('d', 0x11, magic), &magic) == 0 && ioctl(card, _IO('d', 0x1f), NULL) == 0);
    CHECK(ioctl(card, _IOWR('d', 0x01, unique), &unique) == 0 && unique.length > 0 && unique.length < sizeof text);
    unique.text = text;
    CHECK(ioctl(card, _IOWR('d', 0x01, unique), &unique) == 0 && strncmp(text, "pci:0000:03", 11) == 0);
    CHECK(fails(render, _IO('d', 0x1e), NULL, EACCES) && fails(render, _IOR('d', 0x02, magic), &magic, EACCES));
    close(card);
    close(render);

    CHECK(read_file("/proc/self/oom_score_adj", before, sizeof before));
    CHECK(write_file("/proc/self/oom_score_adj", "17") == 0 && read_file("/proc/self/oom_score_adj", after, sizeof after));
    CHECK(strcmp(before, after) == 0 && write_file("/dev/kmsg", "<6>nobody reads this") == 0);
    static const char *const traces[] = {
        "/sys/kernel/tracing/tracing_on", "/sys/kernel/debug/tracing/trace_marker", "/proc/sys/kernel/ftrace_dump_on_oops",
    };
    for (size_t i = 0; i < sizeof traces / sizeof *traces; i++) {
        read_file(traces[i], before, sizeof before);
        CHECK(write_file(traces[i], "1") == 0);
        read_file(traces[i], after, sizeof after);
        CHECK(strcmp(before, after) == 0);
    }
    CHECK(write_file("/sys/class/vtconsole/vtcon1/bind", "0") == 0);
    int folder = open("/sys/class", O_RDONLY | O_DIRECTORY), bind = openat(folder, "vtconsole/vtcon1/bind", O_WRONLY);
    CHECK(folder >= 0 && bind >= 0 && write(bind, "0", 1) == 1);
    close(bind);
    close(folder);
    CHECK(mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL) == 0);
    CHECK(access("/sys/kernel/debug/dri/0/name", R_OK) == 0);
}

static bool read_file(const char *path, char *text, size_t room)
{
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, text, room - 1);
    text[length < 0 ? 0 : length] = '\0';
    close(fd);
    return length >= 0;
}

/* 0 or the error number. */
static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    if (fd < 0)
        return errno;
    ssize_t length = write(fd, text, strlen(text));
    int error = length == (ssize_t)strlen(text) ? 0 : length < 0 ? errno : EIO;
    close(fd);
    return error;
}

#define ENGINES "/sys/class/drm/card0/device/tile0/gt0/engines/bcs/"
#define DEBUG "/sys/kernel/debug/dri/0/gt0/"

/* Limits of scheduling: numbers in their range, and nothing else. */
static void limits(void)
{
    char text[64];
    CHECK(read_file(ENGINES "preempt_timeout_us", text, sizeof text) && strcmp(text, "640000\n") == 0);
    CHECK(write_file(ENGINES "preempt_timeout_us", "1000\n") == 0);
    CHECK(read_file(ENGINES "preempt_timeout_us", text, sizeof text) && strcmp(text, "1000\n") == 0);
    const char *bad[] = {"0", "10000001", "12a", "-5", " 7", "0123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(write_file(ENGINES "preempt_timeout_us", bad[i]) == EINVAL);
    CHECK(write_file(ENGINES "preempt_timeout_us", "4294967296") == ERANGE);
    CHECK(write_file(ENGINES "preempt_timeout_min", "2000") == 0 && write_file(ENGINES "preempt_timeout_us", "1999") == EINVAL);
    CHECK(write_file(ENGINES "preempt_timeout_max", "1999") == EINVAL && write_file(ENGINES "preempt_timeout_min", "0") == EINVAL);
    CHECK(write_file(ENGINES ".defaults/preempt_timeout_min", "7") == EACCES);
    CHECK(read_file(ENGINES "preempt_timeout_us", text, sizeof text) && strcmp(text, "1000\n") == 0);
    CHECK(write_file(ENGINES "preempt_timeout_min", "1") == 0 && write_file(ENGINES "preempt_timeout_us", "0x9c400") == 0);
    CHECK(read_file(ENGINES "preempt_timeout_us", text, sizeof text) && strcmp(text, "640000\n") == 0);
}

/* Each limit of each class that GT 0 has engines of, with its range, and what they were at first. */
static void attributes(void)
{
    static const char *const limits[][2] = {{"job_timeout", "_ms"}, {"preempt_timeout", "_us"}, {"timeslice_duration", "_us"}};
    static const char *const ends[] = {NULL, "_min", "_max"};
    char path[256], text[1024], first[1024];
    int classes = 0;
    DIR *folder = opendir(ENGINES "..");
    CHECK(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        classes++;
        for (size_t i = 0; i < 3 * 3; i++) {
            const char *const *limit = limits[i / 3], *end = ends[i % 3] ? ends[i % 3] : limit[1];
            snprintf(path, sizeof path, ENGINES "../%.15s/%s%s", entry->d_name, limit[0], end);
            CHECK(read_file(path, text, sizeof text) && strtol(text, NULL, 10) > 0);
            snprintf(path, sizeof path, ENGINES "../%.15s/.defaults/%s%s", entry->d_name, limit[0], end);
            CHECK(read_file(path, first, sizeof first) && strcmp(first, text) == 0);
        }
    }
    closedir(folder);
    CHECK(classes >= 2);

    CHECK(read_file("/sys/kernel/debug/dri/0/name", text, sizeof text) && strncmp(text, "xe dev=0000:03:00.0", 19) == 0);
    CHECK(read_file("/sys/kernel/debug/dri/0/info", text, sizeof text) && strstr(text, "tile_count ") && strstr(text, "is_dgfx "));
    CHECK(write_file("/sys/kernel/debug/dri/0/forcewake_all", "") == 0 && access(DEBUG "force_reset_sync", W_OK) == 0);
}

static long line_of(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? strtol(line + strlen(name), NULL, 10) : -1;
}

/* What a client has and does is in the text of its descriptor, and what a GT does in that of its counters. */
static void statistics(void)
{
    struct scene scene;
    char path[64], text[16384];
    if (!begin(&scene, 0))
        return;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", scene.fd);
    CHECK(read_file(path, text, sizeof text) && strstr(text, "pos:"));
    CHECK(strstr(text, "drm-driver:\txe\n") && strstr(text, "drm-pdev:\t0000:03"));
    long before = line_of(text, "drm-total-gtt:");
    long cycles = line_of(text, "drm-total-cycles-bcs:");
    usleep(2000);
    CHECK(before >= 0 && cycles >= 0 && read_file(path, text, sizeof text) && line_of(text, "drm-total-cycles-bcs:") > cycles);
    uint32_t bo = create_bo(scene.fd, 64 * KIB, false);
    CHECK(bo && read_file(path, text, sizeof text) && line_of(text, "drm-total-gtt:") == before + 64);

    CHECK(read_file(DEBUG "stats", text, sizeof text));
    static const char *const counters[] = {
        "svm_pagefault_count:", "svm_tlb_inval_count:", "vma_pagefault_count:", "svm_4K_pagefault_count:", "svm_2M_valid_pagefault_count:",
        "svm_64K_migrate_count:",
    };
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        CHECK(line_of(text, counters[i]) >= 0);
    long flushes = line_of(text, "tlb_inval_count:");
    struct bind_op unmap = {.op = 1, .addr = VA, .range = scene.bytes};
    CHECK(bind_vm(scene.fd, scene.vm, unmap, NULL) == 0 && read_file(DEBUG "stats", text, sizeof text));
    CHECK(flushes >= 0 && line_of(text, "tlb_inval_count:") > flushes);
    CHECK(write_file(DEBUG "stats", "0") == 0 && read_file(DEBUG "stats", text, sizeof text));
    CHECK(line_of(text, "tlb_inval_count:") == 0);
    end(&scene);
}

static void memory(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    struct mmap_offset offset = {.handle = scene.bo};
    CHECK(ioctl(scene.fd, GEM_MMAP_OFFSET, &offset) == 0);
    scene.cpu[1025] = 0x1234;

    /* A part, over something else. */
    uint32_t *other = mmap(NULL, 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(other != MAP_FAILED);
    uint32_t *part = mmap(other + 1024, 4096, PROT_WRITE, MAP_SHARED | MAP_FIXED, scene.fd, (off_t)offset.offset + 4096);
    CHECK(part == other + 1024 && part[1] == 0x1234);
    part[2] = 0x5678;
    CHECK(scene.cpu[1026] == 0x5678);
    munmap(other, 2 * 4096);

    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, scene.fd, (off_t)offset.offset) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, scene.fd, 1ll << 46) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, scene.bytes + 4096, PROT_READ, MAP_SHARED, scene.fd, (off_t)offset.offset) == MAP_FAILED && errno == EINVAL);

    struct mmap_offset barrier = {.flags = 1};
    if (is_discrete(scene.fd)) {
        CHECK(ioctl(scene.fd, GEM_MMAP_OFFSET, &barrier) == 0);
        volatile uint32_t *page = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, scene.fd, (off_t)barrier.offset);
        CHECK(page != MAP_FAILED && page[3] == 0xdeadbeef);
        /* What is written there stays nowhere. */
        for (int i = 0; i < 1024; i++) {
            page[i] = (uint32_t)i;
            CHECK(page[i] == 0xdeadbeef);
        }
        __atomic_fetch_add(&page[9], 1, __ATOMIC_SEQ_CST);
        memset((void *)page, 0, 4096);
        CHECK(page[9] == 0xdeadbeef && page[1023] == 0xdeadbeef);
        munmap((void *)page, 4096);
    }

    /* A mapping stays good when handle and client are gone. */
    struct gem_close gem_close = {.handle = scene.bo};
    CHECK(ioctl(scene.fd, GEM_CLOSE, &gem_close) == 0);
    close(scene.fd);
    CHECK(scene.cpu[1025] == 0x1234);
    munmap(scene.cpu, scene.bytes);
}

static void batches(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 0xc0ffee));
    if (!run(&scene))
        return;
    CHECK(scene.cpu[0x10] == 0xc0ffee);
    /* Through an address that leads somewhere else now. */
    uint32_t other = create_bo(scene.fd, 64 * KIB, false);
    uint32_t *bytes = other ? map_bo(scene.fd, other, 64 * KIB) : MAP_FAILED;
    if (bytes == MAP_FAILED || !map_gpu(scene.fd, scene.vm, other, VA + MIB, 64 * KIB))
        return;
    end_batch(store(scene.cpu + BATCH / 4, VA + MIB + 0x80, 0xabcd));
    if (!run(&scene))
        return;
    CHECK(bytes[0x20] == 0xabcd);
    munmap(bytes, 64 * KIB);
    end(&scene);
}

/* A batch goes on while the program does nothing but look at memory. */
static void concurrency(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    volatile uint32_t *words = scene.cpu;
    uint32_t *batch = store(scene.cpu + BATCH / 4, VA + 0x40, 1);
    end_batch(store(wait_for(batch, VA + 0x80, 5), VA + 0x40, 2));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0);
    int64_t deadline = now() + seconds(10);
    while (words[0x10] != 1 && now() < deadline)
        continue;
    CHECK(words[0x10] == 1 && wait_syncobj(scene.fd, done, now() + 20000000) == -1 && errno == ETIME);
    words[0x20] = 5;
    while (words[0x10] != 2 && now() < deadline)
        continue;
    CHECK(words[0x10] == 2 && wait_syncobj(scene.fd, done, deadline) == 0);
    end(&scene);
}

static void faults(void)
{
    struct scene scene;
    struct vm_create probe = {.flags = VM_LR | VM_FAULT};
    int fd = open(NODE, O_RDWR);
    int error = ioctl(fd, VM_CREATE, &probe);
    close(fd);
    if (error)
        SKIP("page faults");
    if (!begin(&scene, VM_LR | VM_FAULT))
        return;
    /* The fence of a long-running job is a word that the GPU writes. */
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 0xfa17));
    struct sync sync = {.type = SYNC_FENCE, .flags = SIGNALS, .addr = VA + 0x100, .value = 9};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0);
    if (!wait_fence(scene.fd, (uint64_t *)(scene.cpu + 0x40), 9))
        return;
    CHECK(scene.cpu[0x10] == 0xfa17);
    end(&scene);
}

static void resets(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    struct queue_property ban = {.queue = scene.queue};
    CHECK(ioctl(scene.fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 0);
    /* Nothing is mapped there. */
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    CHECK(exec(&scene, VA + 16 * MIB, &sync) == 0 && wait_syncobj(scene.fd, done, now() + seconds(10)) == 0);
    CHECK(ioctl(scene.fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 1);
    CHECK(exec(&scene, VA + BATCH, NULL) == -1 && errno == ECANCELED);
    scene.queue = create_queue(scene.fd, scene.vm);
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 3));
    if (!scene.queue || !run(&scene))
        return;
    CHECK(scene.cpu[0x10] == 3);
    end(&scene);
}

/* A GT that is reset ends what runs on it. */
static void gt_resets(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(wait_for(store(scene.cpu + BATCH / 4, VA + 0x40, 1), VA + 0x80, 5));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0);
    volatile uint32_t *words = scene.cpu;
    for (int64_t deadline = now() + seconds(10); words[0x10] != 1 && now() < deadline;)
        continue;
    CHECK(write_file(DEBUG "force_reset", "x") == EINVAL && write_file(DEBUG "force_reset", "0") == 0);
    CHECK(wait_syncobj(scene.fd, done, now() + 20000000) == -1 && errno == ETIME);
    CHECK(write_file(DEBUG "force_reset_sync", "1") == 0 && wait_syncobj(scene.fd, done, now() + seconds(1)) == 0);
    struct queue_property ban = {.queue = scene.queue};
    CHECK(ioctl(scene.fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 1);
    end(&scene);
}

static int child(const struct scene *inherited)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return 1;
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 77));
    if (!run(&scene) || scene.cpu[0x10] != 77)
        return 2;
    end(&scene);
    /* What it has inherited is a copy, but the bytes are the same. */
    end_batch(store(inherited->cpu + BATCH / 4, VA + 0x40, 88));
    return run(inherited) ? 0 : 3;
}

static bool has_forked;

/* Is inside the engine most of the time. */
static void *bind_until_forked(void *argument)
{
    struct scene *scene = argument;
    while (!__atomic_load_n(&has_forked, __ATOMIC_ACQUIRE)) {
        struct vm_create vm = {0};
        struct destroy gone = {0};
        /* Objects that the library needs memory for, too. */
        if (ioctl(scene->fd, VM_CREATE, &vm) || (gone.id = vm.vm_id, ioctl(scene->fd, VM_DESTROY, &gone)))
            return "make";
        if (!map_gpu(scene->fd, scene->vm, scene->bo, VA + 16 * MIB, scene->bytes))
            return "map";
        if (bind_vm(scene->fd, scene->vm, (struct bind_op){.op = OP_UNMAP, .addr = VA + 16 * MIB, .range = scene->bytes}, NULL))
            return "unmap";
    }
    return NULL;
}

static void forks(void)
{
    struct scene scene, busy;
    if (!begin(&scene, 0) || !begin(&busy, 0))
        return;
    pthread_t thread;
    has_forked = false;
    CHECK(pthread_create(&thread, NULL, bind_until_forked, &busy) == 0);
    for (int i = 0; i < 10; i++) {
        scene.cpu[0x10] = 0;
        fflush(NULL);
        pid_t forked = fork();
        CHECK(forked >= 0);
        if (forked == 0)
            _exit(child(&scene));
        int status = -1;
        CHECK(waitpid(forked, &status, 0) == forked && status == 0);
        CHECK(scene.cpu[0x10] == 88);
    }
    __atomic_store_n(&has_forked, true, __ATOMIC_RELEASE);
    void *failed = NULL;
    CHECK(pthread_join(thread, &failed) == 0 && !failed);
    end(&busy);
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 99));
    if (!run(&scene))
        return;
    CHECK(scene.cpu[0x10] == 99);
    end(&scene);
}

static void *work(void *argument)
{
    struct scene *scene = argument;
    for (uint32_t i = 1; i <= 100; i++) {
        uint64_t at = VA + i * MIB;
        if (!map_gpu(scene->fd, scene->vm, scene->bo, at, scene->bytes))
            return "map";
        end_batch(store(scene->cpu + BATCH / 4, at + 0x40, i));
        if (!run(scene) || scene->cpu[0x10] != i)
            return "run";
        if (bind_vm(scene->fd, scene->vm, (struct bind_op){.op = OP_UNMAP, .addr = at, .range = scene->bytes}, NULL))
            return "unmap";
    }
    return NULL;
}

static void threads(void)
{
    enum { COUNT = 4 };
    struct scene scenes[COUNT];
    pthread_t threads[COUNT];
    for (int i = 0; i < COUNT; i++) {
        if (!begin(&scenes[i], 0))
            return;
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(pthread_create(&threads[i], NULL, work, &scenes[i]) == 0);
    const void *first = NULL;
    for (int i = 0; i < COUNT; i++) {
        void *failed = NULL;
        CHECK(pthread_join(threads[i], &failed) == 0);
        first = first ? first : failed;
        end(&scenes[i]);
    }
    CHECK(!first);
}

/* More than device memory can hold, one after the other, and none loses what it has. */
static void eviction(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    if (!is_discrete(scene.fd))
        SKIP("device memory");
    struct { uint32_t count, pad; struct { uint16_t class, instance; uint32_t page; uint64_t total, rest[9]; } region[8]; } regions;
    struct query query = {.query = QUERY_REGIONS};
    CHECK(ioctl(scene.fd, QUERY, &query) == 0 && query.size <= sizeof regions);
    query.data = (uintptr_t)&regions;
    CHECK(ioctl(scene.fd, QUERY, &query) == 0 && regions.count >= 2);

    enum { COUNT = 6 };
    uint64_t bytes = regions.region[1].total / 4 & ~(2 * MIB - 1);
    uint32_t *cpu[COUNT];
    for (uint32_t i = 0; i < COUNT; i++) {
        struct gem_create create = {.size = bytes, .placement = 3, .caching = WRITE_COMBINED, .flags = 1};
        CHECK(ioctl(scene.fd, GEM_CREATE, &create) == 0);
        cpu[i] = map_bo(scene.fd, create.handle, bytes);
        if (cpu[i] == MAP_FAILED || !map_gpu(scene.fd, scene.vm, create.handle, VA + (i + 1) * 64 * 1024 * MIB, bytes))
            return;
        cpu[i][0] = 100 + i;
    }
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            end_batch(store(scene.cpu + BATCH / 4, VA + (i + 1) * 64 * 1024 * MIB + 4 + 4 * round, 10 * round + i));
            if (!run(&scene))
                return;
        }
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK(cpu[i][0] == 100 + i);
        for (uint32_t round = 0; round < 3; round++)
            CHECK(cpu[i][1 + round] == 10 * round + i);
        munmap(cpu[i], bytes);
    }
    end(&scene);
}

static void sharing(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    struct prime export = {.handle = scene.bo, .flags = O_CLOEXEC | O_RDWR};
    CHECK(ioctl(scene.fd, HANDLE_TO_FD, &export) == 0 && lseek(export.fd, 0, SEEK_END) == (off_t)scene.bytes);
    uint32_t *shared = mmap(NULL, scene.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, export.fd, 0);
    CHECK(shared != MAP_FAILED);
    shared[7] = 42;
    CHECK(scene.cpu[7] == 42);

    int fd = open(NODE, O_RDWR);
    struct prime import = {.fd = export.fd};
    CHECK(ioctl(fd, FD_TO_HANDLE, &import) == 0);
    uint32_t first = import.handle, *other = map_bo(fd, first, scene.bytes);
    if (other == MAP_FAILED)
        return;
    CHECK(other[7] == 42 && ioctl(fd, FD_TO_HANDLE, &import) == 0 && import.handle == first);
    close(export.fd);
    CHECK(fails(fd, FD_TO_HANDLE, &import, EBADF));
    import.fd = 0;
    CHECK(fails(fd, FD_TO_HANDLE, &import, EINVAL));

    /* A syncobj is one, whoever signals it. */
    uint32_t mine = create_syncobj(scene.fd, 0);
    struct syncobj_fd out = {.handle = mine}, in = {0};
    CHECK(ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0);
    in.fd = out.fd;
    CHECK(ioctl(fd, SYNCOBJ_FROM_FD, &in) == 0);
    struct syncobj_array signal = {.handles = (uintptr_t)&in.handle, .count = 1};
    CHECK(ioctl(fd, SYNCOBJ_SIGNAL, &signal) == 0 && wait_syncobj(scene.fd, mine, 0) == 0);
    struct syncobj_wait wait = {.handles = (uintptr_t)&mine, .count = 1};
    CHECK(ioctl(scene.fd, SYNCOBJ_WAIT_SHORT, &wait) == 0);
    close(out.fd);
    munmap(shared, scene.bytes);
    munmap(other, scene.bytes);
    close(fd);
    end(&scene);
}

/* The fence of a job becomes a sync file, goes into a shared object and out of it, and is waited for with poll. */
static void fences(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(wait_for(store(scene.cpu + BATCH / 4, VA + 0x40, 1), VA + 0x80, 5));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0);
    struct syncobj_fd out = {.handle = done, .flags = 1};
    CHECK(ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0);
    struct pollfd job = {.fd = out.fd, .events = POLLIN};
    CHECK(poll(&job, 1, 0) == 0 && poll(&job, 1, 20) == 0);

    struct prime export = {.handle = scene.bo, .flags = O_CLOEXEC | O_RDWR};
    CHECK(ioctl(scene.fd, HANDLE_TO_FD, &export) == 0);
    struct pollfd object = {.fd = export.fd, .events = POLLIN | POLLOUT};
    CHECK(poll(&object, 1, 0) == 1 && object.revents == (POLLIN | POLLOUT));
    struct { uint32_t flags; int32_t fd; } reads = {.flags = 1, .fd = out.fd}, taken = {.flags = 1}, all = {.flags = 3};
    CHECK(ioctl(export.fd, _IOW('b', 3, reads), &reads) == 0);
    CHECK(poll(&object, 1, 0) == 1 && object.revents == POLLIN);
    CHECK(ioctl(export.fd, _IOWR('b', 2, taken), &taken) == 0 && ioctl(export.fd, _IOWR('b', 2, all), &all) == 0);
    struct pollfd both[] = {{.fd = taken.fd, .events = POLLIN}, {.fd = all.fd, .events = POLLIN}};
    CHECK(poll(both, 2, 0) == 1 && both[0].revents == POLLIN && both[1].revents == 0);
    reads.flags = 0;
    CHECK(fails(export.fd, _IOW('b', 3, reads), &reads, EINVAL));

    struct { char name[32]; int32_t other, merged; uint32_t flags, pad; } merge = {.other = taken.fd};
    struct { char name[32]; int32_t status; uint32_t flags, count, pad; uint64_t fences; } info = {0};
    CHECK(ioctl(all.fd, _IOWR('>', 3, merge), &merge) == 0 && ioctl(merge.merged, _IOWR('>', 4, info), &info) == 0);
    CHECK(info.status == 0 && info.count == 1);
    scene.cpu[0x20] = 5;
    struct pollfd merged = {.fd = merge.merged, .events = POLLIN};
    CHECK(poll(&merged, 1, 10000) == 1 && merged.revents == POLLIN);
    info.count = 0;
    CHECK(ioctl(merge.merged, _IOWR('>', 4, info), &info) == 0 && info.status == 1);
    CHECK(poll(&job, 1, 0) == 1 && poll(&object, 1, 0) == 1 && object.revents == (POLLIN | POLLOUT));
    CHECK(lseek(export.fd, 0, SEEK_SET) == 0 && lseek(export.fd, 4096, SEEK_SET) == -1 && errno == EINVAL);
    int files[] = {out.fd, export.fd, taken.fd, all.fd, merge.merged};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(files[i]);
    end(&scene);
}

static uint64_t random_state = 88172645463325252ull;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* Numbers of the kinds that checks look for. */
static uint64_t odd_number(const void *good)
{
    switch (next_random() % 10) {
    case 0: return next_random();
    case 1: return (uintptr_t)good;
    case 2: return UINT64_MAX;
    case 3: return 1ull << (next_random() % 64);
    case 4: return VA;
    case 5: return 4096 * (next_random() % 64);
    default: return next_random() % 8;
    }
}

static void hostility(void)
{
    static const unsigned long requests[] = {
        QUERY, GEM_CREATE, GEM_MMAP_OFFSET, VM_CREATE, VM_DESTROY, VM_BIND, QUEUE_CREATE, QUEUE_DESTROY, QUEUE_PROPERTY, EXEC, WAIT_FENCE,
        SYNCOBJ_CREATE, SYNCOBJ_DESTROY, SYNCOBJ_TO_FD, SYNCOBJ_FROM_FD, SYNCOBJ_WAIT, SYNCOBJ_SIGNAL, HANDLE_TO_FD, FD_TO_HANDLE, GEM_CLOSE,
        VERSION, GET_CAP,
    };
    enum { COUNT = sizeof requests / sizeof *requests };
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    char *end_of_page = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    mprotect(end_of_page, 4096, PROT_NONE);
    for (int i = 0; i < COUNT; i++) {
        CHECK(fails(scene.fd, requests[i], NULL, EFAULT) && fails(scene.fd, requests[i], (void *)8, EFAULT));
        CHECK(fails(scene.fd, requests[i], end_of_page - 4, EFAULT));
        CHECK(fails(scene.fd, requests[i], (void *)0xffff800000000000, EFAULT));
    }
    /* Whatever structs say, the process lives, and what comes after works. */
    uint64_t words[64], good[512];
    for (int i = 0; i < 40000; i++) {
        unsigned long request = requests[next_random() % COUNT];
        /* Time must not pass, and files of this process are not to be given away or closed. */
        bool waits = request == WAIT_FENCE || request == SYNCOBJ_WAIT, opens = request == SYNCOBJ_TO_FD || request == HANDLE_TO_FD;
        for (int w = 0; w < 64; w++)
            words[w] = next_random() % 3 ? odd_number(good) : 0;
        for (int w = 0; w < 512; w++)
            good[w] = next_random() % 3 ? odd_number(good) : 0;
        if (waits) {
            ((struct wait_fence *)words)->timeout = 0;
            ((struct syncobj_wait *)words)->timeout = 0;
        }
        /* From 512 on descriptors are the library's, whose process this is, too. */
        int *fd = request == FD_TO_HANDLE ? &((struct prime *)words)->fd : &((struct syncobj_fd *)words)->fd;
        if ((request == FD_TO_HANDLE || request == SYNCOBJ_FROM_FD) && *fd >= 512)
            *fd = -*fd;
        if (ioctl(scene.fd, request, words) == 0 && opens)
            close(request == HANDLE_TO_FD ? ((struct prime *)words)->fd : ((struct syncobj_fd *)words)->fd);
    }
    /* And batches of any words. */
    for (int i = 0; i < 500; i++) {
        struct scene fuzzed;
        if (!begin(&fuzzed, 0))
            return;
        for (int w = 0; w < 64; w++)
            fuzzed.cpu[BATCH / 4 + w] = (uint32_t)(next_random() % 4 ? odd_number(good) : 0x10000002u + (next_random() % 32 << 23));
        CHECK(exec(&fuzzed, VA + BATCH, NULL) == 0);
        end(&fuzzed);
    }
    end(&scene);
    batches();
}

static const struct part parts[] = {
    {"opening", opening}, {"discovery", discovery}, {"answers", answers}, {"manners", manners}, {"attributes", attributes},
    {"limits", limits}, {"statistics", statistics}, {"memory", memory}, {"batches", batches}, {"concurrency", concurrency},
    {"faults", faults}, {"resets", resets}, {"gt_resets", gt_resets}, {"forks", forks}, {"threads", threads}, {"eviction", eviction},
    {"sharing", sharing}, {"fences", fences}, {"hostility", hostility},
};

int main(int count, char **names)
{
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
