#include "real.h"
#include "vforks.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* Whose memory this is: in a page that a copy of the memory has empty, and a process that shares it has not. */
static pid_t *owner;

bool vforks_is_child(void)
{
    pid_t self = getpid(), before = 0;
    return owner && !__atomic_compare_exchange_n(owner, &before, self, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) && before != self;
}

/* A child of fork says at once that it owns its copy: the next to ask may be a child of vfork. */
static void own(void)
{
    vforks_is_child();
}

__attribute__((constructor)) static void begin(void)
{
    enum { PAGE = 4096 };
    void *page = REAL(mmap)(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED || madvise(page, PAGE, MADV_WIPEONFORK) != 0)
        return;
    owner = page;
    own();
    pthread_atfork(NULL, NULL, own);
}
