#include "real.h"
#include "allocator.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define HEAP_BYTES (64ul << 20) /* malloc's heaps begin at multiples of it */

struct code {
    uintptr_t inside, start, bytes;
};

static struct code library, allocator; /* of the C library; of what has malloc, where that is another one */
static void *by_number;                /* the C library's function that makes any call for the program */

static bool is_in(const struct code *code, uintptr_t place)
{
    return place - code->start < code->bytes;
}

/* An allocator makes the call, holding a lock that whoever tells of it may need. Of the C library's these are its trimming and the ends of
 * its heaps; what it has mapped for one block it gives back without a lock. Of others nothing is known. */
bool allocator_holds(const struct seccomp_data *call)
{
    uint64_t place = call->instruction_pointer;
    bool is_own = is_in(&library, place) && place - (uintptr_t)by_number > 64;
    if (allocator.bytes)
        return is_own || is_in(&allocator, place);
    return is_own && (call->nr != SYS_munmap || call->args[0] % HEAP_BYTES == 0) && call->nr != SYS_mremap;
}

static int find_code(struct dl_phdr_info *info, size_t bytes, void *wanted)
{
    struct code *code = wanted;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || code->inside - start >= part->p_memsz)
            continue;
        code->start = start;
        code->bytes = part->p_memsz;
        return 1;
    }
    (void)bytes;
    return 0;
}

void allocator_find(void)
{
    by_number = dlsym(RTLD_DEFAULT, "syscall");
    library.inside = (uintptr_t)by_number;
    dl_iterate_phdr(find_code, &library);
    struct code found = {.inside = (uintptr_t)dlsym(RTLD_DEFAULT, "malloc")};
    if (!is_in(&library, found.inside) && dl_iterate_phdr(find_code, &found))
        allocator = found;
}

bool allocator_has(const void *caller)
{
    return is_in(&allocator, (uintptr_t)caller);
}
