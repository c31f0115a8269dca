/* Has a device use the memory of this very program, as userptrs and as CPU address mirrors, and changes that memory under it. */
#define _GNU_SOURCE
#include "scene.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE 4096ull
#define USER (VA + 64 * MIB)

enum { READ_ONLY = 1, MIRROR = 32 };

static void *pages(uint64_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    NEED(memory != MAP_FAILED, NULL);
    return memory;
}

static int bind_userptr(const struct scene *scene, const void *memory, uint64_t bytes, uint32_t flags)
{
    return bind_coherent(
        scene->fd, scene->vm, (struct bind_op){.op = OP_USERPTR, .offset = (uintptr_t)memory, .addr = USER, .range = bytes, .flags = flags}, NULL);
}

static bool refuses(const struct scene *scene, const void *memory, uint64_t bytes, int error)
{
    return bind_userptr(scene, memory, bytes, 0) == -1 && errno == error;
}

static bool unbind(const struct scene *scene, uint64_t bytes)
{
    NEED(bind_vm(scene->fd, scene->vm, (struct bind_op){.op = OP_UNMAP, .addr = USER, .range = bytes}, NULL) == 0, false);
    return true;
}

/* A VM with page faults whose whole address space is that of the program; 0 where the platform has none. */
static int begin_mirror(struct scene *scene)
{
    struct vm_create probe = {.flags = VM_LR | VM_FAULT};
    int fd = open(NODE, O_RDWR);
    NEED(fd >= 0, -1);
    int error = ioctl(fd, VM_CREATE, &probe);
    close(fd);
    if (error) {
        missing = "page faults";
        return 0;
    }
    if (!begin(scene, VM_LR | VM_FAULT))
        return -1;
    /* Around what the scene has bound. */
    uint64_t behind = VA + scene->bytes;
    struct bind_op below = {.op = OP_MAP, .range = VA, .flags = MIRROR};
    struct bind_op above = {.op = OP_MAP, .addr = behind, .range = (1ull << 47) - behind, .flags = MIRROR};
    NEED(bind_coherent(scene->fd, scene->vm, below, NULL) == 0 && bind_coherent(scene->fd, scene->vm, above, NULL) == 0, -1);
    return 1;
}

/* Runs the scene's batch in such a VM; the word that says that it is over is in the scene's object. */
static int run_mirror(const struct scene *scene)
{
    uint64_t *fence = (uint64_t *)(scene->cpu + 0x40);
    *fence = 0;
    struct sync sync = {.type = SYNC_FENCE, .flags = SIGNALS, .addr = VA + 0x100, .value = 9};
    struct wait_fence wait = {
        .addr = (uintptr_t)fence, .value = 9, .mask = ~0ull, .timeout = seconds(10), .queue = scene->queue,
    };
    NEED(exec(scene, VA + BATCH, &sync) == 0, -1);
    return ioctl(scene->fd, WAIT_FENCE, &wait) == 0 ? 0 : errno;
}

static uint32_t *add(uint32_t *batch, uint64_t to)
{
    /* MI_ATOMIC: increments a dword. */
    *batch++ = 0x17800501;
    *batch++ = (uint32_t)to;
    *batch++ = (uint32_t)(to >> 32);
    return batch;
}

static int store_at(const struct scene *scene, const void *to, uint32_t value)
{
    end_batch(store(scene->cpu + BATCH / 4, (uintptr_t)to, value));
    return run_mirror(scene);
}

