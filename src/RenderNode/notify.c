#include "real.h"
#include "notify.h"
#include "allocator.h"
#include "engine.h"
#include "keeper.h"
#include "live.h"
#include "places.h"
#include "questions.h"
#include "quiet.h"
#include "relay.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul

enum {
    STACK = 64 << 10,
    WORKERS = 4,
    MOST_CALLS = 16,
    RELAY_PAUSE = 2, /* milliseconds, after which a listener looks what others have heard for it */
    PATIENCE = 10,   /* seconds, after which a call is made untold */
};

/* A call between the question and its answer. The listener fills it, a worker takes it; whoever is first decides it. */
enum call_state { CALL_FREE, CALL_FILLED, CALL_TAKEN, CALL_DECIDED };

struct call {
    uint32_t state;
    bool is_made; /* by who has asked: it is told afterwards */
    int64_t since;
    struct seccomp_notif notif;
};

static struct call calls[MOST_CALLS];
static uint32_t filled; /* rises with each call that is filled: a futex */
static int workers, idle;
static int listener = -1;
static bool has_tried, has_started;
static int64_t expects; /* until when a child may come that listens as well */
static char *stack; /* of the listener */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static int64_t seconds_now(void)
{
    struct timespec now = {0};
    quiet_bare(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
    return now.tv_sec;
}

/* Changes that a call makes: pages of one interval, or of two. */
struct told {
    unsigned kind;
    uintptr_t start[2];
    size_t bytes[2];
};

static bool is_change(const struct seccomp_data *call, struct told *told)
{
    const uint64_t *a = (const uint64_t *)call->args;
    *told = (struct told){.kind = XEPT_PROCESS_CHANGE_UNMAP, .start = {a[0]}, .bytes = {a[1]}};
    switch (call->nr) {
    case SYS_munmap:
    case SYS_mmap:
        return true;
    case SYS_mprotect:
    case SYS_pkey_mprotect:
        told->kind = XEPT_PROCESS_CHANGE_PROTECT;
        return true;
    case SYS_madvise:
        told->kind = XEPT_PROCESS_CHANGE_DISCARD;
        return true;
    case SYS_mremap:
        if (a[3] & MREMAP_FIXED) {
            told->start[1] = a[4];
            told->bytes[1] = a[2];
        } else if (a[2] <= a[1] && !(a[3] & ~(uint64_t)MREMAP_MAYMOVE)) {
            /* Only its end goes. */
            told->start[0] = a[0] + ((a[2] + PAGE - 1) & ~(PAGE - 1));
            told->bytes[0] = a[0] + a[1] > told->start[0] ? a[0] + a[1] - told->start[0] : 0;
        }
        return true;
    case SYS_brk: {
        uintptr_t end = (uintptr_t)quiet_bare(SYS_brk, 0, 0, 0), to = (a[0] + PAGE - 1) & ~(PAGE - 1);
        told->start[0] = to;
        told->bytes[0] = end > to ? end - to : 0;
        return a[0] && to < end;
    }
    default:
        return false;
    }
}

static void answer(uint64_t id, long result, uint32_t flags)
{
    questions_answer(listener, id, result, flags);
}

static bool decide(struct call *call, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&call->state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Gives a call to a worker; false when none is free. */
static bool hand_over(const struct seccomp_notif *notif, bool is_made)
{
    if (__atomic_load_n(&idle, __ATOMIC_SEQ_CST) <= 0)
        return false;
    for (struct call *call = calls; call < calls + MOST_CALLS; call++) {
        if (__atomic_load_n(&call->state, __ATOMIC_SEQ_CST) != CALL_FREE)
            continue;
        call->notif = *notif;
        call->is_made = is_made;
        call->since = seconds_now();
        __atomic_store_n(&call->state, CALL_FILLED, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&filled, 1, __ATOMIC_SEQ_CST);
        quiet_bare(SYS_futex, (long)&filled, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, WORKERS);
        return true;
    }
    return false;
}

/* Calls that have waited too long are made untold. */
static void look_round(void)
{
    static int64_t last;
    int64_t now = seconds_now();
    for (struct call *call = calls; now != last && call < calls + MOST_CALLS; call++) {
        uint32_t state = __atomic_load_n(&call->state, __ATOMIC_SEQ_CST);
        bool is_waiting = state == CALL_FILLED || state == CALL_TAKEN;
        uint64_t id = call->notif.id;
        if (!is_waiting || call->is_made || now - call->since <= PATIENCE || !decide(call, state, CALL_DECIDED))
            continue;
        answer(id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
        /* Otherwise who has taken it gives it back. */
        if (state == CALL_FILLED)
            __atomic_store_n(&call->state, CALL_FREE, __ATOMIC_SEQ_CST);
    }
    last = now;
}

/* Of a thread of this process. */
static bool is_mine(const struct seccomp_notif *notif)
{
    return quiet_bare(SYS_tgkill, quiet_bare(SYS_getpid, 0, 0, 0), notif->pid, 0) == 0;
}

static void hear(const struct seccomp_notif *notif)
{
    struct told told;
    /* What the engine does itself is not told. */
    bool is_told = is_mine(notif) && !engine_has_inside((int)notif->pid) && is_change(&notif->data, &told);
    bool is_made = !is_told || allocator_holds(&notif->data);
    if (is_made)
        answer(notif->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    if (is_told && !hand_over(notif, is_made) && !is_made)
        answer(notif->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* Somebody has a letter: it is answered, or goes to the process that it is about. */
static void deal(struct letter *letter)
{
    struct seccomp_notif *question = relay_question(letter);
    if (question->id && !is_mine(question) && relay_send(letter))
        return;
    if (question->id)
        hear(question);
    relay_drop(letter);
}

/* Hears a question that is there. Returns 1, 0 when somebody else has it or listens now, or the negative error. */
static long receive(void)
{
    struct pollfd look = {.fd = listener, .events = POLLIN};
    struct letter *letter = relay_begin();
    if (!letter) {
        quiet_bare(SYS_poll, 0, 0, 1);
        return 0;
    }
    long found = quiet_bare(SYS_poll, (long)&look, 1, 0);
    if (found == 1) {
        long error = quiet_bare(SYS_ioctl, listener, (long)SECCOMP_IOCTL_NOTIF_RECV, (long)relay_question(letter));
        found = error ? error : 1;
    }
    relay_end();
    deal(letter);
    return found;
}

static void deal_with(struct letter *(*next)(void))
{
    for (struct letter *letter; (letter = next());)
        deal(letter);
}

static int listen_to_calls(void *unused)
{
    (void)unused;
    for (;;) {
        struct pollfd wait = {.fd = listener, .events = POLLIN};
        /* First of all: who is not there any more now has left nothing that is not found in what follows. */
        bool is_shared = relay_is_needed() || seconds_now() <= __atomic_load_n(&expects, __ATOMIC_SEQ_CST);
        deal_with(relay_inherit);
        deal_with(relay_take);
        look_round();
        long ready = quiet_bare(SYS_poll, (long)&wait, 1, is_shared ? RELAY_PAUSE : 1000);
        if (ready != 0 && receive() == -EBADF)
            return 0;
    }
}

/* Makes a call in the place of the thread that has asked: they are of one process. */
static void make(struct call *call)
{
    const struct seccomp_data *data = &call->notif.data;
    const uint64_t *a = (const uint64_t *)data->args;
    uint64_t id = call->notif.id;
    struct told told;
    is_change(data, &told);
    live_change first = live_begin(told.kind, (void *)told.start[0], told.bytes[0]);
    live_change second = first && told.bytes[1] ? live_also(told.kind, (void *)told.start[1], told.bytes[1]) : 0;
    bool is_mine = !call->is_made && decide(call, CALL_TAKEN, CALL_DECIDED);
    long result = is_mine ? quiet_raw(data->nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]) : 0;
    live_end(second);
    live_end(first);
    if (is_mine)
        answer(id, result, 0);
    __atomic_store_n(&call->state, CALL_FREE, __ATOMIC_SEQ_CST);
}

static struct call *take(void)
{
    for (struct call *call = calls; call < calls + MOST_CALLS; call++) {
        if (decide(call, CALL_FILLED, CALL_TAKEN))
            return call;
    }
    return NULL;
}

static void *work(void *unused)
{
    engine_mark_thread();
    for (;;) {
        uint32_t seen = __atomic_load_n(&filled, __ATOMIC_SEQ_CST);
        struct call *call = take();
        if (!call) {
            quiet_bare(SYS_futex, (long)&filled, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen);
            continue;
        }
        __atomic_sub_fetch(&idle, 1, __ATOMIC_SEQ_CST);
        make(call);
        __atomic_add_fetch(&idle, 1, __ATOMIC_SEQ_CST);
    }
    return unused;
}

/* All of them at once: who makes a thread takes locks, too. They count as idle before they run: a call may be asked about first. */
static void start_workers(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; workers < WORKERS && pthread_create(&thread, NULL, work, NULL) == 0; workers++) {
        pthread_detach(thread);
        __atomic_add_fetch(&idle, 1, __ATOMIC_SEQ_CST);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A thread that the C library does not know: to make it needs nothing that is asked about. */
static void start_listener(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    int thread = clone(listen_to_calls, stack + STACK, flags, NULL);
    if (thread > 0)
        relay_join(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool is_wanted(void)
{
    const char *choice = getenv("XEPT_SECCOMP");
    return !choice || strcmp(choice, "0") != 0;
}

void notify_start(void)
{
    pthread_mutex_lock(&gate);
    if (listener >= 0 || (!has_tried && is_wanted()))
        start_workers();
    if (!has_tried && is_wanted()) {
        stack = places_map(STACK, MAP_PRIVATE);
        relay_start();
        bool is_kept = stack != MAP_FAILED && keeper_start();
        int fd = is_kept ? questions_install() : -1;
        listener = fd >= 0 ? quiet_move_up(fd) : -1;
        keeper_brief(listener);
        if (listener >= 0)
            start_listener();
    }
    has_tried = true;
    __atomic_store_n(&has_started, true, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&gate);
}

void notify_resume(void)
{
    if (listener >= 0 && !notify_has_started())
        notify_start();
}

bool notify_has_started(void)
{
    return __atomic_load_n(&has_started, __ATOMIC_ACQUIRE);
}

/* Who listens alone sleeps until he is asked, and not when a child hears it first: he is asked something now, and looks more often then. */
void notify_fork(void)
{
    if (listener < 0 || !notify_has_started())
        return;
    __atomic_store_n(&expects, seconds_now() + 2, __ATOMIC_SEQ_CST);
    syscall(SYS_brk, 0);
}

void notify_child(void)
{
    pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    memcpy(&gate, &fresh, sizeof gate);
    memset(calls, 0, sizeof calls);
    workers = idle = 0;
    has_started = false;
    if (listener >= 0)
        start_listener();
}

bool notify_keeps(int fd)
{
    return fd >= 0 && (fd == listener || keeper_keeps(fd));
}
