// A client of the xe driver whose calls the captured logs beside this file hold; "record" says how they are made. Linked with the real
// ioctl() it talks to a device; the logs are made with fake.c, which answers as a device would that has nothing to do.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct bind_op { uint64_t ext; uint32_t obj; uint16_t pat, pad; uint64_t offset, range, addr; uint32_t op, flags, region, pad2; uint64_t reserved[3]; };
struct bind { uint64_t ext; uint32_t vm, queue, pad, count; union { struct bind_op one; uint64_t many; }; uint32_t pad2, syncs_count; uint64_t syncs, reserved[2]; };
struct sync { uint64_t ext; uint32_t type, flags; uint64_t handle, value, reserved[2]; };

static void call(int fd, unsigned long request, void *argument)
{
	if (ioctl(fd, request, argument) < 0)
		perror("ioctl");
}

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : "/dev/dri/renderD128", O_RDWR);
	struct { uint64_t ext; uint32_t query, size; uint64_t data, reserved[2]; } query = {0, 2};
	call(fd, 0xc0286440, &query);
	query.data = (uintptr_t)malloc(query.size);
	call(fd, 0xc0286440, &query);

	struct { uint64_t ext; uint32_t flags, vm; uint64_t reserved[2]; } vm = {0, 1};
	call(fd, 0xc0206443, &vm);
	struct { uint64_t ext, size; uint32_t placement, flags, vm, handle; uint16_t caching, pad[3]; uint64_t reserved[2]; } bo = {0, 0x200000, 2};
	bo.caching = 2;
	call(fd, 0xc0386441, &bo);
	int copy = dup(fd);
	struct { uint32_t handle, flags; } syncobj = {0};
	call(copy, 0xc00864bf, &syncobj);

	// One op, inline, with an out-sync.
	struct sync out = {0, 0, 1, syncobj.handle};
	struct bind one = {0, vm.vm, 0, 0, 1};
	one.one = (struct bind_op){0, bo.handle, 2, 0, 0, 0x200000, 0x100000000};
	one.syncs_count = 1;
	one.syncs = (uintptr_t)&out;
	call(copy, 0x40886445, &one);

	// Two ops as a vector: memory of this process, and a NULL mapping.
	char *pages = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(pages, 1, 0x10000);
	struct bind_op ops[2] = {{0, 0, 2, 0, (uintptr_t)pages, 0x10000, 0x200000000, 2}, {0, 0, 2, 0, 0, 0x200000, 0x300000000, 0, 4}};
	struct bind two = {0, vm.vm, 0, 0, 2};
	two.many = (uintptr_t)ops;
	call(fd, 0x40886445, &two);

	// A mistake: the address is not that of a page.
	one.one.addr += 0x800;
	one.syncs_count = 0;
	call(fd, 0x40886445, &one);

	// A queue and a job that waits for the bind.
	uint16_t engine[4] = {1};
	struct { uint64_t ext; uint16_t width, count; uint32_t vm, flags, queue; uint64_t instances, reserved[2]; } queue = {0, 1, 1, vm.vm};
	queue.instances = (uintptr_t)engine;
	call(fd, 0xc0306446, &queue);
	out.flags = 0;
	struct { uint64_t ext; uint32_t queue, count; uint64_t syncs, address; uint16_t batches, pad[3]; uint64_t reserved[2]; } exec = {0, queue.queue, 1};
	exec.syncs = (uintptr_t)&out;
	exec.address = 0x100000000;
	exec.batches = 1;
	call(fd, 0x40386449, &exec);
	struct { uint64_t handles; int64_t timeout; uint32_t count, flags, first, pad; uint64_t deadline; } wait = {(uintptr_t)&syncobj.handle, 1000, 1};
	call(fd, 0xc02864c3, &wait);

	munmap(pages, 0x10000);
	struct { uint64_t capability, value; } capability = {1};
	call(fd, 0xc010640c, &capability);
	struct { uint32_t id, pad; uint64_t reserved[2]; } end = {queue.queue};
	call(fd, 0x40186447, &end);
	struct { uint32_t handle, pad; } gem = {bo.handle};
	call(fd, 0x40086409, &gem);
	end.id = vm.vm;
	call(fd, 0x40186444, &end);
	close(copy);
	close(fd);
	return 0;
}
