/* What a program asks of a render node, in short, for the conformance program. Layouts are those of docs/spec/01-uapi.md. */
#ifndef XEPT_TEST_NODE_H
#define XEPT_TEST_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

struct query { uint64_t extensions; uint32_t query, size; uint64_t data, reserved[2]; };
struct gem_create { uint64_t extensions, size; uint32_t placement, flags, vm_id, handle; uint16_t caching, pad[3]; uint64_t reserved[2]; };
struct mmap_offset { uint64_t extensions; uint32_t handle, flags; uint64_t offset, reserved[2]; };
struct vm_create { uint64_t extensions; uint32_t flags, vm_id; uint64_t reserved[2]; };
struct destroy { uint32_t id, pad; uint64_t reserved[2]; };
struct bind_op {
    uint64_t extensions;
    uint32_t obj;
    uint16_t pat, pad;
    uint64_t offset, range, addr;
    uint32_t op, flags, region, pad2;
    uint64_t reserved[3];
};
struct vm_bind {
    uint64_t extensions;
    uint32_t vm_id, queue, pad, count;
    struct bind_op op;
    uint32_t pad2, num_syncs;
    uint64_t syncs, reserved[2];
};
struct sync { uint64_t extensions; uint32_t type, flags; uint64_t addr, value, reserved[2]; };
struct engine { uint16_t class, instance, gt, pad; };
struct queue_create {
    uint64_t extensions;
    uint16_t width, placements;
    uint32_t vm_id, flags, id;
    uint64_t instances, reserved[2];
};
struct queue_property { uint64_t extensions; uint32_t queue, property; uint64_t value, reserved[2]; };
struct exec {
    uint64_t extensions;
    uint32_t queue, num_syncs;
    uint64_t syncs, address;
    uint16_t batches, pad[3];
    uint64_t reserved[2];
};
struct wait_fence {
    uint64_t extensions, addr;
    uint16_t op, flags;
    uint32_t pad;
    uint64_t value, mask;
    int64_t timeout;
    uint32_t queue, pad2;
    uint64_t reserved[2];
};
struct gem_close { uint32_t handle, pad; };
struct prime { uint32_t handle, flags; int32_t fd; };
struct syncobj { uint32_t handle, flags; };
struct syncobj_fd { uint32_t handle, flags; int32_t fd; uint32_t pad; uint64_t point; };
struct syncobj_array { uint64_t handles; uint32_t count, pad; };
struct syncobj_wait { uint64_t handles; int64_t timeout; uint32_t count, flags, first, pad; uint64_t deadline; };
struct version { int major, minor, patch; size_t name_length; char *name; size_t date_length; char *date; size_t text_length; char *text; };
struct capability { uint64_t which, value; };

#define VERSION _IOWR('d', 0x00, struct version)
#define GEM_CLOSE _IOW('d', 0x09, struct gem_close)
#define GET_CAP _IOWR('d', 0x0c, struct capability)
#define HANDLE_TO_FD _IOWR('d', 0x2d, struct prime)
#define FD_TO_HANDLE _IOWR('d', 0x2e, struct prime)
#define QUERY _IOWR('d', 0x40, struct query)
#define GEM_CREATE _IOWR('d', 0x41, struct gem_create)
#define GEM_MMAP_OFFSET _IOWR('d', 0x42, struct mmap_offset)
#define VM_CREATE _IOWR('d', 0x43, struct vm_create)
#define VM_DESTROY _IOW('d', 0x44, struct destroy)
#define VM_BIND _IOW('d', 0x45, struct vm_bind)
#define QUEUE_CREATE _IOWR('d', 0x46, struct queue_create)
#define QUEUE_DESTROY _IOW('d', 0x47, struct destroy)
#define QUEUE_PROPERTY _IOWR('d', 0x48, struct queue_property)
#define EXEC _IOW('d', 0x49, struct exec)
#define WAIT_FENCE _IOWR('d', 0x4a, struct wait_fence)
#define SYNCOBJ_CREATE _IOWR('d', 0xbf, struct syncobj)
#define SYNCOBJ_DESTROY _IOWR('d', 0xc0, struct syncobj)
#define SYNCOBJ_TO_FD _IOWR('d', 0xc1, struct syncobj_fd)
#define SYNCOBJ_FROM_FD _IOWR('d', 0xc2, struct syncobj_fd)
#define SYNCOBJ_WAIT _IOWR('d', 0xc3, struct syncobj_wait)
/* Of a header without the deadline. */
#define SYNCOBJ_WAIT_SHORT _IOC(_IOC_READ | _IOC_WRITE, 'd', 0xc3, 32)
#define SYNCOBJ_SIGNAL _IOWR('d', 0xc5, struct syncobj_array)

enum { OP_MAP, OP_UNMAP, OP_USERPTR, OP_UNMAP_ALL, OP_PREFETCH };
enum { SYNC_OBJECT, SYNC_TIMELINE, SYNC_FENCE, SIGNALS = 1 };
enum { VM_SCRATCH = 1, VM_LR = 2, VM_FAULT = 4 };
enum { CLASS_COPY = 1 };
enum { QUERY_ENGINES, QUERY_REGIONS, QUERY_CONFIG, QUERIES = 11 };
enum { WRITE_BACK = 1, WRITE_COMBINED = 2 };

static inline int64_t seconds(int count)
{
    return count * 1000000000ll;
}

#endif