static void userptr(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    /* Of the heap, and from the middle of a mapping. */
    char *heap = aligned_alloc(PAGE, 256 * KIB);
    volatile uint32_t *words = (uint32_t *)(heap + 2 * PAGE);
    memset(heap, 0, 256 * KIB);
    CHECK(bind_userptr(&scene, heap + PAGE, 64 * KIB, 0) == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER + PAGE + 8, 0xc0ffee));
    if (!run(&scene))
        return;
    CHECK(words[2] == 0xc0ffee);

    /* The GPU sees what the CPU writes while it runs. */
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    end_batch(store(wait_for(scene.cpu + BATCH / 4, USER + PAGE + 16, 5), USER + PAGE + 8, 2));
    CHECK(exec(&scene, VA + BATCH, &sync) == 0 && wait_syncobj(scene.fd, done, now() + 20000000) == -1 && errno == ETIME);
    words[4] = 5;
    CHECK(wait_syncobj(scene.fd, done, now() + seconds(10)) == 0 && words[2] == 2);

    /* A file, and memory that is only read. */
    CHECK(unbind(&scene, 64 * KIB));
    FILE *file = tmpfile();
    CHECK(file && ftruncate(fileno(file), 64 * KIB) == 0);
    uint32_t *shared = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0), found = 0;
    CHECK(shared != MAP_FAILED && bind_userptr(&scene, shared, 64 * KIB, 0) == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER, 0xf11e));
    if (!run(&scene))
        return;
    CHECK(pread(fileno(file), &found, sizeof found, 0) == sizeof found && found == 0xf11e);
    CHECK(unbind(&scene, 64 * KIB) && mprotect(shared, 64 * KIB, PROT_READ) == 0);
    CHECK(bind_userptr(&scene, shared, 64 * KIB, READ_ONLY) == 0);
    munmap(shared, 64 * KIB);
    fclose(file);
    free(heap);
    end(&scene);
}

static void refusals(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    char *memory = pages(4 * PAGE);
    CHECK(memory && mprotect(memory + PAGE, PAGE, PROT_READ) == 0 && munmap(memory + 3 * PAGE, PAGE) == 0);
    CHECK(refuses(&scene, NULL, PAGE, EFAULT));
    CHECK(refuses(&scene, memory + 3 * PAGE, PAGE, EFAULT) && refuses(&scene, memory + 2 * PAGE, 2 * PAGE, EFAULT));
    CHECK(refuses(&scene, memory + PAGE, PAGE, EPERM) && refuses(&scene, memory, 2 * PAGE, EPERM));
    CHECK(refuses(&scene, scene.cpu, scene.bytes, EFAULT));
    CHECK(refuses(&scene, (void *)0x7ffffffff000, 2 * PAGE, EFAULT) && refuses(&scene, (void *)-PAGE, PAGE, EFAULT));
    CHECK(mprotect(memory + 2 * PAGE, PAGE, PROT_NONE) == 0 && refuses(&scene, memory + 2 * PAGE, PAGE, EFAULT));
    /* Nothing is bound there, and what can be is. */
    CHECK(bind_userptr(&scene, memory, PAGE, 0) == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER + 4, 3));
    if (!run(&scene))
        return;
    CHECK(((uint32_t *)memory)[1] == 3);
    munmap(memory, 3 * PAGE);
    end(&scene);
}

