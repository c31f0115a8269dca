/* Device memory that several processes fill: all of them count, make room for each other, and give back when they end. */
#define _GNU_SOURCE
#include "scene.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct region { uint16_t class, instance; uint32_t page; uint64_t total, used, rest[8]; };
struct regions { uint32_t count, pad; struct region region[8]; };

enum { OBJECTS = 3, ROUNDS = 4, CROWD = 3 };
#define ADDRESS(i) (VA + ((i) + 1) * 64 * 1024 * MIB)

/* The first memory of the device's own. */
static struct region look(int fd)
{
    struct regions regions = {0};
    struct query query = {.query = QUERY_REGIONS};
    const struct region none = {0};
    NEED(ioctl(fd, QUERY, &query) == 0 && query.size <= sizeof regions, none);
    query.data = (uintptr_t)&regions;
    NEED(ioctl(fd, QUERY, &query) == 0 && regions.count >= 2, none);
    return regions.region[1];
}

static uint64_t used(int fd)
{
    return look(fd).used;
}

static uint64_t quarter(int fd)
{
    return look(fd).total / 4 & ~(2 * MIB - 1);
}

/* What a client has in device memory, as the text of its descriptor says. */
static uint64_t resident(int fd)
{
    const char name[] = "drm-resident-vram0:";
    char path[64], text[16384];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    int file = open(path, O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    NEED(length > 0, 0);
    close(file);
    text[length] = '\0';
    const char *line = strstr(text, name);
    NEED(line, 0);
    return strtoull(line + strlen(name), NULL, 10) * KIB;
}

/* Another process at the other end of a socket: a copy of this one, or the program begun anew. */
struct other { pid_t process; int socket; };

static int serve(int socket);

static struct other start(bool is_copy)
{
    struct other other = {.process = -1};
    int ends[2];
    NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, other);
    fflush(NULL);
    other = (struct other){.process = fork(), .socket = ends[0]};
    if (other.process != 0) {
        close(ends[1]);
        return other;
    }
    char number[16];
    snprintf(number, sizeof number, "%d", ends[1]);
    close(ends[0]);
    if (!is_copy)
        execl("/proc/self/exe", "vram", "serve", number, (char *)NULL);
    _exit(is_copy ? serve(ends[1]) : 99);
}

/* Asks for something and gets its answer. */
static bool ask(struct other other, char what)
{
    char answer = 0;
    NEED(write(other.socket, &what, 1) == 1 && read(other.socket, &answer, 1) == 1 && answer == 'y', false);
    return true;
}

/* Asks the other one to end; 'k': kills it. Returns whether it ended so. */
static bool finish(struct other other, char how)
{
    int status = -1;
    if (how == 'k')
        kill(other.process, SIGKILL);
    else
        NEED(write(other.socket, "q", 1) == 1, false);
    NEED(waitpid(other.process, &status, 0) == other.process, false);
    close(other.socket);
    return how == 'k' ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0;
}

/* Objects of a quarter of the memory each, that can be nowhere else, on both sides. */
struct heap { struct scene scene; int count; uint32_t bo[OBJECTS], *cpu[OBJECTS]; uint64_t bytes; };

static bool fill(struct heap *heap, int more, uint32_t salt)
{
    for (; more > 0; more--, heap->count++) {
        int i = heap->count;
        heap->bo[i] = create_bo(heap->scene.fd, heap->bytes, true);
        heap->cpu[i] = heap->bo[i] ? map_bo(heap->scene.fd, heap->bo[i], heap->bytes) : MAP_FAILED;
        if (heap->cpu[i] == MAP_FAILED || !map_gpu(heap->scene.fd, heap->scene.vm, heap->bo[i], ADDRESS(i), heap->bytes))
            return false;
        heap->cpu[i][0] = salt + (uint32_t)i;
        heap->cpu[i][heap->bytes / 4 - 1] = ~(salt + (uint32_t)i);
    }
    return true;
}

static bool begin_heap(struct heap *heap)
{
    *heap = (struct heap){0};
    if (!begin(&heap->scene, 0))
        return false;
    heap->bytes = quarter(heap->scene.fd);
    return heap->bytes > 0;
}

/* A batch writes to each of them, by the tables as they are now. */
static bool work(struct heap *heap, uint32_t salt, uint32_t round)
{
    uint32_t *batch = heap->scene.cpu + BATCH / 4;
    for (int i = 0; i < heap->count; i++)
        batch = store(batch, ADDRESS(i) + 4 + 4 * round, salt + 16 * round + (uint32_t)i);
    end_batch(batch);
    return run(&heap->scene);
}

static bool is_right(const struct heap *heap, uint32_t salt, uint32_t rounds)
{
    for (uint32_t i = 0; i < (uint32_t)heap->count; i++) {
        NEED(heap->cpu[i][0] == salt + i && heap->cpu[i][heap->bytes / 4 - 1] == ~(salt + i), false);
        for (uint32_t round = 0; round < rounds; round++)
            NEED(heap->cpu[i][1 + round] == salt + 16 * round + i, false);
    }
    return true;
}

