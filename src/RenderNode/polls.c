/* poll and ppoll of what this library answers itself: fences, shared buffer objects, and nodes, of which nothing is ever to be read. */
#include "real.h"
#include "clock.h"
#include "requests.h"
#include "user.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SECOND 1000000000ll

enum { PIECE = 64 };

/* A list as the program has it, and what is found. */
struct list {
    struct pollfd *asked, *found;
    nfds_t count;
};

/* The file, if it is for this library to say what is ready of it. */
static struct open_file *answered(int fd)
{
    struct open_file *file = fd < 0 ? NULL : descriptors_get(fd);
    if (!file || file->kind != OPEN_ATTRIBUTE)
        return file;
    descriptors_put(file);
    return NULL;
}

static bool is_answered(int fd)
{
    struct open_file *file = answered(fd);
    descriptors_put(file);
    return file != NULL;
}

/* Whether something in the list is answered here. What is wrong with a list as such the system says. */
static bool has_answered(const struct pollfd *fds, nfds_t count)
{
    struct pollfd piece[PIECE];
    struct rlimit most;
    if (!descriptors_are_there() || getrlimit(RLIMIT_NOFILE, &most) != 0 || count > most.rlim_cur)
        return false;
    for (nfds_t at = 0; at < count; at += PIECE) {
        nfds_t here = count - at < PIECE ? count - at : PIECE;
        if (!user_read(fds + at, piece, here * sizeof *piece))
            return false;
        for (nfds_t i = 0; i < here; i++) {
            if (is_answered(piece[i].fd))
                return true;
        }
    }
    return false;
}

/* Looks once. Signals come only while the system is asked, so that each interrupts the call, whenever it comes. */
static int look(const struct list *list, const sigset_t *signals)
{
    static const struct timespec none;
    int ready = 0;
    for (nfds_t i = 0; i < list->count; i++) {
        list->found[i] = list->asked[i];
        if (is_answered(list->asked[i].fd))
            list->found[i].fd = -1;
    }
    int others = REAL(ppoll)(list->found, list->count, &none, signals), error = errno;
    for (nfds_t i = 0; i < list->count; i++) {
        struct open_file *file = list->found[i].fd < 0 ? answered(list->asked[i].fd) : NULL;
        list->found[i].revents = file && file->kind == OPEN_EXPORT ? fences_ready(file, list->asked[i].events) : list->found[i].revents;
        ready += file && list->found[i].revents;
        descriptors_put(file);
    }
    errno = error;
    return others >= 0 ? ready + others : ready > 0 ? ready : others;
}

/* Looks again and again: at the engine when something has happened there, at the system at least every millisecond. */
static int look_until(const struct list *list, int64_t deadline, const sigset_t *signals)
{
    for (;;) {
        uint32_t seen = engine_moment();
        int ready = look(list, signals);
        if (ready != 0 || !engine_wait(seen, deadline))
            return ready;
    }
}

/* Where nothing has changed nothing is written: another thread may be at the list. */
static bool give_back(const struct list *list, struct pollfd *fds)
{
    for (nfds_t i = 0; i < list->count; i++) {
        short revents = list->found[i].revents;
        if (revents != list->asked[i].revents && !user_write(&fds[i].revents, &revents, sizeof revents))
            return false;
    }
    return true;
}

static int wait_for_any(struct pollfd *fds, nfds_t count, int64_t deadline, const sigset_t *signals)
{
    struct pollfd *both = calloc(count, 2 * sizeof *both);
    struct list list = {.asked = both, .found = both + count, .count = count};
    sigset_t all, before;
    if (!both || !user_read(fds, both, count * sizeof *both)) {
        errno = both ? EFAULT : ENOMEM;
        free(both);
        return -1;
    }
    /* These two are the engine's. */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int ready = look_until(&list, deadline, signals ? signals : &before), error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!give_back(&list, fds)) {
        ready = -1;
        error = EFAULT;
    }
    free(both);
    errno = error;
    return ready;
}

#pragma GCC diagnostic push
/* The C library declares that these write the list; they read it as well. */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

SHOWN int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    if (!has_answered(fds, count))
        return REAL(poll)(fds, count, timeout);
    return wait_for_any(fds, count, timeout < 0 ? INT64_MAX : clock_look() + timeout * 1000000ll, NULL);
}

/* False for what is no duration. */
static bool find_deadline(const struct timespec *timeout, int64_t *deadline)
{
    struct timespec time;
    *deadline = INT64_MAX;
    if (!timeout)
        return true;
    if (!user_read(timeout, &time, sizeof time) || time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= SECOND)
        return false;
    int64_t duration;
    if (__builtin_mul_overflow(time.tv_sec, SECOND, &duration) || __builtin_add_overflow(duration, time.tv_nsec, &duration)
        || __builtin_add_overflow(clock_look(), duration, deadline))
        *deadline = INT64_MAX;
    return true;
}

SHOWN int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
    int64_t deadline;
    sigset_t mask;
    if (!has_answered(fds, count) || !find_deadline(timeout, &deadline) || (signals && !user_read(signals, &mask, sizeof mask)))
        return REAL(ppoll)(fds, count, timeout, signals);
    return wait_for_any(fds, count, deadline, signals ? &mask : NULL);
}

#pragma GCC diagnostic pop

/* What a program that is compiled with _FORTIFY_SOURCE calls. */
int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);

SHOWN int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
    (void)room;
    return poll(fds, count, timeout);
}

SHOWN int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals, size_t room)
{
    (void)room;
    return ppoll(fds, count, timeout, signals);
}
