// Records what a program asks of the xe driver, with the contents of its structs and arrays, for "xept import":
//
//   gcc -O2 -shared -fPIC -o xerecord.so xerecord.c -ldl
//   XERECORD=calls.log LD_PRELOAD=$PWD/xerecord.so vkcube
//   xept import calls.log > calls.xetrace
//
// A line a call, as strace writes them, and behind the result what the addresses of the call lead to:
//
//   1234 ioctl(5</dev/dri/renderD128#1234.1>, 0xc0206443, 0x7ffd12345678) = 0 in=<bytes> out=<bytes> mem@0x55...=<bytes>
//
// and lines for open, close, dup, fork and exit, which tell the clients apart: an open file is one, whatever descriptors lead to it. Calls
// that change the program's memory are lines of strace's, too: munmap, mremap, mprotect, mmap over something, madvise that drops pages.
// It sees the calls that go through the C library's ioctl(), as those of libdrm and Mesa do. Layouts are those of the 64-bit uAPI.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FDS 4096
#define MOST_BYTES (1 << 20)
#define LARGEST_STRUCT 256

// An array that a call points to: where in the struct its address is, where its count, how wide that is, and the size of an element. With
// "inline_one" a single element stands in the struct itself; "after" is read when the call has returned. Headers of other ages have
// structs of other sizes: the number alone says which request it is, and what its struct does not have is 0.
struct array { uint8_t number, address, count, count_bytes; uint16_t element; uint8_t inline_one, after; };

static const struct array arrays[] = {
	{0x45, 24, 20, 4, 80, 1, 0}, {0x45, 112, 108, 4, 48, 0, 0},  // VM_BIND: binds, syncs
	{0x49, 16, 12, 4, 48, 0, 0}, {0x49, 24, 32, 2, 8, 1, 0},     // EXEC: syncs, batches
	{0x46, 24, 10, 2, 8, 0, 0},                                  // EXEC_QUEUE_CREATE: instances, times width
	{0x40, 16, 12, 4, 1, 0, 1},                                  // DEVICE_QUERY: the answer
	{0xc3, 0, 16, 4, 4, 0, 0},                                   // SYNCOBJ_WAIT
	{0xca, 0, 24, 4, 4, 0, 0}, {0xca, 8, 24, 4, 8, 0, 0},        // SYNCOBJ_TIMELINE_WAIT
	{0xc4, 0, 8, 4, 4, 0, 0}, {0xc5, 0, 8, 4, 4, 0, 0},          // SYNCOBJ_RESET, SYNCOBJ_SIGNAL
	{0xcb, 0, 16, 4, 4, 0, 0},                                   // SYNCOBJ_QUERY
	{0xcd, 0, 16, 4, 4, 0, 0}, {0xcd, 8, 16, 4, 8, 0, 0},        // SYNCOBJ_TIMELINE_SIGNAL
};

// An open device, numbered by the process that opened it, so that the numbers of several processes differ. A descriptor of something that
// was exported (a BO, a syncobj, a sync file) has no number of its own, only the mark.
struct file { int process, number, exported; };

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1, files;
static struct file file_of[MOST_FDS];
static const char *devices = "/dev/dri/";

static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);
static int (*real_munmap)(void *, size_t), (*real_mprotect)(void *, size_t, int), (*real_madvise)(void *, size_t, int);
static void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static void *(*real_mremap)(void *, size_t, size_t, int, ...);
static int (*real_open)(const char *, int, ...), (*real_openat)(int, const char *, int, ...);
static int (*real_dup)(int), (*real_dup2)(int, int), (*real_dup3)(int, int, int), (*real_fcntl)(int, int, ...);

static void before_fork(void), after_fork(void), after_fork_in_child(void);

#define FIND(function) real_##function = (__typeof__(real_##function))dlsym(RTLD_NEXT, #function)

