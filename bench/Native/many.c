/* many MODE TIMES: 256 addresses translated, or 64 bytes read at each, TIMES times and nothing else, for a tool that counts instructions
 * (many.sh). MODE is translate, walker (one by one), walker-many, access or access-many. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xept.h>

#define GEM_CREATE 0xc0286441ul
#define VM_CREATE 0xc0206443ul
#define VM_BIND 0x40886445ul

#define PLACES 256
#define PAGE UINT64_C(4096)
#define VA UINT64_C(0x100000000)
#define BYTES 64

/* As in the kernel's drm/xe_drm.h. */
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

static xept_device *device;
static xept_client *client;
static xept_walker *walker;
static uint32_t vm_id;
static uint64_t vas[PLACES];
static xept_translation translations[PLACES];
static xept_access_request requests[PLACES];
static xept_access_result results[PLACES];
static uint8_t bytes[PLACES * BYTES];

static void check(int error)
{
    if (error) {
        fprintf(stderr, "%s\n", xept_error_name(error));
        exit(1);
    }
}

/* Every second page of 2 MiB, each in a leaf of its own. */
static void open_all(void)
{
    struct vm_create vm = {0};
    struct gem_create bo = {.size = PLACES * PAGE, .placement = 1, .cpu_caching = 2};
    check(xept_device_create("bmg", NULL, &device));
    check(xept_client_open(device, NULL, &client));
    check(xept_ioctl(client, VM_CREATE, &vm));
    check(xept_ioctl(client, GEM_CREATE, &bo));
    vm_id = vm.vm_id;
    for (uint32_t i = 0; i < PLACES; i++) {
        vas[i] = VA + 2 * i * PAGE;
        requests[i] = (xept_access_request){
            .client = client, .vm_id = vm_id, .va = vas[i], .kind = XEPT_ACCESS_KIND_READ, .size = BYTES, .offset = i * BYTES};
        struct bind_op op = {.obj = bo.handle, .obj_offset = i * PAGE, .range = PAGE, .addr = vas[i], .pat_index = 2};
        struct vm_bind bind = {.vm_id = vm_id, .num_binds = 1, .bind = op};
        check(xept_ioctl(client, VM_BIND, &bind));
    }
    check(xept_walker_open(client, vm_id, 0, &walker));
}

static void translate(void)
{
    for (int i = 0; i < PLACES; i++)
        check(xept_translate(client, vm_id, 0, vas[i], &translations[i]));
}

static void walk(void)
{
    for (int i = 0; i < PLACES; i++)
        check(xept_walker_translate(walker, &vas[i], &translations[i], 1));
}

static void walk_many(void)
{
    check(xept_walker_translate(walker, vas, translations, PLACES));
}

static void access_each(void)
{
    for (int i = 0; i < PLACES; i++)
        check(xept_access(client, vm_id, 0, vas[i], XEPT_ACCESS_KIND_READ, bytes + i * BYTES, BYTES, &results[i]));
}

static void access_many(void)
{
    check(xept_access_many(device, requests, PLACES, bytes, sizeof(bytes), results));
}

static const struct { const char *name; void (*run)(void); } modes[] = {
    {"translate", translate}, {"walker", walk}, {"walker-many", walk_many}, {"access", access_each}, {"access-many", access_many},
};

int main(int argc, char **argv)
{
    open_all();
    for (size_t i = 0; argc == 3 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name))
            continue;
        for (int times = atoi(argv[2]); times > 0; times--)
            modes[i].run();
        return 0;
    }
    fputs("usage: many MODE TIMES\n", stderr);
    return 2;
}
