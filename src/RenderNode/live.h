/* Changes of the program's memory, told to the engine before the system makes them: its devices let go of the pages first. */
#ifndef XEPT_NODE_LIVE_H
#define XEPT_NODE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xept.h>

/* A change between its announcement and its end; 0 where nobody has to know. */
typedef uint64_t live_change;

/* Bytes of pages are about to change. Keeps errno, as live_end does, which must follow on the same thread. */
live_change live_begin(unsigned kind, const void *start, size_t bytes);
void live_end(live_change change);

/* The same in the middle of another change. */
live_change live_also(unsigned kind, const void *start, size_t bytes);

/* The program asks to bind something, which may be its own memory. */
void live_binding(const void *argument);

/* It has asked to: devices may come across pages of it that are not there any more. */
bool live_is_used(void);

#endif