static void end_heap(struct heap *heap)
{
    for (int i = 0; i < heap->count; i++)
        munmap(heap->cpu[i], heap->bytes);
    end(&heap->scene);
}

/* What the other process does: opens the device, takes more, works on all it has, looks at it, gives up. */
static int serve(int socket)
{
    struct heap heap = {.scene = {.fd = -1}};
    const uint32_t salt = 0x7000;
    uint32_t rounds = 0;
    for (char what; read(socket, &what, 1) == 1 && what != 'q';) {
        bool is_good = what == 'o' ? begin_heap(&heap)
            : what == 'm' ? fill(&heap, 1, salt)
            : what == 'w' ? work(&heap, salt, rounds++)
            : what == 'l' ? is_right(&heap, salt, rounds)
            : false;
        if (!is_good)
            fprintf(stderr, "vram: the other process: %c: %s\n", what, wrong ? wrong : "?");
        if (write(socket, is_good ? "y" : "n", 1) != 1)
            return 1;
    }
    return 0;
}

/* A query counts what other processes hold, until they end, in whichever way. */
static void counts(void)
{
    struct heap heap;
    const char ends[] = {'q', 'k'};
    if (!begin_heap(&heap) || !fill(&heap, 1, 1))
        return;
    uint64_t before = used(heap.scene.fd);
    for (int copy = 0; copy < 2; copy++) {
        for (size_t i = 0; i < sizeof ends; i++) {
            struct other other = start(copy);
            CHECK(used(heap.scene.fd) == before);
            if (!ask(other, 'o') || !ask(other, 'm'))
                return;
            CHECK(used(heap.scene.fd) == before + heap.bytes + heap.scene.bytes);
            if (!finish(other, ends[i]))
                return;
            CHECK(used(heap.scene.fd) == before);
        }
    }
    CHECK(is_right(&heap, 1, 0));
    end_heap(&heap);
}

/* Together they want more than there is: each gets what it asks for, the other one makes room, and every byte is right on both sides. */
static void room(bool is_copy)
{
    struct heap heap;
    if (!begin_heap(&heap) || !fill(&heap, 3, 0x100))
        return;
    CHECK(resident(heap.scene.fd) == 3 * heap.bytes + heap.scene.bytes);
    struct other other = start(is_copy);
    if (!ask(other, 'o') || !ask(other, 'm') || !ask(other, 'm'))
        return;
    CHECK(used(heap.scene.fd) <= look(heap.scene.fd).total);
    /* It leaves behind the back of this process, which does nothing. */
    int64_t limit = now() + seconds(60);
    while (resident(heap.scene.fd) > 2 * heap.bytes + heap.scene.bytes && now() < limit)
        usleep(1000);
    CHECK(resident(heap.scene.fd) <= 2 * heap.bytes + heap.scene.bytes);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (!work(&heap, 0x100, round) || !ask(other, 'w'))
            return;
    }
    CHECK(is_right(&heap, 0x100, ROUNDS));
    if (!ask(other, 'l') || !finish(other, 'q'))
        return;
    /* Alone again, all of it finds room. */
    CHECK(work(&heap, 0x100, ROUNDS) && is_right(&heap, 0x100, ROUNDS + 1));
    CHECK(resident(heap.scene.fd) == 3 * heap.bytes + heap.scene.bytes);
    end_heap(&heap);
}

static void room_with_another(void)
{
    room(false);
}

static void room_with_a_child(void)
{
    room(true);
}

/* Several at once, each with most of what there is, none of which waits for the others. */
static void crowd(void)
{
    static const char task[] = "ommmwwwwwwwwwwl";
    struct other others[CROWD];
    char answers[sizeof task];
    for (int i = 0; i < CROWD; i++) {
        others[i] = start(i % 2);
        CHECK(write(others[i].socket, task, sizeof task - 1) == sizeof task - 1);
    }
    for (int i = 0; i < CROWD; i++) {
        for (size_t n = 0; n < sizeof task - 1; n++)
            CHECK(read(others[i].socket, answers + n, 1) == 1 && answers[n] == 'y');
    }
    for (int i = 0; i < CROWD; i++) {
        if (!finish(others[i], i == 0 ? 'k' : 'q'))
            return;
    }
}

/* Who is killed gives back what it held: this process takes it, and nobody is driven out. */
static void killed(void)
{
    struct heap heap;
    if (!begin_heap(&heap) || !fill(&heap, 1, 1))
        return;
    struct other other = start(false);
    if (!ask(other, 'o') || !ask(other, 'm') || !ask(other, 'm') || !finish(other, 'k') || !fill(&heap, 2, 1))
        return;
    CHECK(resident(heap.scene.fd) == 3 * heap.bytes + heap.scene.bytes);
    CHECK(work(&heap, 1, 0) && is_right(&heap, 1, 1));
    end_heap(&heap);
}

