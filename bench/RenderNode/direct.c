/* Stands before the engine in the place of libxept.so.1: answers DIRECT, and hands all else on. Programs cannot call the library themselves
 * beside the node, which would take what the runtime does to its memory for theirs. */
#define _GNU_SOURCE
#include "direct.h"

#include <dlfcn.h>
#include <time.h>
#include <xept.h>

#define SHOWN __attribute__((visibility("default")))

typedef int ioctl_call(xept_client *, uintptr_t, void *);

static ioctl_call *engine;
static xept_client *own;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

/* As the node makes them. */
static int open_own(void)
{
    xept_device_options options = {
        .size = sizeof options,
        .drive = XEPT_DRIVE_QUEUED,
        .flags = XEPT_DEVICE_FLAG_SYSTEM_CLOCK | XEPT_DEVICE_FLAG_RUNS_BATCHES | XEPT_DEVICE_FLAG_BO_FILES,
    };
    xept_client_options client = {.size = sizeof client, .flags = XEPT_CLIENT_FLAG_PROCESS_MEMORY};
    xept_device *device;
    int error = xept_device_create("bmg", &options, &device);
    return error ? error : xept_client_open(device, &client, &own);
}

static int make_direct(struct direct *direct)
{
    int error = own ? 0 : open_own();
    if (error)
        return error;
    int64_t begun = now();
    direct->error = engine(own, direct->request, (void *)(uintptr_t)direct->argument);
    direct->ns = now() - begun;
    return 0;
}

SHOWN int xept_ioctl(xept_client *client, uintptr_t request, void *argument)
{
    if (!engine)
        engine = (ioctl_call *)dlsym(RTLD_NEXT, "xept_ioctl");
    return request == DIRECT ? make_direct(argument) : engine(client, request, argument);
}
