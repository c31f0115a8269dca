#include "real.h"
#include "gate.h"
#include "guard.h"
#include "quiet.h"
#include "vforks.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

/* An instruction that may touch what is not there, and where it goes on then. */
struct guarded {
    uintptr_t at, otherwise;
};

extern const struct guarded __start_xept_guarded[] __attribute__((visibility("hidden")));
extern const struct guarded __stop_xept_guarded[] __attribute__((visibility("hidden")));

#define GUARDED(instruction) \
    "1: " instruction "\n" \
    "   xorl %[failed], %[failed]\n" \
    "   jmp 3f\n" \
    "2: movl $1, %[failed]\n" \
    "3:\n" \
    "   .pushsection xept_guarded, \"aw\"\n" \
    "   .balign 8\n" \
    "   .quad 1b, 2b\n" \
    "   .popsection\n"

static int load8(const void *from, uint64_t *value)
{
    int failed;
    __asm__ volatile(GUARDED("movq (%[from]), %[value]")
                     : [failed] "=&r"(failed), [value] "=&r"(*value) : [from] "r"(from) : "memory", "cc");
    return failed;
}

static int load4(const void *from, uint32_t *value)
{
    int failed;
    __asm__ volatile(GUARDED("movl (%[from]), %[value]")
                     : [failed] "=&r"(failed), [value] "=&r"(*value) : [from] "r"(from) : "memory", "cc");
    return failed;
}

static int store8(void *to, uint64_t value)
{
    int failed;
    __asm__ volatile(GUARDED("movq %[value], (%[to])") : [failed] "=&r"(failed) : [value] "r"(value), [to] "r"(to) : "memory", "cc");
    return failed;
}

static int store4(void *to, uint32_t value)
{
    int failed;
    __asm__ volatile(GUARDED("movl %[value], (%[to])") : [failed] "=&r"(failed) : [value] "r"(value), [to] "r"(to) : "memory", "cc");
    return failed;
}

static int copy(void *to, const void *from, size_t bytes)
{
    int failed;
    __asm__ volatile(GUARDED("rep movsb") : [failed] "=&r"(failed), "+D"(to), "+S"(from), "+c"(bytes) : : "memory", "cc");
    return failed;
}

int guard_read(void *into, uint64_t address, uint64_t bytes)
{
    const void *from = (const void *)address;
    uint64_t word8;
    uint32_t word4;
    if (bytes == 8 && address % 8 == 0)
        return load8(from, &word8) ? 1 : (memcpy(into, &word8, 8), 0);
    if (bytes == 4 && address % 4 == 0)
        return load4(from, &word4) ? 1 : (memcpy(into, &word4, 4), 0);
    return copy(into, from, bytes);
}

int guard_write(uint64_t address, const void *from, uint64_t bytes)
{
    void *to = (void *)address;
    uint64_t word8;
    uint32_t word4;
    if (bytes == 8 && address % 8 == 0)
        return memcpy(&word8, from, 8), store8(to, word8);
    if (bytes == 4 && address % 4 == 0)
        return memcpy(&word4, from, 4), store4(to, word4);
    return copy(to, from, bytes);
}

int guard_compare_exchange(uint64_t address, uint32_t bytes, uint64_t expected, uint64_t desired, void *found)
{
    int failed;
    void *at = (void *)address;
    if (bytes == 8) {
        __asm__ volatile(GUARDED("lock cmpxchgq %[desired], (%[at])")
                         : [failed] "=&r"(failed), "+a"(expected) : [desired] "r"(desired), [at] "r"(at) : "memory", "cc");
    } else {
        uint32_t half = (uint32_t)expected;
        __asm__ volatile(GUARDED("lock cmpxchgl %k[desired], (%[at])")
                         : [failed] "=&r"(failed), "+a"(half) : [desired] "r"(desired), [at] "r"(at) : "memory", "cc");
        expected = half;
    }
    memcpy(found, &expected, sizeof expected);
    return failed;
}

enum { PAGE = 4096, WORDS = PAGE / sizeof(uint32_t), MOST_CONSTANTS = 64, STEPS = 0x100, WRITES = 2 };

/* What the program wants to be done with these signals. */
static const int signals[] = {SIGSEGV, SIGBUS, SIGTRAP};
static struct sigaction wanted[3];
static bool is_handled[3];
GATE(gate)

static struct {
    uint32_t *page, word;
} constants[MOST_CONSTANTS];
static int constants_count;
static __thread int stepped __attribute__((tls_model("initial-exec"))); /* 1 and the number of the page that this thread writes to */

static int index_of(int signal)
{
    for (int i = 0; i < 3; i++) {
        if (signals[i] == signal)
            return i;
    }
    return -1;
}

static struct sigaction *wanted_of(int signal)
{
    int i = index_of(signal);
    return i < 0 ? NULL : &wanted[i];
}

/* As if it were the program's handler that the system has called. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    struct sigaction action = *wanted_of(signal), fallback = {.sa_handler = SIG_DFL};
    if (action.sa_flags & SA_RESETHAND)
        wanted_of(signal)->sa_handler = SIG_DFL;
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(signal, info, context);
    else if (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
        action.sa_handler(signal);
    else if (action.sa_handler == SIG_DFL || info->si_code > 0) {
        /* It happens once more, and ends the program. */
        REAL(sigaction)(signal, &fallback, NULL);
        if (info->si_code <= 0)
            raise(signal);
    }
}