/* What a child inherits is counted once, by who has made it. */
static void inherits(void)
{
    struct heap heap;
    int status = -1;
    if (!begin_heap(&heap) || !fill(&heap, 1, 1))
        return;
    uint64_t before = used(heap.scene.fd);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct gem_close close_bo = {.handle = heap.bo[0]};
        struct bind_op unmap = {.op = OP_UNMAP, .addr = ADDRESS(0), .range = heap.bytes};
        if (used(heap.scene.fd) != before)
            _exit(1);
        uint32_t bo = create_bo(heap.scene.fd, MIB, true);
        if (!bo || used(heap.scene.fd) != before + MIB)
            _exit(2);
        if (bind_vm(heap.scene.fd, heap.scene.vm, unmap, NULL) || ioctl(heap.scene.fd, GEM_CLOSE, &close_bo))
            _exit(3);
        /* The memory is its parent's still. */
        if (used(heap.scene.fd) != before + MIB)
            _exit(4);
        close_bo.handle = bo;
        _exit(ioctl(heap.scene.fd, GEM_CLOSE, &close_bo) || used(heap.scene.fd) != before ? 5 : 0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(used(heap.scene.fd) == before && work(&heap, 1, 0) && is_right(&heap, 1, 1));
    end_heap(&heap);
}

/* What is refused leaves nothing behind, here or in another process. */
static void refused(void)
{
    struct heap heap;
    if (!begin_heap(&heap))
        return;
    struct other other = start(false);
    if (!ask(other, 'o') || !ask(other, 'm') || !fill(&heap, 1, 1))
        return;
    uint64_t before = used(heap.scene.fd);
    struct gem_create create = {.size = 5 * heap.bytes, .placement = 2, .caching = WRITE_COMBINED};
    CHECK(fails(heap.scene.fd, GEM_CREATE, &create, E2BIG) && used(heap.scene.fd) == before);
    struct gem_create deferred = {.size = 5 * heap.bytes, .placement = 2, .caching = WRITE_COMBINED, .flags = 1};
    CHECK(ioctl(heap.scene.fd, GEM_CREATE, &deferred) == 0);
    struct vm_bind bind = {.vm_id = heap.scene.vm, .count = 1,
        .op = {.op = OP_MAP, .obj = deferred.handle, .addr = ADDRESS(9), .range = 5 * heap.bytes}};
    CHECK(fails(heap.scene.fd, VM_BIND, &bind, E2BIG) && used(heap.scene.fd) == before);
    CHECK(resident(heap.scene.fd) == heap.bytes + heap.scene.bytes);
    /* And goes on. */
    if (!ask(other, 'w') || !ask(other, 'l') || !work(&heap, 1, 0) || !fill(&heap, 1, 1))
        return;
    CHECK(is_right(&heap, 1, 0) && used(heap.scene.fd) == before + heap.bytes && finish(other, 'q'));
    CHECK(used(heap.scene.fd) == before - heap.scene.bytes);
    end_heap(&heap);
}

/* An object of another process has its memory there. */
static void imported(void)
{
    struct scene scene;
    int status = -1;
    if (!begin(&scene, 0))
        return;
    struct prime export = {.handle = scene.bo, .flags = O_CLOEXEC | O_RDWR};
    CHECK(ioctl(scene.fd, HANDLE_TO_FD, &export) == 0);
    uint64_t before = used(scene.fd);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", export.fd);
        fcntl(export.fd, F_SETFD, 0);
        execl("/proc/self/exe", "vram", "import", number, (char *)NULL);
        _exit(99);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    CHECK(used(scene.fd) == before && scene.cpu[3] == 33);
    close(export.fd);
    end(&scene);
}

static int import(int shared)
{
    int fd = open(NODE, O_RDWR | O_CLOEXEC);
    uint64_t before = used(fd);
    struct prime import = {.fd = shared};
    if (ioctl(fd, FD_TO_HANDLE, &import))
        return 1;
    uint32_t *cpu = map_bo(fd, import.handle, 64 * KIB);
    if (cpu == MAP_FAILED || used(fd) != before)
        return 2;
    cpu[3] = 33;
    struct gem_close close_bo = {.handle = import.handle};
    return ioctl(fd, GEM_CLOSE, &close_bo) || used(fd) != before ? 3 : 0;
}

int main(int count, char **names)
{
    static const struct part parts[] = {
        {"counts", counts}, {"room-with-another", room_with_another}, {"room-with-a-child", room_with_a_child}, {"crowd", crowd},
        {"killed", killed}, {"inherits", inherits}, {"refused", refused}, {"imported", imported},
    };
    if (count == 3 && strcmp(names[1], "serve") == 0)
        return serve(atoi(names[2]));
    if (count == 3 && strcmp(names[1], "import") == 0)
        return import(atoi(names[2]));
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
