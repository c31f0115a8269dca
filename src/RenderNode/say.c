#include "real.h"
#include "say.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void write_quietly(const char *line, size_t bytes)
{
    const struct timespec at_once = {0};
    sigset_t broken, pending, before;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    /* The signal is this thread's, as whoever writes; one that was there before stays. */
    if (REAL(write)(STDERR_FILENO, line, bytes) < 0 && errno == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&broken, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void say(const char *format, ...)
{
    char line[640];
    int error = errno;
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (length > 0)
        write_quietly(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
    errno = error;
}
