#include "real.h"
#include "live.h"
#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul

live_change live_begin(unsigned kind, const void *start, size_t bytes)
{
    live_change change = 0;
    /* What the system will refuse anyway, and what the engine does itself, changes nothing of the program's. */
    if (bytes == 0 || (uintptr_t)start % PAGE || bytes > SIZE_MAX - PAGE || !engine_is_there() || engine_is_inside())
        return 0;
    int error = errno;
    /* Held until the end, so that no child is made in the middle. */
    engine_enter();
    engine_changes(1);
    if (engine.process_changing(kind, (uintptr_t)start, (bytes + PAGE - 1) & ~(PAGE - 1), &change) != 0)
        engine_leave();
    engine_changes(-1);
    errno = error;
    return change;
}

void live_end(live_change change)
{
    if (!change)
        return;
    int error = errno;
    engine.process_changed(change);
    engine_leave();
    engine_kick();
    errno = error;
}

SHOWN int munmap(void *start, size_t bytes)
{
    live_change change = live_begin(XEPT_PROCESS_CHANGE_UNMAP, start, bytes);
    int result = REAL(munmap)(start, bytes);
    live_end(change);
    return result;
}

SHOWN int mprotect(void *start, size_t bytes, int protection)
{
    live_change change = live_begin(XEPT_PROCESS_CHANGE_PROTECT, start, bytes);
    int result = REAL(mprotect)(start, bytes, protection);
    live_end(change);
    return result;
}

int pkey_mprotect(void *, size_t, int, int);

SHOWN int pkey_mprotect(void *start, size_t bytes, int protection, int key)
{
    live_change change = live_begin(XEPT_PROCESS_CHANGE_PROTECT, start, bytes);
    int result = REAL(pkey_mprotect)(start, bytes, protection, key);
    live_end(change);
    return result;
}

static bool discards(int advice)
{
    enum { DONTNEED_LOCKED = 24 };
    return advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_REMOVE || advice == DONTNEED_LOCKED;
}

SHOWN int madvise(void *start, size_t bytes, int advice)
{
    live_change change = discards(advice) ? live_begin(XEPT_PROCESS_CHANGE_DISCARD, start, bytes) : 0;
    int result = REAL(madvise)(start, bytes, advice);
    live_end(change);
    return result;
}

/* Pages go away from where they were, and from where they come to. */
static void *move(void *old, size_t old_bytes, size_t bytes, int flags, void *to)
{
    live_change from = live_begin(XEPT_PROCESS_CHANGE_UNMAP, old, old_bytes);
    live_change over = flags & MREMAP_FIXED ? live_begin(XEPT_PROCESS_CHANGE_UNMAP, to, bytes) : 0;
    void *moved = REAL(mremap)(old, old_bytes, bytes, flags, to);
    live_end(over);
    live_end(from);
    return moved;
}

SHOWN void *mremap(void *old, size_t old_bytes, size_t bytes, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    void *to = va_arg(arguments, void *);
    va_end(arguments);
    size_t had = (old_bytes + PAGE - 1) & ~(PAGE - 1), has = (bytes + PAGE - 1) & ~(PAGE - 1);
    if (!engine_is_there() || engine_is_inside())
        return REAL(mremap)(old, old_bytes, bytes, flags, to);
    if (flags & ~MREMAP_MAYMOVE || old_bytes == 0)
        return move(old, old_bytes, bytes, flags, to);
    /* Where it is, if it can: then only an end that is cut off goes away. */
    live_change cut = has < had ? live_begin(XEPT_PROCESS_CHANGE_UNMAP, (char *)old + has, had - has) : 0;
    void *same = REAL(mremap)(old, old_bytes, bytes, 0, NULL);
    live_end(cut);
    return same == MAP_FAILED && flags & MREMAP_MAYMOVE ? move(old, old_bytes, bytes, flags, to) : same;
}

/* The end of the heap that goes back to the system. */
static live_change begin_shrink(char *to)
{
    char *end = REAL(sbrk)(0), *first = (char *)(((uintptr_t)to + PAGE - 1) & ~(PAGE - 1));
    return to && first < end ? live_begin(XEPT_PROCESS_CHANGE_UNMAP, first, (size_t)(end - first)) : 0;
}

SHOWN int brk(void *to)
{
    live_change change = begin_shrink(to);
    int result = REAL(brk)(to);
    live_end(change);
    return result;
}

SHOWN void *sbrk(intptr_t bytes)
{
    live_change change = bytes < 0 ? begin_shrink((char *)REAL(sbrk)(0) + bytes) : 0;
    void *before = REAL(sbrk)(bytes);
    live_end(change);
    return before;
}
