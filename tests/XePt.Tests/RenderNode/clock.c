/* What time is to a program and its devices: the computer's, or with "virtual" in its environment's XEPT_TIME one that passes only where
 * somebody waits. */
#define _GNU_SOURCE
#include "scene.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define MS 1000000ll

enum { QUERY_CYCLES = 6, CLOCK_ID = CLOCK_MONOTONIC };

struct cycles {
    struct engine engine;
    int32_t clock;
    uint32_t width;
    uint64_t cycles, time, taken;
};

static bool is_virtual(void)
{
    const char *choice = getenv("XEPT_TIME");
    return choice && strcmp(choice, "virtual") == 0;
}

/* Of the computer, whatever the program sees. */
static int64_t real_now(void)
{
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* As long as an end in the time of this run may be away: for real nobody is to wait long. */
static int64_t long_time(void)
{
    return is_virtual() ? seconds(1000) : 30 * MS;
}

static int64_t seen_before, real_before;

static void begin_time(void)
{
    seen_before = now();
    real_before = real_now();
}

/* So much has passed for the program, and for real at least as much; or much less, where it is long enough to tell on any computer. */
static bool has_passed(int64_t least, int64_t most)
{
    int64_t seen = now() - seen_before, real = real_now() - real_before;
    bool is_real_right = is_virtual() ? real < least || least < seconds(1000) : real >= least;
    return seen >= least && seen <= most && is_real_right;
}

/* A program's clock is that of its devices. */
static void clocks(void)
{
    struct cycles asked = {.engine = {.class = CLASS_COPY}, .clock = CLOCK_ID};
    struct query query = {.query = QUERY_CYCLES, .size = sizeof asked, .data = (uintptr_t)&asked};
    int fd = open(NODE, O_RDWR);
    int64_t before = now();
    CHECK(fd >= 0 && ioctl(fd, QUERY, &query) == 0);
    CHECK((int64_t)asked.time >= before && (int64_t)asked.time <= now());
    int64_t real = real_now(), same = now();
    CHECK(is_virtual() ? same == now() : same >= real && same <= real_now());
    close(fd);
}

static void sleeps(void)
{
    int64_t time = long_time();
    begin_time();
    CHECK(usleep((useconds_t)(30 * MS / 1000)) == 0 && has_passed(30 * MS, seconds(5)));
    struct timespec length = {.tv_sec = time / seconds(1), .tv_nsec = time % seconds(1)}, end;
    begin_time();
    CHECK(nanosleep(&length, NULL) == 0 && has_passed(time, time + seconds(5)));
    begin_time();
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += length.tv_sec + 1;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == 0 && has_passed(time, time + seconds(6)));
    length.tv_nsec = seconds(1);
    CHECK(nanosleep(&length, NULL) == -1 && errno == EINVAL);
}

/* A batch that waits for a word which nobody writes, in a VM where it may do so for ever. */
static bool begin_endless(struct scene *scene, uint64_t **fence)
{
    if (!begin(scene, VM_LR))
        return false;
    *fence = (uint64_t *)(scene->cpu + 0x40);
    **fence = 0;
    struct sync sync = {.type = SYNC_FENCE, .flags = SIGNALS, .addr = VA + 0x100, .value = 9};
    end_batch(wait_for(scene->cpu + BATCH / 4, VA + 0x80, 5));
    NEED(exec(scene, VA + BATCH, &sync) == 0, false);
    return true;
}

static int wait_until(const struct scene *scene, const uint64_t *fence, int64_t *timeout, uint16_t flags)
{
    struct wait_fence wait = {
        .addr = (uintptr_t)fence, .value = 9, .mask = ~0ull, .timeout = *timeout, .flags = flags, .queue = scene->queue,
    };
    int result = ioctl(scene->fd, WAIT_FENCE, &wait);
    *timeout = wait.timeout;
    return result;
}

static void *write_soon(void *word)
{
    usleep(50 * 1000);
    *(volatile uint32_t *)word = 5;
    return NULL;
}

