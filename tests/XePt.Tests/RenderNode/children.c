/* What programs do around their children: vfork and posix_spawn, handlers of pthread_atfork, handlers of signals. It knows nothing of
 * XePt. Whoever waits for ever is ended by a process that watches. */
#define _GNU_SOURCE
#include "scene.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static bool runs(const struct scene *scene, uint32_t value)
{
    scene->cpu[0x10] = 0;
    end_batch(store(scene->cpu + BATCH / 4, VA + 0x40, value));
    return run(scene) && scene->cpu[0x10] == value;
}

static bool is_node(int fd)
{
    struct version version = {0};
    return ioctl(fd, VERSION, &version) == 0;
}

/* What a child of vfork does to its own descriptors, of which fd is one. */
static void do_close(int fd)
{
    close(fd);
}

static void do_close_all(int fd)
{
    (void)fd;
    close_range(3, ~0u, 0);
}

static void do_replace(int fd)
{
    dup2(0, fd);
}

static void do_copy(int fd)
{
    (void)!(dup(fd) >= 0 && fcntl(fd, F_DUPFD, 0) >= 0);
}

static void do_open(int fd)
{
    (void)fd;
    (void)!open(NODE, O_RDWR);
}

static void do_act(int fd)
{
    (void)fd;
    signal(SIGSEGV, SIG_IGN);
}

static __attribute__((noinline)) bool in_vfork(void (*act)(int), int fd)
{
    int status = -1;
    pid_t child = vfork();
    if (child == 0) {
        act(fd);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Everything that the parent has is as it was, and nothing else is there. */
static void vforks(void)
{
    static void (*const acts[])(int) = {do_close, do_close_all, do_replace, do_copy, do_open, do_act};
    struct scene scene;
    struct sigaction before, action;
    if (!begin(&scene, 0))
        return;
    CHECK(sigaction(SIGSEGV, NULL, &before) == 0);
    for (uint32_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        CHECK(in_vfork(acts[i], scene.fd));
        CHECK(is_node(scene.fd) && runs(&scene, 100 + i));
        int other = open("/dev/null", O_RDWR);
        CHECK(other >= 0 && !is_node(other) && errno == ENOTTY);
        CHECK(close(other) == 0);
    }
    CHECK(sigaction(SIGSEGV, NULL, &action) == 0 && action.sa_handler == before.sa_handler);
    /* And a child of fork has children of vfork, too. */
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(!(in_vfork(do_close, scene.fd) && is_node(scene.fd) && close(scene.fd) == 0 && !is_node(scene.fd)));
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    end(&scene);
    CHECK(!is_node(scene.fd) && errno == EBADF);
}

static void spawns(void)
{
    struct scene scene;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t signals;
    char *const command[] = {"true", NULL};
    if (!begin(&scene, 0))
        return;
    sigfillset(&signals);
    CHECK(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&how) == 0);
    CHECK(posix_spawn_file_actions_addclose(&actions, scene.fd) == 0 && posix_spawn_file_actions_adddup2(&actions, 0, scene.fd) == 0);
    CHECK(posix_spawnattr_setsigdefault(&how, &signals) == 0 && posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF) == 0);
    for (uint32_t i = 0; i < 5; i++) {
        pid_t child;
        int status = -1;
        CHECK(posix_spawnp(&child, "true", &actions, &how, command, environ) == 0);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        CHECK(is_node(scene.fd) && runs(&scene, i + 1));
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&how);
    end(&scene);
}

/* Handlers that use the node: of a library that is loaded before all others, of the program, and of one who comes late. */
static const struct scene *handled;
static int calls, failures;
/* Parent and child run the same words of the same buffer object, so the child does after its parent's handlers have. */
static volatile bool *may_child;
static pid_t parent;

static void use(void)
{
    if (!handled)
        return;
    while (getpid() != parent && !*may_child)
        usleep(1000);
    int fd = open(NODE, O_RDWR | O_CLOEXEC);
    struct vm_create vm = {0};
    uint64_t at = VA + MIB;
    bool is_right = is_node(fd) && ioctl(fd, VM_CREATE, &vm) == 0 && close(fd) == 0;
    is_right &= map_gpu(handled->fd, handled->vm, handled->bo, at, handled->bytes);
    is_right &= bind_vm(handled->fd, handled->vm, (struct bind_op){.op = OP_UNMAP, .addr = at, .range = handled->bytes}, NULL) == 0;
    is_right &= runs(handled, 55);
    calls++;
    failures += !is_right;
}

