/* A child of fork goes on with its own copy of everything, and with the bytes of buffer objects, which it shares with its parent. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xept.h>

struct vm_create { uint64_t extensions; uint32_t flags, vm_id; uint64_t reserved[2]; };
struct gem_create { uint64_t extensions, size; uint32_t placement, flags, vm_id, handle; uint16_t cpu_caching, pad[3]; uint64_t reserved[2]; };

#define VM_CREATE 0xc0206443ul
#define GEM_CREATE 0xc0386441ul

static int child(xept_client *client, struct vm_create *vm, uint8_t *bytes)
{
    /* What only the child's memory says: were the parent's read, this would succeed. */
    vm->flags = UINT32_C(1) << 30;
    if (xept_ioctl(client, VM_CREATE, vm) != -EINVAL)
        return 1;
    vm->flags = 0;
    if (xept_ioctl(client, VM_CREATE, vm) != 0 || vm->vm_id != 2 || xept_ioctl(client, VM_CREATE, (void *)8) != -EFAULT)
        return 2;
    /* Garbage enough for the collector to come, and to find no other thread. */
    for (int i = 0; i < 10000; i++) {
        struct vm_create more = {0};
        if (xept_ioctl(client, VM_CREATE, &more) != 0)
            return 3;
    }
    bytes[5] = 0x5a;
    return xept_client_close(client) == 0 ? 0 : 4;
}

int main(void)
{
    xept_device *device;
    xept_client *client;
    struct vm_create vm = {0};
    struct gem_create bo = {.size = 65536, .placement = 1, .cpu_caching = 1};
    uint8_t *bytes;
    if (xept_device_create("lnl", NULL, &device) || xept_client_open(device, NULL, &client) || xept_ioctl(client, VM_CREATE, &vm) ||
        xept_ioctl(client, GEM_CREATE, &bo) || xept_bo_map(client, bo.handle, (void **)&bytes))
        return 1;

    int status = 0;
    pid_t forked = fork();
    if (forked == 0)
        _exit(child(client, &vm, bytes));
    if (waitpid(forked, &status, 0) != forked || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        printf("the child ended with 0x%x\n", (unsigned)status);
        return 1;
    }

    /* Nothing of what the child did is seen here but the byte. */
    int error = xept_ioctl(client, VM_CREATE, &vm);
    printf("vm %u, byte 0x%x\n", vm.vm_id, bytes[5]);
    return error == 0 && vm.vm_id == 2 && bytes[5] == 0x5a ? 0 : 1;
}