// Once, on its own or for a library that is loaded first and has handlers of forks: those registered later take their locks before the gate
// is taken, and let go of them after.
__attribute__((constructor, visibility("default"))) void xerecord_start(void)
{
	static int has_started;
	if (has_started++)
		return;
	const char *name = getenv("XERECORD");
	FIND(ioctl), FIND(close), FIND(open), FIND(openat);
	FIND(dup), FIND(dup2), FIND(dup3), FIND(fcntl);
	if (getenv("XERECORD_DEVICES"))
		devices = getenv("XERECORD_DEVICES");
	log_fd = real_open(name ? name : "xerecord.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		perror("xerecord");
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

// Text of one line.
struct line { char *text; size_t length, room; };

static void put(struct line *line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char part[PATH_MAX + 128];
	int length = vsnprintf(part, sizeof part, format, arguments);
	va_end(arguments);
	if (line->length + length + 1 > line->room) {
		line->room = (line->length + length + 1) * 2;
		line->text = realloc(line->text, line->room);
	}
	memcpy(line->text + line->length, part, length + 1);
	line->length += length;
}

// Reads memory of this process that may not be there.
static int peek(uint64_t address, void *into, size_t bytes)
{
	struct iovec to = {into, bytes}, from = {(void *)(uintptr_t)address, bytes};
	return bytes && process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)bytes;
}

static void put_bytes(struct line *line, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(line, "%02x", bytes[i]);
}

static void put_memory(struct line *line, uint64_t address, size_t bytes)
{
	uint8_t *copy = bytes <= MOST_BYTES ? malloc(bytes) : NULL;
	if (copy && peek(address, copy, bytes)) {
		put(line, " mem@0x%llx=", (unsigned long long)address);
		put_bytes(line, copy, bytes);
	}
	free(copy);
}

static uint64_t field(const uint8_t *argument, int at, int bytes)
{
	uint64_t value = 0;
	memcpy(&value, argument + at, bytes);
	return value;
}

static void put_arrays(struct line *line, uint32_t code, const uint8_t *argument, int after)
{
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		const struct array *a = &arrays[i];
		if (a->number != (code & 0xff) || a->after != after)
			continue;
		uint64_t count = field(argument, a->count, a->count_bytes), address = field(argument, a->address, 8);
		if (a->number == 0x46)
			count *= field(argument, 8, 2);
		if (address && count && !(a->inline_one && count == 1) && count <= MOST_BYTES)
			put_memory(line, address, count * a->element);
	}
}

// Extensions are a list of 48 bytes each that begin with the address of the next one.
static void put_extensions(struct line *line, uint32_t code, const uint8_t *argument)
{
	if ((code & 0xff) != 0x41 && (code & 0xff) != 0x46)
		return;
	uint64_t next = field(argument, 0, 8);
	for (int i = 0; next && i < 32; i++) {
		uint64_t at = next;
		put_memory(line, at, 48);
		if (!peek(at, &next, 8))
			break;
	}
}

// Descriptors of one open file, dup'ed ones too, get one number.
static struct file number_file(int fd)
{
	struct file none = {0};
	if (fd < 0 || fd >= MOST_FDS)
		return none;
	for (int other = 0; !file_of[fd].number && other < MOST_FDS; other++)
		if (other != fd && file_of[other].number && syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd, other) == 0)
			file_of[fd] = file_of[other];
	if (!file_of[fd].number)
		file_of[fd] = (struct file){getpid(), ++files, 0};
	return file_of[fd];
}

static int is_known(int fd)
{
	return fd >= 0 && fd < MOST_FDS && (file_of[fd].number || file_of[fd].exported);
}

static void put_descriptor(struct line *line, int fd)
{
	put(line, "%d", fd);
	if (file_of[fd].number)
		put(line, "<#%d.%d>", file_of[fd].process, file_of[fd].number);
}

static void write_line(struct line *line)
{
	put(line, "\n");
	if (write(log_fd, line->text, line->length) < 0)
		perror("xerecord");
	free(line->text);
}

// A fork. Nobody else holds the gate in the child, and the line stands before all that either of them does next: the parent waits until the
// child has closed its end of the pipe.
static struct { pid_t parent; int ends[2]; } forking;

static void before_fork(void)
{
	pthread_mutex_lock(&gate);
	forking.parent = getpid();
	if (pipe2(forking.ends, O_CLOEXEC) < 0) {
		perror("xerecord");
		forking.ends[0] = forking.ends[1] = -1;
	}
}

static void after_fork(void)
{
	char none;
	int error = errno;
	real_close(forking.ends[1]);
	if (forking.ends[0] >= 0 && read(forking.ends[0], &none, 1) < 0)
		perror("xerecord");
	real_close(forking.ends[0]);
	pthread_mutex_unlock(&gate);
	errno = error;
}

