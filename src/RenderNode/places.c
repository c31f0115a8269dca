#include "real.h"
#include "places.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE 4096ul
#define BELOW (2ul << 40) /* this library, near which the system puts what nobody has wished elsewhere */
#define BYTES (1ul << 40)

void *places_find(size_t bytes)
{
    static uintptr_t taken;
    uintptr_t first = ((uintptr_t)&taken & ~(PAGE - 1)) - BELOW;
    size_t pages = (bytes + PAGE - 1) & ~(PAGE - 1);
    uintptr_t before = __atomic_fetch_add(&taken, pages, __ATOMIC_RELAXED);
    /* Once around, places may be taken: then the system finds others. */
    return (void *)(first + before % BYTES);
}

void *places_map(size_t bytes, int kind)
{
    return REAL(mmap)(places_find(bytes), bytes, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
}
