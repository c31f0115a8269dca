/* System calls that change the program's memory and do not go through the functions of the C library that live.c has in their place: those
 * that malloc makes, or the program itself. The system asks about each (seccomp user notification), and they are made on a thread of this
 * library's, told like all others. */
#ifndef XEPT_NODE_NOTIFY_H
#define XEPT_NODE_NOTIFY_H

#include <stdbool.h>

/* The program is about to let devices use its memory; it has done so. */
void notify_start(void);
bool notify_has_started(void);

/* Whether a call comes from an allocator that the program has in the place of the C library's (jemalloc, tcmalloc). It may hold locks that
 * whoever tells of a change needs for memory of his own; so such calls are left to the system to ask about, and told just after. Nobody's
 * before notify_find_allocator. */
void notify_find_allocator(void);
bool notify_is_allocator(const void *caller);

/* In a child, whose calls are asked about like its parent's; and when it uses a device first. */
void notify_child(void);
void notify_resume(void);

/* A descriptor is not the program's to close. */
bool notify_keeps(int fd);

/* A system call that nobody is asked about, as syscall makes it. */
long notify_quietly(long number, long a, long b, long c, long d, long e, long f);

/* The same for threads that the C library does not know, whose errno it is not. Returns the negative error. */
long notify_bare(long number, long a, long b, long c);

#endif