static bool is_hole(char *page)
{
    void *there = mmap(page, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (there != MAP_FAILED)
        munmap(there, PAGE);
    return there == page;
}

/* Nothing of the node's own comes where the program has taken memory away: it may map something there again. */
static void holes(void)
{
    struct scene scene, others[20];
    if (!begin(&scene, 0))
        return;
    char *memory = pages(5 * PAGE);
    CHECK(memory && munmap(memory + PAGE, PAGE) == 0 && munmap(memory + 3 * PAGE, PAGE) == 0);
    CHECK(bind_userptr(&scene, memory, PAGE, 0) == 0);
    for (int i = 0; i < 20; i++) {
        if (!begin(&others[i], 0))
            return;
        end_batch(store(others[i].cpu + BATCH / 4, VA + 0x40, 1));
        if (!run(&others[i]))
            return;
    }
    CHECK(is_hole(memory + PAGE) && is_hole(memory + 3 * PAGE));
    for (int i = 0; i < 20; i++)
        end(&others[i]);
    munmap(memory, 5 * PAGE);
    end(&scene);
}

/* What is done to memory that is bound, before the next batch. */
static void rebinds(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    uint32_t *memory = pages(16 * PAGE);
    CHECK(memory && bind_userptr(&scene, memory, 16 * PAGE, 0) == 0);
    memory[1] = 7;
    CHECK(madvise(memory, 16 * PAGE, MADV_DONTNEED) == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER, 1));
    if (!run(&scene))
        return;
    CHECK(memory[0] == 1 && memory[1] == 0);

    /* Other memory at the same addresses. */
    CHECK(mmap(memory, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
    CHECK(memory[0] == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER + 8, 2));
    if (!run(&scene))
        return;
    CHECK(memory[2] == 2);

    /* None: the next batch does not fail for it, and writes nowhere; and then some again. */
    CHECK(munmap(memory, 16 * PAGE) == 0);
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x40, 3));
    if (!run(&scene))
        return;
    CHECK(scene.cpu[0x10] == 3);
    CHECK(mmap(memory, 16 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
    CHECK(unbind(&scene, 16 * PAGE) && refuses(&scene, memory, 16 * PAGE, EPERM));
    CHECK(mprotect(memory, 16 * PAGE, PROT_READ | PROT_WRITE) == 0 && bind_userptr(&scene, memory, 16 * PAGE, 0) == 0);
    end_batch(store(scene.cpu + BATCH / 4, USER + 12, 4));
    if (!run(&scene))
        return;
    CHECK(memory[3] == 4);
    munmap(memory, 16 * PAGE);
    end(&scene);
}

static void *release(void *word)
{
    usleep(20000);
    *(volatile uint32_t *)word = 5;
    return NULL;
}

/* Memory does not go before the job that uses it is over (RN-043). */
static void waits(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    for (int i = 0; i < 4; i++) {
        volatile uint32_t *words = scene.cpu;
        char *memory = pages(16 * PAGE);
        CHECK(memory && bind_userptr(&scene, memory, 16 * PAGE, 0) == 0);
        words[0x10] = words[0x20] = 0;
        uint32_t *batch = wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5);
        end_batch(store(store(batch, USER, 1), VA + 0x40, 2));
        CHECK(exec(&scene, VA + BATCH, NULL) == 0);
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, release, scene.cpu + 0x20) == 0);
        if (i == 0)
            CHECK(munmap(memory, 16 * PAGE) == 0);
        else if (i == 1)
            CHECK(mmap(memory, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
        else if (i == 2)
            CHECK(mremap(memory, 16 * PAGE, 8 * PAGE, 0) == memory);
        else
            CHECK(syscall(SYS_munmap, memory, 16 * PAGE) == 0);
        CHECK(words[0x10] == 2 || (i == 3 && prctl(PR_GET_SECCOMP) != 2));
        pthread_join(thread, NULL);
        if (!unbind(&scene, 16 * PAGE))
            return;
    }
    end(&scene);
}

static uint32_t global[1024];

static void mirror(void)
{
    struct scene scene;
    if (begin_mirror(&scene) <= 0)
        return;
    uint32_t *heap = calloc(1, MIB), local[4] = {0}, *fresh = pages(4 * MIB);
    CHECK(store_at(&scene, &heap[1000], 1) == 0 && heap[1000] == 1);
    CHECK(store_at(&scene, &global[9], 2) == 0 && ((volatile uint32_t *)global)[9] == 2);
    CHECK(store_at(&scene, &local[1], 3) == 0 && ((volatile uint32_t *)local)[1] == 3);
    /* Memory that nobody has touched. */
    CHECK(store_at(&scene, &fresh[MIB / 4], 4) == 0 && fresh[MIB / 4] == 4 && fresh[MIB / 4 + 1] == 0);

    /* Words that both count. */
    for (int i = 0; i < 3; i++) {
        uint32_t *batch = scene.cpu + BATCH / 4;
        for (int n = 0; n < 5; n++)
            batch = add(batch, (uintptr_t)&fresh[3]);
        end_batch(batch);
        CHECK(run_mirror(&scene) == 0);
        __atomic_add_fetch(&fresh[3], 1, __ATOMIC_SEQ_CST);
    }
    CHECK(fresh[3] == 18);

    /* A file: shared, and a copy of one's own. */
    FILE *file = tmpfile();
    uint32_t bytes[2 * PAGE / 4] = {11}, found = 0;
    CHECK(file && write(fileno(file), bytes, sizeof bytes) == sizeof bytes);
    uint32_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    uint32_t *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), PAGE);
    CHECK(shared != MAP_FAILED && own != MAP_FAILED);
    CHECK(store_at(&scene, shared + 1, 5) == 0 && pread(fileno(file), &found, 4, 4) == 4 && found == 5);
    CHECK(store_at(&scene, own, 6) == 0 && own[0] == 6 && pread(fileno(file), &found, 4, PAGE) == 4 && found == 0);
    munmap(shared, PAGE);
    munmap(own, PAGE);
    fclose(file);
    munmap(fresh, 4 * MIB);
    free(heap);
    end(&scene);
}