static void after_fork_in_child(void)
{
	if (log_fd >= 0) {
		struct line line = {0};
		put(&line, "%d fork() = %d", forking.parent, getpid());
		write_line(&line);
	}
	real_close(forking.ends[1]);
	real_close(forking.ends[0]);
	pthread_mutex_unlock(&gate);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	uint32_t code = (uint32_t)request;
	uint32_t size = (code >> 16) & 0x3fff;
	uint8_t in[(1 << 14) + LARGEST_STRUCT];
	if (((code >> 8) & 0xff) != 'd' || log_fd < 0 || !peek((uintptr_t)argument, in, size))
		return real_ioctl(fd, request, argument);

	memset(in + size, 0, LARGEST_STRUCT);
	struct line memory = {0};
	put_arrays(&memory, code, in, 0);
	put_extensions(&memory, code, in);
	int result = real_ioctl(fd, request, argument), error = errno;

	char link[64], path[PATH_MAX] = "";
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	path[length < 0 ? 0 : length] = 0;
	pthread_mutex_lock(&gate);
	struct line line = {0};
	struct file file = number_file(fd);
	put(&line, "%d ioctl(%d<%s#%d.%d>, 0x%x, %p) = %d", getpid(), fd, path, file.process, file.number, code, argument, result);
	if (result < 0)
		put(&line, " errno=%d", error);
	put(&line, " in=");
	put_bytes(&line, in, size);
	if (code >> 31 && peek((uintptr_t)argument, in, size)) {
		put(&line, " out=");
		put_bytes(&line, in, size);
		// PRIME_HANDLE_TO_FD and SYNCOBJ_HANDLE_TO_FD give a descriptor.
		int made = size >= 12 ? (int)field(in, 8, 4) : -1;
		if (result >= 0 && ((code & 0xff) == 0x2d || (code & 0xff) == 0xc1) && made >= 0 && made < MOST_FDS)
			file_of[made] = (struct file){0, 0, 1};
	}
	line.text = realloc(line.text, line.room = line.length + memory.length + 2);
	memcpy(line.text + line.length, memory.text ? memory.text : "", memory.length);
	line.text[line.length += memory.length] = 0;
	put_arrays(&line, code, in, 1);
	write_line(&line);
	pthread_mutex_unlock(&gate);
	free(memory.text);
	errno = error;
	return result;
}

// Numbers a device when it is opened, so that a child that inherits the descriptor knows it by the same number.
static int opened(const char *path, int fd)
{
	int error = errno;
	if (fd >= 0 && fd < MOST_FDS && log_fd >= 0 && strncmp(path, devices, strlen(devices)) == 0) {
		pthread_mutex_lock(&gate);
		number_file(fd);
		struct line line = {0};
		put(&line, "%d open(\"%s\") = ", getpid(), path);
		put_descriptor(&line, fd);
		write_line(&line);
		pthread_mutex_unlock(&gate);
	}
	errno = error;
	return fd;
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return opened(path, real_open(path, flags, mode));
}

int openat(int folder, const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	mode_t mode = mode_of(flags, arguments);
	va_end(arguments);
	return opened(path, real_openat(folder, path, flags, mode));
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));

static int duped(int fd, int made)
{
	int error = errno;
	pthread_mutex_lock(&gate);
	if (made >= 0 && made < MOST_FDS && fd != made) {
		if (is_known(made) && !is_known(fd)) {
			struct line line = {0};
			put(&line, "%d close(", getpid());
			put_descriptor(&line, made);
			put(&line, ") = 0");
			write_line(&line);
		}
		file_of[made] = is_known(fd) ? file_of[fd] : (struct file){0};
		if (is_known(fd)) {
			struct line line = {0};
			put(&line, "%d dup(", getpid());
			put_descriptor(&line, fd);
			put(&line, ") = %d", made);
			write_line(&line);
		}
	}
	pthread_mutex_unlock(&gate);
	errno = error;
	return made;
}

int dup(int fd) { return duped(fd, real_dup(fd)); }
int dup2(int fd, int made) { return duped(fd, real_dup2(fd, made)); }
int dup3(int fd, int made, int flags) { return duped(fd, real_dup3(fd, made, flags)); }

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	int result = real_fcntl(fd, command, argument);
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? duped(fd, result) : result;
}

int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));

__attribute__((destructor)) static void finish(void)
{
	struct line line = {0};
	if (log_fd < 0)
		return;
	put(&line, "%d exit() = ?", getpid());
	write_line(&line);
}

