#include "real.h"
#include "clock.h"
#include "engine.h"
#include "gate.h"
#include "say.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MICROSECOND 1000ll
#define MILLISECOND (1000 * MICROSECOND)
#define SECOND (1000 * MILLISECOND)

enum { MANY_LOOKS = 10000 };

/* A thread that sleeps: time does not pass its end before it has woken up. */
struct sleeper {
    int64_t end;
    struct sleeper *next;
};

static int64_t virtual_now;
static struct sleeper *sleepers;

GATE(gate)

static bool asks_for_virtual(void)
{
    const char *choice = getenv("XEPT_TIME");
    bool is_virtual = choice && strcmp(choice, "virtual") == 0;
    if (choice && !is_virtual && strcmp(choice, "real") != 0)
        say("xept: XEPT_TIME is virtual or real, not \"%s\": time is real\n", choice);
    return is_virtual;
}

bool clock_is_virtual(void)
{
    static int known = -1;
    int is_virtual = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (is_virtual < 0) {
        is_virtual = asks_for_virtual();
        __atomic_store_n(&known, is_virtual, __ATOMIC_RELAXED);
    }
    return is_virtual;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec >= INT64_MAX / SECOND ? INT64_MAX : time->tv_sec * SECOND + time->tv_nsec;
}

int64_t clock_look(void)
{
    struct timespec now;
    if (clock_is_virtual())
        return __atomic_load_n(&virtual_now, __ATOMIC_ACQUIRE);
    REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
    return nanoseconds(&now);
}

/* Inside the gate. */
static void raise_to(int64_t time)
{
    if (time > virtual_now)
        __atomic_store_n(&virtual_now, time, __ATOMIC_RELEASE);
}

void clock_reach(int64_t time)
{
    gate_enter(&gate);
    raise_to(time);
    gate_leave(&gate);
}

/* Pieces are small, so that threads of the program that do not wait come in between: ten thousand for a time-out at least. Where as many
 * have brought nothing, only others can bring something: a wait with an end goes there, one without leaves them the processor. */
static int64_t piece(int64_t deadline, bool has_seen)
{
    static __thread int64_t last_deadline;
    static __thread int looks;
    looks = has_seen || deadline != last_deadline ? 0 : looks + 1;
    last_deadline = deadline;
    if (looks < MANY_LOOKS)
        return MILLISECOND;
    looks = MANY_LOOKS;
    return deadline == INT64_MAX ? 0 : INT64_MAX;
}

void clock_pass(int64_t deadline, bool has_seen)
{
    int64_t passes = piece(deadline, has_seen);
    gate_enter(&gate);
    int64_t next = passes > deadline - virtual_now ? deadline : virtual_now + passes;
    for (const struct sleeper *other = sleepers; other; other = other->next)
        next = other->end < next ? other->end : next;
    raise_to(next);
    gate_leave(&gate);
    if (passes)
        sched_yield();
    else
        REAL(usleep)(1000);
}

void clock_child(void)
{
    sleepers = NULL;
}

static void enlist(struct sleeper *self)
{
    gate_enter(&gate);
    self->next = sleepers;
    sleepers = self;
    gate_leave(&gate);
}

static void delist(struct sleeper *self)
{
    struct sleeper **at = &sleepers;
    gate_enter(&gate);
    while (*at != self)
        at = &(*at)->next;
    *at = self->next;
    gate_leave(&gate);
}

/* Devices go on meanwhile, as they do while a program sleeps for real. */
static void sleep_to(int64_t end)
{
    struct sleeper self = {.end = end};
    enlist(&self);
    while (clock_look() < end)
        clock_pass(end, engine_advance());
    delist(&self);
}

static void sleep_for(int64_t duration)
{
    int64_t end;
    sleep_to(__builtin_add_overflow(clock_look(), duration, &end) ? INT64_MAX : end);
}

/* What the runtime of the engine does is in real time. */
static bool is_ours(void)
{
    return clock_is_virtual() && !engine_is_inside();
}

static bool is_monotonic(clockid_t clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
}

SHOWN int clock_gettime(clockid_t clock, struct timespec *time)
{
    if (!is_monotonic(clock) || !is_ours())
        return REAL(clock_gettime)(clock, time);
    int64_t now = clock_look();
    *time = (struct timespec){.tv_sec = now / SECOND, .tv_nsec = now % SECOND};
    return 0;
}

static bool is_time(const struct timespec *time)
{
    return time && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < SECOND;
}

SHOWN int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    bool is_absolute = flags & TIMER_ABSTIME;
    struct timespec now = {0};
    if (!is_ours() || !is_time(time) || !(is_monotonic(clock) || clock == CLOCK_REALTIME))
        return REAL(clock_nanosleep)(clock, flags, time, left);
    if (is_absolute)
        clock_gettime(clock, &now);
    sleep_for(nanoseconds(time) - nanoseconds(&now));
    return 0;
}

SHOWN int nanosleep(const struct timespec *time, struct timespec *left)
{
    if (!is_ours() || !is_time(time))
        return REAL(nanosleep)(time, left);
    sleep_for(nanoseconds(time));
    return 0;
}

SHOWN int usleep(useconds_t duration)
{
    if (!is_ours())
        return REAL(usleep)(duration);
    sleep_for(duration * MICROSECOND);
    return 0;
}

SHOWN unsigned sleep(unsigned duration)
{
    if (!is_ours())
        return REAL(sleep)(duration);
    sleep_for(duration * SECOND);
    return 0;
}
