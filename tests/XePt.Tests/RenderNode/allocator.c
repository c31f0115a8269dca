/* A malloc that takes memory from the system and gives it back while it holds its only lock: whoever tells a device of that change must not
 * need memory. Preloaded into the programs beside this one. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul

struct header {
    size_t mapped, usable;
    void *start;
};

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
    pthread_mutex_lock(&gate);
}

static void unlock(void)
{
    pthread_mutex_unlock(&gate);
}

__attribute__((constructor)) static void start(void)
{
    pthread_atfork(lock, unlock, unlock);
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    size_t room = alignment < PAGE ? PAGE : alignment, mapped = (bytes + room + 2 * PAGE - 1) & ~(PAGE - 1);
    lock();
    char *start = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unlock();
    if (start == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    char *block = (char *)(((uintptr_t)start + sizeof(struct header) + room - 1) & ~(room - 1));
    ((struct header *)block)[-1] = (struct header){mapped, bytes, start};
    return block;
}

void free(void *block)
{
    int error = errno;
    if (!block)
        return;
    struct header header = ((struct header *)block)[-1];
    lock();
    munmap(header.start, header.mapped);
    unlock();
    errno = error;
}

void *malloc(size_t bytes)
{
    return aligned_alloc(16, bytes);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all))
        return NULL;
    return malloc(all);
}

void *realloc(void *block, size_t bytes)
{
    void *other = malloc(bytes);
    if (other && block) {
        size_t had = ((struct header *)block)[-1].usable;
        memcpy(other, block, had < bytes ? had : bytes);
        free(block);
    }
    return other;
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    *block = aligned_alloc(alignment, bytes);
    return *block ? 0 : ENOMEM;
}

void *memalign(size_t alignment, size_t bytes)
{
    return aligned_alloc(alignment, bytes);
}

size_t malloc_usable_size(void *block)
{
    return block ? ((struct header *)block)[-1].usable : 0;
}
