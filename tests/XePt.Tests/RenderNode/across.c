/* What goes from one device, client or process to another: buffer objects, their names, fences. Wants two devices. */
#define _GNU_SOURCE
#include "scene.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OTHER "/dev/dri/renderD129"
#define CARD "/dev/dri/card0"

struct flink { uint32_t handle, name; };
struct gem_open { uint32_t name, handle; uint64_t size; };
struct syncobj_event { uint32_t handle, flags; uint64_t point; int32_t fd; uint32_t pad; };

#define FLINK _IOWR('d', 0x0a, struct flink)
#define GEM_OPEN _IOWR('d', 0x0b, struct gem_open)
#define SYNCOBJ_EVENTFD _IOWR('d', 0xcf, struct syncobj_event)
#define TIMELINE_SIGNAL _IOWR('d', 0xcd, struct timeline)

struct timeline { uint64_t handles, points; uint32_t count, flags; };

/* A scene on another device. */
static bool begin_on(struct scene *scene, const char *node)
{
    struct vm_create vm = {0};
    *scene = (struct scene){.fd = open(node, O_RDWR | O_CLOEXEC), .bytes = 64 * KIB};
    NEED(scene->fd >= 0 && ioctl(scene->fd, VM_CREATE, &vm) == 0, false);
    scene->vm = vm.vm_id;
    scene->bo = create_bo(scene->fd, scene->bytes, false);
    scene->cpu = scene->bo ? map_bo(scene->fd, scene->bo, scene->bytes) : MAP_FAILED;
    scene->queue = create_queue(scene->fd, scene->vm);
    return scene->cpu != MAP_FAILED && scene->queue && map_gpu(scene->fd, scene->vm, scene->bo, VA, scene->bytes);
}

static int export_bo(int fd, uint32_t bo)
{
    struct prime export = {.handle = bo, .flags = O_CLOEXEC | O_RDWR};
    NEED(ioctl(fd, HANDLE_TO_FD, &export) == 0, -1);
    return export.fd;
}

static uint32_t import_bo(int fd, int shared)
{
    struct prime import = {.fd = shared};
    NEED(ioctl(fd, FD_TO_HANDLE, &import) == 0, 0);
    return import.handle;
}

/* Two devices write to one object, which each has at places of its own. */
static void devices(void)
{
    struct scene first, second;
    if (!begin(&first, 0) || !begin_on(&second, OTHER))
        return;
    int shared = export_bo(first.fd, first.bo);
    uint32_t bo = shared < 0 ? 0 : import_bo(second.fd, shared);
    if (!bo)
        return;
    CHECK(import_bo(second.fd, shared) == bo);
    first.cpu[1] = 11;
    uint32_t *cpu = map_bo(second.fd, bo, first.bytes);
    if (cpu == MAP_FAILED || !map_imported(second.fd, second.vm, bo, VA + MIB, first.bytes))
        return;
    CHECK(cpu[1] == 11);
    end_batch(store(second.cpu + BATCH / 4, VA + MIB + 8, 22));
    if (!run(&second))
        return;
    CHECK(cpu[2] == 22 && first.cpu[2] == 22);
    end_batch(store(first.cpu + BATCH / 4, VA + 12, 33));
    if (!run(&first))
        return;
    CHECK(cpu[3] == 33);

    /* A batch of the second waits for one of the first, by a sync file. */
    uint32_t done = create_syncobj(first.fd, 0), due = create_syncobj(second.fd, 0), over = create_syncobj(second.fd, 0);
    struct sync signal = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    end_batch(store(wait_for(first.cpu + BATCH / 4, VA + 0x80, 5), VA + 0x40, 1));
    CHECK(exec(&first, VA + BATCH, &signal) == 0);
    struct syncobj_fd out = {.handle = done, .flags = 1}, in = {.handle = due, .flags = 1};
    CHECK(ioctl(first.fd, SYNCOBJ_TO_FD, &out) == 0);
    in.fd = out.fd;
    CHECK(ioctl(second.fd, SYNCOBJ_FROM_FD, &in) == 0);
    struct sync both[] = {{.type = SYNC_OBJECT, .addr = due}, {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = over}};
    struct exec later = {.queue = second.queue, .num_syncs = 2, .syncs = (uintptr_t)both, .address = VA + BATCH, .batches = 1};
    end_batch(store(second.cpu + BATCH / 4, VA + MIB + 0x44, 2));
    CHECK(ioctl(second.fd, EXEC, &later) == 0);
    CHECK(wait_syncobj(second.fd, over, now() + 20000000) == -1 && errno == ETIME && cpu[0x11] == 0);
    first.cpu[0x20] = 5;
    CHECK(wait_syncobj(second.fd, over, now() + seconds(10)) == 0 && cpu[0x10] == 1 && cpu[0x11] == 2);

    /* It lives as long as one of them has it. */
    close(out.fd);
    close(shared);
    end(&first);
    CHECK(cpu[2] == 22);
    end_batch(store(second.cpu + BATCH / 4, VA + MIB + 8, 44));
    if (!run(&second))
        return;
    CHECK(cpu[2] == 44);
    munmap(cpu, 64 * KIB);
    end(&second);
}