/* What a mirror must not reach: the queue is banned, and another one works. */
static bool is_refused(struct scene *scene, const void *to)
{
    struct queue_property ban = {.queue = scene->queue};
    NEED(store_at(scene, to, 1) == EIO, false);
    NEED(ioctl(scene->fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 1, false);
    scene->queue = create_queue(scene->fd, scene->vm);
    return scene->queue && store_at(scene, &global[0], 1) == 0;
}

static void mirror_refusals(void)
{
    struct scene scene;
    if (begin_mirror(&scene) <= 0)
        return;
    uint32_t *memory = pages(4 * PAGE);
    CHECK(memory && munmap(memory + 1024, PAGE) == 0 && mprotect(memory + 2048, PAGE, PROT_READ) == 0);
    CHECK(is_refused(&scene, memory + 1024));
    CHECK(is_refused(&scene, memory + 2048) && memory[2048] == 0);
    CHECK(is_refused(&scene, scene.cpu) && is_refused(&scene, (void *)PAGE));
    CHECK(store_at(&scene, memory, 8) == 0 && memory[0] == 8);
    munmap(memory, 4 * PAGE);
    end(&scene);
}

static sigjmp_buf back;

static void jump(int number, siginfo_t *info, void *context)
{
    (void)context;
    siglongjmp(back, number == SIGSEGV && info->si_addr == (void *)16 ? 1 : 2);
}

/* Memory goes without anybody being told: a system call of the program's own, a file that is cut. The program lives, and its own handlers
 * of signals are what they were. */
static void behind(void)
{
    struct scene scene;
    struct sigaction action = {.sa_sigaction = jump, .sa_flags = SA_SIGINFO}, before, after;
    if (begin_mirror(&scene) <= 0)
        return;
    CHECK(sigaction(SIGSEGV, &action, &before) == 0);
    uint32_t *memory = pages(2 * MIB);
    CHECK(memory && store_at(&scene, memory, 1) == 0 && syscall(SYS_munmap, memory, 2 * MIB) == 0);
    CHECK(is_refused(&scene, memory) && is_refused(&scene, memory + 4096));

    FILE *file = tmpfile();
    CHECK(file && ftruncate(fileno(file), 64 * KIB) == 0);
    uint32_t *shared = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    CHECK(shared != MAP_FAILED && store_at(&scene, shared, 1) == 0 && ftruncate(fileno(file), 0) == 0);
    CHECK(is_refused(&scene, shared));
    munmap(shared, 64 * KIB);
    fclose(file);

    int caught = sigsetjmp(back, 1);
    if (!caught)
        *(volatile int *)16 = 1;
    CHECK(caught == 1 && sigaction(SIGSEGV, &before, &after) == 0 && after.sa_sigaction == jump);
    end(&scene);
}

static void mirror_changes(void)
{
    struct scene scene;
    if (begin_mirror(&scene) <= 0)
        return;
    uint32_t *memory = pages(2 * MIB), *other = pages(2 * MIB);
    CHECK(memory && other && store_at(&scene, memory, 1) == 0 && memory[0] == 1);
    CHECK(madvise(memory, 2 * MIB, MADV_DONTNEED) == 0 && store_at(&scene, memory + 1, 2) == 0 && memory[0] == 0 && memory[1] == 2);

    CHECK(mprotect(memory, 2 * MIB, PROT_READ) == 0 && is_refused(&scene, memory) && memory[0] == 0);
    CHECK(mprotect(memory, 2 * MIB, PROT_READ | PROT_WRITE) == 0 && store_at(&scene, memory, 3) == 0 && memory[0] == 3);

    /* It moves, with what the GPU has written; where it was is nothing. */
    CHECK(store_at(&scene, other, 4) == 0);
    CHECK(mremap(memory, 2 * MIB, 2 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other && other[0] == 3 && other[1] == 2);
    CHECK(is_refused(&scene, memory) && other[0] == 3);
    CHECK(store_at(&scene, other, 5) == 0 && other[0] == 5 && other[1] == 2);

    /* A buffer object takes the place of memory that is gone. */
    CHECK(munmap(other, 2 * MIB) == 0);
    CHECK(mmap(other, 2 * MIB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == other);
    uint32_t bo = create_bo(scene.fd, 2 * MIB, false), *cpu = bo ? map_bo(scene.fd, bo, 2 * MIB) : MAP_FAILED;
    struct bind_op op = {.obj = bo, .addr = (uintptr_t)other, .range = 2 * MIB};
    CHECK(cpu != MAP_FAILED && bind_vm(scene.fd, scene.vm, op, NULL) == 0);
    CHECK(store_at(&scene, other, 6) == 0 && cpu[0] == 6);
    munmap(other, 2 * MIB);
    munmap(cpu, 2 * MIB);
    end(&scene);
}

/* A child has a copy of the memory, and of the VM, which leads there. */
static int child_of_mirror(struct scene *scene, uint32_t *memory)
{
    if (memory[0] != 1 || store_at(scene, memory, 2) != 0 || memory[0] != 2 || memory[1] != 0)
        return 1;
    struct scene own;
    if (begin_mirror(&own) <= 0 || store_at(&own, memory + 1, 3) != 0 || memory[1] != 3)
        return 2;
    end(&own);
    return 0;
}

static void forks(void)
{
    struct scene scene, mine;
    /* The child goes on with one; buffer objects, with the batches in them, are shared. */
    if (begin_mirror(&scene) <= 0 || begin_mirror(&mine) <= 0)
        return;
    uint32_t *memory = pages(2 * MIB);
    CHECK(memory && store_at(&scene, memory, 1) == 0);
    for (int i = 0; i < 5; i++) {
        fflush(NULL);
        pid_t forked = fork();
        CHECK(forked >= 0);
        if (forked == 0)
            _exit(child_of_mirror(&scene, memory));
        /* While the child runs, too. */
        CHECK(store_at(&mine, memory + 2, (uint32_t)i) == 0);
        int status = -1;
        CHECK(waitpid(forked, &status, 0) == forked && status == 0);
        CHECK(memory[0] == 1 && memory[1] == 0 && memory[2] == (uint32_t)i);
    }
    munmap(memory, 2 * MIB);
    end(&mine);
    end(&scene);
}

/* The system asks about system calls, from the first mirror on. */
static bool is_heard(void)
{
    return prctl(PR_GET_SECCOMP) == 2;
}

/* What malloc gives back to the system by itself, and system calls of the program's own, where the system can tell of them. */
static void unheard(void)
{
    struct scene scene;
    if (begin_mirror(&scene) <= 0)
        return;
    if (!is_heard())
        SKIP("questions of the system about calls");
    char *heap = malloc(16 * MIB), *inside = (char *)(((uintptr_t)heap + 4 * MIB) & ~(2 * MIB - 1));
    uint32_t bo = create_bo(scene.fd, 2 * MIB, false);
    struct bind_op op = {.obj = bo, .addr = (uintptr_t)inside, .range = 2 * MIB};
    CHECK(heap && bo && store_at(&scene, inside, 1) == 0);
    CHECK(bind_vm(scene.fd, scene.vm, op, NULL) == -1 && errno == EBUSY);
    free(heap);
    CHECK(bind_vm(scene.fd, scene.vm, op, NULL) == 0);

    uint32_t *memory = pages(4 * MIB), *other = pages(4 * MIB);
    CHECK(memory && other && store_at(&scene, memory, 7) == 0 && store_at(&scene, other, 8) == 0);
    CHECK(syscall(SYS_mremap, memory, 4 * MIB, 4 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED, other) == (long)other && other[0] == 7);
    CHECK(store_at(&scene, other + 1, 9) == 0 && other[1] == 9 && is_refused(&scene, memory));
    CHECK(syscall(SYS_madvise, other, 4 * MIB, MADV_DONTNEED) == 0 && store_at(&scene, other + 2, 3) == 0 && other[0] == 0);
    CHECK(syscall(SYS_mprotect, other, 4 * MIB, PROT_READ) == 0 && is_refused(&scene, other));
    errno = 0;
    CHECK(syscall(SYS_munmap, (char *)other + 1, PAGE) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_munmap, other, 4 * MIB) == 0 && is_refused(&scene, other));
    end(&scene);
}

/* Where a mirror is in use nothing can be bound, and where it is not any more something can, by a call of a child's own. */
static int child_of_its_own(struct scene *scene)
{
    uint32_t bo = create_bo(scene->fd, 2 * MIB, false);
    for (int i = 0; i < 20; i++) {
        char *memory = pages(4 * MIB), *inside = (char *)(((uintptr_t)memory + 2 * MIB - 1) & ~(2 * MIB - 1));
        struct bind_op op = {.op = OP_MAP, .obj = bo, .addr = (uintptr_t)inside, .range = 2 * MIB}, again = op;
        again.obj = 0;
        again.flags = MIRROR;
        if (!bo || !memory || store_at(scene, inside, 1) != 0)
            return 1;
        if (bind_vm(scene->fd, scene->vm, op, NULL) != -1 || errno != EBUSY)
            return 2;
        if (syscall(SYS_munmap, memory, 4 * MIB) != 0 || bind_vm(scene->fd, scene->vm, op, NULL) != 0)
            return 3;
        if (bind_coherent(scene->fd, scene->vm, again, NULL) != 0)
            return 4;
    }
    return 0;
}

/* Each of parent and children hears questions of all of them. */
static void children_unheard(void)
{
    enum { COUNT = 3 };
    struct scene scene, mine[COUNT];
    pid_t forked[COUNT];
    if (begin_mirror(&scene) <= 0)
        return;
    if (!is_heard())
        SKIP("questions of the system about calls");
    for (int i = 0; i < COUNT; i++)
        CHECK(begin_mirror(&mine[i]) > 0);
    fflush(NULL);
    for (int i = 0; i < COUNT; i++) {
        forked[i] = fork();
        CHECK(forked[i] >= 0);
        if (forked[i] == 0)
            _exit(child_of_its_own(&mine[i]));
    }
    CHECK(child_of_its_own(&scene) == 0);
    for (int i = 0; i < COUNT; i++) {
        int status = -1;
        bool is_over = waitpid(forked[i], &status, 0) == forked[i];
        /* What the child says stands where the error does. */
        errno = status >> 8;
        CHECK(is_over && status == 0);
        end(&mine[i]);
    }
    end(&scene);
}

/* Shared memory of System V is detached. */
static void segments(void)
{
    struct scene scene;
    if (begin_mirror(&scene) <= 0)
        return;
    int id = shmget(IPC_PRIVATE, 2 * MIB, IPC_CREAT | 0600);
    CHECK(id >= 0);
    uint32_t *memory = shmat(id, NULL, 0), *again = shmat(id, NULL, 0);
    CHECK(memory != (void *)-1 && again != (void *)-1 && shmctl(id, IPC_RMID, NULL) == 0);
    CHECK(store_at(&scene, memory + 5, 1) == 0 && again[5] == 1);
    CHECK(shmdt(memory) == 0 && is_refused(&scene, memory + 5));
    CHECK(again[5] == 1 && store_at(&scene, again + 6, 2) == 0 && again[6] == 2);
    CHECK(shmdt(again) == 0 && shmdt(again) == -1 && errno == EINVAL);
    end(&scene);
}

/* Who writes to a pipe that nobody reads is ended, as without a device (RN-005); so is a program that is started from this one. */
static void pipes(void)
{
    struct scene scene;
    struct sigaction action;
    int ends[2], status = -1;
    CHECK(begin(&scene, 0) && sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL && pipe(ends) == 0);
    close(ends[0]);
    for (int starts = 0; starts < 2; starts++) {
        fflush(NULL);
        pid_t forked = fork();
        CHECK(forked >= 0);
        if (forked == 0) {
            dup2(ends[1], STDOUT_FILENO);
            if (starts)
                execl("/bin/sh", "sh", "-c", "echo nobody reads this", (char *)NULL);
            else
                (void)!write(STDOUT_FILENO, "x", 1);
            _exit(0);
        }
        CHECK(waitpid(forked, &status, 0) == forked && WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    }
    close(ends[1]);
    end(&scene);
}

/* A program that is started from this one is not one of ours, and goes on when this one has gone. */
static void descendants(void)
{
    struct scene scene;
    int ends[2];
    char said[16] = "";
    CHECK(begin(&scene, 0) && pipe(ends) == 0);
    void *memory = pages(PAGE);
    CHECK(memory && bind_userptr(&scene, memory, PAGE, 0) == 0);
    pid_t forked = fork();
    CHECK(forked >= 0);
    if (forked == 0) {
        /* It becomes a shell, whose own child outlives it. */
        dup2(ends[1], STDOUT_FILENO);
        unsetenv("LD_PRELOAD");
        execl("/bin/sh", "sh", "-c", "(sleep 0.1; /bin/echo alive) &", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    CHECK(waitpid(forked, &status, 0) == forked && status == 0);
    CHECK(read(ends[0], said, sizeof said - 1) == 6 && strcmp(said, "alive\n") == 0);
    close(ends[0]);
    close(ends[1]);
    munmap(memory, PAGE);
    end(&scene);
}

static void *churn(void *argument)
{
    unsigned state = (unsigned)(uintptr_t)argument;
    char *blocks[16] = {0};
    for (int i = 0; i < 2000; i++) {
        state = state * 1103515245 + 12345;
        char **block = &blocks[state >> 28];
        size_t bytes = 1 + (state >> 8) % (state & 64 ? 4096 : 512 * 1024);
        free(*block);
        *block = malloc(bytes);
        if (!*block || i % 500 == 0)
            malloc_trim(0);
        if (*block)
            (*block)[bytes - 1] = 1;
    }
    for (int i = 0; i < 16; i++)
        free(blocks[i]);
    return NULL;
}

/* Memory comes and goes on all sides while it is used. */
static void churning(void)
{
    enum { COUNT = 6 };
    struct scene scene;
    pthread_t threads[COUNT];
    if (begin_mirror(&scene) <= 0)
        return;
    for (uintptr_t i = 0; i < COUNT; i++)
        CHECK(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    for (uint32_t i = 1; i <= 100; i++) {
        uint32_t *words = malloc((i % 7 + 1) * 100 * KIB);
        CHECK(words && store_at(&scene, words + 1000, i) == 0 && words[1000] == i);
        free(words);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    end(&scene);
}

static const struct part parts[] = {
    {"userptr", userptr}, {"refusals", refusals}, {"holes", holes}, {"rebinds", rebinds}, {"waits", waits}, {"mirror", mirror},
    {"mirror-refusals", mirror_refusals}, {"mirror-changes", mirror_changes}, {"forks", forks}, {"behind", behind},
    {"unheard", unheard}, {"children-unheard", children_unheard}, {"segments", segments}, {"descendants", descendants}, {"pipes", pipes},
    {"churning", churning},
};

int main(int count, char **names)
{
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
