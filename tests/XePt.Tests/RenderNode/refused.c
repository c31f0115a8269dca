/* Requests that are refused, each for one reason, so that what --explain says of each can be compared with a golden text. Descriptors and
 * bad pointers are numbers of its own, since sentences have them. */
#include "scene.h"

#include <termios.h>

struct sync_file { uint32_t flags; int32_t fd; };
struct merge { char name[32]; int32_t other, merged; uint32_t flags, pad; };
struct info { char name[32]; int32_t status; uint32_t flags, count, pad; uint64_t fences; };
struct event { uint32_t handle, flags; uint64_t point; int32_t fd; uint32_t pad; };

#define GET_UNIQUE _IOC(_IOC_READ | _IOC_WRITE, 'd', 0x01, 16)
#define SET_CLIENT_NAME _IOC(_IOC_READ | _IOC_WRITE, 'd', 0xd1, 16)
#define SYNCOBJ_EVENTFD _IOWR('d', 0xcf, struct event)
#define DMA_BUF_SYNC _IOW('b', 0, uint64_t)
#define EXPORT_FENCES _IOWR('b', 2, struct sync_file)
#define IMPORT_FENCES _IOW('b', 3, struct sync_file)
#define MERGE _IOWR('>', 3, struct merge)
#define INFO _IOWR('>', 4, struct info)

enum { RENDER = 100, CARD, BO_FILE, SYNC_FILE, PLAIN_FILE, NOT_OPEN };

static void *const BAD = (void *)0x9000;

static int keep(int fd, int as)
{
    return dup2(fd, as) == as && close(fd) == 0;
}

/* The way that all requests go. */
static void requests(void)
{
    struct winsize size;
    CHECK(fails(RENDER, TIOCGWINSZ, &size, ENOTTY));
    CHECK(fails(RENDER, _IO('F', 0x45), NULL, ENOTTY));
    CHECK(fails(RENDER, _IO(0x80, 0x01), NULL, ENOTTY));
    CHECK(fails(RENDER, _IO('d', 0x5f), NULL, EINVAL));
    CHECK(fails(RENDER, VM_CREATE, BAD, EFAULT));
    CHECK(fails(RENDER, _IO('d', 0x1e), NULL, EACCES));
    CHECK(fails(RENDER, GET_UNIQUE, &size, EACCES));
    CHECK(fails(RENDER, _IO('d', 0xa7), NULL, EACCES) && fails(CARD, _IO('d', 0xa7), NULL, EOPNOTSUPP));
}