static void handle(void)
{
    pthread_atfork(use, use, use);
}

static void handle_early(int count, char **names, char **environment)
{
    (void)count, (void)names, (void)environment;
    handle();
}

__attribute__((section(".preinit_array"), used)) static void (*const early)(int, char **, char **) = handle_early;
__attribute__((constructor)) static void handle_of_program(void)
{
    handle();
}

static void atforks(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    handle();
    parent = getpid();
    may_child = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(may_child != MAP_FAILED);
    for (int i = 0; i < 5; i++) {
        handled = &scene;
        calls = failures = 0;
        *may_child = false;
        pid_t child = fork();
        handled = NULL;
        *may_child = true;
        CHECK(child >= 0);
        if (child == 0)
            _exit(!(calls == 6 && failures == 0 && runs(&scene, 66)));
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        CHECK(calls == 6 && failures == 0 && runs(&scene, 77));
    }
    end(&scene);
}

static volatile bool stops;

static void *say_what(void *unused)
{
    while (!stops)
        signal(SIGSEGV, SIG_DFL);
    return unused;
}

/* A child is made while another thread says what it wants to be done with a signal. */
static void actions(void)
{
    int fd = open(NODE, O_RDWR | O_CLOEXEC);
    pthread_t thread;
    stops = false;
    CHECK(fd >= 0 && pthread_create(&thread, NULL, say_what, NULL) == 0);
    for (int i = 0; i < 300; i++) {
        int status = -1;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0)
            _exit(signal(SIGINT, SIG_IGN) == SIG_ERR || signal(SIGSEGV, SIG_IGN) == SIG_ERR || signal(SIGSEGV, SIG_DFL) != SIG_IGN);
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    stops = true;
    CHECK(pthread_join(thread, NULL) == 0 && close(fd) == 0);
}

static volatile int ticks;

static void tick(int number)
{
    const struct sigaction again = {.sa_handler = tick};
    sigaction(number, &again, NULL);
    signal(SIGSEGV, SIG_DFL);
    ticks++;
}

/* A handler does so in the middle of the same. */
static void handlers(void)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {0};
    int fd = open(NODE, O_RDWR | O_CLOEXEC);
    ticks = 0;
    CHECK(fd >= 0 && signal(SIGPROF, tick) != SIG_ERR && setitimer(ITIMER_PROF, &often, NULL) == 0);
    while (ticks < 100)
        signal(SIGSEGV, SIG_DFL);
    CHECK(setitimer(ITIMER_PROF, &never, NULL) == 0 && signal(SIGPROF, SIG_DFL) != SIG_ERR && close(fd) == 0);
}

enum { ASKERS = 4 };
static volatile uint32_t unmapped[ASKERS];

/* Calls that the system asks about. */
static void *unmap(void *counter)
{
    while (!stops) {
        void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED || syscall(SYS_munmap, page, 4096))
            return "unmap";
        ++*(volatile uint32_t *)counter;
    }
    return NULL;
}

/* Goes on whatever becomes of a child, which may have heard what the system has asked of its parent. */
static void questions(void)
{
    struct scene scene;
    pthread_t threads[ASKERS];
    void *failed = NULL, *memory = mmap(NULL, 16 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct bind_op op = {.op = OP_USERPTR, .offset = (uintptr_t)memory, .addr = VA + MIB, .range = 16 * KIB};
    if (!begin(&scene, 0))
        return;
    CHECK(memory != MAP_FAILED && bind_coherent(scene.fd, scene.vm, op, NULL) == 0);
    stops = false;
    for (int i = 0; i < ASKERS; i++)
        CHECK(pthread_create(&threads[i], NULL, unmap, (void *)&unmapped[i]) == 0);
    for (uint32_t i = 0; i < 600; i++) {
        int status = -1;
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0 && i % 2)
            execlp("true", "true", NULL);
        if (child == 0)
            pause();
        if (i % 2 == 0) {
            usleep(500 + i * 5);
            CHECK(kill(child, SIGKILL) == 0);
        }
        CHECK(waitpid(child, &status, 0) == child && status == (i % 2 ? 0 : SIGKILL));
        for (int k = 0; k < ASKERS; k++) {
            for (uint32_t seen = unmapped[k]; unmapped[k] == seen;)
                usleep(100);
        }
    }
    stops = true;
    for (int i = 0; i < ASKERS; i++)
        CHECK(pthread_join(threads[i], &failed) == 0 && !failed);
    munmap(memory, 16 * KIB);
    end(&scene);
}

