/* Who gives memory back to the system by itself: malloc of the C library, or one that the program has in its place (jemalloc, tcmalloc).
 * It may hold locks that whoever tells of a change needs for memory of his own; so its calls are told just after they are made. */
#ifndef XEPT_NODE_ALLOCATOR_H
#define XEPT_NODE_ALLOCATOR_H

#include <linux/seccomp.h>
#include <stdbool.h>

/* Nobody is an allocator before it. */
void allocator_find(void);

/* A function of this library is called by one that is not the C library's: it is left to the system to ask about the call. */
bool allocator_has(const void *caller);

/* The system asks about a call that an allocator makes under its locks. */
bool allocator_holds(const struct seccomp_data *call);

#endif
