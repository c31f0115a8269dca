/* A program that is linked with the library itself, and has a device of its own beside the node's. */
#define _GNU_SOURCE
#include "scene.h"

#include <xept.h>

/* Devices that come and go: their runtime takes memory and gives it back. */
static bool use_own(void)
{
    xept_device_options options = {.size = sizeof options};
    xept_client_options choices = {.size = sizeof choices};
    xept_device *device;
    xept_client *client;
    NEED(xept_device_create("bmg", &options, &device) == 0 && xept_client_open(device, &choices, &client) == 0, false);
    for (int i = 0; i < 200; i++) {
        struct vm_create vm = {0};
        NEED(xept_ioctl(client, VM_CREATE, &vm) == 0 && vm.vm_id == (uint32_t)i + 1, false);
    }
    NEED(xept_device_destroy(device) == 0, false);
    return true;
}

static void own(void)
{
    struct scene scene;
    if (!begin(&scene, 0))
        return;
    uint32_t *memory = mmap(NULL, 64 * KIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct bind_op op = {.op = OP_USERPTR, .offset = (uintptr_t)memory, .addr = VA + MIB, .range = 64 * KIB};
    CHECK(memory != MAP_FAILED && bind_coherent(scene.fd, scene.vm, op, NULL) == 0);
    for (uint32_t i = 1; i <= 30; i++) {
        end_batch(store(scene.cpu + BATCH / 4, VA + MIB + 4, i));
        if (!use_own() || !run(&scene))
            return;
        CHECK(memory[1] == i);
    }
    CHECK(munmap(memory, 64 * KIB) == 0);
    end(&scene);
}

static const struct part parts[] = {{"own", own}};

int main(int count, char **names)
{
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
