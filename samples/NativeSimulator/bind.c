/* The C ABI in short: open a device, ask what it is, make a VM and a buffer object, bind it, translate,
 * and compare snapshots.
 *
 * The ioctls are those of the kernel's drm/xe_drm.h; the few that this needs are written down here, so that it builds where that header is
 * missing or old. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xept.h>

struct vm_create { uint64_t extensions; uint32_t flags, vm_id; uint64_t reserved[2]; };
struct gem_create { uint64_t extensions, size; uint32_t placement, flags, vm_id, handle; uint16_t cpu_caching, pad[3]; uint64_t reserved[2]; };
struct bind_op {
    uint64_t extensions; uint32_t obj; uint16_t pat_index, pad; uint64_t obj_offset, range, addr;
    uint32_t op, flags, prefetch_mem_region_instance, pad2; uint64_t reserved[3];
};
struct vm_bind {
    uint64_t extensions; uint32_t vm_id, exec_queue_id, pad, num_binds; struct bind_op bind;
    uint32_t pad2, num_syncs; uint64_t syncs, reserved[2];
};
struct device_query { uint64_t extensions; uint32_t query, size; uint64_t data, reserved[2]; };

#define DEVICE_QUERY 0xc0286440ul
#define GEM_CREATE 0xc0386441ul
#define VM_CREATE 0xc0206443ul
#define VM_BIND 0x40886445ul

#define VA UINT64_C(0x100000000)
#define SIZE UINT64_C(0x200000)

static int check(const char *what, int error)
{
    xept_failure why = {.size = sizeof(why)};
    if (error == 0)
        return 0;
    xept_last_failure(&why);
    printf("%s: %s\n", what, why.sentence);
    return 1;
}

int main(int argc, char **argv)
{
    const char *platform = argc > 1 ? argv[1] : "bmg";
    xept_device *device;
    xept_client *client;
    if (xept_abi_version() >> 16 != XEPT_ABI_VERSION >> 16 || check("device", xept_device_create(platform, NULL, &device)) ||
        check("client", xept_client_open(device, NULL, &client)))
        return 1;

    /* Which memory there is: first its size, then the answer. */
    struct device_query query = {.query = 1};
    if (check("query", xept_ioctl(client, DEVICE_QUERY, &query)))
        return 1;
    printf("%s, XePt %s: MEM_REGIONS has %" PRIu32 " bytes\n", platform, xept_version(), query.size);

    xept_device_info info = {.size = sizeof(info)};
    struct vm_create vm = {0};
    xept_device_describe(device, &info);
    struct gem_create bo = {.size = SIZE, .placement = info.is_discrete ? 2 : 1, .cpu_caching = 2};
    struct vm_bind bind = {.num_binds = 1, .bind = {.range = SIZE, .addr = VA}};
    if (check("VM_CREATE", xept_ioctl(client, VM_CREATE, &vm)) || check("GEM_CREATE", xept_ioctl(client, GEM_CREATE, &bo)))
        return 1;
    bind.vm_id = vm.vm_id;
    bind.bind.obj = bo.handle;
    if (check("VM_BIND", xept_ioctl(client, VM_BIND, &bind)))
        return 1;

    /* The tables say where the bytes are; the CPU and the GPU see the same ones. */
    xept_translation seen;
    uint32_t *cpu, gpu = 0;
    if (check("translate", xept_translate(client, vm.vm_id, 0, VA + 0x1234, &seen)) ||
        check("map", xept_bo_map(client, bo.handle, (void **)&cpu)))
        return 1;
    printf("0x%" PRIx64 " is at 0x%" PRIx64 ", in a page of 0x%" PRIx64 " bytes\n", seen.va, seen.address, seen.page_size);
    cpu[0x1234 / 4] = 0x600d;
    if (check("access", xept_access(client, vm.vm_id, 0, VA + 0x1234, XEPT_ACCESS_KIND_READ, &gpu, sizeof(gpu), NULL)) || gpu != 0x600d)
        return 1;

    /* What the driver refuses, XePt explains, and changes nothing. */
    xept_snapshot *before, *after;
    uint32_t changed = 0;
    if (check("snapshot", xept_snapshot_take(client, vm.vm_id, &before)))
        return 1;
    bind.bind.addr = VA + 0x800;
    int refused = xept_ioctl(client, VM_BIND, &bind);
    check("a bind at half a page", refused);
    printf("a bad pointer: %s\n", xept_error_name(xept_ioctl(client, VM_BIND, (void *)8)));
    if (refused != -EINVAL || check("snapshot", xept_snapshot_take(client, vm.vm_id, &after)) ||
        check("compare", xept_snapshot_compare(before, after, XEPT_COMPARE_FLAG_TABLE_PLACES, NULL, &changed)))
        return 1;

    /* What it accepts is a difference: the VMA and the entry that led to it are gone. */
    xept_difference differences[8];
    uint32_t count = 8;
    xept_snapshot *end;
    bind.bind = (struct bind_op){.op = 1, .range = SIZE, .addr = VA};
    if (check("unmap", xept_ioctl(client, VM_BIND, &bind)) || check("snapshot", xept_snapshot_take(client, vm.vm_id, &end)) ||
        check("compare", xept_snapshot_compare(after, end, 0, differences, &count)))
        return 1;
    bool is_gone = count != 0 && differences[0].kind == XEPT_DIFFERENCE_KIND_VMA && differences[0].in == XEPT_DIFFERENCE_IN_FIRST &&
        differences[0].start == VA && differences[0].end == VA + SIZE;
    printf("refused calls changed nothing; the unmap took away the VMA%s\n", is_gone ? "" : ", which is not told");
    xept_snapshot_free(before);
    xept_snapshot_free(after);
    xept_snapshot_free(end);
    return is_gone && check("destroy", xept_device_destroy(device)) == 0 ? 0 : 1;
}