static bool is_constant(int i)
{
    return constants[i].page[0] == constants[i].word && constants[i].page[WORDS - 1] == constants[i].word;
}

/* A page of words that stay is read-only; who writes to it may for the length of that instruction. */
static bool begin_step(const siginfo_t *info, ucontext_t *context)
{
    uint32_t *page = (uint32_t *)((uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1));
    bool writes = info->si_code == SEGV_ACCERR && context->uc_mcontext.gregs[REG_ERR] & WRITES;
    int count = __atomic_load_n(&constants_count, __ATOMIC_ACQUIRE);
    for (int i = 0; writes && i < count; i++) {
        if (constants[i].page != page || !is_constant(i))
            continue;
        int error = errno;
        quiet_call(SYS_mprotect, (long)page, PAGE, PROT_READ | PROT_WRITE, 0, 0, 0);
        errno = error;
        context->uc_mcontext.gregs[REG_EFL] |= STEPS;
        stepped = i + 1;
        return true;
    }
    return false;
}

static bool end_step(ucontext_t *context)
{
    if (!stepped)
        return false;
    uint32_t *page = constants[stepped - 1].page, word = constants[stepped - 1].word;
    int error = errno;
    for (int i = 0; i < WORDS; i++)
        __atomic_store_n(&page[i], word, __ATOMIC_RELAXED);
    quiet_call(SYS_mprotect, (long)page, PAGE, PROT_READ, 0, 0, 0);
    errno = error;
    context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)STEPS;
    stepped = 0;
    return true;
}

static void handle(int signal, siginfo_t *info, void *context)
{
    if (signal == SIGSEGV ? begin_step(info, context) : signal == SIGTRAP && end_step(context))
        return;
    greg_t *at = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    for (const struct guarded *guarded = __start_xept_guarded; guarded < __stop_xept_guarded; guarded++) {
        if ((uintptr_t)*at == guarded->at) {
            *at = (greg_t)guarded->otherwise;
            return;
        }
    }
    pass_on(signal, info, context);
}

static int install(int signal)
{
    struct sigaction action = *wanted_of(signal);
    action.sa_sigaction = handle;
    action.sa_flags = (action.sa_flags & ~SA_RESETHAND) | SA_SIGINFO | SA_ONSTACK;
    return REAL(sigaction)(signal, &action, NULL);
}

/* Inside the gate. */
static void start(int signal)
{
    int i = index_of(signal);
    if (is_handled[i])
        return;
    REAL(sigaction)(signal, NULL, &wanted[i]);
    is_handled[i] = install(signal) == 0;
}

/* No handler comes in between: it may say what it wants, too. */
static void enter(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
    gate_enter(&gate);
}

static void leave(const sigset_t *before)
{
    gate_leave(&gate);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void guard_start(void)
{
    sigset_t before;
    enter(&before);
    start(SIGSEGV);
    start(SIGBUS);
    leave(&before);
}

void guard_open(sigset_t *before)
{
    sigset_t faults;
    sigemptyset(&faults);
    sigaddset(&faults, SIGSEGV);
    sigaddset(&faults, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &faults, before);
}

void guard_close(const sigset_t *before)
{
    if (sigismember(before, SIGSEGV) || sigismember(before, SIGBUS))
        pthread_sigmask(SIG_SETMASK, before, NULL);
}

void guard_constant(uint32_t *page, uint32_t word)
{
    sigset_t before;
    for (int i = 0; i < WORDS; i++)
        page[i] = word;
    enter(&before);
    start(SIGSEGV);
    start(SIGTRAP);
    int at = 0;
    while (at < constants_count && constants[at].page != page)
        at++;
    if (at < MOST_CONSTANTS && is_handled[0] && is_handled[2]) {
        constants[at].page = page;
        constants[at].word = word;
        if (at == constants_count)
            __atomic_store_n(&constants_count, at + 1, __ATOMIC_RELEASE);
        quiet_call(SYS_mprotect, (long)page, PAGE, PROT_READ, 0, 0, 0);
    }
    leave(&before);
}

/* Whether a signal is one that this library handles: what the program wants is kept then, and what it wanted is found. */
static bool keep(int i, const struct sigaction *action, struct sigaction *had)
{
    sigset_t before;
    struct sigaction wish = action ? *action : (struct sigaction){0};
    enter(&before);
    bool is_kept = is_handled[i];
    *had = wanted[i];
    if (is_kept && action) {
        wanted[i] = wish;
        install(signals[i]);
    }
    leave(&before);
    return is_kept;
}

SHOWN int sigaction(int signal, const struct sigaction *action, struct sigaction *before)
{
    struct sigaction had;
    int i = index_of(signal);
    /* A child of vfork has handlers of its own. */
    if (i < 0 || vforks_is_child() || !keep(i, action, &had))
        return REAL(sigaction)(signal, action, before);
    if (before)
        *before = had;
    return 0;
}

SHOWN sighandler_t signal(int number, sighandler_t handler)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    if (!wanted_of(number))
        return REAL(signal)(number, handler);
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, &before) == 0 ? before.sa_handler : SIG_ERR;
}
