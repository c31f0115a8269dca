/* Where the engine and this library have memory of their own. A program may take some of its memory away and map something over the hole
 * later (MAP_FIXED): with a driver in the kernel no call of its would have filled it meanwhile. */
#ifndef XEPT_NODE_PLACES_H
#define XEPT_NODE_PLACES_H

#include <stddef.h>

/* An address for so many bytes where the system puts nothing by itself: a wish, as mmap takes one without MAP_FIXED. */
void *places_find(size_t bytes);

/* Anonymous memory at such a place, private or shared; MAP_FAILED. */
void *places_map(size_t bytes, int kind);

#endif
