#include "real.h"
#include "keeper.h"
#include "places.h"
#include "questions.h"
#include "quiet.h"
#include "relay.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { STACK = 64 << 10 };

static int lifeline = -1, keepers_end = -1, keeper;

static int keep(void *end)
{
    const int questions = 1;
    char byte, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    quiet_bare(SYS_dup2, *(int *)end, 0, 0);
    quiet_bare(SYS_close_range, 1, ~0u, 0);
    if (quiet_bare(SYS_recvmsg, 0, (long)&message, 0) != 1)
        return 0;
    /* Until the last one has gone who has the other end. */
    while (quiet_bare(SYS_read, 0, (long)&byte, 1) == -EINTR)
        continue;
    for (struct letter *letter; (letter = relay_inherit()); relay_drop(letter))
        questions_answer(questions, relay_question(letter)->id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    for (;;) {
        struct pollfd wait = {.fd = questions, .events = POLLIN};
        struct seccomp_notif notif = {0};
        quiet_bare(SYS_poll, (long)&wait, 1, -1);
        if (wait.revents & (POLLHUP | POLLERR | POLLNVAL))
            return 0;
        if (quiet_bare(SYS_ioctl, questions, (long)SECCOMP_IOCTL_NOTIF_RECV, (long)&notif) == 0)
            questions_answer(questions, notif.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    }
}

bool keeper_start(void)
{
    static int ends[2];
    sigset_t all, before;
    char *stack = places_map(STACK, MAP_PRIVATE);
    if (stack == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* Before calls are asked about: its own are not. It tells nobody of its end. */
    keeper = clone(keep, stack + STACK, CLONE_VM, &ends[1]);
    bool is_there = keeper > 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lifeline = quiet_move_up(ends[0]);
    keepers_end = ends[1];
    return is_there;
}

void keeper_brief(int questions)
{
    char byte = 0, room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec bytes = {&byte, 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof questions)};
    memcpy(CMSG_DATA(header), &questions, sizeof questions);
    if (questions >= 0)
        sendmsg(lifeline, &message, MSG_NOSIGNAL);
    quiet_bare(SYS_close, keepers_end, 0, 0);
    if (questions >= 0)
        return;
    quiet_bare(SYS_close, lifeline, 0, 0);
    lifeline = -1;
    if (keeper > 0)
        waitpid(keeper, NULL, __WCLONE);
}

bool keeper_keeps(int fd)
{
    return fd >= 0 && fd == lifeline;
}
