#include "real.h"
#include "account.h"
#include "allocator.h"
#include "clock.h"
#include "engine.h"
#include "explain.h"
#include "guard.h"
#include "library.h"
#include "live.h"
#include "notify.h"
#include "report.h"
#include "say.h"
#include "signals.h"
#include "tree.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ll

enum {
    SETTLE_ROUNDS = 64,        /* jobs that jobs make ready, at most, before an ioctl returns */
    SETTLE_BUDGET = 4096,      /* instructions of batches */
    LOOK_BUDGET = 1024,        /* the same in virtual time, which passes from look to look */
    MARKS = 1024,
    MOST_GTS = 4,              /* of a device */
    FORK_ROUNDS = 16,          /* looks at jobs around a fork, at most */
    THREAD_BUDGET = 256 << 10, /* instructions before the thread looks round */
};

static xept_device *devices[TREE_MOST_DEVICES];
static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t inside = PTHREAD_RWLOCK_INITIALIZER; /* readers first: it nests */
static uint32_t moment;                                      /* rises when something may have changed: a futex */
static uint32_t waiters;                                     /* threads of the program that sleep on it */
static uint32_t dozing;                                      /* a futex: the thread has nothing to do but look at clocks */
static bool forking, ending, has_thread, is_there;
static uint32_t in_flight; /* jobs that were not over when this process was made, or makes a child */
static uint32_t changes; /* of the program's memory, which may wait for jobs */
static pthread_t thread;
static __thread bool is_forker; /* this thread forks: everything is its own, and handlers of the program may use it */
static __thread int depth; /* how often this thread has entered */
static __thread int own_number, *own_mark;
static __thread bool is_open;    /* as guard_open has made it, and */
static __thread sigset_t closed; /* what the program's mask was before */
static int marks[MARKS], unmarked; /* of threads that are inside */

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

uint32_t engine_moment(void)
{
    return __atomic_load_n(&moment, __ATOMIC_ACQUIRE);
}

static void wake_thread(void);

void engine_kick(void)
{
    __atomic_add_fetch(&moment, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&waiters, __ATOMIC_SEQ_CST) > 0)
        futex(&moment, FUTEX_WAKE, INT_MAX, NULL);
    if (signals_are_awaited())
        wake_thread();
}

static void sleep_on(uint32_t *word, uint32_t seen, int64_t ns)
{
    struct timespec timeout = {.tv_sec = ns / (1000 * MS), .tv_nsec = ns % (1000 * MS)};
    futex(word, FUTEX_WAIT, seen, &timeout);
}

/* Only who has work for it wakes the thread: a switch costs more than most ioctls. */
static void wake_thread(void)
{
    if (__atomic_exchange_n(&dozing, 0, __ATOMIC_SEQ_CST))
        futex(&dozing, FUTEX_WAKE, 1, NULL);
}

bool engine_wait(uint32_t seen, int64_t deadline)
{
    int64_t left = deadline - clock_look();
    if (left <= 0)
        return false;
    if (clock_is_virtual()) {
        bool has_progressed = engine_advance();
        clock_pass(deadline, has_progressed || engine_moment() != seen);
        return true;
    }
    /* The CPU may write what is waited for without telling anybody. */
    __atomic_add_fetch(&waiters, 1, __ATOMIC_SEQ_CST);
    sleep_on(&moment, seen, left < MS ? left : MS);
    __atomic_sub_fetch(&waiters, 1, __ATOMIC_SEQ_CST);
    return true;
}

static int *marks_from(int number)
{
    return &marks[(unsigned)number % MARKS];
}