static bool send_fd(int socket, int fd)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    NEED(sendmsg(socket, &message, 0) == 1, false);
    return true;
}

static int receive_fd(int socket)
{
    int fd = -1;
    char byte, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    NEED(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message), -1);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

/* Another program: it has nothing of the first but what it is sent. */
static int stranger(int socket)
{
    struct scene scene;
    int shared = receive_fd(socket), fence = receive_fd(socket);
    if (shared < 0 || fence < 0 || !begin(&scene, 0))
        return 1;
    uint32_t bo = import_bo(scene.fd, shared), *raw, *cpu;
    if (!bo || import_bo(scene.fd, shared) != bo || lseek(shared, 0, SEEK_END) != (off_t)scene.bytes)
        return 2;
    raw = mmap(NULL, scene.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
    cpu = map_bo(scene.fd, bo, scene.bytes);
    uint64_t begin_access = 1 | 2;
    if (raw == MAP_FAILED || cpu == MAP_FAILED || ioctl(shared, _IOW('b', 0, uint64_t), &begin_access))
        return 3;
    if (cpu[1] != 11 || raw[1] != 11 || !map_gpu(scene.fd, scene.vm, bo, VA + MIB, scene.bytes))
        return 4;
    end_batch(store(scene.cpu + BATCH / 4, VA + MIB + 8, 22));
    if (!run(&scene) || cpu[2] != 22)
        return 5;
    /* The fence of a job of the other program, which a job of this one waits for, too. */
    struct pollfd job = {.fd = fence, .events = POLLIN};
    uint32_t due = create_syncobj(scene.fd, 0), over = create_syncobj(scene.fd, 0);
    struct syncobj_fd in = {.handle = due, .flags = 1, .fd = fence};
    struct sync both[] = {{.type = SYNC_OBJECT, .addr = due}, {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = over}};
    struct exec later = {.queue = scene.queue, .num_syncs = 2, .syncs = (uintptr_t)both, .address = VA + BATCH, .batches = 1};
    end_batch(store(scene.cpu + BATCH / 4, VA + MIB + 0x44, 2));
    if (ioctl(scene.fd, SYNCOBJ_FROM_FD, &in) || ioctl(scene.fd, EXEC, &later))
        return 9;
    if (poll(&job, 1, 20) != 0 || wait_syncobj(scene.fd, over, 0) != -1 || cpu[0x11] != 0)
        return 6;
    cpu[0x20] = 5;
    if (wait_syncobj(scene.fd, over, now() + seconds(10)) || cpu[0x10] != 1 || cpu[0x11] != 2)
        return 10;
    /* Once more, when it has signalled; and what is no sync file. */
    struct syncobj_fd pipe_end = {.handle = due, .flags = 1, .fd = socket}, plain = {.handle = due, .flags = 1, .fd = eventfd(0, 0)};
    if (ioctl(scene.fd, SYNCOBJ_FROM_FD, &in) || wait_syncobj(scene.fd, due, now() + seconds(10)))
        return 11;
    if (!fails(scene.fd, SYNCOBJ_FROM_FD, &pipe_end, EINVAL) || !fails(scene.fd, SYNCOBJ_FROM_FD, &plain, EINVAL))
        return 12;
    if (poll(&job, 1, 10000) != 1 || cpu[0x10] != 1)
        return 7;
    /* One of its own, for the other program. */
    uint32_t mine = create_bo(scene.fd, MIB, false), *words = map_bo(scene.fd, mine, MIB);
    words[7] = 77;
    int out = export_bo(scene.fd, mine);
    return out >= 0 && send_fd(socket, out) && send_fd(socket, shared) ? 0 : 8;
}

static void processes(void)
{
    struct scene scene;
    int ends[2], status = -1;
    if (!begin(&scene, 0))
        return;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", ends[1]);
        execl("/proc/self/exe", "across", "stranger", number, (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
    scene.cpu[1] = 11;
    end_batch(store(wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5), VA + 0x40, 1));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync signal = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    struct syncobj_fd fence = {.handle = done, .flags = 1};
    CHECK(exec(&scene, VA + BATCH, &signal) == 0 && ioctl(scene.fd, SYNCOBJ_TO_FD, &fence) == 0);
    int shared = export_bo(scene.fd, scene.bo);
    CHECK(shared >= 0 && send_fd(ends[0], shared) && send_fd(ends[0], fence.fd));
    /* Who was sent them has them still. */
    close(shared);
    close(fence.fd);
    int theirs = receive_fd(ends[0]), again = receive_fd(ends[0]);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(status == 0 && theirs >= 0 && scene.cpu[2] == 22);
    /* What came back is what it was, and what the other has left is here. */
    CHECK(import_bo(scene.fd, again) == scene.bo);
    uint32_t bo = import_bo(scene.fd, theirs), *cpu = bo ? map_bo(scene.fd, bo, MIB) : MAP_FAILED;
    CHECK(cpu != MAP_FAILED && cpu[7] == 77);
    close(theirs);
    close(again);
    close(ends[0]);
    munmap(cpu, MIB);
    end(&scene);
}

/* Files that are no buffer objects, whatever they are called. */
static void impostors(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    int plain = memfd_create("plain", 0), named = memfd_create("xept bo 1 2", MFD_ALLOW_SEALING), sealed, ends[2];
    sealed = memfd_create("xept bo 1 2", MFD_ALLOW_SEALING);
    CHECK(pipe(ends) == 0 && plain >= 0 && named >= 0 && ftruncate(named, 65536) == 0);
    /* It could become shorter while a device uses it. */
    struct prime import = {.fd = named};
    CHECK(fails(scene.fd, FD_TO_HANDLE, &import, EINVAL));
    CHECK(ftruncate(sealed, 100) == 0 && fcntl(sealed, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
    int files[] = {plain, ends[0], sealed, scene.fd};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        import.fd = files[i];
        CHECK(fails(scene.fd, FD_TO_HANDLE, &import, EINVAL));
    }
    int others[] = {plain, named, sealed, ends[0], ends[1]};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        close(others[i]);
    end(&scene);
}

static bool debug_has(const char *file, const char *word)
{
    char path[64], text[4096] = "";
    snprintf(path, sizeof path, "/sys/kernel/debug/dri/0/%s", file);
    int fd = open(path, O_RDONLY);
    NEED(fd >= 0 && read(fd, text, sizeof text - 1) > 0, false);
    close(fd);
    return strstr(text, word) != NULL;
}

/* Names of objects: of cards, for all who know them. */
static void names(void)
{
    int card = open(CARD, O_RDWR), other = open(CARD, O_RDWR), render = open(NODE, O_RDWR);
    CHECK(card >= 0 && other >= 0 && render >= 0);
    struct flink flink = {.handle = create_bo(card, MIB, false)}, again;
    CHECK(flink.handle && ioctl(card, FLINK, &flink) == 0 && flink.name != 0);
    again = (struct flink){.handle = flink.handle};
    CHECK(ioctl(card, FLINK, &again) == 0 && again.name == flink.name);
    struct gem_open open_name = {.name = flink.name};
    CHECK(fails(render, FLINK, &flink, EACCES) && fails(render, GEM_OPEN, &open_name, EACCES));
    CHECK(ioctl(other, GEM_OPEN, &open_name) == 0 && open_name.size == MIB && open_name.handle != 0);
    uint32_t *mine = map_bo(card, flink.handle, MIB), *same = map_bo(other, open_name.handle, MIB);
    CHECK(mine != MAP_FAILED && same != MAP_FAILED);
    mine[3] = 5;
    CHECK(same[3] == 5);
    /* Each open is a handle; what a file brings is one that is there. */
    struct gem_open twice = {.name = flink.name};
    CHECK(ioctl(other, GEM_OPEN, &twice) == 0 && twice.handle != open_name.handle);
    int shared = export_bo(card, flink.handle);
    uint32_t imported = import_bo(other, shared);
    CHECK(imported == open_name.handle || imported == twice.handle);
    CHECK(debug_has("gem_names", "1048576") && debug_has("clients", "across"));

    struct gem_close closing[] = {{flink.handle, 0}, {open_name.handle, 0}, {twice.handle, 0}};
    CHECK(ioctl(card, GEM_CLOSE, &closing[0]) == 0 && ioctl(other, GEM_CLOSE, &closing[1]) == 0);
    open_name = (struct gem_open){.name = flink.name};
    CHECK(ioctl(card, GEM_OPEN, &open_name) == 0);
    closing[0].handle = open_name.handle;
    CHECK(ioctl(card, GEM_CLOSE, &closing[0]) == 0 && ioctl(other, GEM_CLOSE, &closing[2]) == 0);
    CHECK(fails(card, GEM_OPEN, &open_name, ENOENT) && fails(card, FLINK, &flink, ENOENT));
    close(shared);
    munmap(mine, MIB);
    munmap(same, MIB);
    close(card);
    close(other);
    close(render);
}

static bool is_ready(int queue, int timeout)
{
    struct epoll_event event;
    return epoll_wait(queue, &event, 1, timeout) == 1;
}

static bool is_selected(int fd, long microseconds)
{
    fd_set set;
    struct timeval timeout = {.tv_usec = microseconds, .tv_sec = microseconds / 1000000};
    timeout.tv_usec %= 1000000;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    return select(fd + 1, &set, NULL, NULL, &timeout) == 1;
}

/* A fence is waited for with whatever waits for descriptors. */
static void events(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(store(wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5), VA + 0x40, 1));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0);
    struct syncobj_fd out = {.handle = done, .flags = 1};
    int queue = epoll_create1(0), event = eventfd(0, 0), available = eventfd(0, 0), early = eventfd(0, 0);
    CHECK(ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0);
    int copy = dup(out.fd);
    CHECK(epoll_ctl(queue, EPOLL_CTL_ADD, copy, &(struct epoll_event){.events = EPOLLIN}) == 0);
    close(out.fd);
    CHECK(!is_ready(queue, 20) && !is_selected(copy, 1000));

    /* Of a sync object: when it has signalled, or as soon as there is something. */
    struct syncobj_event wanted = {.handle = done, .fd = event}, there = {.handle = done, .flags = 4, .fd = available};
    uint64_t count = 0, point = 7;
    CHECK(ioctl(scene.fd, SYNCOBJ_EVENTFD, &wanted) == 0 && ioctl(scene.fd, SYNCOBJ_EVENTFD, &there) == 0);
    CHECK(!is_selected(event, 1000) && is_selected(available, 1000000));
    uint32_t timeline = create_syncobj(scene.fd, 0);
    struct syncobj_event later = {.handle = timeline, .point = 7, .fd = early};
    CHECK(ioctl(scene.fd, SYNCOBJ_EVENTFD, &later) == 0 && !is_selected(early, 1000));
    struct timeline signal = {.handles = (uintptr_t)&timeline, .points = (uintptr_t)&point, .count = 1};
    CHECK(ioctl(scene.fd, TIMELINE_SIGNAL, &signal) == 0 && is_selected(early, 1000000));
    CHECK(read(early, &count, sizeof count) == sizeof count && count == 1);

    struct syncobj_event bad[] = {
        {.handle = done, .fd = event, .flags = 1}, {.handle = done, .fd = event, .pad = 1}, {.handle = done, .fd = scene.fd}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(fails(scene.fd, SYNCOBJ_EVENTFD, &bad[i], EINVAL));
    bad[0] = (struct syncobj_event){.handle = 1000, .fd = event};
    bad[1] = (struct syncobj_event){.handle = done, .fd = 1000};
    CHECK(fails(scene.fd, SYNCOBJ_EVENTFD, &bad[0], ENOENT) && fails(scene.fd, SYNCOBJ_EVENTFD, &bad[1], EBADF));

    scene.cpu[0x20] = 5;
    CHECK(is_ready(queue, 10000) && is_selected(copy, 1000000) && is_selected(event, 1000000) && scene.cpu[0x10] == 1);
    /* One that has signalled already. */
    CHECK(ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0 && is_selected(out.fd, 1000000));
    int files[] = {queue, event, available, early, copy, out.fd};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        close(files[i]);
    end(&scene);
}

static const struct part parts[] = {
    {"devices", devices}, {"processes", processes}, {"impostors", impostors}, {"names", names}, {"events", events},
};

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "stranger") == 0)
        return stranger(atoi(arguments[2]));
    return run_parts(parts, sizeof parts / sizeof *parts, count, arguments);
}