/* Waits of the node end by that clock, and not before. */
static void timeouts(void)
{
    struct scene scene;
    uint64_t *fence;
    if (!begin_endless(&scene, &fence))
        return;
    int64_t time = long_time(), left = time, due;
    begin_time();
    CHECK(wait_until(&scene, fence, &left, 0) == -1 && errno == ETIME && left == 0 && has_passed(time, time + seconds(5)));
    begin_time();
    due = now() + time;
    CHECK(wait_until(&scene, fence, &due, 1) == -1 && errno == ETIME && has_passed(time, time + seconds(5)));
    begin_time();
    uint32_t never = create_syncobj(scene.fd, 0);
    struct syncobj_wait wait = {.handles = (uintptr_t)&never, .count = 1, .timeout = now() + time, .flags = 2};
    CHECK(ioctl(scene.fd, SYNCOBJ_WAIT, &wait) == -1 && errno == ETIME && has_passed(time, time + seconds(5)));

    /* Somebody else sleeps less than this thread waits, and time does not pass him. */
    pthread_t thread;
    begin_time();
    CHECK(pthread_create(&thread, NULL, write_soon, scene.cpu + 0x20) == 0);
    left = seconds(1000);
    CHECK(wait_until(&scene, fence, &left, 0) == 0 && *fence == 9 && pthread_join(thread, NULL) == 0);
    CHECK(left < seconds(1000) - 49 * MS && left > 0);
    end(&scene);
}

/* A sync file is polled. */
static void polls(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    end_batch(wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5));
    uint32_t done = create_syncobj(scene.fd, 0);
    struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
    struct syncobj_fd out = {.handle = done, .flags = 1};
    CHECK(exec(&scene, VA + BATCH, &sync) == 0 && ioctl(scene.fd, SYNCOBJ_TO_FD, &out) == 0);
    struct pollfd job = {.fd = out.fd, .events = POLLIN};
    begin_time();
    CHECK(poll(&job, 1, 1000) == 0 && has_passed(seconds(1), seconds(2)));
    scene.cpu[0x20] = 5;
    CHECK(poll(&job, 1, 1000) == 1);
    close(out.fd);
    end(&scene);
}

/* A job that hangs has five seconds: of virtual time, which pass while somebody waits for it without an end. */
static void hangs(void)
{
    struct scene scene;
    if (!is_virtual())
        SKIP("virtual time");
    if (!begin(&scene, 0))
        return;
    /* One that only waits, and one that works without end. */
    for (int i = 0; i < 2; i++) {
        uint32_t *batch = scene.cpu + BATCH / 4, done = create_syncobj(scene.fd, 0);
        struct sync sync = {.type = SYNC_OBJECT, .flags = SIGNALS, .addr = done};
        struct queue_property ban = {.queue = scene.queue};
        if (i == 0) {
            batch = wait_for(batch, VA + 0x80, 5);
        } else {
            batch = store(batch, VA + 0x40, 1);
            *batch++ = 0x18800101;
            *batch++ = (uint32_t)(VA + BATCH);
            *batch++ = (uint32_t)((VA + BATCH) >> 32);
        }
        end_batch(batch);
        begin_time();
        CHECK(exec(&scene, VA + BATCH, &sync) == 0 && wait_syncobj(scene.fd, done, INT64_MAX) == 0);
        CHECK(has_passed(seconds(5), seconds(6)) && ioctl(scene.fd, QUEUE_PROPERTY, &ban) == 0 && ban.value == 1);
        scene.queue = create_queue(scene.fd, scene.vm);
    }
    end_batch(store(scene.cpu + BATCH / 4, VA + 0x44, 2));
    if (run(&scene))
        CHECK(scene.cpu[0x11] == 2);
    end(&scene);
}

/* Memory goes when the job that hangs in it is over. */
static void changes(void)
{
    struct scene scene;
    if (!is_virtual())
        SKIP("virtual time");
    if (!begin(&scene, 0))
        return;
    void *memory = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct bind_op op = {.op = 2, .offset = (uintptr_t)memory, .addr = VA + MIB, .range = 64 * KIB};
    CHECK(memory != MAP_FAILED && bind_coherent(scene.fd, scene.vm, op, NULL) == 0);
    end_batch(store(wait_for(scene.cpu + BATCH / 4, VA + 0x80, 5), VA + MIB, 1));
    begin_time();
    CHECK(exec(&scene, VA + BATCH, NULL) == 0 && munmap(memory, 64 * KIB) == 0 && has_passed(5 * seconds(1), 7 * seconds(1)));
    end(&scene);
}

static const struct part parts[] = {
    {"clocks", clocks}, {"sleeps", sleeps}, {"timeouts", timeouts}, {"polls", polls}, {"hangs", hangs}, {"changes", changes},
};

int main(int count, char **names)
{
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