int close(int fd)
{
	int result = real_close(fd), error = errno;
	pthread_mutex_lock(&gate);
	if (is_known(fd) && result == 0) {
		struct line line = {0};
		put(&line, "%d close(", getpid());
		put_descriptor(&line, fd);
		put(&line, ") = 0");
		file_of[fd] = (struct file){0};
		write_line(&line);
	}
	pthread_mutex_unlock(&gate);
	errno = error;
	return result;
}

// An allocator that stands in the C library's place (jemalloc, tcmalloc): it makes its calls under locks that a line would need. They are
// handed on as if this library were not there.
static int is_allocators(const void *caller)
{
	static const void *allocator, *library;
	static int is_known;
	Dl_info info;
	if (!is_known) {
		allocator = dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) ? info.dli_fbase : NULL;
		library = dladdr(dlsym(RTLD_DEFAULT, "syscall"), &info) ? info.dli_fbase : NULL;
		is_known = 1;
	}
	return allocator != library && dladdr(caller, &info) && info.dli_fbase == allocator;
}

#define IS_ALLOCATORS is_allocators(__builtin_return_address(0))

// Found when they are first called: constructors of other libraries may come before this one's.
#define NEED(function) if (!real_##function) FIND(function)

// Nobody is interested in memory before there is a device.
__attribute__((format(printf, 1, 2))) static void changed(const char *format, ...)
{
	int error = errno;
	char call[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(call, sizeof call, format, arguments);
	va_end(arguments);
	pthread_mutex_lock(&gate);
	if (files && log_fd >= 0) {
		struct line line = {0};
		put(&line, "%d %s", getpid(), call);
		write_line(&line);
	}
	pthread_mutex_unlock(&gate);
	errno = error;
}

static const char *access_of(int protection)
{
	return protection & PROT_WRITE ? "PROT_READ|PROT_WRITE" : protection & PROT_READ ? "PROT_READ" : "PROT_NONE";
}

int munmap(void *address, size_t length)
{
	NEED(munmap);
	if (IS_ALLOCATORS)
		return real_munmap(address, length);
	int result = real_munmap(address, length);
	changed("munmap(%p, %zu) = %d", address, length, result);
	return result;
}

int mprotect(void *address, size_t length, int protection)
{
	NEED(mprotect);
	if (IS_ALLOCATORS)
		return real_mprotect(address, length, protection);
	int result = real_mprotect(address, length, protection);
	changed("mprotect(%p, %zu, %s) = %d", address, length, access_of(protection), result);
	return result;
}

int madvise(void *address, size_t length, int advice)
{
	NEED(madvise);
	if (IS_ALLOCATORS)
		return real_madvise(address, length, advice);
	int result = real_madvise(address, length, advice);
	const char *name = advice == MADV_DONTNEED ? "MADV_DONTNEED" : advice == MADV_FREE ? "MADV_FREE" : advice == MADV_REMOVE ? "MADV_REMOVE" : NULL;
	if (name)
		changed("madvise(%p, %zu, %s) = %d", address, length, name, result);
	return result;
}

void *mremap(void *old, size_t old_length, size_t length, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	void *to = va_arg(arguments, void *);
	va_end(arguments);
	NEED(mremap);
	if (IS_ALLOCATORS)
		return real_mremap(old, old_length, length, flags, to);
	void *moved = real_mremap(old, old_length, length, flags, to);
	if (moved != MAP_FAILED)
		changed("mremap(%p, %zu, %zu, %s) = %p", old, old_length, length, flags & MREMAP_DONTUNMAP ? "MREMAP_MAYMOVE|MREMAP_DONTUNMAP"
			: flags & MREMAP_FIXED ? "MREMAP_MAYMOVE|MREMAP_FIXED" : flags ? "MREMAP_MAYMOVE" : "0", moved);
	return moved;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	NEED(mmap);
	if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != MAP_FIXED || IS_ALLOCATORS)
		return real_mmap(address, length, protection, flags, fd, offset);
	void *made = real_mmap(address, length, protection, flags, fd, offset);
	if (made != MAP_FAILED)
		changed("mmap(%p, %zu, %s, MAP_FIXED, %d, %lld) = %p", address, length, access_of(protection), fd, (long long)offset, made);
	return made;
}

void *mmap64(void *, size_t, int, int, int, off_t) __attribute__((alias("mmap")));