/* A child of a program that has a job under way, which waits for the program. It has a client of its own, and runs jobs with it. */
static int live_beside_job(const struct scene *parent, int sync_file, int tells)
{
    struct scene scene;
    struct pollfd job = {.fd = sync_file, .events = POLLIN};
    struct syncobj_fd in = {.flags = 1, .fd = sync_file};
    if (!begin(&scene, 0) || !runs(&scene, 5) || poll(&job, 1, 0) != 0 || write(tells, "", 1) != 1)
        return 1;
    if (poll(&job, 1, 20000) != 1 || parent->cpu[0x40] != 1)
        return 2;
    in.handle = create_syncobj(scene.fd, 0);
    if (!in.handle || ioctl(scene.fd, SYNCOBJ_FROM_FD, &in) || wait_syncobj(scene.fd, in.handle, now() + seconds(20)))
        return 3;
    return runs(&scene, 6) ? 0 : 4;
}

/* It runs once, and its fence signals when it is over, on both sides. */
static void flights(void)
{
    struct scene scene;
    int tells[2], status = -1;
    char byte;
    if (!begin(&scene, 0))
        return;
    uint32_t done = create_syncobj(scene.fd, 0), *batch = wait_for(scene.cpu + BATCH / 4, VA + 0x80, 1);
    /* MI_ATOMIC: one more. */
    *batch++ = 0x17800501;
    *batch++ = (uint32_t)(VA + 0x100);
    *batch++ = (uint32_t)((VA + 0x100) >> 32);
    end_batch(store(batch, VA + 0x140, 0xaaaa));
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    struct syncobj_fd out = {.handle = done, .flags = 1};
    CHECK(done && exec(&scene, VA + BATCH, &sync) == 0 && ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0 && pipe(tells) == 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        _exit(live_beside_job(&scene, out.fd, tells[1]));
    close(tells[1]);
    CHECK(read(tells[0], &byte, 1) == 1);
    fd_set over;
    FD_ZERO(&over);
    FD_SET(out.fd, &over);
    CHECK(select(out.fd + 1, &over, NULL, NULL, &(struct timeval){0}) == 0 && scene.cpu[0x40] == 0);
    scene.cpu[0x20] = 1;
    CHECK(wait_syncobj(scene.fd, done, now() + seconds(20)) == 0 && scene.cpu[0x40] == 1 && scene.cpu[0x50] == 0xaaaa);
    scene.cpu[0x50] = 0xbbbb;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(scene.cpu[0x40] == 1 && scene.cpu[0x50] == 0xbbbb);
    close(tells[0]);
    close(out.fd);
    end(&scene);
}

static const struct part parts[] = {
    {"vforks", vforks}, {"spawns", spawns}, {"atforks", atforks}, {"actions", actions}, {"handlers", handlers},
    {"questions", questions}, {"flights", flights},
};

/* A process that ends all of them when a part takes a minute. */
static int watch(void)
{
    int begins[2];
    if (setpgid(0, 0) || pipe(begins))
        return -1;
    pid_t watcher = fork();
    if (watcher == 0) {
        struct pollfd look = {.fd = begins[0], .events = POLLIN};
        char byte;
        close(begins[1]);
        while (poll(&look, 1, 60000) == 1 && read(begins[0], &byte, 1) == 1)
            continue;
        if (look.revents == 0) {
            (void)!write(1, "not ok: still waits\n", 20);
            kill(0, SIGKILL);
        }
        _exit(0);
    }
    close(begins[0]);
    return watcher > 0 ? begins[1] : -1;
}

int main(int count, char **names)
{
    int failed = 0, watcher = watch();
    for (size_t i = 0; watcher >= 0 && i < sizeof parts / sizeof *parts; i++) {
        (void)!write(watcher, "", 1);
        failed |= run_parts(&parts[i], 1, count, names);
    }
    return watcher < 0 || failed;
}
