// Several clients of the xe driver in two processes and on two devices, and what they share; see client.c.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct bind_op { uint64_t ext; uint32_t obj; uint16_t pat, pad; uint64_t offset, range, addr; uint32_t op, flags, region, pad2; uint64_t reserved[3]; };
struct bind { uint64_t ext; uint32_t vm, queue, pad, count; struct bind_op one; uint32_t pad2, syncs_count; uint64_t syncs, reserved[2]; };
struct prime { uint32_t handle, flags; int32_t fd; };
// As programs were built before sync files had points.
struct syncobj_handle { uint32_t handle, flags; int32_t fd; uint32_t pad; };
struct extension { uint64_t next; uint32_t name, pad, property, pad2; uint64_t value, reserved[2]; };

static void call(int fd, unsigned long request, void *argument)
{
	if (ioctl(fd, request, argument) < 0)
		perror("ioctl");
}

static void ask(int fd)
{
	struct { uint64_t ext; uint32_t query, size; uint64_t data, reserved[2]; } query = {0, 2};
	call(fd, 0xc0286440, &query);
	query.data = (uintptr_t)malloc(query.size);
	call(fd, 0xc0286440, &query);
}

static uint32_t make_vm(int fd, uint32_t flags)
{
	struct { uint64_t ext; uint32_t flags, vm; uint64_t reserved[2]; } vm = {0, flags};
	call(fd, 0xc0206443, &vm);
	return vm.vm;
}

static uint32_t import(int fd, int file)
{
	struct prime prime = {0, 0, file};
	call(fd, 0xc00c642e, &prime);
	return prime.handle;
}

static void map(int fd, uint32_t vm, uint32_t handle, uint16_t pat, uint64_t address)
{
	struct bind bind = {.vm = vm, .count = 1, .one = {.obj = handle, .pat = pat, .range = 0x10000, .addr = address}};
	call(fd, 0x40886445, &bind);
}

int main(void)
{
	int fd = open("/dev/null", O_RDWR);
	if (fork() == 0) {
		// A child that uses the inherited file before its parent does: the same client.
		ask(fd);
		exit(0);
	}
	wait(NULL);
	uint32_t vm = make_vm(fd, 6);
	struct { uint64_t ext, size; uint32_t placement, flags, vm, handle; uint16_t caching, pad[3]; uint64_t reserved[2]; } bo = {0, 0x10000, 1};
	bo.caching = 1;
	call(fd, 0xc0386441, &bo);
	struct { uint32_t handle, flags; } syncobj = {0, 1};
	call(fd, 0xc00864bf, &syncobj);
	struct prime prime = {bo.handle, O_CLOEXEC | O_RDWR};
	call(fd, 0xc00c642d, &prime);
	struct syncobj_handle object = {syncobj.handle}, file = {syncobj.handle, 1};
	call(fd, 0xc01064c1, &object);
	call(fd, 0xc01064c1, &file);

	// Another client of the same device, through other descriptors.
	int second = open("/dev/null", O_RDWR), copy = dup(second), shared = fcntl(prime.fd, F_DUPFD_CLOEXEC, 20);
	close(second);
	close(prime.fd);
	uint32_t vm2 = make_vm(copy, 1), theirs = import(copy, shared);
	map(copy, vm2, theirs, 2, 0x100000000);
	struct syncobj_handle taken = {0, 0, object.fd}, filled = {0, 1, file.fd};
	call(copy, 0xc01064c2, &taken);
	filled.handle = taken.handle;
	call(copy, 0xc01064c2, &filled);

	// A client of another device, in a child.
	if (fork() == 0) {
		int other = open("/dev/zero", O_RDWR);
		ask(other);
		uint32_t vm3 = make_vm(other, 0), also = import(other, shared);
		map(other, vm3, also, 1, 0x200000000);
		exit(0);
	}
	wait(NULL);

	// Advice, what has become of it, and a queue with properties.
	struct bind null = {.vm = vm, .count = 1, .one = {.pat = 2, .range = 0x10000, .addr = 0x300000000, .flags = 4}};
	call(fd, 0x40886445, &null);
	struct { uint64_t ext, start, range; uint32_t vm, type; int32_t file; uint16_t policy, instance; uint64_t pad, reserved[2]; } advice
		= {0, 0, 0x10000, vm, 0, fd, 0, 1};
	call(fd, 0x4040644c, &advice);
	advice.type = 1;
	advice.file = 2;
	advice.instance = 0;
	call(fd, 0x4040644c, &advice);
	struct { uint64_t ext; uint32_t vm, count; uint64_t start, range, size, ranges, reserved[2]; } attributes = {0, vm, 0, 0, 0x10000};
	call(fd, 0xc040644d, &attributes);
	struct { uint64_t ext, type, op, param; } observation = {0};
	call(fd, 0x4020644b, &observation);
	struct extension last = {0, 0, 0, 1, 0, 2000}, first = {(uintptr_t)&last, 0, 0, 0, 0, 1};
	uint16_t engine[4] = {0};
	struct { uint64_t ext; uint16_t width, count; uint32_t vm, flags, queue; uint64_t instances, reserved[2]; } queue
		= {(uintptr_t)&first, 1, 1, vm};
	queue.instances = (uintptr_t)engine;
	call(fd, 0xc0306446, &queue);
	close(copy);
	close(shared);
	return 0;
}