/* Threads that are inside are looked for by their numbers. Without a free mark it is as if somebody were everywhere. */
static int *set_mark(int number)
{
    for (int i = 0; i < MARKS; i++) {
        int *at = marks + (marks_from(number) - marks + i) % MARKS, none = 0;
        if (__atomic_compare_exchange_n(at, &none, number, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return at;
    }
    __atomic_add_fetch(&unmarked, 1, __ATOMIC_SEQ_CST);
    return &unmarked;
}

static void clear_mark(int *at)
{
    if (at == &unmarked)
        __atomic_sub_fetch(at, 1, __ATOMIC_SEQ_CST);
    else
        __atomic_store_n(at, 0, __ATOMIC_SEQ_CST);
}

void engine_mark_thread(void)
{
    set_mark((int)syscall(SYS_gettid));
}

bool engine_has_inside(int number)
{
    if (__atomic_load_n(&unmarked, __ATOMIC_SEQ_CST))
        return true;
    for (int i = 0; i < MARKS; i++) {
        if (__atomic_load_n(marks + (marks_from(number) - marks + i) % MARKS, __ATOMIC_SEQ_CST) == number)
            return true;
    }
    return false;
}

void engine_enter(void)
{
    if (depth++ == 0) {
        own_number = own_number ? own_number : (int)syscall(SYS_gettid);
        own_mark = set_mark(own_number);
        /* Pages of the program's may be gone, on whatever thread the engine comes across them. */
        is_open = live_is_used();
        if (is_open)
            guard_open(&closed);
    }
    if (!is_forker)
        pthread_rwlock_rdlock(&inside);
}

void engine_leave(void)
{
    if (!is_forker)
        pthread_rwlock_unlock(&inside);
    if (--depth > 0)
        return;
    if (is_open)
        guard_close(&closed);
    clear_mark(own_mark);
}

void engine_changes(int more)
{
    __atomic_add_fetch(&changes, (uint32_t)more, __ATOMIC_ACQ_REL);
}

bool engine_is_there(void)
{
    return __atomic_load_n(&is_there, __ATOMIC_ACQUIRE);
}

void engine_stay_inside(void)
{
    depth++;
    engine_mark_thread();
}

bool engine_is_inside(void)
{
    return depth > 0;
}

/* In virtual time one thread looks at a time: none passes while another one is at a job. Nobody has the gate who is not inside. */
static void begin_look(void)
{
    if (clock_is_virtual())
        pthread_mutex_lock(&looking);
}

static void end_look(void)
{
    if (clock_is_virtual())
        pthread_mutex_unlock(&looking);
}

static int64_t budget(int64_t usual)
{
    return clock_is_virtual() ? LOOK_BUDGET : usual;
}

/* What is due on the clock of a device happens. A virtual one shows the time of all, or has gone on by itself. */
static void keep_time(xept_device *device)
{
    int64_t there = 0, passed = 0;
    if (clock_is_virtual()) {
        engine.clock_now(device, &there);
        clock_reach(there);
        passed = clock_look() - there;
    }
    engine.clock_advance(device, passed);
}

bool engine_settle(xept_device *device)
{
    uint32_t jobs = 0;
    int round = 0;
    begin_look();
    if (clock_is_virtual())
        keep_time(device);
    while (round < SETTLE_ROUNDS && engine.pump(device, INT_MAX) > 0)
        round++;
    bool has_run = engine.batches_run(device, budget(SETTLE_BUDGET), &jobs) > 0;
    if (has_run)
        engine.pump(device, INT_MAX);
    end_look();
    if (jobs > 0 || round == SETTLE_ROUNDS)
        wake_thread();
    return has_run || round > 0;
}

/* As engine_advance. *jobs receives how many are not over. */
static bool advance(uint32_t *jobs)
{
    bool progressed = false;
    *jobs = 0;
    engine_enter();
    begin_look();
    for (int i = 0; i < TREE_MOST_DEVICES; i++) {
        xept_device *device = __atomic_load_n(&devices[i], __ATOMIC_ACQUIRE);
        uint32_t here = 0;
        if (!device)
            continue;
        keep_time(device);
        bool did = engine.pump(device, INT_MAX) > 0;
        did |= engine.batches_run(device, budget(THREAD_BUDGET), &here) > 0;
        if (did)
            report_device((unsigned)i, device);
        progressed |= did;
        *jobs += here;
    }
    end_look();
    engine_leave();
    return progressed;
}

bool engine_advance(void)
{
    uint32_t jobs;
    if (!engine_is_there() || !advance(&jobs))
        return false;
    engine_kick();
    return true;
}

static void *run(void *unused)
{
    int64_t nap = MS / 20;
    while (!__atomic_load_n(&ending, __ATOMIC_ACQUIRE)) {
        uint32_t jobs, never = 0;
        /* Who forks waits for changes, and they for jobs. */
        if (__atomic_load_n(&forking, __ATOMIC_ACQUIRE) && !__atomic_load_n(&changes, __ATOMIC_ACQUIRE)) {
            sleep_on(&never, 0, MS / 10);
            continue;
        }
        /* Set before it looks, so that who brings work in between is not missed. */
        __atomic_store_n(&dozing, 1, __ATOMIC_SEQ_CST);
        bool has_progressed = advance(&jobs);
        signals_look();
        if (has_progressed)
            engine_kick();
        /* Who changes memory waits inside for jobs, which end by their time at last. */
        if (clock_is_virtual() && __atomic_load_n(&changes, __ATOMIC_ACQUIRE)) {
            clock_pass(INT64_MAX, has_progressed);
            continue;
        }
        /* Who waits in virtual time looks himself: the thread is there for those who only look at memory. */
        if (clock_is_virtual()) {
            sleep_on(&never, 0, MS);
            continue;
        }
        if (has_progressed) {
            nap = MS / 20;
            continue;
        }
        /* Batches wait for memory that the CPU writes without telling; without any, only clocks go on. */
        sleep_on(&dozing, 1, jobs > 0 ? nap : 20 * MS);
        nap = nap < 2 * MS ? nap * 2 : nap;
    }
    return unused;
}

/* For threads that are made meanwhile: the program's signals are for its own threads; the ones left are the thread's own. */
static void block_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGRTMIN);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

static void start_thread(void)
{
    sigset_t before;
    block_signals(&before);
    has_thread = pthread_create(&thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* What can end before a fork does: a job that is under way then is one in the parent only. */
static void finish_jobs(void)
{
    uint32_t jobs;
    for (int round = 0; round < FORK_ROUNDS && advance(&jobs); round++)
        continue;
}

static uint32_t count_jobs(void)
{
    uint32_t count = 0;
    engine_enter();
    for (int i = 0; i < TREE_MOST_DEVICES; i++) {
        uint32_t here = 0;
        if (devices[i])
            engine.batches_run(devices[i], 0, &here);
        count += here;
    }
    engine_leave();
    return count;
}

static void end_jobs(unsigned number, xept_device *device)
{
    for (int gt = 0; gt < MOST_GTS; gt++)
        engine.gt_reset(device, gt);
    engine.pump(device, INT_MAX);
    report_inherit(number, device);
}

/* Jobs of the parent's end in the copy of its devices that a child has, as by a reset: they run there, and nowhere else. What waited for
 * one comes next, and ends as well. */
static void end_inherited(void)
{
    for (int round = 0; round < FORK_ROUNDS && in_flight > 0; round++, in_flight = count_jobs()) {
        engine_enter();
        for (unsigned i = 0; i < TREE_MOST_DEVICES; i++) {
            if (devices[i])
                end_jobs(i, devices[i]);
        }
        engine_leave();
    }
}

static void before_fork(void)
{
    if (!engine_is_there())
        return;
    notify_fork();
    finish_jobs();
    /* From now on the child shares pages, and who writes gets his own (SVM: PROTECTION_PAGE). */
    live_end(live_begin(XEPT_PROCESS_CHANGE_FORK, NULL, 1ul << 47));
    __atomic_store_n(&forking, true, __ATOMIC_RELEASE);
    pthread_mutex_lock(&making);
    pthread_rwlock_wrlock(&inside);
    is_forker = true;
    in_flight = count_jobs();
}

static void after_fork(void)
{
    if (!is_forker)
        return;
    is_forker = false;
    pthread_rwlock_unlock(&inside);
    pthread_mutex_unlock(&making);
    __atomic_store_n(&forking, false, __ATOMIC_RELEASE);
}

static void after_fork_in_child(void)
{
    if (!is_forker)
        return;
    is_forker = false;
    /* Only this thread is here; others may have been waiting for the lock. */
    pthread_rwlock_t fresh = PTHREAD_RWLOCK_INITIALIZER;
    memcpy(&inside, &fresh, sizeof inside);
    pthread_mutex_unlock(&making);
    waiters = dozing = changes = 0;
    memset(marks, 0, sizeof marks);
    own_number = unmarked = 0;
    notify_child();
    clock_child();
    has_thread = false;
    __atomic_store_n(&forking, false, __ATOMIC_RELEASE);
    /* In this order: to let go of a file takes a device further. */
    end_inherited();
    signals_child();
}

/* Of a recorder of calls that is preloaded, too (samples/Record). Who is inside may want its lock, for the runtime's memory; so at a fork it
 * has to be taken when nobody is inside any more: it is registered first. */
void xerecord_start(void) __attribute__((weak));

/* Before the program has handlers of its own, which find everything as ever then: theirs are the first before a fork, and the last after
 * it. And after the gates, behind which nobody may be who is inside (gate.c). */
__attribute__((constructor)) static void register_handlers(void)
{
    if (xerecord_start)
        xerecord_start();
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

/* The runtime has SIGPIPE ignored (RN-005), and nothing to write that could be lost: the program is ended by it, or is not, as ever, and so
 * are programs that it starts. */
static void enter_runtime(const xept_process_access_options *access)
{
    struct sigaction wanted;
    sigset_t before;
    REAL(sigaction)(SIGPIPE, NULL, &wanted);
    block_signals(&before);
    engine_enter();
    engine.process_access(access);
    engine_leave();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    REAL(sigaction)(SIGPIPE, &wanted, NULL);
}

static bool load(void)
{
    if (!library_load())
        return false;
    const xept_process_access_options access = {
        .size = sizeof access, .read = guard_read, .write = guard_write, .compare_exchange = guard_compare_exchange,
    };
    guard_start();
    allocator_find();
    enter_runtime(&access);
    __atomic_store_n(&is_there, true, __ATOMIC_RELEASE);
    return true;
}

static xept_device *make(unsigned number)
{
    static bool loaded, failed;
    const char *platform = getenv("XEPT_PLATFORM");
    xept_device_options options = {
        .size = sizeof options,
        .drive = XEPT_DRIVE_QUEUED,
        .flags = XEPT_DEVICE_FLAG_RUNS_BATCHES | XEPT_DEVICE_FLAG_BO_FILES | (clock_is_virtual() ? 0 : XEPT_DEVICE_FLAG_SYSTEM_CLOCK)
            | (getenv("XEPT_DEBUG_BUILD") ? XEPT_DEVICE_FLAG_DEBUG_BUILD : 0) | (report_checks() ? XEPT_DEVICE_FLAG_CHECKS : 0),
        .batch_failed = explain_is_on() ? explain_batch : NULL,
        .check_failed = report_violation,
        .vram_account = account_map(number),
        .vram_account_bytes = ACCOUNT_BYTES,
    };
    xept_device *device = NULL;
    if (failed || (failed = !loaded && !load()))
        return NULL;
    loaded = true;
    engine_enter();
    int error = engine.device_create(platform ? platform : "bmg", &options, &device);
    engine_leave();
    if (error)
        say("xept: no device of platform %s: %s\n", platform ? platform : "bmg", strerror(-error));
    return device;
}

xept_device *engine_device(unsigned number)
{
    if (number >= TREE_MOST_DEVICES)
        return NULL;
    if (!is_forker)
        pthread_mutex_lock(&making);
    if (!devices[number])
        __atomic_store_n(&devices[number], make(number), __ATOMIC_RELEASE);
    if (devices[number] && !has_thread && !ending)
        start_thread();
    xept_device *device = devices[number];
    if (!is_forker)
        pthread_mutex_unlock(&making);
    return device;
}

/* The thread must not be in managed code while the process takes itself apart. */
__attribute__((destructor)) static void end(void)
{
    __atomic_store_n(&ending, true, __ATOMIC_RELEASE);
    if (!has_thread)
        return;
    wake_thread();
    pthread_join(thread, NULL);
    has_thread = false;
}
