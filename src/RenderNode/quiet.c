#include "real.h"
#include "quiet.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

enum { LOW_DESCRIPTORS = 512 }; /* the program's */

/* One place in the program. */
__attribute__((noinline)) long quiet_raw(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall\n.globl quiet_end\n.hidden quiet_end\nquiet_end:"
                     : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

long quiet_call(long number, long a, long b, long c, long d, long e, long f)
{
    long result = quiet_raw(number, a, b, c, d, e, f);
    if (result >= 0 || result < -4095)
        return result;
    errno = (int)-result;
    return -1;
}

long quiet_bare(long number, long a, long b, long c)
{
    return quiet_raw(number, a, b, c, 0, 0, 0);
}

int quiet_move_up(int fd)
{
    int moved = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, LOW_DESCRIPTORS);
    if (moved >= 0)
        quiet_bare(SYS_close, fd, 0, 0);
    return moved >= 0 ? moved : fd;
}