static void core(void)
{
    struct version version = {.name_length = 2, .name = BAD};
    CHECK(fails(RENDER, VERSION, NULL, EFAULT) && fails(RENDER, VERSION, BAD, EFAULT) && fails(RENDER, VERSION, &version, EFAULT));
    version.name = NULL;
    version.text_length = 5;
    version.text = BAD;
    CHECK(fails(RENDER, VERSION, &version, EFAULT));
    struct capability capability = {.which = 3};
    CHECK(fails(RENDER, GET_CAP, &capability, EOPNOTSUPP) && fails(RENDER, GET_CAP, BAD, EFAULT));
    struct { size_t length; char *text; } unique = {.length = 4, .text = BAD};
    CHECK(fails(CARD, GET_UNIQUE, &unique, EFAULT));
    CHECK(fails(CARD, _IOC(_IOC_WRITE, 'd', 0x0d, 16), &capability, EOPNOTSUPP));
    struct { uint64_t length; const char *text; } name = {.length = 4, .text = BAD};
    CHECK(fails(RENDER, SET_CLIENT_NAME, &name, EFAULT));
    name.text = "a b";
    CHECK(fails(RENDER, SET_CLIENT_NAME, &name, EINVAL));
    name.length = 100000;
    CHECK(fails(RENDER, SET_CLIENT_NAME, &name, EINVAL));
    /* What can be read, and not written. */
    void *constant = mmap((void *)0x700000000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(constant == (void *)0x700000000000 && fails(RENDER, VERSION, constant, EFAULT));
}

static void descriptors(void)
{
    struct prime prime = {.fd = CARD};
    CHECK(fails(RENDER, FD_TO_HANDLE, &prime, EINVAL));
    prime.fd = PLAIN_FILE;
    CHECK(fails(RENDER, FD_TO_HANDLE, &prime, EINVAL));
    prime.fd = NOT_OPEN;
    CHECK(fails(RENDER, FD_TO_HANDLE, &prime, EBADF));
    struct event event = {.fd = PLAIN_FILE, .flags = 8};
    CHECK(fails(RENDER, SYNCOBJ_EVENTFD, &event, EINVAL));
    event.flags = 0;
    event.handle = 77;
    CHECK(fails(RENDER, SYNCOBJ_EVENTFD, &event, ENOENT));
    event.handle = create_syncobj(RENDER, 1);
    CHECK(event.handle && fails(RENDER, SYNCOBJ_EVENTFD, &event, EINVAL));
    event.fd = NOT_OPEN;
    CHECK(fails(RENDER, SYNCOBJ_EVENTFD, &event, EBADF));
}

static void exported(void)
{
    struct sync_file fences = {.flags = 4};
    CHECK(fails(BO_FILE, EXPORT_FENCES, BAD, EFAULT) && fails(BO_FILE, EXPORT_FENCES, &fences, EINVAL));
    fences = (struct sync_file){.flags = 1, .fd = PLAIN_FILE};
    CHECK(fails(BO_FILE, IMPORT_FENCES, &fences, EINVAL) && fails(BO_FILE, IMPORT_FENCES, BAD, EFAULT));
    CHECK(fails(BO_FILE, DMA_BUF_SYNC, BAD, EFAULT) && fails(BO_FILE, DMA_BUF_SYNC, &(uint64_t){8}, EINVAL));
    struct merge merge = {.other = BO_FILE};
    CHECK(fails(SYNC_FILE, MERGE, BAD, EFAULT) && fails(SYNC_FILE, MERGE, &merge, ENOENT));
    merge.flags = 1;
    CHECK(fails(SYNC_FILE, MERGE, &merge, EINVAL));
    struct info info = {.count = 1, .fences = (uintptr_t)BAD};
    CHECK(fails(SYNC_FILE, INFO, &info, EFAULT));
    info.pad = 2;
    CHECK(fails(SYNC_FILE, INFO, &info, EINVAL));
    CHECK(fails(SYNC_FILE, EXPORT_FENCES, &fences, ENOTTY) && fails(BO_FILE, INFO, &info, ENOTTY));
}

/* After all that was refused, what is right is done: the same client, object and fence. */
static void afterwards(void)
{
    struct info info = {0};
    struct sync_file fences = {.flags = 1};
    struct capability capability = {.which = 0x13};
    CHECK(ioctl(RENDER, GET_CAP, &capability) == 0 && capability.value == 1);
    CHECK(ioctl(SYNC_FILE, INFO, &info) == 0 && info.count == 1 && info.status == 1);
    CHECK(ioctl(BO_FILE, EXPORT_FENCES, &fences) == 0 && close(fences.fd) == 0);
}

static bool open_all(void)
{
    NEED(keep(open(NODE, O_RDWR), RENDER) && keep(open("/dev/dri/card0", O_RDWR), CARD), false);
    NEED(keep(open("/dev/null", O_RDWR), PLAIN_FILE), false);
    struct gem_create bo = {.size = 64 * KIB, .placement = 1, .caching = WRITE_COMBINED};
    NEED(ioctl(RENDER, GEM_CREATE, &bo) == 0, false);
    struct prime prime = {.handle = bo.handle, .flags = O_CLOEXEC};
    NEED(ioctl(RENDER, HANDLE_TO_FD, &prime) == 0 && keep(prime.fd, BO_FILE), false);
    struct syncobj_fd fence = {.handle = create_syncobj(RENDER, 1), .flags = 1};
    NEED(ioctl(RENDER, SYNCOBJ_TO_FD, &fence) == 0 && keep(fence.fd, SYNC_FILE), false);
    return true;
}

int main(int count, char **names)
{
    static const struct part parts[] = {
        {"requests", requests}, {"core", core}, {"descriptors", descriptors}, {"exported", exported}, {"afterwards", afterwards},
    };
    if (!open_all()) {
        printf("not ok open: %s\n", wrong);
        return 1;
    }
    return run_parts(parts, sizeof parts / sizeof *parts, count, names);
}
