#include "real.h"
#include "notify.h"
#include "engine.h"
#include "live.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define PAGE 4096ul
#define HEAP_BYTES (64ul << 20) /* malloc's heaps begin at multiples of it */

enum {
    STACK = 64 << 10,
    WORKERS = 4,
    MOST_CALLS = 16,
    LOW_DESCRIPTORS = 512, /* the program's */
    RELAY_PAUSE = 2,       /* milliseconds, after which a listener looks what others have heard for it */
    PATIENCE = 10,         /* seconds, after which a call is made untold */
    DONTNEED_LOCKED = 24,
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
static int listener = -1, lifeline = -1, keepers_end = -1, keeper;
static bool has_tried, has_started;
struct code {
    uintptr_t inside, start, bytes;
};

static struct code library, allocator; /* of the C library; of what has malloc, where that is another one */
static void *by_number;                /* the C library's function that makes any call for the program */
static char *stack; /* of the listener, and behind it of the keeper */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

extern const char notify_quiet_end[] __attribute__((visibility("hidden")));

/* One place in the program makes system calls that nobody is asked about. */
__attribute__((noinline)) static long quiet(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall\n.globl notify_quiet_end\n.hidden notify_quiet_end\nnotify_quiet_end:"
                     : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

long notify_quietly(long number, long a, long b, long c, long d, long e, long f)
{
    long result = quiet(number, a, b, c, d, e, f);
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

long notify_bare(long number, long a, long b, long c)
{
    return quiet(number, a, b, c, 0, 0, 0);
}

static int64_t seconds_now(void)
{
    struct timespec now = {0};
    notify_bare(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
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
        uintptr_t end = (uintptr_t)notify_bare(SYS_brk, 0, 0, 0), to = (a[0] + PAGE - 1) & ~(PAGE - 1);
        told->start[0] = to;
        told->bytes[0] = end > to ? end - to : 0;
        return a[0] && to < end;
    }
    default:
        return false;
    }
}

static void answer_at(int questions, uint64_t id, long result, uint32_t flags)
{
    struct seccomp_notif_resp response = {.id = id, .flags = flags};
    if (result < 0 && result >= -4095)
        response.error = (int32_t)result;
    else
        response.val = result;
    notify_bare(SYS_ioctl, questions, (long)SECCOMP_IOCTL_NOTIF_SEND, (long)&response);
}

static void answer(uint64_t id, long result, uint32_t flags)
{
    answer_at(listener, id, result, flags);
}

static bool decide(struct call *call, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&call->state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static bool is_in(const struct code *code, uintptr_t place)
{
    return place - code->start < code->bytes;
}

/* An allocator makes the call, holding a lock that whoever tells of it may need. Of the C library's these are its trimming and the ends of
 * its heaps; what it has mapped for one block it gives back without a lock. Of others nothing is known. */
static bool is_locked(const struct seccomp_data *call)
{
    uint64_t place = call->instruction_pointer;
    bool is_own = is_in(&library, place) && place - (uintptr_t)by_number > 64;
    if (allocator.bytes)
        return is_own || is_in(&allocator, place);
    return is_own && (call->nr != SYS_munmap || call->args[0] % HEAP_BYTES == 0) && call->nr != SYS_mremap;
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
        notify_bare(SYS_futex, (long)&filled, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, WORKERS);
        return true;
    }
    return false;
}

static void look_round(void)
{
    int64_t now = seconds_now();
    for (struct call *call = calls; call < calls + MOST_CALLS; call++) {
        uint32_t state = __atomic_load_n(&call->state, __ATOMIC_SEQ_CST);
        bool waits = state == CALL_TAKEN && !call->is_made && now - call->since > PATIENCE;
        uint64_t id = call->notif.id;
        if (waits && decide(call, CALL_TAKEN, CALL_DECIDED))
            answer(id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    }
}

/* Of a thread of this process. */
static bool is_mine(const struct seccomp_notif *notif)
{
    return notify_bare(SYS_tgkill, notify_bare(SYS_getpid, 0, 0, 0), notif->pid, 0) == 0;
}

static void hear(const struct seccomp_notif *notif)
{
    struct told told;
    /* What the engine does itself is not told. */
    bool is_told = is_mine(notif) && !engine_has_inside((int)notif->pid) && is_change(&notif->data, &told);
    bool is_made = !is_told || is_locked(&notif->data);
    if (is_made)
        answer(notif->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    if (is_told && !hand_over(notif, is_made) && !is_made)
        answer(notif->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/* Takes a question that is there. Returns 1, 0 when somebody else has it or listens now, or the negative error. */
static long receive(struct seccomp_notif *notif)
{
    struct pollfd look = {.fd = listener, .events = POLLIN};
    if (!relay_begin()) {
        notify_bare(SYS_poll, 0, 0, 1);
        return 0;
    }
    long found = notify_bare(SYS_poll, (long)&look, 1, 0);
    memset(notif, 0, sizeof *notif);
    if (found == 1) {
        long error = notify_bare(SYS_ioctl, listener, (long)SECCOMP_IOCTL_NOTIF_RECV, (long)notif);
        found = error ? error : 1;
    }
    relay_end();
    return found;
}

static int listen_to_calls(void *unused)
{
    (void)unused;
    relay_join();
    for (;;) {
        struct pollfd wait = {.fd = listener, .events = POLLIN};
        struct seccomp_notif notif;
        long ready = notify_bare(SYS_poll, (long)&wait, 1, relay_is_needed() ? RELAY_PAUSE : 1000);
        while (relay_take(&notif))
            hear(&notif);
        if (ready == 0) {
            look_round();
            continue;
        }
        long found = receive(&notif);
        if (found == -EBADF)
            return 0;
        if (found == 1 && (is_mine(&notif) || !relay_hand_on(&notif)))
            hear(&notif);
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
    long result = is_mine ? quiet(data->nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]) : 0;
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
    __atomic_add_fetch(&idle, 1, __ATOMIC_SEQ_CST);
    for (;;) {
        uint32_t seen = __atomic_load_n(&filled, __ATOMIC_SEQ_CST);
        struct call *call = take();
        if (!call) {
            notify_bare(SYS_futex, (long)&filled, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen);
            continue;
        }
        __atomic_sub_fetch(&idle, 1, __ATOMIC_SEQ_CST);
        make(call);
        __atomic_add_fetch(&idle, 1, __ATOMIC_SEQ_CST);
    }
    return unused;
}

/* All of them at once: who makes a thread takes locks, too. */
static void start_workers(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; workers < WORKERS && pthread_create(&thread, NULL, work, NULL) == 0; workers++)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int find_code(struct dl_phdr_info *info, size_t bytes, void *wanted)
{
    struct code *code = wanted;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || code->inside - start >= part->p_memsz)
            continue;
        code->start = start;
        code->bytes = part->p_memsz;
        return 1;
    }
    (void)bytes;
    return 0;
}

void notify_find_allocator(void)
{
    by_number = dlsym(RTLD_DEFAULT, "syscall");
    library.inside = (uintptr_t)by_number;
    dl_iterate_phdr(find_code, &library);
    struct code found = {.inside = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc")};
    if (!is_in(&library, found.inside) && dl_iterate_phdr(find_code, &found))
        allocator = found;
}

bool notify_is_allocator(const void *caller)
{
    return is_in(&allocator, (uintptr_t)caller);
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_UPPER(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define IF(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define IF_ANY(bits, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, then, otherwise)
#define ONLY(bits) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits)
#define GO_ON BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ASK BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

/* Has the system ask about calls that take memory away, of all threads. Returns the descriptor of the questions, or -1. */
static int install(void)
{
    uint64_t place = (uintptr_t)notify_quiet_end;
    struct sock_filter filter[] = {
        LOAD(arch), IF(AUDIT_ARCH_X86_64, 1, 0), GO_ON,
        LOAD(instruction_pointer), IF((uint32_t)place, 0, 3), LOAD_UPPER(instruction_pointer), IF((uint32_t)(place >> 32), 0, 1), GO_ON,
        LOAD(nr),
        IF(SYS_munmap, 0, 1), ASK,
        IF(SYS_mremap, 0, 1), ASK,
        IF(SYS_brk, 0, 1), ASK,
        IF(SYS_mprotect, 1, 0), IF(SYS_pkey_mprotect, 0, 5),
        LOAD(args[2]), ONLY(PROT_READ | PROT_WRITE), IF(PROT_READ | PROT_WRITE, 1, 0), ASK, GO_ON,
        IF(SYS_madvise, 0, 7),
        LOAD(args[2]), IF(MADV_DONTNEED, 3, 0), IF(MADV_FREE, 2, 0), IF(MADV_REMOVE, 1, 0), IF(DONTNEED_LOCKED, 0, 1), ASK, GO_ON,
        IF(SYS_mmap, 0, 5),
        LOAD(args[3]), IF_ANY(MAP_FIXED_NOREPLACE, 2, 0), IF_ANY(MAP_FIXED, 0, 1), ASK, GO_ON,
        GO_ON,
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH
        | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (fd < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    return (int)fd;
}

/* A thread that the C library does not know: to make it needs nothing that is asked about. */
static bool start_listener(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    bool is_there = clone(listen_to_calls, stack + STACK, flags, NULL) > 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_there;
}

/* Not among the numbers that programs expect to get. */
static int move_up(int fd)
{
    int moved = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, LOW_DESCRIPTORS);
    if (moved >= 0)
        notify_bare(SYS_close, fd, 0, 0);
    return moved >= 0 ? moved : fd;
}

/* A process of its own that shares the program's memory, and answers when nobody else does any more: the system asks about calls of a
 * program that was started from this one, too, also when this one has ended or has become that program. */
static int keep(void *end)
{
    char byte, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    notify_bare(SYS_dup2, *(int *)end, 0, 0);
    notify_bare(SYS_close_range, 1, ~0u, 0);
    if (notify_bare(SYS_recvmsg, 0, (long)&message, 0) != 1)
        return 0;
    /* Until the last one has gone who has the other end. */
    while (notify_bare(SYS_read, 0, (long)&byte, 1) == -EINTR)
        continue;
    for (int questions = 1;;) {
        struct pollfd wait = {.fd = questions, .events = POLLIN};
        struct seccomp_notif notif = {0};
        notify_bare(SYS_poll, (long)&wait, 1, -1);
        if (wait.revents & (POLLHUP | POLLERR | POLLNVAL))
            return 0;
        if (notify_bare(SYS_ioctl, questions, (long)SECCOMP_IOCTL_NOTIF_RECV, (long)&notif) == 0)
            answer_at(questions, notif.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    }
}

static bool start_keeper(void)
{
    static int ends[2];
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Before calls are asked about: its own are not. It tells nobody of its end. */
    keeper = clone(keep, stack + 2 * STACK, CLONE_VM, &ends[1]);
    bool is_there = keeper > 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lifeline = move_up(ends[0]);
    keepers_end = ends[1];
    return is_there;
}

/* Gives the keeper the questions, or lets it go. */
static void brief_keeper(void)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof listener)};
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    if (listener >= 0)
        sendmsg(lifeline, &message, MSG_NOSIGNAL);
    notify_bare(SYS_close, keepers_end, 0, 0);
    if (listener >= 0)
        return;
    notify_bare(SYS_close, lifeline, 0, 0);
    lifeline = -1;
    waitpid(keeper, NULL, __WCLONE);
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
        stack = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        relay_start();
        bool is_kept = stack != MAP_FAILED && start_keeper();
        int fd = is_kept ? install() : -1;
        listener = fd >= 0 ? move_up(fd) : -1;
        brief_keeper();
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
    return fd >= 0 && (fd == listener || fd == lifeline);
}
