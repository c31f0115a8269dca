#include "real.h"
#include "live.h"
#include "allocator.h"
#include "engine.h"
#include "guard.h"
#include "notify.h"
#include "quiet.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096ul

static bool is_pages(const void *start, size_t bytes)
{
    return bytes != 0 && (uintptr_t)start % PAGE == 0 && bytes <= SIZE_MAX - PAGE;
}

live_change live_also(unsigned kind, const void *start, size_t bytes)
{
    live_change change = 0;
    if (!is_pages(start, bytes))
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

/* Whoever has called the function that this stands in. */
#define IS_ALLOCATOR allocator_has(__builtin_return_address(0))

live_change live_begin(unsigned kind, const void *start, size_t bytes)
{
    /* What the system will refuse anyway, and what the engine does itself, changes nothing of the program's. */
    return engine_is_there() && !engine_is_inside() ? live_also(kind, start, bytes) : 0;
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

struct bind_op {
    uint64_t extensions;
    uint32_t object, attributes;
    uint64_t offset, range, address;
    uint32_t operation, flags, region, pad;
    uint64_t reserved[3];
};

struct bind {
    uint64_t extensions;
    uint32_t vm, queue, pad, count;
    union {
        struct bind_op op;
        uint64_t ops;
    };
};

_Static_assert(sizeof(struct bind_op) == 80, "as the driver has it");

static bool is_own_memory(const struct bind_op *op)
{
    enum { MAP_USERPTR = 2, CPU_ADDR_MIRROR = 1 << 5 };
    return op->operation == MAP_USERPTR || op->flags & CPU_ADDR_MIRROR;
}

static bool is_used;

bool live_is_used(void)
{
    return __atomic_load_n(&is_used, __ATOMIC_RELAXED);
}

/* The argument may be a bad pointer, and change meanwhile. */
static bool binds_own_memory(const void *argument)
{
    enum { MOST_OPS = 1 << 16 };
    struct bind bind;
    if (guard_read(&bind, (uintptr_t)argument, sizeof bind) != 0)
        return false;
    bool is_own = bind.count == 1 && is_own_memory(&bind.op);
    for (uint32_t i = 0; bind.count > 1 && i < bind.count && i < MOST_OPS && !is_own; i++) {
        struct bind_op op;
        if (guard_read(&op, bind.ops + i * sizeof op, sizeof op) != 0)
            return false;
        is_own = is_own_memory(&op);
    }
    return is_own;
}

void live_binding(const void *argument)
{
    sigset_t before;
    if (notify_has_started())
        return;
    guard_open(&before);
    bool is_own = binds_own_memory(argument);
    guard_close(&before);
    if (!is_own)
        return;
    __atomic_store_n(&is_used, true, __ATOMIC_RELAXED);
    notify_start();
}

SHOWN int munmap(void *start, size_t bytes)
{
    if (IS_ALLOCATOR)
        return REAL(munmap)(start, bytes);
    live_change change = live_begin(XEPT_PROCESS_CHANGE_UNMAP, start, bytes);
    int result = (int)quiet_call(SYS_munmap, (long)start, (long)bytes, 0, 0, 0, 0);
    live_end(change);
    return result;
}

SHOWN int mprotect(void *start, size_t bytes, int protection)
{
    if (IS_ALLOCATOR)
        return REAL(mprotect)(start, bytes, protection);
    live_change change = live_begin(XEPT_PROCESS_CHANGE_PROTECT, start, bytes);
    int result = (int)quiet_call(SYS_mprotect, (long)start, (long)bytes, protection, 0, 0, 0);
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
    if (IS_ALLOCATOR)
        return REAL(madvise)(start, bytes, advice);
    live_change change = discards(advice) ? live_begin(XEPT_PROCESS_CHANGE_DISCARD, start, bytes) : 0;
    int result = (int)quiet_call(SYS_madvise, (long)start, (long)bytes, advice, 0, 0, 0);
    live_end(change);
    return result;
}

static void *map_again(void *old, size_t old_bytes, size_t bytes, int flags, void *to)
{
    return (void *)quiet_call(SYS_mremap, (long)old, (long)old_bytes, (long)bytes, flags, (long)to, 0);
}

/* Pages go away from where they were, and from where they come to. */
static void *move(void *old, size_t old_bytes, size_t bytes, int flags, void *to)
{
    live_change from = live_begin(XEPT_PROCESS_CHANGE_UNMAP, old, old_bytes);
    live_change over = from && flags & MREMAP_FIXED ? live_also(XEPT_PROCESS_CHANGE_UNMAP, to, bytes) : 0;
    void *moved = map_again(old, old_bytes, bytes, flags, to);
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
    if (IS_ALLOCATOR)
        return REAL(mremap)(old, old_bytes, bytes, flags, to);
    size_t had = (old_bytes + PAGE - 1) & ~(PAGE - 1), has = (bytes + PAGE - 1) & ~(PAGE - 1);
    if (!engine_is_there() || engine_is_inside())
        return map_again(old, old_bytes, bytes, flags, to);
    if (flags & ~MREMAP_MAYMOVE || old_bytes == 0)
        return move(old, old_bytes, bytes, flags, to);
    /* Where it is, if it can: then only an end that is cut off goes away. */
    live_change cut = has < had ? live_begin(XEPT_PROCESS_CHANGE_UNMAP, (char *)old + has, had - has) : 0;
    void *same = map_again(old, old_bytes, bytes, 0, NULL);
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
    if (IS_ALLOCATOR)
        return REAL(brk)(to);
    live_change change = begin_shrink(to);
    int result = REAL(brk)(to);
    live_end(change);
    return result;
}

SHOWN void *sbrk(intptr_t bytes)
{
    if (IS_ALLOCATOR)
        return REAL(sbrk)(bytes);
    live_change change = bytes < 0 ? begin_shrink((char *)REAL(sbrk)(0) + bytes) : 0;
    void *before = REAL(sbrk)(bytes);
    live_end(change);
    return before;
}

/* How much of a segment of System V's memory is mapped at an address, by the list of the system: parts of it may have gone. */
static size_t segment_at(uintptr_t start)
{
    char line[512], name[8];
    uintptr_t from, to, end = start;
    unsigned long wanted = 0, inode;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx %*s %*s %*s %lu %7s", &from, &to, &inode, name) != 4 || strncmp(name, "/SYSV", 5) != 0 || from < start)
            continue;
        if (from == start)
            wanted = inode;
        if (!wanted || inode != wanted)
            break;
        end = to;
    }
    if (maps)
        fclose(maps);
    return end - start;
}

SHOWN int shmdt(const void *start)
{
    size_t bytes = engine_is_there() && !engine_is_inside() ? segment_at((uintptr_t)start) : 0;
    live_change change = live_begin(XEPT_PROCESS_CHANGE_UNMAP, start, bytes);
    int result = REAL(shmdt)(start);
    live_end(change);
    return result;
}
