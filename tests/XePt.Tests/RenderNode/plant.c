/* Stands before the engine in the place of libxept.so.1 and spoils its page tables: behind what the first bind of a process has mapped it
 * writes a leaf that nobody has asked for. For the test of xept exec --check, which must say so. */
#define _GNU_SOURCE
#include "node.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <string.h>
#include <xept.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static uint64_t *entry_of(xept_client *client, uint32_t vm, uint64_t va, uint64_t *value)
{
    xept_walk_step steps[5];
    uint32_t count = 5, room;
    xept_walker *walker;
    const uint64_t *entries = NULL;
    if (NEXT(xept_walk)(client, vm, 0, va, steps, &count) || NEXT(xept_walker_open)(client, vm, 0, &walker))
        return NULL;
    *value = steps[count - 1].entry;
    int error = NEXT(xept_walker_table)(walker, steps[count - 1].entry_address, &entries, &room);
    NEXT(xept_walker_close)(walker);
    return error ? NULL : (uint64_t *)entries;
}

static void plant(xept_client *client, const struct vm_bind *bind)
{
    uint64_t leaf, nothing;
    uint64_t *there = entry_of(client, bind->vm_id, bind->op.addr + bind->op.range, &nothing);
    if (there && entry_of(client, bind->vm_id, bind->op.addr, &leaf))
        *there = leaf;
}

__attribute__((visibility("default"))) int xept_ioctl(xept_client *client, uintptr_t request, void *argument)
{
    static atomic_flag planted = ATOMIC_FLAG_INIT;
    int error = NEXT(xept_ioctl)(client, request, argument);
    if (!error && request == VM_BIND && ((struct vm_bind *)argument)->op.op == OP_MAP && !atomic_flag_test_and_set(&planted))
        plant(client, argument);
    return error;
}
